"""Rows become messages once each, whatever happens in between."""

from unittest import mock

import pytest

from console.accounts.models import Project
from messaging.ids import message_id
from messaging.models import Chunk, CountDelta, Message, SendBatch, SendRequest
from messaging.recipients.importing import stored_path
from messaging.sending import loading
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.loading import load_request, requests_to_load
from messaging.sending.planning import plan_send
from messaging.states import BatchState, ChunkState, DeliveryKind, MessageState, RequestState
from messaging.statistics.queries import progress_of
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten messages a chunk, two chunks a step."""
    monkeypatch.setattr(loading, "CHUNK_SIZE", 10)
    monkeypatch.setattr(loading, "CHUNKS_PER_STEP", 2)


@pytest.fixture
def planned(project: Project, command: MakeCommand, small_steps: None) -> SendRequest:
    """A request of 45 rows of a file, not loaded, held for a check."""
    body = "To ##name##"
    values = [[f"name {n}"] for n in range(45)]
    file = checked_file(project, numbers(45), body=body, values=values)
    return plan_send(
        command(recipients=[], recipient_file=file, body=body, kind=DeliveryKind.MASS, needs_release=True)
    )


def rows_of(request: SendRequest) -> list[tuple[object, ...]]:
    messages = Message.objects.filter(request=request).order_by("id")
    return list(messages.values_list("id", "row_number", "recipient", "values", "state"))


def expected_rows(request: SendRequest) -> list[tuple[object, ...]]:
    return [
        (message_id(request.pk, n + 1), n + 2, number, [f"name {n}"], MessageState.READY)
        for n, number in enumerate(numbers(45))
    ]


def test_every_row_is_a_message_in_its_chunk(planned: SendRequest) -> None:
    load_request(planned.pk)

    planned.refresh_from_db()
    assert (planned.state, planned.loaded, planned.total) == (RequestState.HELD, 45, 45)
    assert planned.loaded_at is not None
    assert rows_of(planned) == expected_rows(planned)
    chunks = Chunk.objects.filter(request=planned).order_by("number")
    assert [(c.number, c.state, c.first_id, c.last_id) for c in chunks] == [
        (
            n + 1,
            ChunkState.WAITING,
            message_id(planned.pk, n * 10 + 1),
            message_id(planned.pk, min(n * 10 + 10, 45)),
        )
        for n in range(5)
    ]
    assert progress_of([planned.pk])[planned.pk].counts == {"REQUESTED": 45}


def test_a_loader_that_died_is_followed_at_the_next_row(planned: SendRequest) -> None:
    real, steps = loading.copy_messages, []

    def dying(*args: object) -> int:
        if len(steps) == 1:
            raise SystemExit
        steps.append(args)
        return real(*args)  # type: ignore[arg-type]

    with mock.patch.object(loading, "copy_messages", dying), pytest.raises(SystemExit):
        load_request(planned.pk)
    assert Message.objects.filter(request=planned).count() == 20
    assert requests_to_load() == []  # its lease holds

    SendRequest.objects.filter(pk=planned.pk).update(lease_until="2000-01-01T00:00Z")
    assert requests_to_load() == [planned.pk]
    load_request(planned.pk)
    assert rows_of(planned) == expected_rows(planned)
    assert progress_of([planned.pk])[planned.pk].requested == 45


def test_two_loaders_at_once_load_each_row_once(planned: SendRequest) -> None:
    first = loading._claim(planned.pk)
    assert first is not None
    SendRequest.objects.filter(pk=planned.pk).update(lease_until="2000-01-01T00:00Z")
    load_request(planned.pk)
    with pytest.raises(loading.Overtaken):
        loading._load(first)
    assert rows_of(planned) == expected_rows(planned)
    assert progress_of([planned.pk])[planned.pk].requested == 45


def test_a_second_bell_does_nothing(planned: SendRequest) -> None:
    load_request(planned.pk)
    load_request(planned.pk)
    assert Message.objects.filter(request=planned).count() == 45
    assert CountDelta.objects.filter(request=planned).count() == 5


@pytest.mark.parametrize(("is_gone", "code"), [(True, "file_lost"), (False, "file_short")])
def test_a_lost_or_short_file_fails_the_request(planned: SendRequest, is_gone: bool, code: str) -> None:
    assert planned.recipient_file is not None
    path = stored_path(planned.recipient_file.staging_name)
    if is_gone:
        path.unlink()
    else:
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:30]))
    load_request(planned.pk)
    planned.refresh_from_db()
    assert (planned.state, planned.failure_code) == (RequestState.FAILED, code)
    assert planned.loaded == (0 if is_gone else 20)
    # What was loaded will never go, and says so.
    assert set(Message.objects.values_list("state", flat=True)) == (set() if is_gone else {"CANCELED"})


def shorten(request: SendRequest) -> None:
    """Let the request's file lose its last rows, 30 are left."""
    assert request.recipient_file is not None
    path = stored_path(request.recipient_file.staging_name)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:30]))


def chunk_states(request: SendRequest) -> list[str]:
    return list(Chunk.objects.filter(request=request).order_by("number").values_list("state", flat=True))


@pytest.mark.parametrize(
    ("dies_at", "chunks_then"),
    [
        ("cancel_chunks", ["WAITING", "WAITING"]),
        ("BATCH", ["CANCELED", "CANCELED"]),
    ],
)
def test_a_loader_that_died_while_it_gave_up_is_followed_to_the_end(
    planned: SendRequest, dies_at: str, chunks_then: list[str]
) -> None:
    shorten(planned)
    dying = mock.Mock(side_effect=SystemExit, **{"advance.side_effect": SystemExit})
    with mock.patch.object(loading, dies_at, dying), pytest.raises(SystemExit):
        load_request(planned.pk)
    planned.refresh_from_db()
    assert (planned.state, planned.failure_code) == (RequestState.LOADING, "file_short")
    assert chunk_states(planned) == chunks_then
    assert requests_to_load() == []  # its lease holds

    # Even where the file is whole again, half of it never goes.
    SendRequest.objects.filter(pk=planned.pk).update(lease_until="2000-01-01T00:00Z")
    assert requests_to_load() == [planned.pk]
    with mock.patch.object(loading, "_load", mock.Mock(side_effect=AssertionError)):
        load_request(planned.pk)
    planned.refresh_from_db()
    assert (planned.state, planned.failure_code, planned.lease_until) == (
        RequestState.FAILED,
        "file_short",
        None,
    )
    assert chunk_states(planned) == ["CANCELED", "CANCELED"]
    assert list(SendBatch.objects.values_list("state", flat=True)) == [BatchState.CANCELED]
    assert progress_of([planned.pk])[planned.pk].counts == {"REQUESTED": 20, "CANCELED": 20}
    assert requests_to_load() == []


def fail_to_load(request: SendRequest) -> None:
    """Its loader dies before the first row is loaded, and its lease ends."""
    dying = mock.Mock(side_effect=SystemExit)
    with mock.patch.object(loading, "copy_messages", dying), pytest.raises(SystemExit):
        load_request(request.pk)
    SendRequest.objects.filter(pk=request.pk).update(lease_until="2000-01-01T00:00Z")


def test_what_no_loader_survives_is_given_up_after_ten(planned: SendRequest) -> None:
    for attempt in range(1, 11):
        fail_to_load(planned)
        planned.refresh_from_db()
        assert (planned.state, planned.load_attempts) == (RequestState.LOADING, attempt)
        assert requests_to_load() == [planned.pk]

    load_request(planned.pk)
    planned.refresh_from_db()
    assert (planned.state, planned.failure_code, planned.loaded) == (RequestState.FAILED, "gave_up", 0)
    assert (Message.objects.count(), Chunk.objects.count()) == (0, 0)
    assert list(SendBatch.objects.values_list("state", flat=True)) == [BatchState.CANCELED]
    assert requests_to_load() == []


def test_a_row_that_was_loaded_lets_loaders_try_again(planned: SendRequest) -> None:
    for _ in range(9):
        fail_to_load(planned)
    real = loading.copy_messages
    second = mock.Mock(side_effect=[real, SystemExit])

    def dying_at_the_second_step(*args: object) -> None:
        step = second()
        step(*args)

    with mock.patch.object(loading, "copy_messages", dying_at_the_second_step), pytest.raises(SystemExit):
        load_request(planned.pk)
    planned.refresh_from_db()
    assert (planned.loaded, planned.load_attempts) == (20, 0)
    SendRequest.objects.filter(pk=planned.pk).update(lease_until="2000-01-01T00:00Z")
    load_request(planned.pk)
    assert rows_of(planned) == expected_rows(planned)


def test_finding_another_loader_at_work_is_no_attempt(planned: SendRequest) -> None:
    for _ in range(20):
        with mock.patch.object(loading, "_load", mock.Mock(side_effect=loading.Overtaken)):
            load_request(planned.pk)
        SendRequest.objects.filter(pk=planned.pk).update(lease_until="2000-01-01T00:00Z")
    planned.refresh_from_db()
    assert (planned.state, planned.load_attempts) == (RequestState.LOADING, 0)
    load_request(planned.pk)
    assert rows_of(planned) == expected_rows(planned)


def test_a_request_that_was_given_up_is_loaded_no_further_by_a_slow_loader(planned: SendRequest) -> None:
    slow = loading._claim(planned.pk)
    assert slow is not None
    SendRequest.objects.filter(pk=planned.pk).update(failure_code="file_lost")
    with pytest.raises(loading.Overtaken):
        loading._load(slow)
    assert Message.objects.filter(request=planned).count() == 0


def test_giving_up_waits_for_chunks_that_another_loader_is_at(planned: SendRequest) -> None:
    shorten(planned)
    with mock.patch.object(loading, "cancel_chunks", return_value=0):
        load_request(planned.pk)
    planned.refresh_from_db()
    assert planned.state == RequestState.LOADING
    assert chunk_states(planned) == ["WAITING", "WAITING"]
    assert list(SendBatch.objects.values_list("state", flat=True)) == [BatchState.WAITING]


def test_a_person_who_cancels_what_is_being_given_up_is_obeyed(planned: SendRequest) -> None:
    shorten(planned)

    def canceled_meanwhile(request_id: object) -> int:
        assert cancel_request(request=planned, actor=None)
        return 0

    with mock.patch.object(loading, "cancel_chunks", canceled_meanwhile):
        load_request(planned.pk)
    assert finish_canceling() == 1
    planned.refresh_from_db()
    assert planned.state == RequestState.CANCELED
    assert chunk_states(planned) == ["CANCELED", "CANCELED"]


def test_a_cancel_stops_the_loader(planned: SendRequest) -> None:
    real = loading.copy_messages

    def canceled_meanwhile(*args: object) -> int:
        loaded = real(*args)  # type: ignore[arg-type]
        if args[1] == 1:
            planned_now = SendRequest.objects.get(pk=planned.pk)
            assert cancel_request(request=planned_now, actor=None)
        return loaded

    with mock.patch.object(loading, "copy_messages", canceled_meanwhile):
        load_request(planned.pk)
    assert finish_canceling() == 1
    planned.refresh_from_db()
    assert planned.state == RequestState.CANCELED
    assert progress_of([planned.pk])[planned.pk].counts == {"REQUESTED": 20, "CANCELED": 20}
    assert set(Message.objects.filter(request=planned).values_list("state", flat=True)) == {"CANCELED"}


def test_duplicates_are_loaded_only_where_asked_for(project: Project, command: MakeCommand) -> None:
    file = checked_file(project, numbers(3), duplicates=numbers(1))
    without = plan_send(command(recipients=[], recipient_file=file, kind=DeliveryKind.MASS))
    with_all = plan_send(
        command(recipients=[], recipient_file=file, kind=DeliveryKind.MASS, include_duplicates=True)
    )
    for request in (without, with_all):
        load_request(request.pk)
        request.refresh_from_db()
    assert (without.total, without.left_out, without.loaded) == (3, 1, 3)
    assert (with_all.total, with_all.left_out, with_all.loaded) == (4, 0, 4)
