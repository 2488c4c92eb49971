"""Roles of a person in a project and on the platform, and what each role may do. Deny first."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ProjectRole(models.TextChoices):
    """A member's role in a project; each includes the ones before it."""

    VIEWER = "VIEWER", _("Viewer")
    SENDER = "SENDER", pgettext_lazy("role", "Sender")
    MANAGER = "MANAGER", _("Manager")


class PlatformRole(models.TextChoices):
    """A person's role on the platform. Most people have none."""

    NONE = "", _("None")
    REVIEWER = "REVIEWER", _("Reviewer")
    ADMINISTRATOR = "ADMINISTRATOR", _("Administrator")


class Permission(models.TextChoices):
    """What a page, an action or a service asks for."""

    LOOK_UP = "LOOK_UP", _("Look up requests, results and statistics")
    READ_PERSONAL_DATA = "READ_PERSONAL_DATA", _("Read phone numbers and texts unmasked")
    SEND = "SEND", _("Compose, upload, schedule, cancel and release")
    MANAGE_SENDERS = "MANAGE_SENDERS", _("Register sender numbers")
    MANAGE_PROJECT = "MANAGE_PROJECT", _("Change settings, keys and members")
    REVIEW = "REVIEW", _("Review documents")
    ADMINISTER = "ADMINISTER", _("Organizations, projects, carriers and audit")


_VIEWER = frozenset({Permission.LOOK_UP})
_SENDER = _VIEWER | {Permission.READ_PERSONAL_DATA, Permission.SEND}
_MANAGER = _SENDER | {Permission.MANAGE_SENDERS, Permission.MANAGE_PROJECT}

PROJECT_PERMISSIONS: dict[str, frozenset[Permission]] = {
    ProjectRole.VIEWER: _VIEWER,
    ProjectRole.SENDER: _SENDER,
    ProjectRole.MANAGER: _MANAGER,
}

PLATFORM_PERMISSIONS: dict[str, frozenset[Permission]] = {
    PlatformRole.NONE: frozenset(),
    PlatformRole.REVIEWER: frozenset({Permission.REVIEW}),
    PlatformRole.ADMINISTRATOR: frozenset({Permission.REVIEW, Permission.ADMINISTER}),
}
