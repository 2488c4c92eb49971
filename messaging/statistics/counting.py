"""Counts that are exact at any moment: whoever moves messages adds a delta in the same transaction.

A beat task folds deltas into two tables, each delta exactly once, and reads (`queries`, `series`) add what is
not folded yet. The counters obey:

    ready              = REQUESTED - SENT - SEND_FAILED - CANCELED
    waiting for result = SENT - DELIVERED - DELIVERY_FAILED - UNKNOWN

A message that may have been handed over counts as SENT and UNKNOWN; UNKNOWN is taken back when it moves on,
in the minute in which it was counted. Of messages to other countries PARTS is counted with SENT, CONV_WAITING
with DELIVERED where the request collects conversions, and CONVERTED once.

HANDSET_SECONDS is counted with DELIVERED too: the sum of whole seconds from handing over to the phone, so
that the mean of an hour is exact. It is of projects only: the counts of a request are numbers of messages.

A delta stands in the minute in which it happened, not in the one in which we heard of it: REQUESTED when the
request was made, SENT when it was handed over, SEND_FAILED when the refusal came, DELIVERED and
DELIVERY_FAILED at the report's own time (never before its request, never after now).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from messaging.models import CountDelta
from messaging.states import Counter

FOLDED_AT_ONCE = 20_000
FOLD_LOCK = 0x666F6C64


class Delta(NamedTuple):
    """`n` messages of one batch and country were counted as `counter`, with a result code or none.

    `at` is when it happened, where that is not the time of the others.
    """

    request_id: UUID
    batch_number: int
    counter: Counter
    code: str
    country_code: int
    n: int
    at: datetime | None = None


def add_deltas(deltas: Iterable[Delta], *, at: datetime) -> None:
    """Count what moved at that time. Call it in the transaction that moves the messages."""
    CountDelta.objects.bulk_create(
        CountDelta(
            request_id=delta.request_id,
            batch_number=delta.batch_number,
            minute=(delta.at or at).replace(second=0, microsecond=0),
            counter=delta.counter,
            code=delta.code,
            country_code=delta.country_code,
            n=delta.n,
        )
        for delta in deltas
        if delta.n
    )


# One statement, so that what it deletes is what it adds. Ordered by key, as every writer of these rows is.
FOLD = """
WITH taken AS (
    DELETE FROM messaging_countdelta
    WHERE id IN (SELECT id FROM messaging_countdelta ORDER BY id LIMIT %(limit)s)
    RETURNING request_id, batch_number, minute, counter, code, country_code, n
), of_requests AS (
    INSERT INTO messaging_requestcount AS old
        (request_id, batch_number, minute, counter, code, country_code, n)
    SELECT request_id, batch_number, minute, counter, code, country_code, sum(n)
    FROM taken WHERE counter <> 'HANDSET_SECONDS' GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (request_id, batch_number, minute, counter, code, country_code)
    DO UPDATE SET n = old.n + excluded.n
), of_projects AS (
    INSERT INTO messaging_statisticscount AS old
        (project_id, hour, request_hour, kind, message_type, purpose, counter, code, country_code,
        template, statistics_key, n)
    SELECT request.project_id, date_trunc('hour', minute, 'UTC'),
        date_trunc('hour', request.created_at, 'UTC'), kind, request.message_type, request.purpose,
        counter, code, country_code,
        coalesce(version.template_id, 0), coalesce(statistics_key_id, 0), sum(n)
    FROM taken JOIN messaging_sendrequest request ON request.id = taken.request_id
    LEFT JOIN messaging_templateversion version ON version.id = request.template_version_id
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ON CONFLICT (project_id, hour, request_hour, kind, message_type, purpose, counter, code, country_code,
        template, statistics_key)
    DO UPDATE SET n = old.n + excluded.n
)
SELECT count(*) FROM taken
"""


def fold(*, limit: int = FOLDED_AT_ONCE) -> int:
    """Fold the oldest deltas into the counts; return how many. Of two at once, one folds and the other does
    nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FOLD_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(FOLD, {"limit": limit})
        return int(cursor.fetchone()[0])
