"""When advertising may go: a project's own closed hours, and the night of the law, on the console's clock."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone

# What a project may choose (both inclusive).
EARLIEST_START, LATEST_START = time(18), time(21)
EARLIEST_END, LATEST_END = time(8), time(12)

# Between these the law asks for a consent of its own.
NIGHT_STARTS, NIGHT_ENDS = time(21), time(8)


class Hours(NamedTuple):
    """No advertising from `starts_at` to `ends_at` of the next morning, which is no longer included."""

    starts_at: time
    ends_at: time


NIGHT = Hours(NIGHT_STARTS, NIGHT_ENDS)


def closed_until(hours: Hours, now: datetime) -> datetime | None:
    """When advertising may go again, or None where it may go at this moment. `now` is aware."""
    local = now.astimezone(timezone.get_default_timezone())
    if local.time() >= hours.starts_at:
        return _at(local + timedelta(days=1), hours.ends_at)
    return _at(local, hours.ends_at) if local.time() < hours.ends_at else None


def closes_at(hours: Hours, now: datetime) -> datetime:
    """When the hours begin that follow `now`, a moment at which advertising may go."""
    return _at(now.astimezone(timezone.get_default_timezone()), hours.starts_at)


def open_since(hours: Hours, now: datetime) -> datetime:
    """When the hours ended that came before `now`, a moment at which advertising may go."""
    return _at(now.astimezone(timezone.get_default_timezone()), hours.ends_at)


def is_night(now: datetime) -> bool:
    """Whether the law asks for a separate consent to advertising at this moment (21:00 to 08:00)."""
    return closed_until(NIGHT, now) is not None


def _at(day: datetime, at: time) -> datetime:
    return datetime.combine(day.date(), at, tzinfo=timezone.get_default_timezone())
