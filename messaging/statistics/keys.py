"""Event keys: registering one, saying what it is for, moving its end, ending it.

A key is active by the clock alone: nothing has to happen for it to become inactive, and nothing that is
written twice or late can make it active again. Its end may be moved until it has come; never into the past.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from console.choices import ColouredChoices
from messaging.models import StatisticsKey
from messaging.statistics.errors import WHOLE, KeyRefused, Sentence

MAX_NAME, MAX_DESCRIPTION = 50, 200
ENDED = _("This event key has ended. Its end cannot be moved any more; register another one.")


class KeyState(ColouredChoices):
    """Where a key stands by the clock."""

    UPCOMING = "UPCOMING", _("Not begun"), "grey"
    ACTIVE = "ACTIVE", _("Active"), "green"
    ENDED = "ENDED", _("Ended"), "grey"


class Period(NamedTuple):
    """When a key collects: from `starts_at` until `ends_at`, not included."""

    starts_at: datetime
    ends_at: datetime


def state_of(key: StatisticsKey, now: datetime | None = None) -> KeyState:
    """Whether the key is active, or before or after that."""
    now = now or timezone.now()
    if now < key.starts_at:
        return KeyState.UPCOMING
    return KeyState.ACTIVE if key.is_active(now) else KeyState.ENDED


def active_keys(project: Project, at: datetime | None = None) -> QuerySet[StatisticsKey]:
    """The keys that may be chosen for a send at that time (now), by name."""
    at = at or timezone.now()
    keys = StatisticsKey.objects.filter(project=project, starts_at__lte=at, ends_at__gt=at)
    return keys.order_by("name", "pk")


def create_key(
    *, project: Project, user: User | None, name: str, description: str, period: Period
) -> StatisticsKey:
    """Register a key; it has its statsId from then on. Raises KeyRefused with every problem at once."""
    name, description = _tidy(name), description.strip()
    problems = _wording(name, description) | _new_period(period)
    if problems:
        raise KeyRefused(problems)
    key = StatisticsKey(
        project=project,
        name=name,
        description=description,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        created_by=user,
    )
    _save(key, name)
    return key


def describe_key(*, key: StatisticsKey, name: str, description: str) -> None:
    """Change the name and the description; the statsId and what was counted stay. Raises KeyRefused."""
    name, description = _tidy(name), description.strip()
    if problems := _wording(name, description):
        raise KeyRefused(problems)
    key.name, key.description = name, description
    _save(key, name, fields=["name", "description"])


def move_end(*, key: StatisticsKey, ends_at: datetime) -> None:
    """Let a key that has not ended collect until another time. Raises KeyRefused."""
    now = timezone.now()
    if ends_at <= now:
        raise KeyRefused({"ends_at": _("This has passed. Choose a later end, or end the key now.")})
    if ends_at <= key.starts_at:
        raise KeyRefused({"ends_at": _("The end must be after the beginning.")})
    _move(key, ends_at, StatisticsKey.objects.filter(ends_at__gt=now))


def end_now(*, key: StatisticsKey) -> None:
    """Let an active key collect no more from this moment. Raises KeyRefused."""
    now = timezone.now()
    _move(key, now, StatisticsKey.objects.filter(starts_at__lt=now, ends_at__gt=now))


def _move(key: StatisticsKey, ends_at: datetime, movable: QuerySet[StatisticsKey]) -> None:
    """Under a lock: of two people at once, nobody revives what the other has ended."""
    with transaction.atomic():
        locked = movable.select_for_update().filter(pk=key.pk).first()
        if locked is None:
            raise KeyRefused({WHOLE: ENDED})
        locked.ends_at = ends_at
        locked.save(update_fields=["ends_at"])
    key.ends_at = ends_at


def _save(key: StatisticsKey, name: str, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            key.save(update_fields=fields)
    except IntegrityError as error:
        same = StatisticsKey.objects.filter(project=key.project_id, name=name).exclude(pk=key.pk)
        if not same.exists():
            raise
        taken = _("This project has an event key of this name already. Choose another name.")
        raise KeyRefused({"name": taken}) from error


def _tidy(name: str) -> str:
    return " ".join(name.split())


def _wording(name: str, description: str) -> dict[str, Sentence]:
    problems: dict[str, Sentence] = {}
    if not name:
        problems["name"] = _("Give the key a name.")
    elif len(name) > MAX_NAME:
        problems["name"] = _("At most %(limit)s characters.") % {"limit": MAX_NAME}
    if len(description) > MAX_DESCRIPTION:
        problems["description"] = _("At most %(limit)s characters.") % {"limit": MAX_DESCRIPTION}
    return problems


def _new_period(period: Period) -> dict[str, Sentence]:
    if period.ends_at <= period.starts_at:
        return {"ends_at": _("The end must be after the beginning.")}
    if period.ends_at <= timezone.now():
        return {"ends_at": _("This has passed. A key that has ended collects nothing.")}
    return {}
