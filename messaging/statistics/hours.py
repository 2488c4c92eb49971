"""What was counted hour by hour up to now: for pages that are open all day, in one statement each.

Folded counts and fresh deltas together, as `series` reads them. An hour is that in which it happened.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from console.accounts.models import Project
from messaging.states import Counter
from messaging.statistics.queries import Progress

# A message without a report becomes unknown after 80 hours, unless its carrier account says otherwise.
LONGEST_WAIT_FOR_REPORT = timedelta(days=4)

# As a plan chooses the lane: codes, then what was typed, then all the rest.
LANE = "CASE WHEN {of}purpose = 'AUTH' THEN 'AUTH' WHEN {of}kind = 'GENERAL' THEN 'SINGLE' ELSE 'MASS' END"
# What happened before `since` is of one group, without an hour.
COUNTED = f"""
SELECT CASE WHEN hour >= %(since)s THEN hour END, counter, code, lane, sum(n)::bigint FROM (
    SELECT hour, counter, code, {LANE.format(of="")} AS lane, n FROM messaging_statisticscount
    WHERE project_id = %(project)s AND hour >= %(earliest)s
    UNION ALL
    SELECT date_trunc('hour', delta.minute, 'UTC'), delta.counter, delta.code,
        {LANE.format(of="request.")}, delta.n
    FROM messaging_countdelta delta JOIN messaging_sendrequest request ON request.id = delta.request_id
    WHERE request.project_id = %(project)s AND delta.minute >= %(earliest)s
) AS counted GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - of constants alone
# Each project's own stretch of the index, however many there are.
BY_PROJECT = """
SELECT project_id, hour >= %(since)s, counter, sum(n)::bigint FROM (
    SELECT project.id AS project_id, hour, counter, n
    FROM accounts_project project CROSS JOIN LATERAL (
        SELECT hour, counter, n FROM messaging_statisticscount
        WHERE project_id = project.id AND hour >= %(earliest)s AND counter <> 'HANDSET_SECONDS'
    ) AS folded
    UNION ALL
    SELECT request.project_id, date_trunc('hour', delta.minute, 'UTC'), delta.counter, delta.n
    FROM messaging_countdelta delta JOIN messaging_sendrequest request ON request.id = delta.request_id
    WHERE delta.minute >= %(earliest)s
) AS counted GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Counted:
    """So many messages (or seconds) of a lane in the hour that began then; None: before all of those."""

    hour: datetime | None
    counter: str
    code: str
    lane: str
    n: int


@dataclass(frozen=True)
class Hours:
    """Everything that was counted of a project since a moment, and in the days before it in one sum."""

    rows: tuple[Counted, ...]

    def progress(self, fits: Callable[[Counted], bool]) -> Progress:
        return Progress(_summed((row.counter, row.n) for row in self.rows if fits(row)))

    def between(self, since: datetime, until: datetime, lane: str = "") -> Progress:
        """What was counted in the hours that began in a span, `until` not included."""
        return self.progress(
            lambda row: row.hour is not None and since <= row.hour < until and lane in ("", row.lane)
        )

    @property
    def waiting_for_result(self) -> int:
        """Handed over and without a result, of all the days that were read."""
        return max(self.progress(lambda row: True).waiting_for_result, 0)

    def codes(self, since: datetime, counters: frozenset[Counter]) -> dict[str, int]:
        """How often each result code was counted in the hours since then."""
        return _summed(
            (row.code, row.n)
            for row in self.rows
            if row.counter in counters and row.hour is not None and row.hour >= since
        )


def read_hours(project: Project, *, since: datetime, now: datetime) -> Hours:
    """What was counted of a project, by the hour since `since`."""
    with connection.cursor() as cursor:
        earliest = min(since, now - LONGEST_WAIT_FOR_REPORT)
        cursor.execute(COUNTED, {"project": project.pk, "since": since, "earliest": earliest})
        return Hours(tuple(Counted(*row) for row in cursor.fetchall()))


@dataclass(frozen=True)
class ProjectCounts:
    """What became of a project's messages today, and how many wait for a result."""

    today: Progress
    waiting_for_result: int


def read_projects(*, since: datetime, now: datetime) -> dict[int, ProjectCounts]:
    """The counts of every project that had any in the last days, by its id. No personal data."""
    with connection.cursor() as cursor:
        earliest = min(since, now - LONGEST_WAIT_FOR_REPORT)
        cursor.execute(BY_PROJECT, {"since": since, "earliest": earliest})
        rows = cursor.fetchall()
    found: dict[int, ProjectCounts] = {}
    for project_id in {row[0] for row in rows}:
        own = [(is_today, counter, n) for owner, is_today, counter, n in rows if owner == project_id]
        today = Progress(_summed((counter, n) for is_today, counter, n in own if is_today))
        all_days = Progress(_summed((counter, n) for _is_today, counter, n in own))
        found[project_id] = ProjectCounts(today, max(all_days.waiting_for_result, 0))
    return found


def _summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, n in pairs:
        found[key] = found.get(key, 0) + n
    return found


def seconds_to_phone(counts: Mapping[str, int]) -> float | None:
    """The mean from handing over to the phone; None where nothing arrived."""
    delivered = counts.get(Counter.DELIVERED, 0)
    return counts.get(Counter.HANDSET_SECONDS, 0) / delivered if delivered > 0 else None


def delivery_rate(counts: Mapping[str, int]) -> float | None:
    """Which part of what ended was delivered, 0 to 1; None where nothing ended."""
    failed = counts.get(Counter.SEND_FAILED, 0) + counts.get(Counter.DELIVERY_FAILED, 0)
    ended = counts.get(Counter.DELIVERED, 0) + failed
    return counts.get(Counter.DELIVERED, 0) / ended if ended > 0 else None
