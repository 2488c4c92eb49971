"""Asking carriers that push nothing for the results of what they took, until every message is final.

Whom to ask is chosen in the database: what is due, oldest first, with a lease, so that two workers never ask
for the same and what a killed one left is asked for again. Pauses grow with age. A result is applied as every
report is; asking twice moves nothing twice.

Messages in doubt are looked for by time and number. Those that are found get the reference that was lost, and
are asked for from then on; those that the carrier does not have long after are failed: it never took them.
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from messaging.gateways.base import (
    Gateway,
    GatewayUnavailable,
    LostMessages,
    OpenMessage,
    OpenRequest,
    Report,
)
from messaging.health.carriers import note_mute, note_reports
from messaging.ids import request_of
from messaging.models import CarrierRequest, GatewayAccount, SendRequest
from messaging.result_codes import CARRIER_UNAVAILABLE
from messaging.sending.accounts import gateway_of
from messaging.sending.carrier_requests import SOON, Between, note_requests, pause_of
from messaging.sending.outcomes import keep_references
from messaging.sending.reporting import BY_ID, apply_reports, only_collector

logger = logging.getLogger(__name__)

COLLECT_SECONDS = 5.0
ASKED_AT_ONCE = 50
LOOKED_FOR_AT_ONCE = 100
LEASE = timedelta(seconds=40)
AGAIN = timedelta(seconds=5)  # where the carrier is not to be had
# No report comes any more: the longest wait of any type, and twice as long again.
ASKED_FOR = timedelta(days=10)
COLLECT_LOCK, SETTLE_LOCK = 0x72736C74, 0x736E7321

TAKE = """
WITH due AS (
    SELECT id FROM messaging_carrierrequest WHERE account_id = %(account)s AND next_at <= %(now)s
    ORDER BY next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE messaging_carrierrequest asked SET next_at = %(lease)s, asked = least(asked.asked + 1, 30000)
FROM due WHERE asked.id = due.id
RETURNING asked.id, asked.carrier_id, asked.first_id, asked.last_id, asked.since, asked.until
"""
OPEN = """
SELECT asked.id, message.id::text, message.country_code, message.recipient
FROM messaging_carrierrequest asked
JOIN messaging_carrierreference reference ON reference.account_id = asked.account_id
    AND reference.carrier_id = asked.carrier_id
    AND reference.message_id BETWEEN asked.first_id AND asked.last_id
JOIN messaging_message message ON message.id = reference.message_id
WHERE asked.id = ANY(%s) AND asked.carrier_id <> '' AND message.state IN ('SENT', 'UNKNOWN')
ORDER BY message.id
"""
IN_DOUBT = """
SELECT message.id::text, message.country_code, message.recipient FROM messaging_message message
WHERE message.id BETWEEN %s AND %s AND message.state = 'UNKNOWN' AND NOT EXISTS (
    SELECT FROM messaging_carrierreference reference WHERE reference.message_id = message.id
) ORDER BY message.id
"""
# Which of these requests hold a message of ours to a number already.
NAMED = """
SELECT reference.carrier_id, message.recipient FROM messaging_carrierreference reference
JOIN messaging_message message ON message.id = reference.message_id
WHERE reference.account_id = %s AND reference.carrier_id = ANY(%s)
"""


class Asked(NamedTuple):
    """A request in this worker's hands for the time of a lease."""

    id: int
    carrier_id: str
    first_id: UUID
    last_id: UUID
    since: datetime
    until: datetime


def collect_results(seconds: float = COLLECT_SECONDS) -> bool:
    """Ask every account that is to be asked for what is due; whether more may be due at the end."""
    deadline = time.monotonic() + seconds
    accounts = list(GatewayAccount.objects.order_by("id"))
    return sum(_collect(account, deadline) for account in accounts) > 0


def _collect(account: GatewayAccount, deadline: float) -> bool:
    try:
        gateway = gateway_of(account)
    except GatewayUnavailable:
        return False  # said by whoever hands over
    if not gateway.polls_results:
        return False
    # One that does not answer holds up one worker, not all of them.
    with only_collector(account, COLLECT_LOCK) as is_only:
        return is_only and _collect_due(account, gateway, deadline)


def _collect_due(account: GatewayAccount, gateway: Gateway, deadline: float) -> bool:
    while taken := take_due(account):
        try:
            _ask(account, gateway, [each for each in taken if each.carrier_id])
            for each in taken:
                if not each.carrier_id:
                    look_for(account, gateway, each)
        except GatewayUnavailable as error:
            logger.warning("The results of carrier account %s cannot be had: %s", account.pk, error)
            note_mute(account.pk, error)
            _later([each.id for each in taken])
            return False
        note_reports(account.pk)
        if time.monotonic() >= deadline:
            return True
    return False


def take_due(account: GatewayAccount) -> list[Asked]:
    """The requests that are due, oldest first, for as long as a lease."""
    now = timezone.now()
    params: dict[str, Any] = {
        "account": account.pk,
        "now": now,
        "lease": now + LEASE,
        "limit": ASKED_AT_ONCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, params)
        return [Asked(*row) for row in cursor.fetchall()]


def _ask(account: GatewayAccount, gateway: Gateway, requests: Sequence[Asked]) -> None:
    waiting = _open(requests)
    wanted = [OpenRequest(each.carrier_id, waiting[each.id]) for each in requests if each.id in waiting]
    if wanted and (reports := gateway.fetch_results(wanted)):
        apply_reports(account, reports)
    _close(requests, still_open=set(_open(requests)))


def _open(requests: Sequence[Asked]) -> dict[int, list[OpenMessage]]:
    """The messages without a result of each request that has some."""
    found: dict[int, list[OpenMessage]] = {}
    if requests:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BY_ID)
            cursor.execute(OPEN, [[each.id for each in requests]])
            for request_id, *message in cursor.fetchall():
                found.setdefault(request_id, []).append(OpenMessage(*message))
    return found


def _close(requests: Sequence[Asked], *, still_open: set[int]) -> None:
    """Forget the requests that are done with, and put the others off by their age."""
    now = timezone.now()
    over = [each.id for each in requests if each.id not in still_open or now - each.until > ASKED_FOR]
    CarrierRequest.objects.filter(pk__in=over).delete()
    waiting = [each for each in requests if each.id not in over]
    CarrierRequest.objects.bulk_update(
        [CarrierRequest(pk=each.id, next_at=now + pause_of(now - each.until)) for each in waiting],
        ["next_at"],
    )


def _later(ids: Sequence[int]) -> None:
    CarrierRequest.objects.filter(pk__in=ids).update(next_at=timezone.now() + AGAIN)


# --- in doubt ------------------------------------------------------------------------------------


def look_for(account: GatewayAccount, gateway: Gateway, asked: Asked) -> None:
    """Look for messages in doubt: what is found is asked for, what is not there after long has failed.

    Raises GatewayUnavailable.
    """
    now = timezone.now()
    is_settled = now - asked.until > gateway.settles_after
    messages = _in_doubt(asked)
    request = SendRequest.objects.filter(pk=request_of(asked.first_id)).first()
    left = len(messages)
    for start in range(0, len(messages), LOOKED_FOR_AT_ONCE):
        if request is None:
            break
        some = messages[start : start + LOOKED_FOR_AT_ONCE]
        found = gateway.find_lost(LostMessages(request.sender, asked.since, asked.until, some))
        named = name_found(account, some, found, Between(asked.since, asked.until))
        left -= len(named)
        if is_settled:
            absent = [each.id for each in some if each.id not in named]
            apply_reports(account, [Report(each, None, CARRIER_UNAVAILABLE, now, "") for each in absent])
            left -= len(absent)
    _close([asked], still_open={asked.id} if left and request else set())


def _in_doubt(asked: Asked) -> list[OpenMessage]:
    with connection.cursor() as cursor:
        cursor.execute(IN_DOUBT, [asked.first_id, asked.last_id])
        return [OpenMessage(*row) for row in cursor.fetchall()]


def name_found(
    account: GatewayAccount,
    messages: Iterable[OpenMessage],
    found: Mapping[str, Sequence[str]],
    handed_over: Between,
) -> dict[str, str]:
    """Give each message that was found its request at the carrier, and have its result asked for.

    A request that holds another message of ours to that number is that one's. Returns the carrier's ids.
    """
    candidates = {each for ids in found.values() for each in ids}
    if not candidates:
        return {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SETTLE_LOCK, account.pk])
        cursor.execute(NAMED, [account.pk, list(candidates)])
        taken = set(cursor.fetchall())
        named: dict[str, str] = {}
        for message in messages:
            free = (each for each in found.get(message.id, ()) if (each, message.recipient) not in taken)
            if carrier_id := next(free, ""):
                named[message.id] = carrier_id
                taken.add((carrier_id, message.recipient))
        keep_references(named, account.pk)
        now = timezone.now()
        note_requests(account.pk, named, Between(handed_over.since, now - SOON))
    return named
