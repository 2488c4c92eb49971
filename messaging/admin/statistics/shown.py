"""Statistics as the page and the downloads show them: rows, totals, words of causes, the chart."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy

from console.formatting import clock, short_day
from messaging import result_codes
from messaging.admin.statistics.forms import country_label
from messaging.statistics.series import Bucket, Counts, Series
from messaging.statistics.views import Column

MOST_CODES = 12
# Monday first. Django's own are whole words in Korean, and a column of a table is narrow.
WEEKDAYS = (
    pgettext_lazy("short weekday", "Mon"),
    pgettext_lazy("short weekday", "Tue"),
    pgettext_lazy("short weekday", "Wed"),
    pgettext_lazy("short weekday", "Thu"),
    pgettext_lazy("short weekday", "Fri"),
    pgettext_lazy("short weekday", "Sat"),
    pgettext_lazy("short weekday", "Sun"),
)
# Told apart by the pattern of the line and the shape of its points, not by colour alone.
DASHES: Sequence[Sequence[int]] = ([], [], [6, 3], [], [2, 3], [8, 3, 2, 3], [4, 4], [1, 4])
POINTS = ("circle", "rect", "triangle", "rectRot", "star", "cross", "circle", "rect")
BEFORE_COLOUR = "--b-line-strong"
CHART_OPTIONS = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {
            "legend": {
                "position": "bottom",
                "labels": {"color": "#8b93a1", "usePointStyle": True, "boxHeight": 6, "padding": 12},
            }
        },
        "scales": {
            "x": {
                "grid": {"display": False},
                "ticks": {"color": "#8b93a1", "maxTicksLimit": 10, "maxRotation": 0},
            },
            "y": {
                "grid": {},
                "beginAtZero": True,
                "ticks": {"color": "#8b93a1", "maxTicksLimit": 6, "precision": 0},
            },
        },
    }
)


@dataclass(frozen=True)
class Total:
    """A number over the whole period, with that of the period before (None where it is not kept)."""

    column: Column
    n: int
    before: int | None


@dataclass(frozen=True)
class Line:
    """A row of a table: what it is of, and the numbers of the columns."""

    label: str
    start: datetime | None
    numbers: list[int]


@dataclass(frozen=True)
class Failure:
    """Failures of one cause; `share` of the most frequent one, in thousandths."""

    result: result_codes.ResultCode
    n: int
    share: int


def totals_of(series: Series, before: Series | None) -> list[Total]:
    """The columns of the view over the whole period."""
    return [
        Total(column, column.value(series.totals), column.value(before.totals) if before else None)
        for column in series.columns
    ]


def lines_of(series: Series) -> list[Line]:
    """The table: every hour or day, newest first."""
    is_hour = series.wanted.bucket == Bucket.HOUR
    return [
        Line(bucket_label(start, is_hour=is_hour), start, numbers_of(series.columns, counts))
        for start, counts in reversed(series.rows())
    ]


def countries_of(series: Series) -> list[Line]:
    """The same by country, most requested first."""
    return [
        Line(country_label(code), None, numbers_of(series.columns, counts))
        for code, counts in series.by_country()
    ]


def numbers_of(columns: Iterable[Column], counts: Counts) -> list[int]:
    return [column.value(counts) for column in columns]


def failures_of(series: Series) -> list[Failure]:
    """Every cause of failures, most frequent first."""
    found = series.failures()
    most = max((each.n for each in found), default=1)
    return [Failure(result_codes.lookup(each.code), each.n, max(each.n * 1000 // most, 8)) for each in found]


def bucket_label(start: datetime, *, is_hour: bool) -> str:
    """An hour or a day in the console's time zone."""
    if is_hour:
        return f"{short_day(start)} {clock(start)}"
    return f"{short_day(start)} ({WEEKDAYS[timezone.localtime(start).weekday()]})"


def chart_of(series: Series, before: Series | None) -> str:
    """The chart's data as JSON: a line a column, and what was requested in the period before."""
    is_hour = series.wanted.bucket == Bucket.HOUR
    rows = series.rows()
    labels = [
        f"{short_day(start)} {clock(start)}" if is_hour else short_day(start) for start, _counts in rows
    ]
    datasets = [
        line(str(column.label), f"--b-{column.colour}", number, [column.value(counts) for _, counts in rows])
        for number, column in enumerate(series.columns)
    ]
    if before is not None and not before.is_empty:
        requested = series.columns[0]
        earlier = [requested.value(counts) for _start, counts in before.rows()]
        label = gettext("%(what)s, period before") % {"what": requested.label}
        datasets.append(line(label, BEFORE_COLOUR, len(DASHES) - 1, earlier) | {"pointRadius": 0})
    return json.dumps({"labels": labels, "datasets": datasets})


def line(label: str, colour: str, number: int, numbers: list[int]) -> dict[str, Any]:
    """One line of the chart."""
    return {
        "label": label,
        "data": numbers,
        "borderColor": f"var({colour})",
        "backgroundColor": f"var({colour})",
        "borderDash": DASHES[number],
        "pointStyle": POINTS[number],
        "borderWidth": 2,
        "pointRadius": 3 if len(numbers) <= 40 else 0,
    }
