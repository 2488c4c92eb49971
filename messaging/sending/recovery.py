"""What killed processes left, and what never came: found by the sweep, mended in sets."""

from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from messaging.models import Chunk, GatewayAccount
from messaging.result_codes import NO_REPORT
from messaging.sending.moves import CHUNK
from messaging.sending.retrying import once_more_on_deadlock
from messaging.sending.telling import TELL_REPORT
from messaging.states import ChunkState, Counter, MessageType
from messaging.statistics.counting import Delta, add_deltas

SETTLED_AT_ONCE = 20

# How long a report may take: the sending policy of the companion documents (25 hours, or 80).
REPORT_WAIT_HOURS: dict[str, int] = {MessageType.SMS: 25, MessageType.LMS: 80, MessageType.MMS: 80}

GIVE_UP = f"""
WITH moved AS (
    UPDATE messaging_message message SET state = 'UNKNOWN', result_code = %(code)s, finished_at = %(now)s
    WHERE id BETWEEN %(first)s AND %(last)s AND state = 'SENT'
    RETURNING id, project_id, country_code, result_code, finished_at
){TELL_REPORT} SELECT country_code, count(*) FROM moved GROUP BY 1
"""  # noqa: S608 (a constant)


def recover_stale_chunks() -> int:
    """Chunks whose worker is gone are READY again, marked as cut short by the claim they keep; return how
    many.
    """
    now = timezone.now()
    stale = Chunk.objects.filter(state=ChunkState.CLAIMED, lease_until__lt=now)
    return CHUNK.advance(stale, ChunkState.READY, lease_until=None)


def give_up_waiting() -> int:
    """Messages without a report in time become UNKNOWN, by chunks; a report that comes later still moves
    them.

    Returns how many chunks were settled. At most some an account at a time.
    """
    return sum(_settle_chunks_of(account) for account in GatewayAccount.objects.order_by("id"))


def _overdue(account: GatewayAccount) -> Q:
    """Chunks that were done so long ago that no report of theirs is in time, by type of message."""
    now, own = timezone.now(), account.report_wait_hours
    before = {
        message_type: now - timedelta(hours=hours if own is None else own)
        for message_type, hours in REPORT_WAIT_HOURS.items()
    }
    of_a_type = (Q(request__message_type=key, done_at__lt=moment) for key, moment in before.items())
    # The index is on the time alone.
    return Q(done_at__lt=max(before.values())) & reduce(or_, of_a_type)


@once_more_on_deadlock
def _settle_chunks_of(account: GatewayAccount) -> int:
    with transaction.atomic():
        rows = Chunk.objects.filter(
            _overdue(account), account=account, state=ChunkState.DONE, is_settled=False
        ).order_by("done_at")
        chunks = list(
            rows.select_related("batch").select_for_update(of=("self",), skip_locked=True)[:SETTLED_AT_ONCE]
        )
        for chunk in chunks:
            _give_up(chunk)
        Chunk.objects.filter(pk__in=[chunk.pk for chunk in chunks]).update(is_settled=True)
    return len(chunks)


def _give_up(chunk: Chunk) -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        params: dict[str, Any] = {
            "first": chunk.first_id,
            "last": chunk.last_id,
            "now": now,
            "code": NO_REPORT,
        }
        cursor.execute(GIVE_UP, params)
        moved = cursor.fetchall()
    number = chunk.batch.number
    add_deltas(
        [Delta(chunk.request_id, number, Counter.UNKNOWN, NO_REPORT, country, n) for country, n in moved],
        at=now,
    )
