"""Finding requests and messages: by id, by date, by number. Never a count, never an OFFSET.

A date is a range of ids first (the id is the clock), so that every search reads one stretch of an index; the
columns that change later (due, handed over, reported) are only compared inside that stretch.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models
from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.ids import MAX_ORDINAL, first_id_at, ordinal_of, request_of
from messaging.mass_status import status_in_sql
from messaging.models import CountDelta, Message, RequestCount, SendBatch, SendRequest
from messaging.sending.kept import shown_messages, shown_requests
from messaging.sending.programs import LONGEST_AHEAD
from messaging.states import BatchState, Counter, DeliveryKind, MessageState, RequestState

# A request is sent at most so long after it was made, a program's being the longest; its results come within
# days of that.
LONGEST_WAIT = LONGEST_AHEAD
LATEST_RESULT = LONGEST_WAIT + timedelta(days=7)


ALL_RESERVATIONS = "ALL"
MOST_NAMED = 500  # requests


class DateKind(models.TextChoices):
    """Which date a search asks for. The guide's registration, sending and receiving dates."""

    REGISTERED = "registered", _("Requested")
    SENT = "sent", _("Sent")
    RECEIVED = "received", _("Result received")


@dataclass(frozen=True)
class Search:
    """What a person looks for. `since` is inclusive, `until` exclusive; `recipient` is (country, digits).

    `reservation`: a state of SENS's reservations (`messaging.sens.reservations`), or ALL_RESERVATIONS.
    """

    since: datetime | None = None
    until: datetime | None = None
    date_kind: str = DateKind.REGISTERED
    request_id: UUID | None = None
    recipient: tuple[int, str] | None = None
    message_type: str = ""
    purpose: str = ""
    kind: str = ""
    state: str = ""
    status: str = ""
    result: str = ""
    sender: str = ""
    reservation: str = ""


# How many messages of a request are in a state, from its counters: "waiting for result" is what was handed
# over less what has a result.
WEIGHTS: dict[str, dict[str, int]] = {
    MessageState.READY: {
        Counter.REQUESTED: 1,
        Counter.SENT: -1,
        Counter.SEND_FAILED: -1,
        Counter.CANCELED: -1,
    },
    MessageState.SENT: {
        Counter.SENT: 1,
        Counter.DELIVERED: -1,
        Counter.DELIVERY_FAILED: -1,
        Counter.UNKNOWN: -1,
    },
    MessageState.DELIVERED: {Counter.DELIVERED: 1},
    MessageState.FAILED: {Counter.SEND_FAILED: 1, Counter.DELIVERY_FAILED: 1},
    MessageState.CANCELED: {Counter.CANCELED: 1},
    MessageState.UNKNOWN: {Counter.UNKNOWN: 1},
}


def find_requests(*, project: Project, search: Search) -> QuerySet[SendRequest]:
    """The project's requests that fit, in no order yet: page them by key."""
    return _narrow(SendRequest.objects.filter(project=project), project, search)


def find_mass(*, project: Project, search: Search) -> QuerySet[SendRequest]:
    """The project's mass deliveries that fit."""
    return find_requests(project=project, search=search).filter(kind=DeliveryKind.MASS)


def find_tagged(*, project: Project, search: Search) -> QuerySet[SendRequest]:
    """The project's deliveries to tags that fit."""
    return find_requests(project=project, search=search).filter(kind=DeliveryKind.TAG)


def find_scheduled(*, project: Project, search: Search) -> QuerySet[SendRequest]:
    """What goes out later by itself, where it fits."""
    return _narrow(scheduled_requests(project=project, now=timezone.now()), project, search)


def _narrow(found: QuerySet[SendRequest], project: Project, search: Search) -> QuerySet[SendRequest]:
    """Those of the project's requests that fit the search, of what is kept."""
    found = shown_requests(found)
    if search.request_id is not None:
        found = found.filter(pk=request_of(search.request_id))
    else:
        found = _by_date_of_request(found, search)
    found = found.filter(**_given(search, "message_type", "purpose", "kind", "state", "sender"))
    if search.recipient is not None:
        to = {"country_code": search.recipient[0], "recipient": search.recipient[1]}
        messages = Message.objects.filter(project=project, **to)
        found = found.filter(pk__in=messages.order_by().values("request_id"))
    if search.status:
        found = found.annotate(mass_status=status_in_sql()).filter(mass_status=search.status)
    if search.result:
        found = found.annotate(having=_messages_in(search.result)).filter(having__gt=0)
    return found


def find_messages(*, project: Project, search: Search) -> QuerySet[Message]:
    """The project's messages that fit, with their requests: one number's, or all of a range of dates."""
    found = shown_messages(Message.objects.filter(project=project)).select_related("request")
    if search.recipient is not None:
        found = found.filter(country_code=search.recipient[0], recipient=search.recipient[1])
    if search.request_id is not None:
        first = request_of(search.request_id)
        found = found.filter(pk__gt=first, pk__lte=UUID(int=first.int + MAX_ORDINAL))
    else:
        found = _by_date_of_message(found, search)
    if search.result:
        found = found.filter(state=search.result)
    given = _given(search, "message_type", "purpose", "kind", "state", "sender")
    return _of_requests(found, project, given) if given else found


def _of_requests(found: QuerySet[Message], project: Project, given: dict[str, str]) -> QuerySet[Message]:
    """The messages whose requests fit. Where those are few they are named, and so is the stretch they lie in:
    else the database asks for the request of each message between two that fit.
    """
    requests = SendRequest.objects.filter(project=project, **given).order_by("-pk")
    few = list(requests.values_list("pk", flat=True)[: MOST_NAMED + 1])
    if len(few) > MOST_NAMED:
        return found.filter(**{f"request__{name}": value for name, value in given.items()})
    if not few:
        return found.none()
    last = UUID(int=few[0].int + MAX_ORDINAL)
    return found.filter(request_id__in=few, pk__gt=few[-1], pk__lte=last)


def scheduled_requests(*, project: Project, now: datetime) -> QuerySet[SendRequest]:
    """Requests of which something is still to be sent by itself: a part that is not released yet.

    Neither those that wait for a person, nor those that are due and only being loaded.
    """
    waiting = SendBatch.objects.filter(state=BatchState.WAITING, request__project=project)
    later = waiting.filter(due_at__gt=now).values("request_id")
    moving = Q(state__in=[RequestState.WAITING, RequestState.LOADING, RequestState.SENDING], pk__in=later)
    found = SendRequest.objects.filter(project=project)
    return found.filter(Q(state=RequestState.SCHEDULED) | moving).exclude(
        Q(needs_release=True, released_at=None)
    )


def _given(search: Search, *names: str) -> dict[str, str]:
    return {name: getattr(search, name) for name in names if getattr(search, name)}


def _by_date_of_request(found: QuerySet[SendRequest], search: Search) -> QuerySet[SendRequest]:
    if search.since is None or search.until is None:
        return found
    if search.date_kind == DateKind.SENT:
        found = _ids_between(found, search.since - LONGEST_WAIT, search.until)
        return found.filter(due_at__gte=search.since, due_at__lt=search.until)
    if search.date_kind == DateKind.RECEIVED:
        return _ids_between(found, search.since - LATEST_RESULT, search.until).filter(_had_results(search))
    return _ids_between(found, search.since, search.until)


def _by_date_of_message(found: QuerySet[Message], search: Search) -> QuerySet[Message]:
    if search.since is None or search.until is None:
        return found
    if search.date_kind == DateKind.SENT:
        found = _ids_between(found, search.since - LONGEST_WAIT, search.until)
        return found.filter(submitted_at__gte=search.since, submitted_at__lt=search.until)
    if search.date_kind == DateKind.RECEIVED:
        found = _ids_between(found, search.since - LATEST_RESULT, search.until)
        found = found.filter(reported_at__isnull=False)
        return found.filter(finished_at__gte=search.since, finished_at__lt=search.until)
    return _ids_between(found, search.since, search.until)


def _ids_between(found: QuerySet, since: datetime, until: datetime) -> QuerySet:
    return found.filter(pk__gte=first_id_at(since), pk__lt=first_id_at(until))


def _had_results(search: Search) -> Q:
    """Whether one of the request's messages was received, or failed to be, in the range: the report's own
    time.
    """
    reported = {
        "counter__in": [Counter.DELIVERED, Counter.DELIVERY_FAILED],
        "minute__gte": search.since,
        "minute__lt": search.until,
        "request": OuterRef("pk"),
    }
    return Q(models.Exists(RequestCount.objects.filter(**reported))) | Q(
        models.Exists(CountDelta.objects.filter(**reported))
    )


def _messages_in(state: str) -> models.expressions.Combinable:
    """How many messages of the outer request are in that state: folded counts and deltas together."""
    counts = (_weighed(RequestCount.objects.all(), state), _weighed(CountDelta.objects.all(), state))
    return Coalesce(counts[0], Value(0)) + Coalesce(counts[1], Value(0))


def _weighed(rows: QuerySet, state: str) -> Subquery:
    weights = WEIGHTS[state]
    weight = Case(
        *(When(counter=counter, then=F("n") * Value(sign)) for counter, sign in weights.items()),
        output_field=IntegerField(),
    )
    rows = rows.filter(request=OuterRef("pk"), counter__in=list(weights)).order_by().values("request")
    return Subquery(rows.annotate(weighed=Sum(weight)).values("weighed"))


@dataclass(frozen=True)
class MessageFilter:
    """Which messages of one request: by state, result code, number (country, digits), number of the part, and
    UID.
    """

    state: str = ""
    code: str = ""
    recipient: tuple[int, str] | None = None
    part: int | None = None
    uid: str = ""


@dataclass(frozen=True)
class MessagePage:
    """Messages of one request in the order of their rows.

    `previous` and `next` are ordinals: the page before the one, the page after the other. None at an end.
    """

    rows: list[Message]
    previous: int | None
    next: int | None


PAGE_SIZE = 50


def messages_of(*, request: SendRequest, wanted: MessageFilter) -> QuerySet[Message]:
    """The request's messages that fit, by one range of ids; in no order yet."""
    first, last = ordinal_bounds(request, wanted.part)
    found = Message.objects.filter(pk__gte=id_at(request, first), pk__lte=id_at(request, last))
    if wanted.recipient is not None:
        country_code, recipient = wanted.recipient
        found = found.filter(project_id=request.project_id, recipient=recipient, country_code=country_code)
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.code:
        found = found.filter(result_code=wanted.code)
    if wanted.uid:
        found = found.filter(uid=wanted.uid)
    return found


def ordinal_bounds(request: SendRequest, part: int | None = None) -> tuple[int, int]:
    """The first and last ordinal of the request, or of one of its parts; (1, 0) for a part it has not."""
    if part is None:
        return 1, max(request.total, request.loaded)
    batch = SendBatch.objects.filter(request=request, number=part).first()
    return (batch.first_ordinal, batch.last_ordinal) if batch else (1, 0)


def message_page(
    *,
    request: SendRequest,
    wanted: MessageFilter,
    after: int = 0,
    before: int | None = None,
    size: int = PAGE_SIZE,
) -> MessagePage:
    """The page of the request's messages after one ordinal, or the one before another.

    A state, a code or a UID is in no index: where few messages have it, the range of ids is read to its end,
    which takes a tenth of a second for a million messages.
    """
    found = messages_of(request=request, wanted=wanted)
    if before is not None:
        rows = list(found.filter(pk__lt=id_at(request, before)).order_by("-pk")[: size + 1])
        more, rows = len(rows) > size, rows[:size][::-1]
        return MessagePage(rows, previous=ordinal_of(rows[0].pk) if more else None, next=before - 1)
    rows = list(found.filter(pk__gt=id_at(request, after)).order_by("pk")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    return MessagePage(
        rows, previous=after + 1 if after else None, next=ordinal_of(rows[-1].pk) if more else None
    )


def id_at(request: SendRequest, ordinal: int) -> UUID:
    """The id at that place of the request, as a bound of a range."""
    return UUID(int=request.pk.int + min(max(ordinal, 0), MAX_ORDINAL))
