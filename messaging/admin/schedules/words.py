"""Schedules in words: their days, when they run next, and what the clocks do meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from console.formatting import clock, day, minute, relative_time
from messaging.admin.schedules.zones import console_zone, offset_words
from messaging.models import RecurringSchedule
from messaging.schedules.rules import (
    Occurrence,
    Rule,
    comes_twice,
    days_of,
    is_every_day,
    is_shown,
)
from messaging.schedules.running import coming_runs

SHOWN = 5
MOST_RUNS = 200  # more than half a year has days


def days_words(bits: int) -> str:
    """ "Every day", or "Mon, Thu"."""
    return _("Every day") if is_every_day(bits) else _day_names(bits)


def _day_names(bits: int) -> str:
    return ", ".join(str(WEEKDAYS_ABBR[each]) for each in days_of(bits))


def rule_words(schedule: RecurringSchedule) -> str:
    """ "every Mon, Thu at 09:00 (Asia/Seoul)"."""
    params = {"time": clock(schedule.sends_at), "zone": schedule.time_zone}
    if is_every_day(schedule.weekdays):
        return _("every day at %(time)s (%(zone)s)") % params
    return _("every %(days)s at %(time)s (%(zone)s)") % {**params, "days": _day_names(schedule.weekdays)}


def period_words(schedule: RecurringSchedule) -> str:
    """ "2026-11-22 – 2027-02-19"."""
    return f"{day(schedule.starts_on)} – {day(schedule.ends_on)}"


@dataclass(frozen=True, slots=True)
class Run:
    """A run to come. `there` is what the clocks of its zone show then, `remark` what is odd about it."""

    due_at: datetime
    there: str
    remark: str = ""

    @property
    def relative(self) -> str:
        return relative_time(self.due_at)


def shown_runs(rule: Rule, coming: Iterable[Occurrence], count: int = SHOWN) -> list[Run]:
    """The first of the runs to come."""
    return [_run(rule, found) for found in islice(coming, count)]


def _run(rule: Rule, found: Occurrence) -> Run:
    there = found.due_at.astimezone(rule.zone)
    written = datetime.combine(found.day, rule.sends_at)
    params = {"time": clock(rule.sends_at), "instead": clock(there.time())}
    remark = ""
    if not is_shown(found.due_at, written, rule.zone):
        remark = _("The clocks jump over %(time)s on this day: it runs at %(instead)s.") % params
    elif comes_twice(written, rule.zone):
        remark = _("%(time)s comes twice on this day: it runs the first time.") % params
    return Run(found.due_at, written_there(there), remark)


def written_there(moment: datetime) -> str:
    """A moment of a zone as that zone's clocks show it, with the day of the week."""
    weekday = WEEKDAYS_ABBR[moment.weekday()]
    return f"{weekday} {day(moment.date())} {clock(moment.time())}"


def clock_changes(rule: Rule, coming: Iterable[Occurrence]) -> list[str]:
    """What a change of clocks means for the runs to come: the same time there is another one here."""
    here = ZoneInfo(console_zone())
    return [
        _change(rule, here, before, after)
        for before, after in pairwise(coming)
        if _distance(before.due_at, rule.zone, here) != _distance(after.due_at, rule.zone, here)
    ]


def _distance(moment: datetime, there: ZoneInfo, here: ZoneInfo) -> object:
    offsets = (moment.astimezone(there).utcoffset(), moment.astimezone(here).utcoffset())
    return None if None in offsets else offsets[0] - offsets[1]  # type: ignore[operator]


def _change(rule: Rule, here: ZoneInfo, before: Occurrence, after: Occurrence) -> str:
    said = _(
        "The clocks change before the run of %(day)s: %(time)s in %(zone)s is %(new)s here from then on,"
        " no longer %(old)s (%(offset)s, was %(old_offset)s)."
    )
    return said % {
        "day": day(after.day),
        "time": clock(rule.sends_at),
        "zone": rule.zone.key,
        "new": clock(after.due_at.astimezone(here).time()),
        "old": clock(before.due_at.astimezone(here).time()),
        "offset": offset_words(after.due_at, rule.zone.key),
        "old_offset": offset_words(before.due_at, rule.zone.key),
    }


def every_run(schedule: RecurringSchedule, now: datetime | None = None) -> list[Occurrence]:
    """Every run that is still to come; none of a schedule that was deleted."""
    return coming_runs(schedule, MOST_RUNS, now) if schedule.removed_at is None else []


def moment_words(moment: datetime) -> str:
    """A moment on the console's clock, to the minute, with the day of the week before it."""
    weekday = WEEKDAYS_ABBR[timezone.localtime(moment).weekday()]
    return f"{weekday} {minute(moment)}"
