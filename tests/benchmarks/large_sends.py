"""Three months of requests with their parts, chunks, messages and counts, of the large project.

The requests are planned here, one by one; their messages are written by one statement, and counted by one
from what was written, so that every count is what a count over the messages would give.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.ids import new_request_id
from messaging.models import (
    RecipientFile,
    SendBatch,
    SendRequest,
    StatisticsKey,
    Tag,
    TemplateVersion,
)
from messaging.partitions import ensure_partitions
from messaging.states import (
    BatchState,
    DeliveryKind,
    FileState,
    Lane,
    MessageType,
    Purpose,
    RequestState,
    Source,
)
from messaging.statistics.counting import fold
from senders.models import OptOutLine

DAYS = 90
CHUNK_SIZE = 2000
# How many requests there are beside a million messages, and what part of them is large.
REQUESTS, LEAST_REQUESTS = 2500, 60
MASS_SHARE = 0.08
SMALL = 10
STATES_OF_LARGE = (*(RequestState.COMPLETED,) * 19, RequestState.CANCELED)
STATES = (*STATES_OF_LARGE, RequestState.FAILED)
# What is not over yet is of the last hours.
OPEN_STATES = (
    RequestState.SENDING,
    RequestState.SCHEDULED,
    RequestState.HELD,
    RequestState.SCHEDULED,
    RequestState.SENDING,
    RequestState.WAITING,
)
TYPES = (MessageType.SMS,) * 6 + (MessageType.LMS,) * 3 + (MessageType.MMS,)
BODIES = {
    Purpose.GENERAL: ("[Acme] ##name##님, 주문 ##order##이 출발했습니다.", ["name", "order"]),
    Purpose.ADVERTISING: ("(광고)[Acme] ##name##님을 초대합니다.\n무료수신거부 0805000001", ["name"]),
    Purpose.AUTHENTICATION: ("[Acme] 인증번호 [482913]", []),
}
NAMES = ("배송 출발 안내", "예약 확인", "약관 변경 안내", "주말 행사 초대", "결제 알림", "인증번호")


@dataclass(frozen=True)
class Around:
    """What requests name."""

    project: Project
    user: User
    senders: Sequence[str]
    versions: Sequence[TemplateVersion]
    keys: Sequence[StatisticsKey]
    line: OptOutLine
    tags: Sequence[Tag]


def make_sends(project: Project, user: User, *, messages: int, **around: Any) -> None:
    """Requests with `messages` messages, in every kind, state, type and purpose, over the last 90 days."""
    ensure_partitions(since=timezone.now() - timedelta(days=DAYS + 3))
    chance = random.Random(2)
    requests = list(planned(Around(project, user, **around), messages, chance))
    files = [request.recipient_file for request in requests if request.recipient_file is not None]
    RecipientFile.objects.bulk_create(files)
    SendRequest.objects.bulk_create(requests)
    SendBatch.objects.bulk_create(
        (batch for request in requests for batch in batches_of(request)), batch_size=5000
    )
    given = {"project": project.pk, "size": CHUNK_SIZE, "people": max(messages // 5, 10)}
    with connection.cursor() as cursor:
        for statement in (CHUNKS, MESSAGES, DELTAS):
            cursor.execute(statement, given)
    while fold():
        pass


# --- requests ------------------------------------------------------------------------------------


def planned(around: Around, messages: int, chance: random.Random) -> Iterator[SendRequest]:
    """Requests with about so many messages, oldest first: a few have most of them."""
    sizes = sizes_of(messages, chance)
    now = timezone.now()
    moments = sorted(now - timedelta(seconds=chance.randrange(3600, DAYS * 86400)) for _ in sizes)
    for at, (size, moment) in enumerate(zip(sizes, moments, strict=True)):
        left = len(sizes) - at
        if left <= len(OPEN_STATES):
            state: RequestState = OPEN_STATES[left - 1]
            moment = now - timedelta(minutes=9 * left)
        else:
            state = chance.choice(STATES_OF_LARGE if size > SMALL else STATES)
        yield request_of(around, size, moment, state, chance)


def sizes_of(messages: int, chance: random.Random) -> list[int]:
    """How many messages each request has: one in twelve is large, and the newest ones, which are not over."""
    count = max(REQUESTS * messages // 1_000_000, LEAST_REQUESTS)
    large = max(int(count * MASS_SHARE), 10)
    small = [chance.choice((1, 1, 1, 1, 2, 5)) for _ in range(count - large)]
    weights = [1 / (rank + 5) for rank in range(large)]
    rest = messages - sum(small)
    sizes = [max(int(rest * weight / sum(weights)), 1) for weight in weights]
    sizes[0] += rest - sum(sizes)
    newest, older = sizes[3 : 3 + len(OPEN_STATES)], sizes[:3] + sizes[3 + len(OPEN_STATES) :] + small
    chance.shuffle(older)
    return older + newest


def request_of(
    around: Around, size: int, moment: datetime, state: RequestState, chance: random.Random
) -> SendRequest:
    is_large = size > SMALL
    kind = chance.choice((DeliveryKind.MASS,) * 4 + (DeliveryKind.TAG,)) if is_large else DeliveryKind.GENERAL
    purposes = [Purpose.GENERAL, Purpose.GENERAL]
    purposes += [Purpose.ADVERTISING] if is_large else [Purpose.AUTHENTICATION]
    purpose = chance.choice(purposes)
    body, placeholders = BODIES[purpose]
    is_abroad = chance.random() < 0.1 and purpose != Purpose.ADVERTISING
    has_none = state in (RequestState.FAILED, RequestState.WAITING)
    version = chance.choice(around.versions) if chance.random() < 0.6 else None
    is_scheduled = state == RequestState.SCHEDULED
    request = SendRequest(
        id=new_request_id(moment),
        project=around.project,
        name=chance.choice(NAMES) if is_large or chance.random() < 0.3 else "",
        kind=kind,
        source=Source.CONSOLE if is_large or chance.random() < 0.4 else Source.SENS,
        message_type=MessageType.SMS if is_abroad or not is_large else chance.choice(TYPES),
        purpose=purpose,
        lane=lane_of(purpose, is_large),
        sender=chance.choice(around.senders),
        body=body,
        placeholders=placeholders,
        template_version=version,
        statistics_key=chance.choice(around.keys) if chance.random() < 0.5 else None,
        opt_out_line=around.line if purpose == Purpose.ADVERTISING else None,
        tag_condition=condition_of(around, chance) if kind == DeliveryKind.TAG else None,
        state=state,
        needs_release=state == RequestState.HELD,
        due_at=moment + timedelta(days=5) if is_scheduled else moment,
        total=size,
        loaded=0 if has_none else size,
        failure_code="file_lost" if state == RequestState.FAILED else "",
        created_by=around.user if is_large else None,
        created_at=moment,
        loaded_at=None if has_none else moment,
        released_at=None if has_none or state in (RequestState.HELD, RequestState.SCHEDULED) else moment,
        completed_at=moment + timedelta(minutes=5) if state == RequestState.COMPLETED else None,
        canceled_at=moment + timedelta(minutes=3) if state == RequestState.CANCELED else None,
        collects_conversion=is_abroad,
    )
    if kind == DeliveryKind.MASS:
        request.recipient_file = file_of(request)
    return request


def lane_of(purpose: Purpose, is_large: bool) -> Lane:
    if purpose == Purpose.AUTHENTICATION:
        return Lane.AUTH
    return Lane.MASS if is_large else Lane.SINGLE


def condition_of(around: Around, chance: random.Random) -> dict[str, list[Any]]:
    wanted, left_out = chance.sample([tag.pk for tag in around.tags[:12]], 2)
    return {"all": [], "any": [wanted], "none": [left_out]}


def file_of(request: SendRequest) -> RecipientFile:
    return RecipientFile(
        project=request.project,
        uploaded_by=request.created_by,
        original_name=f"고객-{request.created_at:%m%d-%H%M}.xlsx",
        storage_name="",
        size=40 * request.total,
        sha256="",
        state=FileState.CHECKED,
        message_type=request.message_type,
        body=request.body,
        keys=request.placeholders,
        rows_read=request.total,
        checked_at=request.created_at,
    )


def batches_of(request: SendRequest) -> Iterator[SendBatch]:
    """Its parts: five, two hours apart, for one in three of the large ones; two for one that is half done."""
    parts = 5 if request.total >= 100 and request.created_at.minute % 3 == 0 else 1
    if request.state == RequestState.SENDING and request.total > 1:
        parts = 2
    edges = [request.total * at // parts for at in range(parts + 1)]
    for at in range(parts):
        state = batch_state(request.state, at)
        due_at = request.due_at + timedelta(hours=2) * at
        was_released = state in (BatchState.RELEASED, BatchState.COMPLETED)
        yield SendBatch(
            request=request,
            number=at + 1,
            state=state,
            due_at=due_at,
            first_ordinal=edges[at] + 1,
            last_ordinal=edges[at + 1],
            released_at=due_at if was_released else None,
            completed_at=due_at + timedelta(minutes=5) if state == BatchState.COMPLETED else None,
        )


def batch_state(state: str, at: int) -> BatchState:
    if state == RequestState.COMPLETED:
        return BatchState.COMPLETED
    if state in (RequestState.CANCELED, RequestState.FAILED):
        return BatchState.CANCELED
    return BatchState.RELEASED if state == RequestState.SENDING and at == 0 else BatchState.WAITING


# --- what belongs to them, in sets ---------------------------------------------------------------

# The id at an ordinal of a request, as `messaging.ids.message_id`: its last 32 bits are the ordinal.
ID_AT = "(left({request}::text, 28) || lpad(to_hex({ordinal}), 8, '0'))::uuid"

CHUNKS = f"""
INSERT INTO messaging_chunk (request_id, batch_id, number, lane, first_id, last_id, state, account_id,
    attempts, done_at, is_settled)
SELECT request.id, batch.id, row_number() OVER (PARTITION BY request.id ORDER BY first), request.lane,
    {ID_AT.format(request="request.id", ordinal="first")},
    {ID_AT.format(request="request.id", ordinal="least(first + %(size)s - 1, batch.last_ordinal)")},
    CASE batch.state WHEN 'COMPLETED' THEN 'DONE' WHEN 'RELEASED' THEN 'DONE'
        WHEN 'CANCELED' THEN 'CANCELED' ELSE 'WAITING' END,
    NULL, 1, batch.completed_at, batch.state = 'COMPLETED'
FROM messaging_sendrequest request
JOIN messaging_sendbatch batch ON batch.request_id = request.id
CROSS JOIN LATERAL generate_series(batch.first_ordinal, batch.last_ordinal, %(size)s) AS first
WHERE request.project_id = %(project)s AND request.loaded > 0
"""

# Of 1,000 messages that were released, 5 never left, 25 failed at the phone, 3 are unknown. In the last hour
# one in ten waits for its result. A canceled request had handed over half of its messages before. One message
# in five hundred goes to the same phone.
MESSAGES = f"""
INSERT INTO messaging_message (id, request_id, project_id, row_number, country_code, recipient, values, state,
    result_code, telco, submitted_at, finished_at, reported_at, uid)
SELECT {ID_AT.format(request="request_id", ordinal="n")}, request_id, %(project)s,
    CASE WHEN kind = 'MASS' THEN n + 1 END, country_code,
    CASE country_code WHEN 82 THEN '010' || lpad((20000000 + person * 7919 %% 70000000)::text, 8, '0')
        ELSE '90' || lpad(person::text, 8, '0') END,
    CASE cardinality(placeholders) WHEN 2 THEN ARRAY['김민준', 'ORD-' || n] WHEN 1 THEN ARRAY['이서연'] END,
    state,
    CASE state WHEN 'DELIVERED' THEN '0' WHEN 'CANCELED' THEN 'B006' WHEN 'UNKNOWN' THEN 'B007'
        WHEN 'FAILED' THEN CASE WHEN never_left THEN 'B001' ELSE
            (ARRAY['2003', '3001', '2000', '3006', '2005'])[1 + (luck * 1e6)::int %% 5] END END,
    CASE WHEN state IN ('DELIVERED', 'FAILED') AND NOT never_left
        THEN (ARRAY['SKT', 'KTF', 'LGT'])[1 + n %% 3] END,
    CASE WHEN state NOT IN ('READY', 'CANCELED') AND NOT never_left THEN submitted_at END,
    CASE WHEN state IN ('CANCELED', 'UNKNOWN') OR never_left THEN submitted_at
        WHEN state IN ('DELIVERED', 'FAILED') THEN ended_at END,
    CASE WHEN state IN ('DELIVERED', 'FAILED') AND NOT never_left THEN ended_at END,
    CASE WHEN kind = 'TAG' THEN 'member-' || lpad(person::text, 7, '0') END
FROM (
    SELECT *, submitted_at + ((2 - ln(1 - luck) * 9) || ' seconds')::interval AS ended_at,
        luck < 0.005 AND batch_state = 'COMPLETED' AND kind <> 'GENERAL' AS never_left,
        CASE WHEN batch_state = 'CANCELED' AND n > total / 2 THEN 'CANCELED'
            WHEN batch_state = 'WAITING' THEN 'READY'
            WHEN luck < 0.03 THEN 'FAILED' WHEN luck < 0.033 THEN 'UNKNOWN'
            WHEN submitted_at > now() - '1 hour'::interval AND luck > 0.9 THEN 'SENT'
            ELSE 'DELIVERED' END AS state
    FROM (
        SELECT request.id AS request_id, kind, placeholders, total, batch.state AS batch_state, n,
            CASE WHEN collects_conversion THEN 81 ELSE 82 END AS country_code,
            batch.due_at + (n - batch.first_ordinal) * '200 microseconds'::interval AS submitted_at,
            random() AS luck, (greatest(random() * 1.002 - 0.002, 0) * %(people)s)::bigint AS person
        FROM messaging_sendrequest request
        JOIN messaging_sendbatch batch ON batch.request_id = request.id
        CROSS JOIN LATERAL generate_series(batch.first_ordinal, batch.last_ordinal) AS n
        WHERE request.project_id = %(project)s AND request.loaded > 0
        OFFSET 0
    ) AS thrown
    OFFSET 0
) AS decided
"""

# As the steps of the path count them: when loaded, when handed over or refused, when a report came.
DELTAS = """
INSERT INTO messaging_countdelta (request_id, batch_number, minute, counter, code, country_code, n)
SELECT message.request_id, batch.number, date_trunc('minute', at), counter, code, country_code,
    CASE counter WHEN 'HANDSET_SECONDS'
        THEN sum(floor(extract(epoch FROM message.reported_at - message.submitted_at))) ELSE count(*) END
FROM messaging_message message
JOIN messaging_sendrequest request ON request.id = message.request_id
JOIN messaging_sendbatch batch ON batch.request_id = request.id
    AND ('x' || right(message.id::text, 8))::bit(32)::bigint BETWEEN first_ordinal AND last_ordinal
CROSS JOIN LATERAL (VALUES
    (request.created_at, 'REQUESTED', ''),
    (message.submitted_at, 'SENT', ''),
    (CASE WHEN message.state = 'FAILED' AND message.submitted_at IS NULL THEN message.finished_at END,
        'SEND_FAILED', message.result_code),
    (CASE WHEN message.state = 'FAILED' THEN message.reported_at END, 'DELIVERY_FAILED', message.result_code),
    (CASE WHEN message.state = 'DELIVERED' THEN message.reported_at END, 'DELIVERED', '0'),
    (CASE WHEN message.state = 'DELIVERED' THEN message.reported_at END, 'HANDSET_SECONDS', ''),
    (CASE WHEN message.state = 'UNKNOWN' THEN message.finished_at END, 'UNKNOWN', 'B007'),
    (CASE WHEN message.state = 'CANCELED' THEN message.finished_at END, 'CANCELED', 'B006'),
    (CASE WHEN country_code <> 82 THEN message.submitted_at END, 'PARTS', ''),
    (CASE WHEN country_code <> 82 AND message.state = 'DELIVERED' THEN message.reported_at END,
        'CONV_WAITING', '')
) AS moved (at, counter, code)
WHERE message.project_id = %(project)s AND at IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6
"""
