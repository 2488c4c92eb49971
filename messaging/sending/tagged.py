"""A tag request becomes messages when it is due: its condition is resolved, each number once.

All of it is one transaction: the messages by one statement, which sees one moment of the audience, then
chunks, counts and the request. Whoever dies in between leaves nothing. Loaders take turns by a lock that ends
with the transaction, and not by the lease, which a statement over a million contacts may outlive. The row of
the request is locked only at the end, so that a person may cancel meanwhile: then nothing is written.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from messaging.audience.conditions import Condition, WrongCondition, condition_sql, parse_condition, tags_in
from messaging.content.limits import KOREA, TYPES_ABROAD
from messaging.ids import message_id
from messaging.models import SendBatch, SendRequest
from messaging.sending.copying import ORDINAL_DIGITS, goes_abroad, ranges_of, write_chunks
from messaging.sending.load_guard import LoadFailed, Overtaken, mine
from messaging.sending.ranges import Range, batch_ranges, chunk_ranges
from messaging.sending.releasing import make_ready
from messaging.states import Counter, MessageState
from messaging.statistics.counting import Delta, add_deltas

TAG_GONE = "tag_gone"
NOBODY_FITS = "nobody_fits"

KEEP_TAGS = "SELECT id FROM messaging_tag WHERE project_id = %s AND id = ANY(%s) ORDER BY id FOR KEY SHARE"
FITTING = """
FROM messaging_contact contact JOIN messaging_uid uid ON uid.id = contact.uid_id
WHERE contact.project_id = %s AND contact.kind = 'PHONE' AND {fits}
"""
# In the order of numbers, so that the index by recipient is filled in its order too. Of the UIDs that share a
# number the one that was registered first is kept.
WRITE_MESSAGES = """
INSERT INTO messaging_message (id, request_id, project_id, state, country_code, recipient, uid)
SELECT (%s || lpad(to_hex(row_number() OVER (ORDER BY value, country_code)), %s, '0'))::uuid,
    %s, %s, %s, country_code, value, uid
FROM (
    SELECT DISTINCT ON (contact.value, contact.country_code) contact.value, contact.country_code, uid.uid
    {fitting} AND (contact.country_code = %s OR %s)
    ORDER BY contact.value, contact.country_code, uid.id
) AS numbers
"""
COUNT_ABROAD = (
    "SELECT count(DISTINCT (contact.value, contact.country_code)) {fitting} AND contact.country_code <> %s"
)
COUNT_BY_COUNTRY = (
    "SELECT country_code, count(*) FROM messaging_message WHERE id BETWEEN %s AND %s GROUP BY 1"
)


def load_tagged(request: SendRequest) -> None:
    """Write the messages of a claimed tag request and make it ready.

    Raises LoadFailed where a tag is gone or nobody fits, and Overtaken where another loader is at work or the
    request was canceled; then nothing was written.
    """
    with transaction.atomic():
        if not _take_turn(request.pk):
            raise Overtaken
        if not mine(request).exists():  # another loader had its turn since this one was claimed
            raise Overtaken
        condition = _condition(request)
        total = _write_messages(request, condition)
        if not total:
            raise LoadFailed(NOBODY_FITS)
        left_out = _count_abroad(request, condition)
        if not mine(request).update(total=total, loaded=total, left_out=left_out, loaded_at=timezone.now()):
            raise Overtaken
        batches = _fit_batches(request, total)
        ranges = ranges_of(batches)
        write_chunks(request, batches, chunk_ranges(ranges))
        counted = list(_requested(request, ranges))
        add_deltas(counted, at=request.created_at)
        SendRequest.objects.filter(pk=request.pk).update(goes_abroad=goes_abroad(counted))
        if not make_ready(request):
            raise Overtaken


def _take_turn(request_id: UUID) -> bool:
    """Keep other loaders of the request out to the end of the transaction. False where one is at work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [request_id.int >> 32 & (2**63 - 1)])
        return bool(cursor.fetchone()[0])


def _condition(request: SendRequest) -> Condition:
    """The request's condition. Its tags stay to the end of the transaction: without one that says "none of",
    it would go to those who were to be left out.
    """
    try:
        condition = parse_condition(request.tag_condition)
    except WrongCondition as error:
        raise LoadFailed(TAG_GONE) from error
    wanted = list(tags_in(condition))
    with connection.cursor() as cursor:
        cursor.execute(KEEP_TAGS, [request.project_id, wanted])
        if len(cursor.fetchall()) < len(wanted):
            raise LoadFailed(TAG_GONE)
    return condition


def _write_messages(request: SendRequest, condition: Condition) -> int:
    """Write a READY message for each number, with ids that count up from the request's; return how many."""
    fits, params = condition_sql(condition)
    head = str(message_id(request.pk, 1))[:-ORDINAL_DIGITS]
    columns: list[Any] = [head, ORDINAL_DIGITS, request.pk, request.project_id, MessageState.READY.value]
    goes_abroad = request.message_type in TYPES_ABROAD
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE_MESSAGES.format(fitting=FITTING.format(fits=fits)),
            [*columns, request.project_id, *params, KOREA, goes_abroad],
        )
        return int(cursor.rowcount)


def _count_abroad(request: SendRequest, condition: Condition) -> int:
    """How many numbers fit that this type of message does not go to."""
    if request.message_type in TYPES_ABROAD:
        return 0
    fits, params = condition_sql(condition)
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_ABROAD.format(fitting=FITTING.format(fits=fits)), [request.project_id, *params, KOREA]
        )
        return int(cursor.fetchone()[0])


def _fit_batches(request: SendRequest, total: int) -> list[SendBatch]:
    """The parts as large as they can be now; those for which no message is left are dropped."""
    batches = list(SendBatch.objects.filter(request=request).order_by("number"))
    kept = batches[:total]
    for batch, bounds in zip(kept, batch_ranges(total, len(kept)), strict=True):
        batch.first_ordinal, batch.last_ordinal = bounds.first, bounds.last
    SendBatch.objects.bulk_update(kept, ["first_ordinal", "last_ordinal"])
    SendBatch.objects.filter(pk__in=[batch.pk for batch in batches[total:]]).delete()
    return kept


def _requested(request: SendRequest, batches: list[Range]) -> Iterator[Delta]:
    """How many messages each part and country has."""
    with connection.cursor() as cursor:
        for batch in batches:
            bounds = [message_id(request.pk, batch.first), message_id(request.pk, batch.last)]
            cursor.execute(COUNT_BY_COUNTRY, bounds)
            for country_code, n in cursor.fetchall():
                yield Delta(request.pk, batch.number, Counter.REQUESTED, "", country_code, n)
