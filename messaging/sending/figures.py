"""What became of one request's messages so far: in all, by part, by cause, by minute. One statement reads it.

Folded and not yet folded counts are read together: nothing is missed or counted twice while they are folded.
"""

from collections import Counter as Multiset
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from messaging.states import Counter
from messaging.statistics.queries import Progress

COUNTED = """
SELECT batch_number, minute, counter, code, sum(n)::bigint FROM (
    SELECT batch_number, minute, counter, code, n FROM messaging_requestcount WHERE request_id = %(request)s
    UNION ALL
    SELECT batch_number, minute, counter, code, n FROM messaging_countdelta
    WHERE request_id = %(request)s AND counter <> 'HANDSET_SECONDS'
) AS counted GROUP BY 1, 2, 3, 4
"""
# What a minute before this one says about the speed now.
SPEED_WINDOW = timedelta(minutes=2)
MOST_MINUTES = 180


CAUSES = frozenset({Counter.SEND_FAILED, Counter.DELIVERY_FAILED, Counter.UNKNOWN})


@dataclass(frozen=True)
class Counted:
    """So many messages of a part moved in that minute."""

    part: int
    minute: datetime
    counter: str
    code: str
    n: int


@dataclass(frozen=True)
class Figures:
    """Everything counted of one request."""

    rows: tuple[Counted, ...]

    def progress(self, part: int | None = None) -> Progress:
        """Of the whole request, or of one of its parts."""
        return Progress(dict(self._by("counter", (row for row in self.rows if part in (None, row.part)))))

    def causes(self) -> list[tuple[str, int]]:
        """(result code, messages) of what failed or is unknown, most first."""
        counted = self._by("code", (row for row in self.rows if row.counter in CAUSES))
        return sorted(
            ((code, n) for code, n in counted.items() if n > 0), key=lambda pair: (-pair[1], pair[0])
        )

    def per_minute(self) -> list[tuple[datetime, int, int]]:
        """(minute, handed over, delivered) without gaps, at most the newest MOST_MINUTES."""
        sent = self._by("minute", (row for row in self.rows if row.counter == Counter.SENT))
        delivered = self._by("minute", (row for row in self.rows if row.counter == Counter.DELIVERED))
        minutes = sent.keys() | delivered.keys()
        if not minutes:
            return []
        last = max(minutes)
        first = max(min(minutes), last - timedelta(minutes=MOST_MINUTES - 1))
        count = int((last - first).total_seconds()) // 60 + 1
        every = (first + timedelta(minutes=number) for number in range(count))
        return [(minute, sent[minute], delivered[minute]) for minute in every]

    def per_minute_now(self, running_since: datetime | None, now: datetime | None = None) -> int:
        """Messages handed over or refused a minute, lately; 0 where nothing runs."""
        now = now or timezone.now()
        if running_since is None or running_since >= now:
            return 0
        start = max(running_since, (now - SPEED_WINDOW).replace(second=0, microsecond=0))
        handled = {Counter.SENT, Counter.SEND_FAILED}
        floor = start.replace(second=0, microsecond=0)
        n = sum(row.n for row in self.rows if row.counter in handled and row.minute >= floor)
        return int(n * 60 / max((now - start).total_seconds(), 1))

    @staticmethod
    def _by(name: str, rows: Iterable[Counted]) -> Multiset:
        counted: Multiset = Multiset()
        for row in rows:
            counted[getattr(row, name)] += row.n
        return counted


def figures_of(request_id: UUID) -> Figures:
    """What was counted of the request up to now."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, {"request": request_id})
        return Figures(tuple(Counted(*row) for row in cursor.fetchall()))
