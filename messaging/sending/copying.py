"""Rows of messages into the table by COPY, and the chunks over them."""

from collections.abc import Iterable

from django.db import connection

from messaging.content.limits import KOREA
from messaging.ids import message_id
from messaging.models import Chunk, SendBatch, SendRequest
from messaging.recipients.staging import array_literal
from messaging.sending.checking import PlannedRecipient
from messaging.sending.ranges import ChunkRange, Range
from messaging.states import BatchState, ChunkState, MessageState
from messaging.statistics.counting import Delta

COPY = (
    "COPY messaging_message (id, request_id, project_id, state, row_number, country_code, recipient, values)"
    " FROM STDIN"
)
BLOCK = 2000
ORDINAL_DIGITS = 8  # of an id as hexadecimal: its lower 32 bits


def copy_messages(request: SendRequest, first_ordinal: int, lines: Iterable[bytes]) -> int:
    """Write a READY message for each line, with ids that count up from `first_ordinal`; return how many.

    A line is what `read_staging` yields: a TAB, then row number, country code, recipient and values as COPY
    reads them, separated by TABs. Within a transaction of the caller.
    """
    head = str(message_id(request.pk, first_ordinal))[:-ORDINAL_DIGITS].encode()
    tail = f"\t{request.pk}\t{request.project_id}\t{MessageState.READY}".encode()
    ordinal = first_ordinal
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        block: list[bytes] = []
        for ordinal, line in enumerate(lines, first_ordinal + 1):
            block.append(b"%b%08x%b%b" % (head, ordinal - 1, tail, line))
            if len(block) == BLOCK:
                copy.write(b"".join(block))
                block.clear()
        copy.write(b"".join(block))
    return ordinal - first_ordinal


def typed_lines(recipients: Iterable[PlannedRecipient]) -> Iterable[bytes]:
    """The lines of a typed list; its messages have no row in a file."""
    for recipient in recipients:
        number = recipient.number
        values = array_literal(recipient.values) if recipient.values and not recipient.is_shared else "\\N"
        yield f"\t\\N\t{number.country_code}\t{number.number}\t{values}\n".encode()


def ranges_of(batches: Iterable[SendBatch]) -> list[Range]:
    """The ordinals of each batch."""
    return [Range(batch.number, batch.first_ordinal, batch.last_ordinal) for batch in batches]


def goes_abroad(requested: Iterable[Delta]) -> bool:
    """Whether some of the messages that are counted go to another country, for which chunks are screened."""
    return any(delta.country_code != KOREA for delta in requested)


def write_chunks(request: SendRequest, batches: Iterable[SendBatch], chunks: Iterable[ChunkRange]) -> None:
    """Write the rows of chunks, WAITING for their batch, or READY where it was released."""
    by_number = {batch.number: batch for batch in batches}
    Chunk.objects.bulk_create(_chunk(request, by_number[each.batch_number], each) for each in chunks)


def _chunk(request: SendRequest, batch: SendBatch, range_: ChunkRange) -> Chunk:
    return Chunk(
        request=request,
        batch=batch,
        number=range_.number,
        lane=request.lane,
        first_id=message_id(request.pk, range_.first),
        last_id=message_id(request.pk, range_.last),
        state=ChunkState.READY if batch.state == BatchState.RELEASED else ChunkState.WAITING,
    )
