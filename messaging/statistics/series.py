"""Reading statistics: a project's counts over a period, by hour or day, by code and by country.

One statement reads folded counts and deltas that are not folded yet, so that what it says is of one moment,
and exact. Counts are by the hour, in UTC: an hour belongs to the day of the console's time zone in which it
begins. They are kept for KEPT_DAYS days.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.models import StatisticsCount
from messaging.states import Counter
from messaging.statistics.views import COLUMNS, Column, View, counters_of

# The guide: statistics of the last 90 days, today among them.
KEPT_DAYS = 90
# The rows of a table that a person can read: a week by the hour.
MOST_DAYS_BY_HOUR = 7
PRUNED_AT_ONCE = 50_000
FAILURES = frozenset({Counter.SEND_FAILED.value, Counter.DELIVERY_FAILED.value})


class Bucket(models.TextChoices):
    """How long a row of the table is."""

    HOUR = "hour", _("By hour")
    DAY = "day", _("By day")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which counts: `since` inclusive, `until` exclusive, both on the hour; an empty condition means any.

    `template` and `statistics_key` are ids, 0 for messages without one. `country_code` is the dialling code.
    """

    project: Project
    since: datetime
    until: datetime
    view: str = View.REQUEST_TIME
    bucket: str = Bucket.DAY
    kind: str = ""
    message_type: str = ""
    purpose: str = ""
    template: int | None = None
    statistics_key: int | None = None
    country_code: int | None = None

    def before(self) -> "Wanted | None":
        """The same for the period of the same length just before; None where counts are not kept so long."""
        since = self.since - (self.until - self.since)
        if since < earliest():
            return None
        return replace(self, since=since, until=self.since)


Counts = dict[str, int]


@dataclass(frozen=True)
class CodeCount:
    """So many messages failed with a result code."""

    code: str
    n: int


@dataclass(slots=True)
class Series:
    """What was counted: each counter in all, by hour or day, by country; failures by code."""

    wanted: Wanted
    totals: Counts = field(default_factory=dict)
    buckets: dict[datetime, Counts] = field(default_factory=dict)
    countries: dict[int, Counts] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def columns(self) -> list[Column]:
        """The numbers that the view shows; those beside the guide's own where they are not zero."""
        columns = COLUMNS[self.wanted.view]
        return [each for each in columns if not each.is_beside or each.value(self.totals)]

    @property
    def is_empty(self) -> bool:
        return not any(self.totals.values())

    def rows(self) -> list[tuple[datetime, Counts]]:
        """Every hour or day of the period in order, those without any count too."""
        return [(start, self.buckets.get(start, {})) for start in starts(self.wanted)]

    def failures(self) -> list[CodeCount]:
        """The failures by result code, most frequent first."""
        counted = [CodeCount(code, n) for code, n in self.codes.items() if n]
        return sorted(counted, key=lambda each: (-each.n, each.code))

    def by_country(self) -> list[tuple[int, Counts]]:
        """The counts of each country, most requested first."""
        requested = Counter.REQUESTED.value
        return sorted(self.countries.items(), key=lambda each: (-each[1].get(requested, 0), each[0]))


CONDITIONS: Mapping[str, str] = {
    "kind": "kind",
    "message_type": "message_type",
    "purpose": "purpose",
    "template": "template",
    "statistics_key": "statistics_key",
    "country_code": "country_code",
}
# A delta as the folded row that it will be part of.
UNFOLDED = """
    SELECT request.project_id, date_trunc('hour', delta.minute, 'UTC') AS hour,
        date_trunc('hour', request.created_at, 'UTC') AS request_hour, request.kind, request.message_type,
        request.purpose, delta.counter, delta.code, delta.country_code,
        coalesce(version.template_id, 0) AS template,
        coalesce(request.statistics_key_id, 0) AS statistics_key, delta.n
    FROM messaging_countdelta delta
    JOIN messaging_sendrequest request ON request.id = delta.request_id
    LEFT JOIN messaging_templateversion version ON version.id = request.template_version_id
"""
# A bucket is its place in the list of starts, from 1. Rows become few before they are grouped three times.
COUNTED = """
WITH counted AS (
    SELECT width_bucket({time}, %(starts)s::timestamptz[]) AS bucket, counter, code, country_code, sum(n) AS n
    FROM messaging_statisticscount WHERE {conditions} GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT width_bucket({time}, %(starts)s::timestamptz[]), counter, code, country_code, n
    FROM ({unfolded}) AS fresh WHERE {conditions}
)
SELECT grouping(bucket), grouping(code), grouping(country_code), bucket, counter, code, country_code,
    sum(n)::bigint
FROM counted
GROUP BY GROUPING SETS ((bucket, counter), (code, counter), (country_code, counter))
"""
REQUESTED_BY_KEY = """
SELECT statistics_key, sum(n)::bigint FROM (
    SELECT statistics_key, n FROM messaging_statisticscount WHERE {conditions}
    UNION ALL
    SELECT statistics_key, n FROM ({unfolded}) AS fresh WHERE {conditions}
) AS counted GROUP BY 1
"""
OF_KEYS = """
project_id = %(project)s AND request_hour >= %(since)s AND counter = 'REQUESTED'
AND statistics_key = ANY(%(keys)s)
"""


def read(wanted: Wanted) -> Series:
    """Everything that one page shows of a period, in one statement."""
    series = Series(wanted)
    beginnings = starts(wanted)
    for is_bucket, is_code, is_country, bucket, counter, code, country, n in _counted(wanted, beginnings):
        if is_bucket:
            series.buckets.setdefault(beginnings[bucket - 1], {})[counter] = n
            series.totals[counter] = series.totals.get(counter, 0) + n
        elif is_code and counter in FAILURES:
            series.codes[code] = series.codes.get(code, 0) + n
        elif is_country:
            series.countries.setdefault(country, {})[counter] = n
    return series


def _counted(
    wanted: Wanted, beginnings: list[datetime]
) -> Iterator[tuple[bool, bool, bool, int, str, str, int, int]]:
    """(whose group it is: bucket, code, country; the place of the bucket from 1, the counter, the code, the
    country, and how many).
    """
    time_column = "request_hour" if wanted.view == View.REQUEST_TIME else "hour"
    conditions = [
        "project_id = %(project)s",
        f"{time_column} >= %(since)s",
        f"{time_column} < %(until)s",
        "counter = ANY(%(counters)s)",
    ]
    params: dict[str, Any] = {
        "project": wanted.project.pk,
        "since": wanted.since,
        "until": wanted.until,
        "counters": counters_of(wanted.view),
        "starts": beginnings,
    }
    if wanted.view == View.INTERNATIONAL:
        conditions.append("country_code <> 82")
    for name, column in CONDITIONS.items():
        value = getattr(wanted, name)
        if value not in ("", None):
            conditions.append(f"{column} = %({name})s")
            params[name] = value
    statement = COUNTED.format(
        time=time_column,
        conditions=" AND ".join(conditions),
        unfolded=UNFOLDED,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for *grouped, bucket, counter, code, country, n in cursor.fetchall():
            bucket_too, code_too, country_too = (not is_left_out for is_left_out in grouped)
            yield bucket_too, code_too, country_too, bucket, counter, code, country, n


def starts(wanted: Wanted) -> list[datetime]:
    """When each hour or day of the period begins, as `read` names it."""
    if wanted.bucket == Bucket.HOUR:
        hours = int((wanted.until - wanted.since).total_seconds()) // 3600
        return [wanted.since + timedelta(hours=hour) for hour in range(hours)]
    first = timezone.localdate(wanted.since)
    days = (timezone.localdate(wanted.until - timedelta(microseconds=1)) - first).days + 1
    return [start_of(first + timedelta(days=day)) for day in range(days)]


def start_of(day: date) -> datetime:
    """The first moment of a day in the console's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def first_day(today: date | None = None) -> date:
    """The first day of which statistics are kept."""
    return (today or timezone.localdate()) - timedelta(days=KEPT_DAYS - 1)


def earliest() -> datetime:
    """The first moment of which statistics are kept."""
    return start_of(first_day())


def requested_by_key(*, project: Project, key_ids: list[int]) -> dict[int, int]:
    """How many messages were requested with each of these event keys, in the days that are kept."""
    if not key_ids:
        return {}
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"project": project.pk, "since": earliest(), "keys": key_ids}
        cursor.execute(REQUESTED_BY_KEY.format(conditions=OF_KEYS, unfolded=UNFOLDED), params)
        return dict(cursor.fetchall())


def prune_statistics() -> int:
    """Delete counts of what happened before the days that are kept; return how many rows. Repeatable.

    What is deleted was requested before those days too, so the days that are shown stay whole.
    """
    old = StatisticsCount.objects.filter(hour__lt=earliest() - timedelta(days=1))
    deleted = 0
    while n := old.filter(pk__in=old.values("pk")[:PRUNED_AT_ONCE]).delete()[0]:
        deleted += n
    return deleted
