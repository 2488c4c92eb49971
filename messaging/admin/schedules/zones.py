"""Time zones as people find them: by their name, or by the city in it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from messaging.schedules.rules import time_zones

# What the database of time zones holds for machines, not for people.
NOT_PLACES = ("Etc/", "SystemV/")


def _plain(written: str) -> str:
    return " ".join(written.replace("_", " ").split()).lower()


def find_zone(written: str) -> str:
    """The zone that was written, also as "seoul" or "new york"; where it is none or several, as written."""
    wanted = _plain(written)
    whole = [name for name in time_zones() if _plain(name) == wanted]
    cities = [name for name in time_zones() if _plain(name.rpartition("/")[2]) == wanted]
    return next((found[0] for found in (whole, cities) if len(found) == 1), written.strip())


def offered_zones(used: Iterable[str], now: datetime) -> list[tuple[str, str]]:
    """(name, offset now) of the zones to choose from: the console's, those in use, then all places."""
    first = list(dict.fromkeys([settings.TIME_ZONE, *sorted(used)]))
    places = (name for name in time_zones() if "/" in name and not name.startswith(NOT_PLACES))
    names = [*first, *(name for name in places if name not in first)]
    return [(name, offset_words(now, name)) for name in names if name in time_zones()]


def offset_words(moment: datetime, name: str) -> str:
    """How far a zone is from UTC then: "UTC+09:00"."""
    offset = moment.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    return f"UTC{'-' if offset < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}"


def console_zone() -> str:
    """The zone in which the console shows times."""
    return timezone.get_current_timezone_name()
