"""The delivery rate and the time to the phone of the last 24 hours, drawn and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.formatting import clock, group_number
from messaging.admin.home.drawing import WIDTH, Bar, Point, bars_of, lines_of, round_scale
from messaging.admin.home.today import a_day_ago
from messaging.statistics.hours import Hours, delivery_rate, seconds_to_phone

HOURS = 24
LABEL_EVERY = 6
# Where the axis of rates begins: the highest of these that is below all of them.
FLOORS = (0.95, 0.9, 0.8, 0.5, 0.0)


@dataclass(frozen=True)
class Hour:
    """One hour: what ended, which part of it was delivered, and the mean seconds to the phone."""

    start: datetime
    delivered: int
    failed: int
    rate: float | None
    seconds: float | None

    @property
    def label(self) -> str:
        return clock(self.start)

    @property
    def rate_in_words(self) -> str:
        return "–" if self.rate is None else percent(self.rate)

    @property
    def seconds_in_words(self) -> str:
        return "–" if self.seconds is None else rounded(self.seconds)


@dataclass(frozen=True)
class Slot:
    """The stretch of a chart that is one hour's, with what is said where a pointer rests on it."""

    x: int
    width: int
    words: str


@dataclass(frozen=True)
class Chart:
    """A picture: bars or lines, what stands at the ends of its axis, and one sentence that says it all."""

    sentence: str
    top: str
    bottom: str
    slots: tuple[Slot, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[tuple[Point, ...], ...] = ()


@dataclass(frozen=True)
class Charts:
    """Both charts over the same hours."""

    hours: tuple[Hour, ...]
    rate: Chart | None
    seconds: Chart | None

    @property
    def labels(self) -> list[str]:
        return [hour.label for hour in self.hours[::LABEL_EVERY]]

    @property
    def rows(self) -> list[Hour]:
        """Those of the table: newest first, without the hours in which nothing ended."""
        return [hour for hour in reversed(self.hours) if hour.rate is not None]


def charts_of(hours: Hours, now: datetime) -> Charts:
    """The 24 hours that end with the present one."""
    first = a_day_ago(now)
    found = tuple(_hour(hours, first + timedelta(hours=n)) for n in range(HOURS))
    if all(hour.rate is None for hour in found):
        return Charts(found, None, None)
    return Charts(found, _rate_chart(found), _seconds_chart(found))


def _hour(hours: Hours, start: datetime) -> Hour:
    progress = hours.between(start, start + timedelta(hours=1))
    counts = progress.counts
    return Hour(start, progress.delivered, progress.failed, delivery_rate(counts), seconds_to_phone(counts))


def _rate_chart(hours: Sequence[Hour]) -> Chart:
    rates = [hour.rate for hour in hours if hour.rate is not None]
    floor = next(each for each in FLOORS if min(rates) >= each)
    ended = sum(hour.delivered + hour.failed for hour in hours)
    whole = sum(hour.delivered for hour in hours) / ended
    said = {"all": percent(whole), "least": percent(min(rates)), "n": group_number(ended)}
    return Chart(
        sentence=ngettext(
            "%(all)s of %(n)s message was delivered; the lowest hour had %(least)s.",
            "%(all)s of %(n)s messages were delivered; the lowest hour had %(least)s.",
            ended,
        )
        % said,
        top=percent(1, 0),
        bottom=percent(floor, 0),
        slots=_slots(hours, [hour.rate_in_words for hour in hours]),
        lines=lines_of([hour.rate for hour in hours], floor, 1),
    )


def _seconds_chart(hours: Sequence[Hour]) -> Chart | None:
    known = [hour for hour in hours if hour.seconds is not None]
    if not known:
        return None
    top = round_scale(max(hour.seconds or 0 for hour in known))
    delivered = sum(hour.delivered for hour in known)
    mean = sum((hour.seconds or 0) * hour.delivered for hour in known) / delivered
    longest = max(known, key=lambda hour: hour.seconds or 0)
    said = {"mean": rounded(mean), "most": longest.seconds_in_words, "time": longest.label}
    return Chart(
        sentence=_("%(mean)s seconds on average; the slowest hour, %(time)s, took %(most)s.") % said,
        top=_("%(n)s s") % {"n": group_number(int(top))},
        bottom="0",
        slots=_slots(hours, [_("%(n)s s") % {"n": hour.seconds_in_words} for hour in hours]),
        bars=bars_of([hour.seconds for hour in hours], top),
    )


def _slots(hours: Sequence[Hour], words: Sequence[str]) -> tuple[Slot, ...]:
    step = WIDTH / len(hours)
    return tuple(
        Slot(round(place * step), round(step), _said(hour, said))
        for place, (hour, said) in enumerate(zip(hours, words, strict=True))
        if hour.rate is not None
    )


def _said(hour: Hour, words: str) -> str:
    said = {"time": hour.label, "what": words, "n": group_number(hour.delivered)}
    return _("%(time)s: %(what)s (%(n)s delivered)") % said


def percent(part: float, digits: int = 1) -> str:
    """A part of one in hundredths, by the locale: `98.7%`. What is not all is never rounded up to all."""
    shown = part * 100
    if part < 1 and round(shown, digits) >= 100:
        shown = 100 - 10**-digits
    return f"{rounded(shown, digits)}%"


def rounded(n: float, digits: int = 1) -> str:
    """A number by the locale, rounded; Django's own way cuts it off."""
    return str(number_format(round(n, digits), digits))
