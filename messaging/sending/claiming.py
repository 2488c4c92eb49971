"""A worker takes a chunk: one statement, a lease, and a token that proves the claim.

A chunk that no policy concerns is marked as screened by the claim (`messaging.sending.screening`).

Chunks are taken in the order of their number in their request, so that requests of a lane advance side by
side. Those of a paused carrier account wait. A request that is being canceled gives up only chunks that
were cut short, since some of their messages may have been handed over.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from messaging.models import Chunk
from messaging.sending.moves import CHUNK
from messaging.states import ChunkState, Lane

LEASE = timedelta(seconds=settings.BONGSU_LEASE_SECONDS)

CLAIM = """
WITH picked AS (
    SELECT chunk.id, account.id AS account_id, chunk.claimed_by AS cut_short,
        request.purpose = 'AD' OR request.goes_abroad OR coalesce(duplicates.is_on, false) AS needs_screening
    FROM messaging_chunk chunk
    JOIN messaging_sendrequest request ON request.id = chunk.request_id
    LEFT JOIN messaging_duplicatesettings duplicates ON duplicates.project_id = request.project_id
    LEFT JOIN messaging_route own ON own.project_id = request.project_id
    LEFT JOIN messaging_route common ON common.project_id IS NULL
    LEFT JOIN messaging_gatewayaccount account
        ON account.id = coalesce(chunk.account_id, own.account_id, common.account_id)
    WHERE chunk.state = 'READY' AND chunk.lane = %(lane)s
        AND (chunk.not_before IS NULL OR chunk.not_before <= %(now)s)
        AND account.is_paused IS NOT TRUE AND (account.id <> ALL(%(avoiding)s)) IS NOT FALSE
        AND (request.state = 'SENDING' OR request.state = 'CANCELING' AND chunk.claimed_by IS NOT NULL)
    ORDER BY chunk.number, chunk.id
    LIMIT 1
    FOR UPDATE OF chunk SKIP LOCKED
)
UPDATE messaging_chunk chunk
SET state = 'CLAIMED', claimed_by = %(token)s, lease_until = %(lease_until)s, not_before = NULL,
    account_id = picked.account_id, attempts = least(chunk.attempts + 1, 30000),
    screened_at = coalesce(chunk.screened_at, CASE WHEN NOT picked.needs_screening THEN %(now)s END)
FROM picked JOIN messaging_chunk old ON old.id = picked.id
WHERE chunk.id = picked.id
RETURNING chunk.id, chunk.request_id, chunk.batch_id, chunk.first_id, chunk.last_id, chunk.account_id,
    chunk.attempts, picked.cut_short IS NOT NULL, chunk.screened_at IS NOT NULL
"""


@dataclass(slots=True)
class ClaimedChunk:
    """A chunk in this worker's hands until `lease_until`.

    `attempts` counts this claim too. `cut_short`: an earlier claim ended with messages that may have been
    handed over. `account_id` None: there is no route. `is_screened`: the policies took out what may not go,
    or none concerns it; nothing is handed over before.
    """

    id: int
    request_id: uuid.UUID
    batch_id: int
    first_id: uuid.UUID
    last_id: uuid.UUID
    account_id: int | None
    attempts: int
    cut_short: bool
    is_screened: bool
    token: uuid.UUID
    lease_until: datetime

    def rows(self) -> QuerySet[Chunk]:
        """The chunk's row, while this claim holds."""
        return Chunk.objects.filter(pk=self.id, claimed_by=self.token, state=ChunkState.CLAIMED)

    def extend(self) -> bool:
        """Stay in possession, where less than half of the lease is left. False where the claim was lost."""
        now = timezone.now()
        if self.lease_until - now > LEASE / 2:
            return True
        self.lease_until = now + LEASE
        return bool(CHUNK.advance(self.rows(), ChunkState.CLAIMED, lease_until=self.lease_until))

    def lock(self) -> bool:
        """Hold the row to the end of the caller's transaction. False where the claim was lost."""
        return self.rows().select_for_update().values_list("pk").first() is not None

    def put_back(self, *, not_before: datetime, may_be_handed_over: bool, **fields: Any) -> None:
        """Leave the rest for later. Where none of it can have gone, another carrier may take it."""
        fields |= {"not_before": not_before, "lease_until": None}
        if not may_be_handed_over:
            fields |= {"claimed_by": None, "account_id": None, "screened_at": None}
        CHUNK.advance(self.rows(), ChunkState.READY, **fields)


def claim_chunk(lane: Lane | str, *, avoiding: Collection[int] = ()) -> ClaimedChunk | None:
    """Take the next chunk of a lane, or None where none is to be had now. `avoiding` are carrier accounts."""
    now = timezone.now()
    token, lease_until = uuid.uuid4(), now + LEASE
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"lane": str(lane), "now": now, "token": token, "lease_until": lease_until}
        params["avoiding"] = list(avoiding)
        cursor.execute(CLAIM, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return ClaimedChunk(*[*row, token, lease_until]) if row else None


def has_work(lane: Lane | str) -> bool:
    """Whether a chunk of the lane could be taken now."""
    now = timezone.now()
    chunks = Chunk.objects.filter(lane=lane, state=ChunkState.READY).exclude(not_before__gt=now)
    return chunks.exclude(account__is_paused=True).exists()
