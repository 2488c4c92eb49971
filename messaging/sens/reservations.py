"""What SENS calls a reservation, and its states over ours of a request.

A reservation is a request that was asked for later. SKIP, the seventh state of the guide, is of a run of a
recurring schedule, which makes no request.
"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from console.choices import ColouredChoices
from messaging.models import CountDelta, RequestCount, SendRequest
from messaging.sens import words
from messaging.states import Counter, RequestState
from messaging.statistics.queries import CodeCount, failures_among


class ReservationState(ColouredChoices):
    """The word of the document, and what it means."""

    READY = words.READY, _("READY: to come"), "grey"
    PROCESSING = words.PROCESSING, _("PROCESSING: on its way"), "blue"
    CANCELED = words.CANCELED, _("CANCELED: not sent"), "grey"
    FAIL = words.FAILED, _("FAIL: none of it sent"), "red"
    DONE = words.DONE, _("DONE: sent"), "green"
    STALE = words.STALE, _("STALE: too late to send"), "amber"


# The states of a request in which its reservation is READY: nothing of it was released.
CANCELABLE = [state for state in RequestState if words.RESERVATION[state] == words.READY]


def reserved(found: QuerySet[SendRequest]) -> QuerySet[SendRequest]:
    """Those of the requests that are reservations: what is sent at once is due when it is asked for."""
    return found.filter(due_at__gt=F("created_at"))


def is_reserved(request: SendRequest) -> bool:
    """Whether the request is a reservation."""
    return request.due_at > request.created_at


def state_of(request: SendRequest) -> ReservationState:
    """The document's state of a reservation."""
    return states_of([request])[request.pk]


def states_of(requests: Collection[SendRequest]) -> dict[UUID, ReservationState]:
    """The document's state of each reservation, with one question for all of them at most."""
    over = [each.pk for each in requests if words.RESERVATION[each.state] == words.DONE]
    failures = failures_among(over) if over else {}
    return {each.pk: _state(each, failures.get(each.pk, ())) for each in requests}


def in_state(found: QuerySet[SendRequest], state: str) -> QuerySet[SendRequest]:
    """Those of the reservations that are in that state now."""
    ours = [own for own in RequestState if words.RESERVATION[own] == state]
    if state not in (ReservationState.DONE, ReservationState.FAIL, ReservationState.STALE):
        return found.filter(state__in=ours)
    found = found.alias(refused=_refused(), late=_refused(code__in=words.TOO_LATE))
    ended = Q(state=RequestState.COMPLETED)
    if state == ReservationState.DONE:
        return found.filter(ended, refused__lt=F("total"))
    ended &= Q(refused__gte=F("total"))
    if state == ReservationState.STALE:
        return found.filter(ended, late=F("refused"))
    return found.filter(Q(state__in=ours) | (ended & Q(late__lt=F("refused"))))


def _state(request: SendRequest, failures: Iterable[CodeCount]) -> ReservationState:
    found = words.RESERVATION[request.state]
    return ReservationState(_end_of(request, failures) if found == words.DONE else found)


def _end_of(request: SendRequest, failures: Iterable[CodeCount]) -> str:
    """DONE, unless nothing of it was handed over."""
    refused = [each for each in failures if each.counter == Counter.SEND_FAILED]
    if sum(each.n for each in refused) < request.total:
        return words.DONE
    return words.STALE if all(each.code in words.TOO_LATE for each in refused) else words.FAILED


def _refused(**narrowed: Any) -> Any:
    """How many messages of the outer request were never handed over, of these codes."""
    given: dict[str, Any] = {"request": OuterRef("pk"), "counter": Counter.SEND_FAILED, **narrowed}
    counted = [_sum(model.objects.filter(**given)) for model in (RequestCount, CountDelta)]
    return counted[0] + counted[1]


def _sum(rows: QuerySet[Any]) -> Any:
    total = rows.order_by().values("request").annotate(counted=Sum("n")).values("counted")
    return Coalesce(Subquery(total), Value(0))
