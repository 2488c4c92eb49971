"""When a recurring schedule is due: days of the week, a clock, a zone and a period. Pure.

Where the clocks jump over the time, it is due the moment after the jump; where the time comes twice, the
first of the two. So every day of the rule has exactly one moment, and none comes before an earlier day's.
"""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from messaging.models.schedule import EVERY_DAY, RecurringSchedule

DAYS = 7
MAX_MONTHS = 6
ONE_DAY = timedelta(days=1)
# Names that the TZ database holds for machines: no place and no offset that a person could mean.
NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Days and the clock of a zone. `weekdays` are bits, Monday the lowest; both ends of the period belong
    to it.
    """

    weekdays: int
    sends_at: time
    zone: ZoneInfo
    starts_on: date
    ends_on: date


class Occurrence(NamedTuple):
    """A day of a rule, by the calendar of its zone, and the moment at which it is due, in UTC."""

    day: date
    due_at: datetime


def rule_of(schedule: RecurringSchedule) -> Rule:
    """The rule that a schedule keeps."""
    return Rule(
        weekdays=schedule.weekdays,
        sends_at=schedule.sends_at,
        zone=ZoneInfo(schedule.time_zone),
        starts_on=schedule.starts_on,
        ends_on=schedule.ends_on,
    )


def due_at(rule: Rule, day: date) -> datetime | None:
    """The moment, in UTC, at which the rule is due on that day of its zone; None where it is not."""
    if not rule.starts_on <= day <= rule.ends_on or not rule.weekdays >> day.weekday() & 1:
        return None
    return moment_of(datetime.combine(day, rule.sends_at), rule.zone)


def occurrences(rule: Rule, after: datetime, until: datetime | None = None) -> Iterator[Occurrence]:
    """The days that fall due after one moment, up to and with another (the end of the period), in order."""
    # A day wider at both ends: where the clocks jump over midnight, a moment is of the day before.
    first = max(rule.starts_on, after.astimezone(rule.zone).date() - ONE_DAY)
    last = rule.ends_on if until is None else min(rule.ends_on, until.astimezone(rule.zone).date() + ONE_DAY)
    for number in range((last - first).days + 1):
        day = first + number * ONE_DAY
        due = due_at(rule, day)
        if due is not None and after < due and (until is None or due <= until):
            yield Occurrence(day, due)


def next_due(rule: Rule, after: datetime) -> Occurrence | None:
    """The first that falls due after that moment; None where nothing of the period is left."""
    return next(occurrences(rule, after), None)


# --- clocks --------------------------------------------------------------------------------------


def moment_of(clock: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the clocks of the zone show `clock` (naive) first, or jump over it."""
    found = clock.replace(tzinfo=zone).astimezone(UTC)
    if is_shown(found, clock, zone):
        return found
    return _jump(clock, zone, found)


def is_shown(moment: datetime, clock: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of the zone show `clock` at that moment: not where they jumped over it."""
    return moment.astimezone(zone).replace(tzinfo=None) == clock


def comes_twice(clock: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks are put back over `clock`, so that it comes twice."""
    first, second = (clock.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first < second


def _jump(clock: datetime, zone: ZoneInfo, after: datetime) -> datetime:
    """The second at which the clocks jump over `clock`; `after` comes after it, by at most the jump."""
    before = clock.replace(tzinfo=zone, fold=1).astimezone(UTC)
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


# --- days, zones, periods ------------------------------------------------------------------------


def bits_of(days: Iterable[int]) -> int:
    """Days of the week, Monday 0, as bits."""
    return sum(1 << day for day in {day for day in days if 0 <= day < DAYS})


def days_of(bits: int) -> tuple[int, ...]:
    """The days of the week, Monday 0, that the bits name."""
    return tuple(day for day in range(DAYS) if bits >> day & 1)


def is_every_day(bits: int) -> bool:
    return bits == EVERY_DAY


@cache
def time_zones() -> tuple[str, ...]:
    """The names of the TZ database that a person may choose, in order."""
    return tuple(sorted(available_timezones() - NO_PLACES))


def latest_end(starts_on: date) -> date:
    """The last day that a period beginning on that day may have: the same day six calendar months later, or
    the last day of that month where it has no such day.
    """
    years, month = divmod(starts_on.month - 1 + MAX_MONTHS, 12)
    year, month = starts_on.year + years, month + 1
    return date(year, month, min(starts_on.day, calendar.monthrange(year, month)[1]))
