"""Batches that are due become work: their chunks READY, and the lane's bell rung.

Whoever releases holds the lock of the request's row, as does whoever cancels it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from console.accounts.audit import record_deed
from console.accounts.models import User
from messaging.deeds import RELEASED
from messaging.models import Chunk, SendBatch, SendRequest
from messaging.sending.bells import ring_lane
from messaging.sending.moves import BATCH, CHUNK, REQUEST
from messaging.states import BatchState, ChunkState, RequestState

SWEPT_AT_ONCE = 200
RELEASABLE = (RequestState.SCHEDULED, RequestState.SENDING)


def make_ready(request: SendRequest) -> bool:
    """All messages are loaded: hold the request, or schedule it and release what is due. False where it
    was canceled.

    Within a transaction of the caller.
    """
    rows = SendRequest.objects.filter(pk=request.pk)
    to = RequestState.HELD if request.needs_release else RequestState.SCHEDULED
    if not REQUEST.advance(rows, to, lease_until=None):
        return False
    request.state = to
    if to == RequestState.SCHEDULED:
        _release_batches(request, timezone.now())
    return True


def release_request(*, request: SendRequest, actor: User | None) -> bool:
    """Release a HELD request. False where it no longer waits for that. Parts keep their distance in time."""
    now = timezone.now()
    with transaction.atomic():
        rows = SendRequest.objects.filter(pk=request.pk)
        if not REQUEST.advance(
            rows.filter(state=RequestState.HELD), RequestState.SCHEDULED, released_by=actor, released_at=now
        ):
            return False
        record_deed(actor=actor, obj=request, project=request.project, what=RELEASED())
        request.refresh_from_db()
        _postpone(request, now - request.due_at)
        _release_batches(request, now)
    return True


def _postpone(request: SendRequest, late: timedelta) -> None:
    """A request whose time passed while it was held starts now, its further parts as much later."""
    if late > timedelta(0):
        SendBatch.objects.filter(request=request).update(due_at=F("due_at") + late)


def release_due() -> int:
    """Release every batch that is due; return how many. Any number of sweeps may do so at once."""
    now = timezone.now()
    due = SendBatch.objects.filter(state=BatchState.WAITING, due_at__lte=now, request__state__in=RELEASABLE)
    request_ids = due.order_by("due_at").values_list("request_id", flat=True)[:SWEPT_AT_ONCE]
    return sum(_release_due_of(request_id, now) for request_id in dict.fromkeys(request_ids))


def _release_due_of(request_id: UUID, now: datetime) -> int:
    with transaction.atomic():
        rows = SendRequest.objects.select_for_update(skip_locked=True, no_key=True)
        request = rows.filter(pk=request_id, state__in=RELEASABLE).first()
        return _release_batches(request, now) if request else 0


def _release_batches(request: SendRequest, now: datetime) -> int:
    """Release the batches of a locked request that are due."""
    due = SendBatch.objects.filter(request=request, state=BatchState.WAITING, due_at__lte=now)
    batch_ids = list(due.values_list("pk", flat=True))
    if not batch_ids:
        return 0
    BATCH.advance(SendBatch.objects.filter(pk__in=batch_ids), BatchState.RELEASED, released_at=now)
    chunks = Chunk.objects.filter(batch__in=batch_ids, state=ChunkState.WAITING)
    ready = CHUNK.advance(chunks, ChunkState.READY)
    REQUEST.advance(
        SendRequest.objects.filter(pk=request.pk, state=RequestState.SCHEDULED), RequestState.SENDING
    )
    ring_lane(request.lane, chunks=ready)
    return len(batch_ids)
