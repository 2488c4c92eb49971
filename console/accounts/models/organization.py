import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import PROJECT_PERMISSIONS, Permission, ProjectRole
from console.accounts.sentences import Choice, Said, sentence

MEMBERSHIP_NAME = sentence("membership_name", "%(person)s · %(project)s · %(role)s")


def new_service_id() -> str:
    """A service id in the form that clients of the SENS API know."""
    return f"ncp:sms:kr:{secrets.randbelow(10**12):012d}:{secrets.token_hex(6)}"


def new_app_key() -> str:
    """An app key in the form that clients of the Notification Hub know: 16 letters and digits."""
    return secrets.token_urlsafe(24).replace("-", "").replace("_", "")[:16]


class MemberType(models.TextChoices):
    """The guide's member types. Individuals may not use the service, so there is only one."""

    BUSINESS = "BUSINESS", _("Business")


class Organization(models.Model):
    """A company that uses the console, or a client of the reseller who runs it. It owns projects.

    `verification_exempt`: its members need no identity verification, as the guide exempts those who joined
    before 2022-03-02; only an administrator sets it. `requires_two_factor`: its projects are open only to
    people who sign in with a second factor.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    member_type = models.CharField(
        _("member type"), max_length=20, choices=MemberType.choices, default=MemberType.BUSINESS
    )
    business_number = models.CharField(_("business registration number"), max_length=12, blank=True)
    verification_exempt = models.BooleanField(_("exempt from identity verification"), default=False)
    requires_two_factor = models.BooleanField(_("demands two-factor sign-in"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """What sends: senders, templates, requests and settings belong to one project.

    SENS calls it a service (`service_id`), the Notification Hub an app (`app_key`).
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="projects", verbose_name=_("organization")
    )
    name = models.CharField(_("name"), max_length=60)
    service_id = models.CharField(_("service ID"), max_length=80, unique=True, default=new_service_id)
    app_key = models.CharField(_("app key"), max_length=40, unique=True, default=new_app_key)
    is_active = models.BooleanField(_("SMS service open"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="projects", verbose_name=_("members")
    )

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["organization__name", "name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="project_name_once")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person’s role in a project. `is_invited`: an IAM member, invited by the organization."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("person"),
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("project")
    )
    role = models.CharField(_("role"), max_length=20, choices=ProjectRole.choices, default=ProjectRole.VIEWER)
    is_invited = models.BooleanField(_("invited (IAM) member"), default=False)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "project"], name="membership_once")]

    def __str__(self) -> str:
        return self.trail_name().words()

    def trail_name(self) -> Said:
        role = Choice("accounts.Membership.role", self.role)
        return MEMBERSHIP_NAME(person=self.user, project=self.project, role=role)

    def grants(self, permission: Permission) -> bool:
        """Whether the role grants the permission in this project."""
        return permission in PROJECT_PERMISSIONS.get(self.role, frozenset())
