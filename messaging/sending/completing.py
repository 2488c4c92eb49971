"""A batch is complete when its chunks are, a request when its batches are.

Each check is a statement of its own after the commit of what it looks at: of two workers that finish the
last two chunks at once, the later commit sees both. The sweep does the same for a worker that died in
between.
"""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from messaging.models import Chunk, SendBatch, SendRequest
from messaging.sending.moves import BATCH, REQUEST
from messaging.states import BatchState, ChunkState, RequestState

OPEN_CHUNKS = (ChunkState.WAITING, ChunkState.READY, ChunkState.CLAIMED)
OPEN_BATCHES = (BatchState.WAITING, BatchState.RELEASED)


def complete_batch(*, batch_id: int, request_id: UUID) -> None:
    """Complete the batch, and then its request, where nothing of them is left."""
    if _complete_batches(SendBatch.objects.filter(pk=batch_id)):
        _complete_requests(SendRequest.objects.filter(pk=request_id))


def complete_all() -> int:
    """Complete whatever is done but was not said to be; return how many requests."""
    _complete_batches(SendBatch.objects.all())
    return _complete_requests(SendRequest.objects.all())


def _complete_batches(batches: QuerySet[SendBatch]) -> int:
    open_chunks = Chunk.objects.filter(batch=OuterRef("pk"), state__in=OPEN_CHUNKS)
    done = batches.filter(~Exists(open_chunks), state=BatchState.RELEASED)
    return BATCH.advance(done, BatchState.COMPLETED, completed_at=timezone.now())


def _complete_requests(requests: QuerySet[SendRequest]) -> int:
    open_batches = SendBatch.objects.filter(request=OuterRef("pk"), state__in=OPEN_BATCHES)
    done = requests.filter(~Exists(open_batches), state=RequestState.SENDING)
    return REQUEST.advance(done, RequestState.COMPLETED, completed_at=timezone.now())
