"""Reading the counts: folded and not yet folded ones together, in one statement and so of one moment."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from messaging.states import Counter

COUNTS = """
SELECT {columns}, sum(n) FROM (
    SELECT request_id, batch_number, counter, code, n FROM messaging_requestcount
    WHERE request_id = ANY(%(ids)s::uuid[])
    UNION ALL
    SELECT request_id, batch_number, counter, code, n FROM messaging_countdelta
    WHERE request_id = ANY(%(ids)s::uuid[]) AND counter <> 'HANDSET_SECONDS'
) AS counts GROUP BY {columns} HAVING sum(n) <> 0
"""
HANDLED = """
SELECT request_id, sum(n)::bigint FROM (
    SELECT request_id, n FROM messaging_requestcount
    WHERE request_id = ANY(%(ids)s::uuid[]) AND minute >= %(since)s AND counter IN ('SENT', 'SEND_FAILED')
    UNION ALL
    SELECT request_id, n FROM messaging_countdelta
    WHERE request_id = ANY(%(ids)s::uuid[]) AND minute >= %(since)s AND counter IN ('SENT', 'SEND_FAILED')
) AS counts GROUP BY 1
"""


@dataclass(slots=True)
class Progress:
    """What became of the messages of a request (or of one part) by now: exact numbers of messages."""

    counts: dict[str, int] = field(default_factory=dict)

    def of(self, counter: Counter) -> int:
        return self.counts.get(counter.value, 0)

    @property
    def requested(self) -> int:
        """In the table: loaded."""
        return self.of(Counter.REQUESTED)

    @property
    def sent(self) -> int:
        """Handed over, or possibly so."""
        return self.of(Counter.SENT)

    @property
    def send_failed(self) -> int:
        return self.of(Counter.SEND_FAILED)

    @property
    def delivered(self) -> int:
        return self.of(Counter.DELIVERED)

    @property
    def delivery_failed(self) -> int:
        return self.of(Counter.DELIVERY_FAILED)

    @property
    def unknown(self) -> int:
        return self.of(Counter.UNKNOWN)

    @property
    def canceled(self) -> int:
        return self.of(Counter.CANCELED)

    @property
    def failed(self) -> int:
        """Failed before the carrier or after it."""
        return self.send_failed + self.delivery_failed

    @property
    def ready(self) -> int:
        """Loaded, not handed over yet."""
        return self.requested - self.sent - self.send_failed - self.canceled

    @property
    def waiting_for_result(self) -> int:
        """Handed over, without a report yet."""
        return self.sent - self.delivered - self.delivery_failed - self.unknown

    @property
    def finished(self) -> int:
        """In a state that nothing more is expected for."""
        return self.delivered + self.failed + self.canceled + self.unknown


class CodeCount(NamedTuple):
    """How many messages failed (or are unknown) with a result code."""

    counter: str
    code: str
    n: int


def progress_of(request_ids: Collection[UUID]) -> dict[UUID, Progress]:
    """The progress of each request; one without any count has zeros."""
    found = {request_id: Progress() for request_id in request_ids}
    for request_id, counter, n in _counts(request_ids, "request_id, counter"):
        found[request_id].counts[counter] = int(n)
    return found


def progress_of_batches(request_id: UUID) -> dict[int, Progress]:
    """The progress of each part of a request that has any count, by its number."""
    found: dict[int, Progress] = {}
    for number, counter, n in _counts([request_id], "batch_number, counter"):
        found.setdefault(number, Progress()).counts[counter] = int(n)
    return found


def handled_since(request_ids: Collection[UUID], since: datetime) -> dict[UUID, int]:
    """How many messages of each request were handed over or refused since that minute."""
    if not request_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(HANDLED, {"ids": list(request_ids), "since": since})
        return dict(cursor.fetchall())


def failures_of(request_id: UUID) -> list[CodeCount]:
    """The failed and unknown messages of a request by code, most frequent first."""
    return sorted(failures_among([request_id])[request_id], key=lambda each: (-each.n, each.code))


def failures_among(request_ids: Collection[UUID]) -> dict[UUID, list[CodeCount]]:
    """The failed and unknown messages of each request by code, in no order."""
    failures = {Counter.SEND_FAILED, Counter.DELIVERY_FAILED, Counter.UNKNOWN}
    found: dict[UUID, list[CodeCount]] = {request_id: [] for request_id in request_ids}
    for request_id, counter, code, n in _counts(request_ids, "request_id, counter, code"):
        if counter in failures:
            found[request_id].append(CodeCount(counter, code, int(n)))
    return found


def _counts(request_ids: Collection[UUID], columns: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(columns=columns), {"ids": list(request_ids)})
        yield from cursor.fetchall()
