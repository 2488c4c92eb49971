"""The settings of a project that a send is judged by: read, and changed by a person who saw how they were.

Who changes them holds the project's row, so that of two people at once the second is told of the first.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from console.accounts.services import lock_project
from messaging.models import CharacterSettings, DuplicateSettings
from messaging.models.changed import Changed
from messaging.policies.duplicates import LONGEST, SHORTEST

Problems = dict[str, str | Promise]


@dataclass
class SettingsRefused(Exception):
    """Nothing was changed: what is wrong, by field; "" is the whole."""

    problems: Problems


def changed_meanwhile(kept: Changed, seen: datetime | None) -> Problems:
    """What is wrong where the settings are not those any more that a person saw; empty where they are.

    `seen`: when those were changed, None: never. Whoever asks holds the project's row.
    """
    if kept.updated_at == seen:
        return {}
    return {"": _("Meanwhile somebody else changed this. Look at it again, then save.")}


def character_settings(project: Project) -> CharacterSettings:
    """The project's; where it has none, those that it begins with, not saved."""
    kept = CharacterSettings.objects.filter(project=project).select_related("updated_by").first()
    return kept or CharacterSettings(project=project)


def replaces_characters(project: Project) -> bool:
    """Whether characters that cannot be sent become `?` in what is asked for now."""
    return CharacterSettings.objects.filter(project=project, replaces=True).exists()


def change_characters(
    *, project: Project, user: User, replaces: bool, seen: datetime | None
) -> CharacterSettings:
    """Replace such characters from now on, or refuse them; what was asked for stays as it was.

    `seen`: when what the person saw was changed, None: never. Raises SettingsRefused.
    """
    with transaction.atomic():
        own = character_settings(lock_project(project))
        if problems := changed_meanwhile(own, seen):
            raise SettingsRefused(problems)
        own.replaces, own.updated_by = replaces, user
        own.save()
    return own


def duplicate_settings(project: Project) -> DuplicateSettings:
    """The project's; where it has none, those that it begins with, off and not saved."""
    kept = DuplicateSettings.objects.filter(project=project).select_related("updated_by").first()
    return kept or DuplicateSettings(project=project)


def blocking_minutes(project_id: int) -> int:
    """For how many minutes nothing is sent twice; 0: it may be."""
    rows = DuplicateSettings.objects.filter(project=project_id, is_on=True)
    return rows.values_list("minutes", flat=True).first() or 0


def minutes_of(project: Project) -> int:
    """The same, of a project that was read with its settings."""
    kept: DuplicateSettings | None = getattr(project, "duplicate_settings", None)
    return kept.minutes if kept and kept.is_on else 0


def change_duplicates(
    *, project: Project, user: User, is_on: bool, minutes: int, seen: datetime | None
) -> DuplicateSettings:
    """Fail what repeats a message of the last minutes, from the next hand-over on. Raises SettingsRefused.

    `seen`: when what the person saw was changed, None: never.
    """
    if not SHORTEST <= minutes <= LONGEST:
        raise SettingsRefused({"minutes": _("Choose 1 to 60 minutes.")})
    with transaction.atomic():
        own = duplicate_settings(lock_project(project))
        if problems := changed_meanwhile(own, seen):
            raise SettingsRefused(problems)
        own.is_on, own.minutes, own.updated_by = is_on, minutes, user
        own.save()
    return own
