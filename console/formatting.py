"""How numbers, phone numbers and times are written on every page. Pure functions."""

import re
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from django.utils import timezone
from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import gettext, ngettext

Moment = TypeVar("Moment", date, datetime)

_SEOUL_NUMBER = re.compile(r"^(02)(\d{3,4})(\d{4})$")
_SAFE_NUMBER = re.compile(r"^(050\d)(\d{3,4})(\d{4})$")
_USUAL_NUMBER = re.compile(r"^(0\d{2})(\d{3,4})(\d{4})$")
_SHORT_NUMBER = re.compile(r"^(1[5-8]\d{2})(\d{4})$")
_PATTERNS = (_SEOUL_NUMBER, _SAFE_NUMBER, _USUAL_NUMBER, _SHORT_NUMBER)


def group_phone_number(number: str) -> str:
    """A number as people read it: `01012345678` is `010-1234-5678`; one of another form stays as it is.

    A domestic number with the country code (`8210…`, `+8210…`) is written as dialled at home.
    """
    digits = re.sub(r"[\s()-]", "", number or "")
    domestic = re.sub(r"^\+?82(?=[1-9])", "0", digits)
    for pattern in _PATTERNS:
        if match := pattern.match(domestic):
            return "-".join(match.groups())
    return digits


def mask_phone_number(number: str) -> str:
    """The number with the part that tells people apart hidden: `010-****-5678`."""
    parts = group_phone_number(number).split("-")
    if len(parts) == 3:
        return f"{parts[0]}-{'*' * len(parts[1])}-{parts[2]}"
    text = "-".join(parts)
    return f"{'*' * max(len(text) - 4, 0)}{text[-4:]}"


def group_number(value: int | float | None) -> str:
    """A number with thousands separated: `1,000,000`; a dash where there is none."""
    return "–" if value is None else number_format(value, use_l10n=True, force_grouping=True)


def percent(part: int, whole: int) -> int:
    """The part of the whole in hundredths, rounded down: 100 only when nothing is left."""
    return 0 if whole <= 0 else max(0, min(100, part * 100 // whole))


def relative_time(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, or in how long, in one unit: "3 minutes ago", "in 2 hours", "now"."""
    seconds = int(((now or timezone.now()) - moment).total_seconds())
    if abs(seconds) < 10:
        return gettext("now")
    length = length_of(timedelta(seconds=abs(seconds)))
    pattern = gettext("%(length)s ago") if seconds > 0 else gettext("in %(length)s")
    return pattern % {"length": length}


def length_of(span: timedelta) -> str:
    """A length of time in one unit: "3 minutes"."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    if seconds < 3600:
        return ngettext("%(n)d minute", "%(n)d minutes", seconds // 60) % {"n": seconds // 60}
    if seconds < 86400:
        return ngettext("%(n)d hour", "%(n)d hours", seconds // 3600) % {"n": seconds // 3600}
    return ngettext("%(n)d day", "%(n)d days", seconds // 86400) % {"n": seconds // 86400}


def absolute_time(moment: datetime) -> str:
    """The time in the project's zone, to the second: `2026-11-22 14:07:31`, `2026. 11. 22. 14:07:31`."""
    return date_format(timezone.localtime(moment), "SECOND_FORMAT")


def minute(moment: datetime) -> str:
    """The time in the project's zone, to the minute: `2026-11-22 14:07`, `2026. 11. 22. 14:07`."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def day(moment: date) -> str:
    """A day, or that of a time in the project's zone: `2026-11-22`, `2026. 11. 22.`."""
    return date_format(_local(moment), "DATE_FORMAT")


def short_day(moment: date) -> str:
    """The same without its year: `11-22`, `11. 22.`."""
    return date_format(_local(moment), "SHORT_MONTH_DAY_FORMAT")


def clock(moment: datetime | time) -> str:
    """What a clock shows at a time in the project's zone, or that time of any day: `14:07`."""
    return time_format(_local(moment) if isinstance(moment, datetime) else moment, "TIME_FORMAT")


def clock_second(moment: datetime | time) -> str:
    """The same to the second: `14:07:31`."""
    return time_format(_local(moment) if isinstance(moment, datetime) else moment, "CLOCK_SECOND_FORMAT")


def _local(moment: Moment) -> Moment:
    return timezone.localtime(moment) if isinstance(moment, datetime) else moment
