"""Canceling: the request first, so that nothing more is released or claimed; then its messages, step by step.

Chunks in work finish, and so do those that were cut short, since some of their messages may have been
handed over.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from console.accounts.audit import record_deed
from console.accounts.models import User
from console.queues import TaskName, enqueue_on_commit
from messaging.deeds import CANCELED as CANCELED_BY_HAND
from messaging.models import Chunk, SendBatch, SendRequest
from messaging.result_codes import CANCELED
from messaging.sending.completing import OPEN_CHUNKS
from messaging.sending.international import give_back
from messaging.sending.moves import BATCH, CHUNK, REQUEST
from messaging.sending.outcomes import move_range
from messaging.sending.retrying import once_more_on_deadlock
from messaging.states import BatchState, ChunkState, Counter, MessageState, RequestState
from messaging.statistics.counting import Delta, add_deltas

CHUNKS_PER_STEP = 5
SWEPT_AT_ONCE = 50
UNTOUCHED = (ChunkState.WAITING, ChunkState.READY)


def cancel_request(
    *, request: SendRequest, actor: User | None, among: Collection[RequestState] | None = None
) -> bool:
    """Cancel what was not handed over yet. False where the request is past that, or canceled already.

    `among`: only where it is in one of these states now.
    """
    with transaction.atomic():
        rows = SendRequest.objects.filter(pk=request.pk)
        if among is not None:
            rows = rows.filter(state__in=among)
        fields: dict[str, Any] = {"canceled_by": actor, "canceled_at": timezone.now(), "lease_until": None}
        moved = REQUEST.advance(rows, RequestState.CANCELING, **fields)
        if moved:
            enqueue_on_commit(TaskName.SWEEP)
            if actor is not None:
                record_deed(actor=actor, obj=request, project=request.project, what=CANCELED_BY_HAND())
    return bool(moved)


def finish_canceling() -> int:
    """Go on with every request that is being canceled; return how many came to their end."""
    requests = SendRequest.objects.filter(state=RequestState.CANCELING).order_by("canceled_at")
    return sum(_finish(request_id) for request_id in requests.values_list("pk", flat=True)[:SWEPT_AT_ONCE])


def _finish(request_id: UUID) -> bool:
    while cancel_chunks(request_id):
        pass
    return _end(request_id)


@once_more_on_deadlock
def cancel_chunks(request_id: UUID) -> int:
    """Cancel the messages of a few chunks that nobody has touched; return how many chunks."""
    now = timezone.now()
    with transaction.atomic():
        rows = Chunk.objects.filter(request=request_id, state__in=UNTOUCHED, claimed_by=None).order_by(
            "number"
        )
        chunks = list(
            rows.select_related("batch").select_for_update(of=("self",), skip_locked=True)[:CHUNKS_PER_STEP]
        )
        for chunk in chunks:
            moved = move_range(
                chunk.first_id, chunk.last_id, state=MessageState.CANCELED, code=CANCELED, at=now
            )
            deltas = [Delta(request_id, chunk.batch.number, Counter.CANCELED, *counted) for counted in moved]
            give_back(chunk_id=chunk.pk, deltas=deltas)
            add_deltas(deltas, at=now)
        CHUNK.advance(Chunk.objects.filter(pk__in=[chunk.pk for chunk in chunks]), ChunkState.CANCELED)
    return len(chunks)


def _end(request_id: UUID) -> bool:
    """Where no chunk is in work, end each batch, then the request: canceled, or completed if all went."""
    now = timezone.now()
    with transaction.atomic():
        rows = SendRequest.objects.select_for_update(no_key=True).filter(
            pk=request_id, state=RequestState.CANCELING
        )
        request = rows.first()
        chunks = Chunk.objects.filter(request=request_id)
        if request is None or chunks.filter(state__in=OPEN_CHUNKS).exists():
            return False
        canceled = chunks.filter(batch=OuterRef("pk"), state=ChunkState.CANCELED)
        batches = SendBatch.objects.filter(request=request_id)
        BATCH.advance(
            batches.filter(~Exists(canceled), state=BatchState.RELEASED),
            BatchState.COMPLETED,
            completed_at=now,
        )
        BATCH.advance(batches, BatchState.CANCELED)
        is_complete = not batches.filter(state=BatchState.CANCELED).exists()
        to = RequestState.COMPLETED if is_complete else RequestState.CANCELED
        return bool(REQUEST.advance(rows, to, completed_at=now if is_complete else None))
