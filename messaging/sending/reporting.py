"""Delivery reports: fetched at least once, in any order, applied in sets, forward only.

The common report finds its message SENT, and one statement moves thousands and counts them. The others are
looked at one by one: a report that came before the outcome of handing over was written (READY) counts the
message as sent too; one for an UNKNOWN message takes that count back; one that moves nothing is kept as a
DeliveryReport.

What a report says is counted at the report's own time, which may be long past when it is fetched; one that
names a time before its request or after now is counted at that bound.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from messaging.gateways.base import Gateway, GatewayUnavailable, Report
from messaging.health.carriers import note_mute, note_reports
from messaging.ids import ordinal_of, request_of
from messaging.models import DeliveryReport, GatewayAccount, SendBatch, SendRequest
from messaging.sending.accounts import gateway_of
from messaging.sending.outcomes import array_of, text_array
from messaging.sending.parts import parts_of_messages
from messaging.sending.retrying import once_more_on_deadlock
from messaging.sending.telling import TELL_REPORT
from messaging.states import Counter, MessageState
from messaging.statistics.counting import Delta, add_deltas

logger = logging.getLogger(__name__)

FETCHED_AT_ONCE = 5000
COLLECT_SECONDS = 5.0
COLLECT_LOCK = 0x72657074

# The CASE keeps the planner from guessing how many are in that state, which changes from second to second:
# where it believes in few, it reads all messages of a small month once, and all reports for each of them.
GIVEN = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(codes)s::text[], %(telcos)s::text[], %(times)s::timestamptz[])
        AS given(id, code, telco, at)
), moved AS (
    UPDATE messaging_message message
    SET state = CASE given.code WHEN '0' THEN 'DELIVERED' ELSE 'FAILED' END, result_code = given.code,
        telco = nullif(given.telco, ''), finished_at = given.at, reported_at = %(now)s{submitted}
    FROM given
    WHERE message.id = given.id AND CASE WHEN message.state IN ({states}) THEN true ELSE false END
    RETURNING message.id, message.project_id, message.request_id, message.country_code,
        message.result_code, message.finished_at, floor(extract(epoch FROM greatest(
            least(message.finished_at, %(now)s) - message.submitted_at, interval '0')))::int AS seconds
), grouped AS (
    SELECT moved.request_id, batch.number, date_trunc('minute', moved.finished_at) AS minute,
        moved.result_code AS code, moved.country_code, count(*) AS n, sum(seconds) AS seconds
    FROM moved JOIN messaging_sendbatch batch ON batch.request_id = moved.request_id
        AND ('x' || right(moved.id::text, 8))::bit(32)::bigint
            BETWEEN batch.first_ordinal AND batch.last_ordinal
    GROUP BY 1, 2, 3, 4, 5
), timed AS (
    SELECT request_id, number, code, grouped.country_code, n, seconds, request.collects_conversion,
        least(greatest(minute, date_trunc('minute', request.created_at)), %(minute)s) AS minute
    FROM grouped JOIN messaging_sendrequest request ON request.id = grouped.request_id
), counted AS (
    INSERT INTO messaging_countdelta (request_id, batch_number, minute, counter, code, country_code, n)
    SELECT request_id, number, minute, CASE code WHEN '0' THEN 'DELIVERED' ELSE 'DELIVERY_FAILED' END,
        code, country_code, n
    FROM timed
    UNION ALL
    SELECT request_id, number, minute, 'CONV_WAITING', '', country_code, n
    FROM timed WHERE collects_conversion AND code = '0' AND country_code <> 82
    UNION ALL
    SELECT request_id, number, minute, 'HANDSET_SECONDS', '', country_code, seconds
    FROM timed WHERE code = '0' AND seconds > 0
){told}
SELECT id::text FROM given EXCEPT ALL SELECT id::text FROM moved
"""
APPLY = GIVEN.format(states="'SENT'", submitted="", told=TELL_REPORT)
# For messages that this transaction has locked and looked at.
APPLY_LATE = GIVEN.format(
    states="'READY', 'SENT', 'UNKNOWN'",
    submitted=", submitted_at = coalesce(message.submitted_at, given.at)",
    told=TELL_REPORT,
)
# The planner is not to prefer reading a whole month over a few thousand look-ups by id.
BY_ID = "".join(
    f"SET LOCAL enable_{way} = off;" for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "material")
)
LOCK_LATE = """
SELECT id, state, coalesce(result_code, ''), request_id, country_code, coalesce(finished_at, submitted_at)
FROM messaging_message
WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE
"""
REFERENCES = """
SELECT carrier_id, message_id::text FROM messaging_carrierreference
WHERE account_id = %s AND carrier_id = ANY(%s)
"""


class Known(NamedTuple):
    """A report with the id of its message."""

    message_id: str
    code: str
    telco: str
    at: datetime


class Found(NamedTuple):
    """A message, locked. `counted_at` is when it was last counted, None while it is READY."""

    id: UUID
    state: str
    code: str
    request_id: UUID
    country_code: int
    counted_at: datetime | None


# --- fetching ------------------------------------------------------------------------------------


def collect_reports(seconds: float = COLLECT_SECONDS) -> bool:
    """Fetch and apply the reports of every account that polls; whether more may be left at the end."""
    deadline = time.monotonic() + seconds
    accounts = list(GatewayAccount.objects.order_by("id"))
    return sum(_collect(account, deadline) for account in accounts) > 0


def _collect(account: GatewayAccount, deadline: float) -> bool:
    try:
        gateway = gateway_of(account)
        if not gateway.polls_reports:
            return False
        with only_collector(account) as is_only:
            return is_only and _collect_all(account, gateway, deadline)
    except GatewayUnavailable as error:
        logger.warning("The reports of carrier account %s cannot be had: %s", account.pk, error)
        note_mute(account.pk, error)
        return False


def _collect_all(account: GatewayAccount, gateway: Gateway, deadline: float) -> bool:
    while True:
        batch = gateway.fetch_reports(FETCHED_AT_ONCE)
        note_reports(account.pk)
        if not batch.reports:
            return False
        apply_reports(account, batch.reports)
        gateway.acknowledge(batch.token)
        if time.monotonic() >= deadline:
            return True


@contextmanager
def only_collector(account: GatewayAccount, lock: int = COLLECT_LOCK) -> Iterator[bool]:
    """Two collectors of one account would fetch the same reports. The lock ends with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [lock, account.pk])
        is_only = bool(cursor.fetchone()[0])
    try:
        yield is_only
    finally:
        if is_only and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [lock, account.pk])


# --- applying ------------------------------------------------------------------------------------


def apply_reports(account: GatewayAccount, reports: Sequence[Report]) -> None:
    """Move the messages of these reports, each at most once, and keep the reports that moved nothing."""
    known = _with_message_ids(account, reports)
    first: dict[str, Known] = {}
    repeated = [each for each in known if first.setdefault(each.message_id, each) is not each]
    late = _apply(list(first.values()), APPLY) if first else []
    if late or repeated:
        wanted = set(late)
        _apply_late(account, [each for each in first.values() if each.message_id in wanted] + repeated)


def _with_message_ids(account: GatewayAccount, reports: Sequence[Report]) -> list[Known]:
    """The reports by our ids; one that names a message of nobody is logged and left out."""
    names = [each.carrier_id for each in reports if each.message_id is None]
    ids: dict[str | None, str] = {}
    if names:
        with connection.cursor() as cursor:
            cursor.execute(REFERENCES, [account.pk, names])
            ids = dict(cursor.fetchall())
    known = []
    for message_id, carrier_id, code, at, telco in reports:
        ours = message_id or ids.get(carrier_id)
        if ours is None:
            logger.warning("Carrier account %s reports on an unknown message: %s", account.pk, carrier_id)
        else:
            known.append(Known(ours, code, telco, at))
    return known


@once_more_on_deadlock
def _apply(reports: list[Known], statement: str) -> list[str]:
    """Run one of the two statements; the ids of the reports that moved nothing."""
    reports.sort()
    now = timezone.now()
    ids, codes, telcos, times = zip(*reports, strict=True)
    params: dict[str, Any] = {
        "ids": array_of(ids),
        "codes": text_array(codes),
        "telcos": text_array(telcos),
        "times": text_array(times),
        "now": now,
        "minute": now.replace(second=0, microsecond=0),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_ID)
        cursor.execute(statement, params)
        return [row[0] for row in cursor.fetchall()]


@once_more_on_deadlock
def _apply_late(account: GatewayAccount, reports: list[Known]) -> None:
    """Reports whose message is not (or no longer) SENT, in their order."""
    now = timezone.now()
    with transaction.atomic():
        found = _lock(each.message_id for each in reports)
        moving: dict[str, Known] = {}
        idle: list[Known] = []
        for report in sorted(reports, key=lambda each: each.at):
            message = found.get(report.message_id)
            is_open = message is not None and message.state in OPEN_STATES
            if is_open and report.message_id not in moving:
                moving[report.message_id] = report
            else:
                idle.append(report)
        if moving:
            add_deltas(_corrections([(found[each], moving[each].at) for each in moving], now), at=now)
            _apply(list(moving.values()), APPLY_LATE)
        _keep(account, idle, now)


OPEN_STATES = frozenset({MessageState.READY, MessageState.SENT, MessageState.UNKNOWN})


def _lock(ids: Iterable[str]) -> dict[str, Found]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_LATE, [array_of(set(ids))])
        return {str(row[0]): Found(*row) for row in cursor.fetchall()}


def _corrections(reported: list[tuple[Found, datetime]], now: datetime) -> Iterator[Delta]:
    """What was not counted yet of a message that was READY, and what no longer holds of one that was
    UNKNOWN. Each message comes with the time of its report.
    """
    numbers = _batch_numbers([message for message, _at in reported])
    early = [message.id for message, _at in reported if message.state == MessageState.READY]
    created = dict(
        SendRequest.objects.filter(pk__in={request_of(each) for each in early}).values_list(
            "pk", "created_at"
        )
    )
    parts = parts_of_messages(early)
    for message, at in reported:
        whose = (message.request_id, numbers[message.id])
        country_code = message.country_code
        if message.state == MessageState.READY:
            at = min(max(at, created[message.request_id]), now)
            yield Delta(*whose, Counter.SENT, "", country_code, 1, at=at)
            yield Delta(*whose, Counter.PARTS, "", country_code, parts.get(str(message.id), 0), at=at)
        elif message.state == MessageState.UNKNOWN:
            yield Delta(*whose, Counter.UNKNOWN, message.code, country_code, -1, at=message.counted_at)


def _batch_numbers(messages: list[Found]) -> dict[UUID, int]:
    request_ids = {message.request_id for message in messages}
    batches = SendBatch.objects.filter(request__in=request_ids)
    ranges = batches.values_list("request_id", "number", "first_ordinal", "last_ordinal")
    of_request: dict[UUID, list[tuple[int, int, int]]] = {}
    for request_id, *bounds in ranges:
        of_request.setdefault(request_id, []).append((bounds[0], bounds[1], bounds[2]))
    return {
        message.id: next(
            number
            for number, first, last in of_request[message.request_id]
            if first <= ordinal_of(message.id) <= last
        )
        for message in messages
    }


def _keep(account: GatewayAccount, reports: list[Known], now: datetime) -> None:
    DeliveryReport.objects.bulk_create(
        DeliveryReport(
            message_id=each.message_id, account=account, code=each.code, happened_at=each.at, received_at=now
        )
        for each in reports
    )
