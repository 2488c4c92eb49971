"""Hold, schedule, split, release, cancel."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from messaging.gateways.simulator import Simulator
from messaging.models import Chunk, Message, SendBatch, SendRequest
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.claiming import claim_chunk
from messaging.sending.commands import Split
from messaging.sending.planning import plan_send
from messaging.sending.recovery import recover_stale_chunks
from messaging.sending.releasing import release_due, release_request
from messaging.sending.submitting import drain, submit_chunk
from messaging.sending.sweeping import sweep
from messaging.states import BatchState, ChunkState, Lane, RequestState
from tests.factories import UserFactory
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact, grouped
from tests.messaging.sending.files import numbers

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def state(request: SendRequest) -> str:
    request.refresh_from_db()
    return request.state


def batches(request: SendRequest) -> list[tuple[int, str, datetime, int, int]]:
    rows = SendBatch.objects.filter(request=request).order_by("number")
    return list(rows.values_list("number", "state", "due_at", "first_ordinal", "last_ordinal"))


def test_a_scheduled_request_goes_when_it_is_due_and_not_before(
    command: MakeCommand, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    request = plan_send(command(due_at=NOW + 10 * MINUTE))
    clock.shift(9 * MINUTE)
    assert release_due() == 0
    assert drain(Lane.SINGLE) is False
    assert (state(request), simulator.ledger.counts()["messages"]) == (RequestState.SCHEDULED, 0)
    clock.shift(MINUTE)
    assert release_due() == 1
    assert state(request) == RequestState.SENDING
    assert release_due() == 0
    drain(Lane.SINGLE)
    assert (state(request), simulator.ledger.counts()["messages"]) == (RequestState.COMPLETED, 1)


def test_a_held_request_waits_for_a_person(
    command: MakeCommand, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    request = plan_send(command(needs_release=True))
    clock.shift(60 * MINUTE)
    sweep()
    drain(Lane.SINGLE)
    assert (state(request), simulator.ledger.counts()["messages"]) == (RequestState.HELD, 0)
    actor = UserFactory()
    assert release_request(request=request, actor=actor) is True
    assert release_request(request=request, actor=actor) is False
    drain(Lane.SINGLE)
    assert state(request) == RequestState.COMPLETED
    assert (request.released_by, request.released_at) == (actor, NOW + 60 * MINUTE)


def test_a_held_request_with_a_later_time_is_released_to_that_time(
    command: MakeCommand, clock: time_machine.Traveller
) -> None:
    request = plan_send(command(needs_release=True, due_at=NOW + 60 * MINUTE))
    release_request(request=request, actor=None)
    assert state(request) == RequestState.SCHEDULED
    clock.shift(60 * MINUTE)
    assert release_due() == 1


def test_parts_go_one_by_one_and_the_last_completes_the_request(
    command: MakeCommand, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    request = plan_send(command(recipients=numbers(10), split=Split(3, 5 * MINUTE)))
    assert batches(request) == [
        (1, BatchState.RELEASED, NOW, 1, 3),
        (2, BatchState.WAITING, NOW + 5 * MINUTE, 4, 6),
        (3, BatchState.WAITING, NOW + 10 * MINUTE, 7, 10),
    ]
    for sent, expected in (
        (3, RequestState.SENDING),
        (6, RequestState.SENDING),
        (10, RequestState.COMPLETED),
    ):
        sweep()
        drain(Lane.SINGLE)
        assert (simulator.ledger.counts()["messages"], state(request)) == (sent, expected)
        clock.shift(5 * MINUTE)
    assert_exact(request)


def test_parts_of_a_request_released_late_keep_their_distance(
    command: MakeCommand, clock: time_machine.Traveller
) -> None:
    request = plan_send(command(recipients=numbers(4), split=Split(2, 5 * MINUTE), needs_release=True))
    clock.shift(30 * MINUTE)
    release_request(request=request, actor=None)
    assert [due_at for _n, _s, due_at, *_ in batches(request)] == [NOW + 30 * MINUTE, NOW + 35 * MINUTE]
    assert [row[1] for row in batches(request)] == [BatchState.RELEASED, BatchState.WAITING]


@pytest.mark.parametrize(
    "changes",
    [{"needs_release": True}, {"due_at": NOW + 60 * MINUTE}, {}],
    ids=["held", "scheduled", "sending"],
)
def test_a_cancel_before_the_carrier_has_anything_cancels_all(
    command: MakeCommand, simulator: Simulator, clock: time_machine.Traveller, changes: dict[str, object]
) -> None:
    request, actor = plan_send(command(recipients=numbers(5), **changes)), UserFactory()
    assert cancel_request(request=request, actor=actor) is True
    assert cancel_request(request=request, actor=actor) is False
    assert drain(Lane.SINGLE) is False
    assert finish_canceling() == 1
    assert (state(request), request.canceled_by, request.canceled_at) == (RequestState.CANCELED, actor, NOW)
    assert grouped(request) == {"REQUESTED": 5, "CANCELED": 5}
    assert_exact(request)
    assert set(Message.objects.values_list("result_code", "finished_at")) == {("B006", NOW)}
    assert batches(request)[0][1] == BatchState.CANCELED
    clock.shift(120 * MINUTE)
    sweep()
    drain(Lane.SINGLE)
    assert simulator.ledger.counts()["messages"] == 0


def test_a_cancel_between_parts_keeps_what_went(
    command: MakeCommand, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    request = plan_send(command(recipients=numbers(10), split=Split(2, 5 * MINUTE)))
    drain(Lane.SINGLE)
    cancel_request(request=request, actor=None)
    finish_canceling()
    assert state(request) == RequestState.CANCELED
    assert [row[1] for row in batches(request)] == [BatchState.COMPLETED, BatchState.CANCELED]
    assert grouped(request) == {"REQUESTED": 10, "SENT": 5, "CANCELED": 5}
    assert_exact(request)


def test_a_chunk_in_work_finishes_and_a_request_without_anything_to_cancel_is_completed(
    command: MakeCommand, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    request = plan_send(command(recipients=numbers(5)))
    chunk = claim_chunk(Lane.SINGLE)
    assert chunk is not None
    cancel_request(request=request, actor=None)
    assert finish_canceling() == 0
    assert state(request) == RequestState.CANCELING
    submit_chunk(chunk)
    assert finish_canceling() == 1
    assert state(request) == RequestState.COMPLETED
    assert grouped(request) == {"REQUESTED": 5, "SENT": 5}
    assert_exact(request)


def test_a_chunk_that_was_cut_short_is_finished_and_not_canceled(
    command: MakeCommand, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    request = plan_send(command(recipients=numbers(5)))
    assert claim_chunk(Lane.SINGLE) is not None  # and its worker dies, nobody knows where
    cancel_request(request=request, actor=None)
    clock.shift(2 * MINUTE)
    assert recover_stale_chunks() == 1
    assert finish_canceling() == 0
    drain(Lane.SINGLE)
    assert finish_canceling() == 1
    assert state(request) == RequestState.COMPLETED
    assert grouped(request) == {"REQUESTED": 5, "SENT": 5}
    assert Chunk.objects.get(request=request).state == ChunkState.DONE


def test_a_finished_request_cannot_be_canceled(command: MakeCommand, simulator: Simulator) -> None:
    request = plan_send(command())
    drain(Lane.SINGLE)
    assert cancel_request(request=request, actor=None) is False
    assert (state(request), request.canceled_at) == (RequestState.COMPLETED, None)
