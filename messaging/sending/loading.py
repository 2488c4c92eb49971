"""Rows of a checked file become messages: COPY in steps, each one transaction with its chunks and counts.
Those whom a tag request meets are loaded by `tagged`, when it is due.

`loaded` is the last committed row, so loading goes on where it was killed, and ids depend on the row alone. A
step begins by moving `loaded` on from what this loader saw: of two loaders at once one finds it moved, and
stops.

A request that cannot be loaded keeps why (`failure_code`) while it is still LOADING; from then on no row is
loaded, and its loader, or the one that the sweep sends after it, cancels its chunks and only then ends it.
One whose loaders die or fail for whatever reason, `MOST_ATTEMPTS` of them without a row loaded, is given up
in the same way: else it would be tried for ever, and nobody would hear of it.
"""

import logging
from collections import Counter as Tally
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from messaging.models import Chunk, SendBatch, SendRequest
from messaging.recipients.importing import stored_path
from messaging.recipients.staging import read_staging
from messaging.sending.canceling import cancel_chunks
from messaging.sending.completing import OPEN_CHUNKS
from messaging.sending.copying import copy_messages, goes_abroad, ranges_of, write_chunks
from messaging.sending.load_guard import LoadFailed, Overtaken, mine
from messaging.sending.moves import BATCH, REQUEST
from messaging.sending.ranges import CHUNK_SIZE, ChunkRange, chunk_ranges
from messaging.sending.releasing import make_ready
from messaging.sending.tagged import load_tagged
from messaging.states import BatchState, Counter, DeliveryKind, RequestState
from messaging.statistics.counting import Delta, add_deltas

logger = logging.getLogger(__name__)

CHUNKS_PER_STEP = 10
LEASE = timedelta(seconds=settings.BONGSU_LEASE_SECONDS)
LOST_BELL_AFTER = timedelta(seconds=3)
SWEPT_AT_ONCE = 50

FILE_LOST = "file_lost"
FILE_SHORT = "file_short"
GAVE_UP = "gave_up"
MOST_ATTEMPTS = 10


def load_request(request_id: UUID | str) -> None:
    """Load the messages of a request and make it ready, unless that is done, being done, or not due yet."""
    request = _claim(UUID(str(request_id)))
    if request is None:
        return
    try:
        if not request.failure_code:
            _load(request)
    except Overtaken:
        _uncount(request.pk)
        logger.info("Request %s is loaded elsewhere, or was canceled.", request.pk)
        return
    except LoadFailed as failure:
        _keep_failure(request, failure.code)
    if request.failure_code:
        _fail(request.pk)


def requests_to_load() -> list[UUID]:
    """Requests whose bell was lost or whose loader is gone: the sweep rings for them."""
    now = timezone.now()
    waiting = Q(state=RequestState.WAITING, created_at__lt=now - LOST_BELL_AFTER) & _may_load(now)
    stale = Q(state=RequestState.LOADING) & (Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    requests = SendRequest.objects.filter(waiting | stale).order_by("id")
    return list(requests.values_list("pk", flat=True)[:SWEPT_AT_ONCE])


def _may_load(now: datetime) -> Q:
    """Files at once; what a tag request meets is not looked up before it is due."""
    return ~Q(kind=DeliveryKind.TAG) | Q(due_at__lte=now)


def _claim(request_id: UUID) -> SendRequest | None:
    """Take the request for a while; None where another loader has it or nothing is left to load."""
    now = timezone.now()
    free = Q(state=RequestState.WAITING) | Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = SendRequest.objects.filter(free, _may_load(now), pk=request_id)
    attempts = F("load_attempts") + 1
    if not REQUEST.advance(rows, RequestState.LOADING, lease_until=now + LEASE, load_attempts=attempts):
        return None
    return SendRequest.objects.select_related("recipient_file").get(pk=request_id)


def _uncount(request_id: UUID) -> None:
    """Another loader is at work, or was: that was no attempt."""
    SendRequest.objects.filter(pk=request_id).update(load_attempts=Greatest(F("load_attempts") - 1, 0))


def _load(request: SendRequest) -> None:
    if request.load_attempts > MOST_ATTEMPTS:
        logger.error("Request %s was tried %d times and is given up.", request.pk, MOST_ATTEMPTS)
        raise LoadFailed(GAVE_UP)
    load = load_tagged if request.kind == DeliveryKind.TAG else _load_file
    load(request)


def _load_file(request: SendRequest) -> None:
    batches = list(SendBatch.objects.filter(request=request).order_by("number"))
    lines = _lines(request)
    try:
        for chunks in _steps(batches, request.loaded):
            _load_step(request, batches, chunks, lines)
        if next(lines, None) is not None:
            raise LoadFailed(FILE_SHORT)
    except OSError as error:
        logger.warning("The rows of request %s cannot be read: %s", request.pk, error)
        raise LoadFailed(FILE_LOST) from error
    _finish(request)


def _lines(request: SendRequest) -> Iterator[bytes]:
    """The rows that are not loaded yet."""
    file = request.recipient_file
    if file is None or not file.staging_name:
        raise LoadFailed(FILE_LOST)
    return read_staging(
        stored_path(file.staging_name), request.loaded, include_duplicates=request.include_duplicates
    )


def _steps(batches: list[SendBatch], loaded: int) -> Iterator[list[ChunkRange]]:
    """The chunks that are not loaded, some a step."""
    chunks = (chunk for chunk in chunk_ranges(ranges_of(batches), CHUNK_SIZE) if chunk.last > loaded)
    while step := list(islice(chunks, CHUNKS_PER_STEP)):
        yield step


def _load_step(
    request: SendRequest, batches: list[SendBatch], chunks: list[ChunkRange], lines: Iterator[bytes]
) -> None:
    now = timezone.now()
    end = chunks[-1].last
    rows = list(islice(lines, end - request.loaded))
    if len(rows) < end - request.loaded:
        raise LoadFailed(FILE_SHORT)
    counted = list(_requested(request, chunks, rows))
    request.goes_abroad = request.goes_abroad or goes_abroad(counted)
    with transaction.atomic():
        fields = {"lease_until": now + LEASE, "load_attempts": 0, "goes_abroad": request.goes_abroad}
        if not mine(request).update(loaded=end, **fields):
            raise Overtaken
        copy_messages(request, request.loaded + 1, rows)
        write_chunks(request, batches, chunks)
        add_deltas(counted, at=request.created_at)
    request.loaded = end


def _requested(request: SendRequest, chunks: list[ChunkRange], rows: list[bytes]) -> Iterator[Delta]:
    """How many of the rows each batch and country has."""
    countries = [line.split(b"\t", 3)[2] for line in rows]
    for chunk in chunks:
        of_chunk = countries[chunk.first - request.loaded - 1 : chunk.last - request.loaded]
        for country_code, n in Tally(of_chunk).items():
            yield Delta(request.pk, chunk.batch_number, Counter.REQUESTED, "", int(country_code), n)


def _finish(request: SendRequest) -> None:
    with transaction.atomic():
        if not mine(request).update(loaded_at=timezone.now()) or not make_ready(request):
            raise Overtaken


def _keep_failure(request: SendRequest, code: str) -> None:
    """Load no more rows of a request. Where another loader is further, it decides. What was expected of a
    tag request will not be.
    """
    fields = {"total": 0} if request.kind == DeliveryKind.TAG else {}
    if mine(request).update(failure_code=code, lease_until=timezone.now() + LEASE, **fields):
        request.failure_code = code


def _fail(request_id: UUID) -> None:
    """Cancel what was loaded of a request that was given up, then end its batches and it."""
    while cancel_chunks(request_id):
        pass
    with transaction.atomic():
        rows = SendRequest.objects.select_for_update(no_key=True).filter(
            pk=request_id, state=RequestState.LOADING
        )
        if not rows.exists() or Chunk.objects.filter(request=request_id, state__in=OPEN_CHUNKS).exists():
            return  # canceled by a person, or another loader is at the last chunks: the sweep comes again
        BATCH.advance(SendBatch.objects.filter(request=request_id), BatchState.CANCELED)
        REQUEST.advance(SendRequest.objects.filter(pk=request_id), RequestState.FAILED, lease_until=None)
