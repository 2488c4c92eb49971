"""Which messages of a chunk repeat one that went within the project's minutes, or is about to go.

There is no memory but the history itself. A message went when it was handed over within these minutes,
whatever was reported of it; it is about to go when it is READY in a chunk whose `screened_at` is set. Who
looks holds the locks of the recipients to the end of the transaction, so that of two workers the second sees
what the first let go ([ADR 0012](docs/adr/0012-the-history-is-the-memory-of-duplicates.md)).

A mass or tag send can be repeated only by the few others of its kind, which are found first; where there is
none, nothing more is asked.
"""

from collections import Counter as Tally
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from messaging.content.rendering import Template
from messaging.ids import first_id_at
from messaging.models import Attachment, Chunk, Message, SendRequest
from messaging.policies.duplicates import LONGEST, Stream, locks_of, may_say_the_same, type_of
from messaging.policies.settings import blocking_minutes, minutes_of
from messaging.result_codes import DUPLICATE
from messaging.sending.claiming import ClaimedChunk
from messaging.sending.outbound import Row, template_of
from messaging.sending.texts import text_of, text_with
from messaging.states import DeliveryKind, MessageState, Purpose

# How long before it goes a message may have been asked for: 60 days, and what a carrier's trouble may take.
LONGEST_AHEAD = timedelta(days=62)
# A request that is being canceled may hand over a little longer than that was wished.
LONGEST_CANCELING = timedelta(days=1)
OF_MANY = (DeliveryKind.MASS, DeliveryKind.TAG)

LOCK = "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key"
# Each recipient is one probe of the index by recipient: OFFSET 0 keeps this from becoming a join that reads
# all of a project's messages.
EARLIER = """
SELECT earlier.request_id, earlier.id, earlier.country_code, earlier.recipient, earlier.values, earlier.state
FROM unnest(%(countries)s::int[], %(recipients)s::text[]) AS wanted(country_code, recipient)
CROSS JOIN LATERAL (
    SELECT message.id, message.request_id, message.country_code, message.recipient, message.values,
        message.state
    FROM messaging_message message {of_requests}
    WHERE message.project_id = %(project)s AND message.recipient = wanted.recipient
        AND message.country_code = wanted.country_code AND message.id >= %(first)s
        AND (message.submitted_at >= %(since)s OR message.state = 'READY')
        AND NOT (message.state = 'READY' AND message.id BETWEEN %(own_first)s AND %(own_last)s)
    OFFSET 0
) AS earlier
"""
AMONG_FEW = "JOIN unnest(%(rivals)s::uuid[]) AS rival(id) ON rival.id = message.request_id"
AMONG_ALL = """
JOIN messaging_sendrequest request ON request.id = message.request_id AND request.kind = %(kind)s
    AND request.sender = %(sender)s AND (request.purpose = 'AUTH') = %(is_auth)s
    AND (%(is_auth)s OR request.message_type = %(message_type)s)
"""
# As a statement of its own, since a chunk asks it: the ORM would take longer to write it than the database to
# answer. `kind IN ('MASS', 'TAG')` is what the index of these few rows says of them.
RIVALS = """
SELECT id FROM messaging_sendrequest
WHERE project_id = %(project)s AND sender = %(sender)s AND kind = %(kind)s AND kind IN ('MASS', 'TAG')
    AND (purpose = 'AUTH') = %(is_auth)s AND (%(is_auth)s OR message_type = %(message_type)s)
    AND (state IN ('SENDING', 'CANCELING') OR completed_at >= %(since)s OR canceled_at >= %(canceled_since)s)
    AND id <> %(not_id)s
"""
NO_ID = UUID(int=0)


class Unlike:
    """What this process knows of the last requests: which others can say nothing that they say.

    A request of many keeps its texts and pictures, so that this is asked once, not for each chunk.
    """

    MOST = 64

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, set[UUID]] = OrderedDict()

    def of(self, request_id: UUID) -> set[UUID]:
        """Those unlike the request, to be added to."""
        known = self._known.setdefault(request_id, set())
        self._known.move_to_end(request_id)
        if len(self._known) > self.MOST:
            self._known.popitem(last=False)
        return known


UNLIKE = Unlike()


class Earlier(NamedTuple):
    """A message that may be repeated."""

    request_id: UUID
    id: UUID
    country_code: int
    recipient: str
    values: list[str] | None
    state: str


# Country, recipient, subject, text.
Said = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: what of a request's messages went since then. `chunk` is theirs, where they are
    about to go themselves.
    """

    request: SendRequest
    since: datetime
    chunk: ClaimedChunk | None = None


def repeated(chunk: ClaimedChunk, request: SendRequest, rows: Sequence[Row], at: datetime) -> dict[str, str]:
    """Of the rows of a chunk, in order of their ids, those that repeat another message, with our code.

    Within the transaction that lets the others go.
    """
    minutes = minutes_of(request.project)
    if not minutes or not rows:
        return {}
    _lock(request, rows)
    search = Search(request, at - timedelta(minutes=minutes), chunk)
    said = set(_said_before(search, rows))
    return dict.fromkeys(_repeating(request, rows, said), DUPLICATE)


def count_repeated(request: SendRequest, rows: Sequence[Row], at: datetime) -> int:
    """How many of these rows would fail now as messages of a request that is not written yet."""
    minutes = blocking_minutes(request.project_id)
    if not minutes or not rows:
        return 0
    said = set(_said_before(Search(request, at - timedelta(minutes=minutes)), rows))
    return len(list(_repeating(request, rows, said)))


def _lock(request: SendRequest, rows: Sequence[Row]) -> None:
    keys = locks_of(stream_of(request), {recipient for _id, _country, recipient, _values in rows})
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [keys])


def stream_of(request: SendRequest) -> Stream:
    """Whose messages the request's can repeat."""
    type_ = type_of(request.message_type, request.purpose)
    return Stream(request.project_id, request.kind, type_, request.sender)


def _repeating(request: SendRequest, rows: Sequence[Row], said: set[Said]) -> Iterator[str]:
    """The ids of rows that say what was said, or what a row before says."""
    shared = request.shared_values or ()
    times = Tally([(country_code, recipient) for _id, country_code, recipient, _values in rows])
    if not said and len(times) == len(rows):
        return  # nothing went to these numbers, and each stands here once: what nearly every chunk meets
    before = {(country_code, recipient) for country_code, recipient, *_text in said}
    for message_id, country_code, recipient, values in rows:
        number = country_code, recipient
        if times[number] == 1 and number not in before:
            continue
        text: Said = (*number, *text_with(request, values or shared, country_code))
        if text in said:
            yield message_id
        said.add(text)


# --- what was said -------------------------------------------------------------------------------


def _said_before(search: Search, rows: Sequence[Row]) -> Iterator[Said]:
    """What went to the recipients of the rows, or is about to go."""
    if search.request.kind in OF_MANY:
        rivals = {each.pk: each for each in rivals_of(search)}
        found = _earlier(search, rows, rivals) if rivals else []
    else:
        found = _earlier(search, rows, None)
        rivals = _like(search.request, SendRequest.objects.filter(pk__in={each.request_id for each in found}))
    going = _going(found)
    for each in found:
        request = rivals.get(each.request_id)
        if request is None or (each.state == MessageState.READY and each.id not in going):
            continue
        values = each.values or request.shared_values or ()
        yield each.country_code, each.recipient, *text_with(request, values, each.country_code)


def rivals_of(search: Search) -> list[SendRequest]:
    """The other mass or tag sends whose messages may be the same and went since then, or are going.

    Itself too, where it goes to a number more than once.
    """
    request = search.request
    params: dict[str, Any] = {
        "project": request.project_id,
        "sender": request.sender,
        "kind": request.kind,
        "is_auth": request.purpose == Purpose.AUTHENTICATION,
        "message_type": request.message_type,
        "since": search.since,
        "canceled_since": search.since - LONGEST_CANCELING,
        "not_id": NO_ID if request.include_duplicates else request.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(RIVALS, params)
        rivals = {pk for (pk,) in cursor.fetchall()}
    unlike = UNLIKE.of(request.pk)
    others = rivals - unlike
    if not others:
        return []
    found = _like(request, SendRequest.objects.filter(pk__in=others))
    unlike |= others - found.keys()
    return list(found.values())


def _like(request: SendRequest, rows: QuerySet[SendRequest]) -> dict[UUID, SendRequest]:
    """Those that have the same pictures, and with some values may say the same."""
    text = template_of(request.subject, request.body)
    found = [each for each in rows if _may_say_the_same(text, template_of(each.subject, each.body))]
    pictures = _pictures([request, *found])
    return {each.pk: each for each in found if pictures[each.pk] == pictures[request.pk]}


def _may_say_the_same(one: Template, other: Template) -> bool:
    return may_say_the_same(one.subject, other.subject) and may_say_the_same(one.body, other.body)


def _pictures(requests: Iterable[SendRequest]) -> dict[UUID, list[str]]:
    """The contents of each request's pictures, in order; asks only where there are some."""
    named = {each.pk: each.attachment_ids for each in requests}
    ids = {pk for of_one in named.values() for pk in of_one}
    rows = Attachment.objects.filter(pk__in=ids).values_list("pk", "sha256") if ids else []
    known = dict(rows)
    return {pk: [known.get(each, str(each)) for each in of_one] for pk, of_one in named.items()}


def _earlier(search: Search, rows: Sequence[Row], rivals: Mapping[UUID, SendRequest] | None) -> list[Earlier]:
    """Messages to the same numbers, of the rivals or (None) of all single sends of the stream."""
    request, chunk = search.request, search.chunk
    numbers = {(country_code, recipient) for _id, country_code, recipient, _values in rows}
    first = min(rivals) if rivals else first_id_at(search.since - LONGEST_AHEAD)
    params: dict[str, Any] = {
        "countries": [country_code for country_code, _recipient in numbers],
        "recipients": [recipient for _country_code, recipient in numbers],
        "project": request.project_id,
        "first": first,
        "since": search.since,
        "own_first": chunk.first_id if chunk else NO_ID,
        "own_last": chunk.last_id if chunk else NO_ID,
        "rivals": list(rivals or ()),
        "kind": request.kind,
        "sender": request.sender,
        "is_auth": request.purpose == Purpose.AUTHENTICATION,
        "message_type": request.message_type,
    }
    with connection.cursor() as cursor:
        cursor.execute(EARLIER.format(of_requests=AMONG_ALL if rivals is None else AMONG_FEW), params)
        return [Earlier(*row) for row in cursor.fetchall()]


def _going(found: Iterable[Earlier]) -> set[UUID]:
    """Those that were READY, but of chunks that were screened: they are about to go, or just went."""
    waiting = [each for each in found if each.state == MessageState.READY]
    if not waiting:
        return set()
    # What was screened is in somebody's hands, so that it cannot be canceled any more.
    chunks = Chunk.objects.filter(
        request__in={each.request_id for each in waiting}, screened_at__isnull=False
    )
    ranges = list(chunks.values_list("first_id", "last_id"))
    return {each.id for each in waiting if any(first <= each.id <= last for first, last in ranges)}


# --- what a person asks --------------------------------------------------------------------------


def repeated_by(message: Message) -> Message | None:
    """Which message one that failed as a duplicate repeats: of those that say the same, the one that was
    handed over nearest to it. None where that is not known any more.
    """
    request, failed_at = message.request, message.finished_at
    if message.result_code != DUPLICATE or failed_at is None:
        return None
    others = Message.objects.filter(
        project=message.project_id,
        recipient=message.recipient,
        country_code=message.country_code,
        id__gte=first_id_at(failed_at - LONGEST_AHEAD),
        submitted_at__range=(failed_at - timedelta(minutes=LONGEST), failed_at + LONGEST_CANCELING),
        request__kind=request.kind,
        request__sender=request.sender,
    )
    found = [each for each in others.select_related("request") if _says_the_same(message, each)]
    return min(found, key=lambda each: abs(each.submitted_at - failed_at), default=None)  # type: ignore[operator]


def _says_the_same(one: Message, other: Message) -> bool:
    if stream_of(one.request) != stream_of(other.request):
        return False
    pictures = _pictures([one.request, other.request])
    return pictures[one.request_id] == pictures[other.request_id] and text_of(one.request, one) == text_of(
        other.request, other
    )
