"""Reservations: what is one, its state among many, and which of them have a state."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Project
from messaging.models import SendRequest
from messaging.sens.reservations import (
    CANCELABLE,
    ReservationState,
    in_state,
    is_reserved,
    reserved,
    state_of,
    states_of,
)
from messaging.states import Counter, RequestState
from messaging.statistics.counting import Delta, add_deltas, fold
from tests.messaging.admin.delivering import in_a_day, send
from tests.messaging.sending.files import numbers
from tests.sends import make_project

pytestmark = pytest.mark.django_db
REFUSED = {
    "DONE": [],
    "DONE of one": [("B011", 1)],
    "FAIL": [("B011", 1), ("B017", 1)],
    "STALE": [("B017", 1), ("1019", 1)],
}


@pytest.fixture
def project() -> Project:
    return make_project()


def reserve(project: Project, state: str, total: int = 2) -> SendRequest:
    request = send(project, numbers(total), due_at=in_a_day(), sender="0212345678")
    SendRequest.objects.filter(pk=request.pk).update(state=state)
    request.refresh_from_db()
    return request


def ended(project: Project, refused: list[tuple[str, int]]) -> SendRequest:
    """One that is over, of whose two messages so many were refused with each code."""
    request = reserve(project, RequestState.COMPLETED)
    deltas = [Delta(request.pk, 1, Counter.SEND_FAILED, code, 82, n) for code, n in refused]
    add_deltas(deltas, at=timezone.now())
    return request


@pytest.fixture
def all_kinds(project: Project) -> dict[str, list[SendRequest]]:
    """Reservations of one project by their state; what is sent at once is none, nor another project's."""
    send(project, numbers(1), sender="0212345678")
    reserve(make_project(), RequestState.SCHEDULED)
    found: dict[str, list[SendRequest]] = {}
    for own, theirs in (
        ("WAITING", "READY"),
        ("LOADING", "READY"),
        ("HELD", "READY"),
        ("SCHEDULED", "READY"),
        ("SENDING", "PROCESSING"),
        ("CANCELING", "CANCELED"),
        ("CANCELED", "CANCELED"),
        ("FAILED", "FAIL"),
    ):
        found.setdefault(theirs, []).append(reserve(project, own))
    for theirs, refused in REFUSED.items():
        found.setdefault(theirs.partition(" ")[0], []).append(ended(project, refused))
    return found


@pytest.mark.parametrize("is_folded", [False, True])
def test_every_reservation_is_found_by_its_state_and_by_no_other(
    project: Project, all_kinds: dict[str, list[SendRequest]], is_folded: bool
) -> None:
    if is_folded:
        assert fold()
    own = reserved(SendRequest.objects.filter(project=project))
    assert set(all_kinds) == set(ReservationState.values)
    for state, requests in all_kinds.items():
        assert set(in_state(own, state)) == set(requests), state
        assert {state_of(each) for each in requests} == {ReservationState(state)}
    assert own.count() == sum(map(len, all_kinds.values()))


def test_many_are_told_apart_by_one_question(all_kinds: dict[str, list[SendRequest]]) -> None:
    requests = [each for group in all_kinds.values() for each in group]
    with CaptureQueriesContext(connection) as queries:
        states = states_of(requests)
    assert len(queries) == 1
    assert {each.pk: state for state, group in all_kinds.items() for each in group} == {
        pk: state.value for pk, state in states.items()
    }


def test_what_is_sent_at_once_is_no_reservation(project: Project) -> None:
    assert not is_reserved(send(project, numbers(1), sender="0212345678"))
    assert is_reserved(reserve(project, RequestState.SCHEDULED))


def test_ready_is_what_nothing_was_released_of() -> None:
    assert CANCELABLE == ["WAITING", "LOADING", "HELD", "SCHEDULED"]
