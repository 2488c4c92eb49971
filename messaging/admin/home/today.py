"""Today in five numbers beside yesterday's pace, by lane, and what failed by cause."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging import result_codes
from messaging.admin.home.drawing import Bar, bars_of
from messaging.health.readings import LaneReading
from messaging.states import Counter
from messaging.statistics.hours import Hours
from messaging.statistics.queries import Progress

MOST_CAUSES = 8
FAILED = frozenset({Counter.SEND_FAILED, Counter.DELIVERY_FAILED})
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Below these a difference says nothing of the pace.
LEAST_COMPARED, LEAST_DIFFERENCE, LARGE_DIFFERENCE = 20, 5, 100
# A lane whose oldest waits longer than this wants to be looked at.
LONG_WAITS = {"AUTH": timedelta(seconds=10), "SINGLE": timedelta(minutes=1), "MASS": timedelta(minutes=15)}


@dataclass(frozen=True)
class Stat:
    """One number of today. `before`: yesterday's up to this time of day, None where it has no pace."""

    key: str
    label: Any
    value: int
    before: int | None
    colour: str = ""
    spark: tuple[Bar, ...] = ()

    @property
    def pace(self) -> str:
        """The comparison in words."""
        if self.before is None:
            return _("handed over in the last days")
        if self.before < LEAST_COMPARED or not self.value:
            return ""
        difference = round(self.value * 100 / self.before) - 100
        if abs(difference) < LEAST_DIFFERENCE:
            return _("about the same")
        if difference >= LARGE_DIFFERENCE:
            times = round(self.value / self.before, 1)
            return _("%(times)s times as many") % {"times": number_format(times, 1)}
        words = _("%(n)d%% more") if difference > 0 else _("%(n)d%% less")
        return words % {"n": abs(difference)}


@dataclass(frozen=True)
class LaneRow:
    """A lane today, and what of it is ready to be handed over now."""

    reading: LaneReading
    progress: Progress
    is_long: bool


@dataclass(frozen=True)
class Failure:
    """Failures of one cause; `share` of the most frequent one, in thousandths."""

    result: result_codes.ResultCode
    n: int
    share: int


NUMBERS: tuple[tuple[str, Any, str, str], ...] = (
    ("requested", gettext_lazy("Requested"), "requested", ""),
    ("sent", gettext_lazy("Handed over"), "sent", ""),
    ("delivered", gettext_lazy("Delivered"), "delivered", "green"),
    ("failed", gettext_lazy("Failed"), "failed", "red"),
)


def stats_of(hours: Hours, now: datetime) -> list[Stat]:
    """Five numbers. What was counted yesterday in the hour of now is taken as spread evenly over it."""
    midnight = midnight_of(now)
    today = hours.between(midnight, now + HOUR)
    found = [
        Stat(
            key,
            label,
            getattr(today, name),
            _by_now(hours, now - DAY, name),
            colour,
            _spark(hours, midnight, name),
        )
        for key, label, name, colour in NUMBERS
    ]
    waiting = Stat("waiting", gettext_lazy("Waiting for result"), hours.waiting_for_result, None, "blue")
    return [*found[:3], waiting, found[3]]


def _by_now(hours: Hours, then: datetime, name: str) -> int:
    """A number of the day of `then`, up to then."""
    hour = then.replace(minute=0, second=0, microsecond=0)
    before: int = getattr(hours.between(midnight_of(then), hour), name)
    within: int = getattr(hours.between(hour, hour + HOUR), name)
    return before + round(within * ((then - hour) / HOUR))


def _spark(hours: Hours, midnight: datetime, name: str) -> tuple[Bar, ...]:
    """A bar an hour of the day."""
    starts = [midnight + HOUR * n for n in range(24)]
    numbers: list[int] = [getattr(hours.between(start, start + HOUR), name) for start in starts]
    return bars_of(numbers) if any(numbers) else ()


def lanes_of(hours: Hours, readings: list[LaneReading], now: datetime) -> list[LaneRow]:
    """Every lane, most pressing first."""
    midnight = midnight_of(now)
    return [
        LaneRow(
            reading,
            hours.between(midnight, now + HOUR, lane=reading.lane.value),
            reading.oldest is not None and now - reading.oldest > LONG_WAITS[reading.lane.value],
        )
        for reading in readings
    ]


def failures_of(hours: Hours, now: datetime, most_shown: int | None = MOST_CAUSES) -> list[Failure]:
    """What failed in the last 24 hours by cause, most first."""
    found = {code: n for code, n in hours.codes(a_day_ago(now), FAILED).items() if n > 0}
    most = max(found.values(), default=1)
    common = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:most_shown]
    return [Failure(result_codes.lookup(code), n, max(n * 1000 // most, 8)) for code, n in common]


def a_day_ago(now: datetime) -> datetime:
    """When the first of the 24 hours began of which the present one is the last."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)


def midnight_of(moment: datetime) -> datetime:
    """When the day of that moment began, on the console's clock."""
    return timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)
