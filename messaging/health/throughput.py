"""How much each carrier account takes now, and how much of it fails: read from the latest chunks.

Nothing is counted for this: the latest chunks are few, and their messages lie side by side.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

WINDOW = timedelta(minutes=10)
LATEST = 10  # chunks, some two thousand messages each
RECENT = timedelta(hours=24)

HANDED_OVER = """
SELECT account_id, sum(('x' || right(last_id::text, 8))::bit(32)::bigint
    - ('x' || right(first_id::text, 8))::bit(32)::bigint + 1)::bigint
FROM messaging_chunk WHERE state = 'DONE' AND NOT is_settled AND done_at >= %s AND account_id IS NOT NULL
GROUP BY 1
"""
# A policy of ours is no fault of the carrier's.
FAILING = """
SELECT latest.account_id, sum(counted.n)::bigint, sum(counted.failed)::bigint FROM (
    SELECT account.id AS account_id, chunk.first_id, chunk.last_id
    FROM messaging_gatewayaccount account CROSS JOIN LATERAL (
        SELECT first_id, last_id FROM messaging_chunk
        WHERE account_id = account.id AND state = 'DONE' AND NOT is_settled AND done_at >= %(since)s
        ORDER BY done_at DESC LIMIT %(latest)s
    ) chunk
) latest CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE submitted_at IS NOT NULL OR is_failed) AS n,
        count(*) FILTER (WHERE is_failed) AS failed
    FROM (
        SELECT submitted_at, state = 'UNKNOWN'
            OR state = 'FAILED' AND (result_code NOT LIKE 'B%%' OR result_code = 'B010') AS is_failed
        FROM messaging_message WHERE id BETWEEN latest.first_id AND latest.last_id
    ) message
) counted GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Throughput:
    """`a_minute`: messages handed over a minute, of the last ten. Of the latest `n`, so many `failed`."""

    a_minute: float = 0
    n: int = 0
    failed: int = 0

    @property
    def percent(self) -> float | None:
        """Of the latest, how many failed; None where there were none."""
        return self.failed * 100 / self.n if self.n else None


def read_throughput(now: datetime) -> dict[int, Throughput]:
    """By account; those that took nothing within a day are left out."""
    with connection.cursor() as cursor:
        cursor.execute(HANDED_OVER, [now - WINDOW])
        minutes = WINDOW.total_seconds() / 60
        rates = {account_id: int(n) / minutes for account_id, n in cursor.fetchall()}
        cursor.execute(FAILING, {"since": now - RECENT, "latest": LATEST})
        return {
            account_id: Throughput(rates.get(account_id, 0), int(n), int(failed))
            for account_id, n, failed in cursor.fetchall()
        }
