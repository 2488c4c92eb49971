"""A tag request is loaded when it is due: each number once, all or nothing, whoever dies or cancels."""

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from console.accounts.models import Project
from messaging.audience.conditions import Condition
from messaging.gateways.simulator import Simulator
from messaging.ids import message_id
from messaging.models import Chunk, Contact, Message, SendBatch, SendRequest, Tag, TaggedUid, Uid
from messaging.sending import load_guard, loading, tagged
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.commands import Split
from messaging.sending.loading import load_request, requests_to_load
from messaging.sending.lookups import scheduled_requests
from messaging.sending.planning import plan_send
from messaging.sending.releasing import release_due
from messaging.sending.reporting import collect_reports
from messaging.sending.submitting import drain
from messaging.states import BatchState, Lane, MessageState, MessageType, RequestState
from tests.factories import ContactFactory, TagFactory, UidFactory
from tests.messaging.sending.audiences import tagged_numbers, to_tags
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.files import numbers

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=2)


@pytest.fixture
def tag(project: Project) -> Tag:
    return tagged_numbers(project, numbers(25))


@pytest.fixture
def planned(command: MakeCommand, tag: Tag) -> SendRequest:
    """To 25 numbers, now, not loaded yet."""
    return plan_send(command(**to_tags(Condition((tag.pk,)))))


def messages_of(request: SendRequest) -> list[tuple[object, ...]]:
    found = Message.objects.filter(request=request).order_by("id")
    return list(found.values_list("id", "country_code", "recipient", "uid", "state", "values", "row_number"))


def make_due(request: SendRequest) -> None:
    """Its time has come."""
    SendRequest.objects.filter(pk=request.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    SendBatch.objects.filter(request=request, number=1).update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_request_for_now_waits_for_its_loader(planned: SendRequest) -> None:
    assert (planned.state, planned.total, planned.expected, planned.loaded) == ("WAITING", 25, 25, 0)
    assert planned.tag_condition == {"all": [Tag.objects.get().pk], "any": [], "none": []}
    assert Message.objects.count() == 0
    assert release_due() == 0  # nothing goes before it is loaded


def test_it_is_loaded_with_ids_chunks_counts_and_bounds(
    planned: SendRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.sending.ranges.CHUNK_SIZE", 10)
    load_request(planned.pk)
    planned.refresh_from_db()
    assert (planned.state, planned.total, planned.loaded, planned.left_out) == ("SENDING", 25, 25, 0)
    assert planned.loaded_at is not None
    assert planned.lease_until is None
    uids = Uid.objects.order_by("pk").values_list("uid", flat=True)
    assert messages_of(planned) == [
        (message_id(planned.pk, n), 82, number, uid, MessageState.READY, None, None)
        for n, (number, uid) in enumerate(zip(numbers(25), uids, strict=True), 1)
    ]
    batch = SendBatch.objects.get()
    assert (batch.state, batch.first_ordinal, batch.last_ordinal) == (BatchState.RELEASED, 1, 25)
    chunks = Chunk.objects.order_by("number").values_list("first_id", "last_id", "state", "lane")
    assert list(chunks) == [(message_id(planned.pk, 1), message_id(planned.pk, 25), "READY", "MASS")]
    assert_exact(planned)


def test_it_goes_out_and_completes(planned: SendRequest, simulator: Simulator) -> None:
    load_request(planned.pk)
    drain(Lane.MASS)
    collect_reports()
    planned.refresh_from_db()
    assert planned.state == RequestState.COMPLETED
    assert simulator.ledger.counts()["messages"] == 25
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.DELIVERED}
    assert_exact(planned)


def test_each_number_goes_once_under_the_uid_that_was_first(command: MakeCommand, project: Project) -> None:
    second, first = UidFactory(project=project, uid="b"), UidFactory(project=project, uid="a")
    for uid, number in ((first, "01011110001"), (second, "01011110001"), (first, "01011110002")):
        ContactFactory(uid=uid, value=number)
    ContactFactory(uid=first, country_code=81, value="01011110001")
    tag = TagFactory(project=project, uids=[first, second])
    request = plan_send(command(**to_tags(Condition((tag.pk,)))))
    load_request(request.pk)
    found = Message.objects.order_by("id").values_list("country_code", "recipient", "uid")
    assert list(found) == [(81, "01011110001", "a"), (82, "01011110001", "b"), (82, "01011110002", "a")]
    assert_exact(request)


def test_lms_leaves_out_numbers_abroad_and_says_how_many(command: MakeCommand, project: Project) -> None:
    tag = tagged_numbers(project, numbers(2))
    uid = Uid.objects.first()
    ContactFactory(uid=uid, country_code=81, value="9012345678")
    request = plan_send(command(**to_tags(Condition((tag.pk,)), message_type=MessageType.LMS)))
    assert (request.total, request.left_out) == (2, 1)
    ContactFactory(uid=uid, country_code=1, value="2025550123")
    load_request(request.pk)
    request.refresh_from_db()
    assert (request.total, request.loaded, request.left_out) == (2, 2, 2)
    assert list(Message.objects.order_by("id").values_list("recipient", flat=True)) == numbers(2)


def test_whom_it_goes_to_is_looked_up_when_it_is_due(
    command: MakeCommand, project: Project, tag: Tag
) -> None:
    request = plan_send(command(**to_tags(Condition((tag.pk,)), due_at=timezone.now() + LATER)))
    SendRequest.objects.update(created_at=timezone.now() - LATER)
    load_request(request.pk)  # a bell too early
    assert requests_to_load() == []
    assert scheduled_requests(project=project, now=timezone.now()).get().total == 25
    request.refresh_from_db()
    assert (request.state, Message.objects.count()) == (RequestState.WAITING, 0)

    gone, new = Uid.objects.order_by("pk").first(), UidFactory(project=project, numbers=["01099990001"])
    TaggedUid.objects.filter(uid=gone).delete()
    TaggedUid.objects.create(tag=tag, uid=new, created_at=timezone.now())
    Contact.objects.filter(value=numbers(25)[1]).delete()
    make_due(request)
    assert requests_to_load() == [request.pk]
    load_request(request.pk)
    request.refresh_from_db()
    assert (request.state, request.total, request.expected) == (RequestState.SENDING, 24, 25)
    found = Message.objects.order_by("id").values_list("recipient", flat=True)
    assert list(found) == [*numbers(25)[2:], "01099990001"]
    assert (SendBatch.objects.get().last_ordinal, request.loaded) == (24, 24)
    assert_exact(request)


def test_a_condition_that_meets_nobody_when_it_is_due_fails_and_says_so(
    command: MakeCommand, tag: Tag
) -> None:
    request = plan_send(command(**to_tags(Condition((tag.pk,)), due_at=timezone.now() + LATER)))
    TaggedUid.objects.all().delete()
    make_due(request)
    load_request(request.pk)
    request.refresh_from_db()
    assert (request.state, request.failure_code) == (RequestState.FAILED, "nobody_fits")
    assert (request.total, request.loaded, request.expected, request.loaded_at) == (0, 0, 25, None)
    assert (SendBatch.objects.get().state, Chunk.objects.count()) == (BatchState.CANCELED, 0)
    assert requests_to_load() == []


@pytest.mark.parametrize("is_excluded", [False, True])
def test_a_tag_that_was_deleted_meanwhile_fails_it(
    command: MakeCommand, project: Project, tag: Tag, is_excluded: bool
) -> None:
    """Also one of "none of": without it the request would go to those who were to be left out."""
    other = TagFactory(project=project, uids=[Uid.objects.order_by("pk").first()])
    condition = (
        Condition((tag.pk,), none_of=(other.pk,)) if is_excluded else Condition((), (tag.pk, other.pk))
    )
    request = plan_send(command(**to_tags(condition)))
    other.delete()
    load_request(request.pk)
    request.refresh_from_db()
    assert (request.state, request.failure_code) == (RequestState.FAILED, "tag_gone")
    assert Message.objects.count() == 0


def test_parts_are_as_large_as_they_can_be_when_the_first_is_due(command: MakeCommand, tag: Tag) -> None:
    condition, due_at = Condition((tag.pk,)), timezone.now() + LATER
    request = plan_send(
        command(**to_tags(condition, due_at=due_at, split=Split(parts=4, interval=timedelta(hours=1))))
    )
    TaggedUid.objects.filter(uid__in=list(Uid.objects.order_by("pk")[3:])).delete()
    make_due(request)
    load_request(request.pk)
    request.refresh_from_db()
    assert (request.state, request.total) == (RequestState.SENDING, 3)
    batches = SendBatch.objects.order_by("number").values_list("state", "first_ordinal", "last_ordinal")
    assert list(batches) == [("RELEASED", 1, 1), ("WAITING", 2, 2), ("WAITING", 3, 3)]
    assert list(Chunk.objects.order_by("number").values_list("batch__number", "state")) == [
        (1, "READY"),
        (2, "WAITING"),
        (3, "WAITING"),
    ]
    assert_exact(request)


# --- who dies, who cancels -----------------------------------------------------------------------

STEPS = [
    "_condition",
    "_write_messages",
    "_count_abroad",
    "_fit_batches",
    "write_chunks",
    "add_deltas",
    "make_ready",
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_a_loader_that_dies_leaves_nothing_and_is_followed(
    planned: SendRequest, step: str, after: bool
) -> None:
    real = getattr(tagged, step)

    def dying(*args: object, **kwargs: object) -> None:
        if after:
            real(*args, **kwargs)
        raise SystemExit

    with mock.patch.object(tagged, step, dying), pytest.raises(SystemExit):
        load_request(planned.pk)
    planned.refresh_from_db()
    assert (planned.state, planned.loaded, planned.total) == (RequestState.LOADING, 0, 25)
    assert (Message.objects.count(), Chunk.objects.count()) == (0, 0)
    assert requests_to_load() == []  # its lease holds

    SendRequest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert requests_to_load() == [planned.pk]
    load_request(planned.pk)
    load_request(planned.pk)
    planned.refresh_from_db()
    assert (planned.state, planned.loaded) == (RequestState.SENDING, 25)
    assert Message.objects.count() == 25
    assert_exact(planned)


def test_what_no_loader_survives_is_given_up_after_ten(planned: SendRequest) -> None:
    with mock.patch.object(tagged, "_write_messages", mock.Mock(side_effect=ZeroDivisionError)):
        for _ in range(10):
            with pytest.raises(ZeroDivisionError):
                load_request(planned.pk)
            SendRequest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        load_request(planned.pk)
    planned.refresh_from_db()
    assert (planned.state, planned.failure_code, planned.total) == (RequestState.FAILED, "gave_up", 0)
    assert (Message.objects.count(), Chunk.objects.count()) == (0, 0)
    assert requests_to_load() == []


def test_a_loader_whose_turn_comes_after_another_committed_writes_nothing(planned: SendRequest) -> None:
    first, second = (loading._claim(planned.pk), SendRequest.objects.get(pk=planned.pk))
    assert first is not None
    tagged.load_tagged(first)
    with (
        mock.patch.object(tagged, "_write_messages", wraps=tagged._write_messages) as written,
        pytest.raises(load_guard.Overtaken),
    ):
        tagged.load_tagged(second)
    written.assert_not_called()
    planned.refresh_from_db()
    assert (planned.loaded, Message.objects.count()) == (25, 25)
    assert_exact(planned)


def test_a_person_who_cancels_meanwhile_is_obeyed(planned: SendRequest) -> None:
    real = tagged._write_messages

    def canceled_meanwhile(*args: object) -> int:
        written = real(*args)  # type: ignore[arg-type]
        assert cancel_request(request=SendRequest.objects.get(pk=planned.pk), actor=None)
        return written

    claimed = loading._claim(planned.pk)
    assert claimed is not None
    # The cancel is undone with the load, as they share a connection here; two have it in test_concurrency.
    mocked = mock.patch.object(tagged, "_write_messages", canceled_meanwhile)
    with mocked, pytest.raises(load_guard.Overtaken):
        tagged.load_tagged(claimed)
    assert (Message.objects.count(), Chunk.objects.count()) == (0, 0)


def test_one_that_waits_is_canceled_without_a_message(
    command: MakeCommand, project: Project, tag: Tag
) -> None:
    request = plan_send(command(**to_tags(Condition((tag.pk,)), due_at=timezone.now() + LATER)))
    assert cancel_request(request=request, actor=None)
    assert finish_canceling() == 1
    make_due(request)
    assert requests_to_load() == []
    load_request(request.pk)
    request.refresh_from_db()
    assert (request.state, request.completed_at) == (RequestState.CANCELED, None)
    assert (SendBatch.objects.get().state, Message.objects.count()) == (BatchState.CANCELED, 0)
    assert not scheduled_requests(project=project, now=timezone.now()).exists()
