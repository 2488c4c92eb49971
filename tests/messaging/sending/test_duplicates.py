"""What was just sent is not sent again: the guide's key, its minutes, and what came between."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from console.accounts.models import Project
from messaging.gateways.base import GatewayUnavailable, Refusal, SubmitResult
from messaging.gateways.simulator import Simulator
from messaging.models import (
    Attachment,
    CharacterSettings,
    Chunk,
    DuplicateSettings,
    Message,
    SendRequest,
)
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.commands import Recipient
from messaging.sending.duplicates import count_repeated, repeated_by
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.sending.recovery import recover_stale_chunks
from messaging.sending.releasing import release_due
from messaging.sending.submitting import drain
from messaging.states import Lane, MessageType, Purpose
from tests.factories import ProjectFactory, RouteFactory, SenderNumberFactory
from tests.messaging.sending.conftest import SENDER, MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.test_submitting import (  # noqa: F401 - a fixture
    Scripted,
    accept,
    keyless,
)
from tests.messaging.sending.test_submitting import be_down as no_carrier

pytestmark = pytest.mark.django_db

ONE, TWO = "01012340001", "01012340002"
SENT, REPEATED = ("SENT", None), ("FAILED", "B003")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 22, 3, tzinfo=UTC), tick=False) as coordinates:
        yield coordinates


@pytest.fixture(autouse=True)
def blocking(project: Project, simulator: Simulator) -> DuplicateSettings:
    return DuplicateSettings.objects.create(project=project, is_on=True, minutes=10)


def send(command: Any) -> SendRequest:
    """Plan it, load it and hand it over."""
    request = plan_send(command)
    load_request(request.pk)
    for lane in Lane.values:
        drain(lane)
    return request


def endings(request: SendRequest) -> list[tuple[str, str | None]]:
    messages = Message.objects.filter(request=request).order_by("id")
    return list(messages.values_list("state", "result_code"))


# --- the minutes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "ending"),
    [
        (timedelta(0), REPEATED),
        (timedelta(minutes=9, seconds=59), REPEATED),
        (timedelta(minutes=10), REPEATED),
        (timedelta(minutes=10, seconds=1), SENT),
    ],
)
def test_the_second_within_the_minutes_fails(
    command: MakeCommand, clock: time_machine.Traveller, later: timedelta, ending: tuple[str, str | None]
) -> None:
    first = send(command())
    clock.shift(later)
    second = send(command())
    assert endings(first) == [SENT]
    assert endings(second) == [ending]
    assert_exact(second)


def test_the_minutes_are_counted_from_what_went_and_not_from_what_failed(
    command: MakeCommand, clock: time_machine.Traveller
) -> None:
    send(command())
    clock.shift(timedelta(minutes=6))
    assert endings(send(command())) == [REPEATED]
    clock.shift(timedelta(minutes=6))
    assert endings(send(command())) == [SENT]


def test_what_the_phone_never_got_counts_as_sent(command: MakeCommand) -> None:
    first = send(command())
    Message.objects.filter(request=first).update(state="FAILED", result_code="2003")
    assert endings(send(command())) == [REPEATED]


def test_off_sends_everything_and_asks_nothing(command: MakeCommand, blocking: DuplicateSettings) -> None:
    DuplicateSettings.objects.update(is_on=False)
    requests = [send(command()) for _n in range(2)]
    assert [endings(each) for each in requests] == [[SENT], [SENT]]


def test_another_project_may_send_the_same(command: MakeCommand) -> None:
    other = ProjectFactory()
    SenderNumberFactory(approved=True, project=other, number=SENDER)
    RouteFactory(project=other)
    DuplicateSettings.objects.create(project=other, is_on=True, minutes=10)
    send(command())
    assert endings(send(command(project=other))) == [SENT]


# --- the key -------------------------------------------------------------------------------------


def pictures(project: Project, *contents: str) -> list[Attachment]:
    return [
        Attachment.objects.create(
            project=project,
            name="a.jpg",
            storage_name=f"{content}-{Attachment.objects.count()}",
            sha256=content * 64,
            size=1,
            width=1,
            height=1,
        )
        for content in contents
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "Hello!"},
        {"sender": "0287654321"},
        {"recipients": [TWO]},
        {"recipients": ["+1 650 253 0000"]},
        {"message_type": MessageType.LMS},
        {"purpose": Purpose.AUTHENTICATION},
    ],
)
def test_each_part_of_the_key_makes_another_message(
    command: MakeCommand, project: Project, changes: dict[str, Any]
) -> None:
    SenderNumberFactory(approved=True, project=project, number="0287654321")
    send(command())
    assert endings(send(command(**changes))) == [SENT]
    assert endings(send(command(**changes))) == [REPEATED]


def test_the_subject_is_part_of_the_key(command: MakeCommand) -> None:
    lms = {"message_type": MessageType.LMS, "body": "Hello"}
    send(command(subject="One", **lms))
    assert endings(send(command(subject="Two", **lms))) == [SENT]
    assert endings(send(command(subject="One", **lms))) == [REPEATED]


def test_a_one_time_code_is_of_one_type_however_long(command: MakeCommand) -> None:
    code = {"purpose": Purpose.AUTHENTICATION}
    send(command(message_type=MessageType.SMS, **code))
    assert endings(send(command(message_type=MessageType.LMS, **code))) == [REPEATED]


def test_pictures_are_the_same_by_their_content_in_their_order(
    command: MakeCommand, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.sending.submitting.attachment_paths", lambda request: ())
    mms = {"message_type": MessageType.MMS}
    send(command(attachments=pictures(project, "a", "b"), **mms))
    assert endings(send(command(attachments=pictures(project, "b", "a"), **mms))) == [SENT]
    assert endings(send(command(**mms))) == [SENT]
    assert endings(send(command(attachments=pictures(project, "a", "b"), **mms))) == [REPEATED]


def test_the_text_is_compared_as_it_is_sent(command: MakeCommand) -> None:
    send(command(body="Hello ##name##", shared_values={"name": "김민준"}))
    assert endings(send(command(body="Hello 김민준"))) == [REPEATED]
    assert endings(send(command(body="Hello ##name##", shared_values={"name": "이서연"}))) == [SENT]
    assert endings(send(command(body="Hello ##name##", shared_values={"name": "김민준"}))) == [REPEATED]
    own = Recipient(ONE, {"n": "이서연"})
    assert endings(send(command(body="Hello ##n##", recipients=[own]))) == [REPEATED]


def test_characters_that_became_the_same_are_the_same(command: MakeCommand, project: Project) -> None:
    CharacterSettings.objects.create(project=project, replaces=True)
    send(command(body="Hello 😀"))
    assert endings(send(command(body="Hello 똠"))) == [REPEATED]
    assert endings(send(command(body="Hello ?"))) == [REPEATED]


def test_in_one_chunk_too_and_not_where_the_values_differ(command: MakeCommand) -> None:
    given = [Recipient(ONE, {"n": value}) for value in ("a", "b", "a")]
    request = send(command(body="To ##n##", recipients=given, include_duplicates=True))
    assert endings(request) == [SENT, SENT, REPEATED]


# --- what a person is told before ----------------------------------------------------------------


def test_how_many_would_fail_is_known_before(
    command: MakeCommand, clock: time_machine.Traveller, blocking: DuplicateSettings
) -> None:
    request = send(command(recipients=[ONE, TWO]))
    Message.objects.filter(request=request, recipient=TWO).update(values=["x"])
    rows: list[Any] = [(str(n), 82, number, None) for n, number in enumerate([ONE, TWO, "01012340003"])]

    def count() -> int:
        return count_repeated(request, rows, timezone.now())

    assert (count(), count_repeated(request, rows[2:], timezone.now())) == (2, 0)
    assert count_repeated(request, rows[2:] * 3, timezone.now()) == 2
    clock.shift(timedelta(minutes=10))
    assert count() == 2
    clock.shift(timedelta(seconds=1))
    assert count() == 0
    clock.shift(timedelta(seconds=-1))
    DuplicateSettings.objects.update(is_on=False)
    assert count() == 0


# --- what comes between --------------------------------------------------------------------------


def test_what_is_about_to_go_counts(command: MakeCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker dies between screening and handing over: its messages still go, and only once."""
    first = plan_send(command())
    with monkeypatch.context() as broken:
        broken.setattr(Simulator, "submit", die)
        with pytest.raises(SystemExit):
            drain(Lane.SINGLE)
    second = send(command())
    assert endings(second) == [REPEATED]
    Chunk.objects.filter(request=first).update(lease_until=datetime(2020, 1, 1, tzinfo=UTC))
    recover_stale_chunks()
    drain(Lane.SINGLE)
    assert endings(first) == [SENT]
    # It was handed over later than the other failed.
    assert repeated_by(Message.objects.get(request=second)) == Message.objects.get(request=first)


def test_what_only_waits_its_turn_does_not_count(command: MakeCommand) -> None:
    requests = [plan_send(command()) for _n in range(2)]
    drain(Lane.SINGLE)
    assert [endings(each) for each in requests] == [[SENT], [REPEATED]]


def test_what_was_put_back_and_canceled_does_not_count(
    command: MakeCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plan_send(command())
    with monkeypatch.context() as broken:
        broken.setattr(Simulator, "submit", be_down)
        drain(Lane.SINGLE)
    assert cancel_request(request=first, actor=None)
    assert endings(send(command())) == [SENT]
    finish_canceling()
    assert [state for state, _code in endings(first)] == ["CANCELED"]


def test_what_went_of_its_own_chunk_counts_once_it_is_blocked(
    command: MakeCommand,
    blocking: DuplicateSettings,
    keyless: type[Scripted],  # noqa: F811
    clock: time_machine.Traveller,
) -> None:
    """Switched on while a chunk waits for its carrier: what went of it is not sent again."""
    DuplicateSettings.objects.update(is_on=False)
    request = plan_send(command(recipients=[ONE, TWO, ONE, TWO, TWO], include_duplicates=True))
    keyless.script[:] = [accept, no_carrier]
    drain(Lane.SINGLE)
    DuplicateSettings.objects.update(is_on=True)
    clock.shift(timedelta(minutes=1))
    drain(Lane.SINGLE)
    assert endings(request) == [SENT] * 2 + [REPEATED] * 3


def die(*_args: object) -> SubmitResult:
    raise SystemExit


def be_down(*_args: object) -> SubmitResult:
    raise GatewayUnavailable("down")


def test_what_was_put_back_repeats_what_went_meanwhile(
    command: MakeCommand, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    first = plan_send(command())
    with monkeypatch.context() as broken:
        broken.setattr(Simulator, "submit", be_down)
        drain(Lane.SINGLE)
    second = send(command())
    assert endings(second) == [SENT]
    clock.shift(timedelta(minutes=1))
    drain(Lane.SINGLE)
    assert endings(first) == [REPEATED]


def test_what_was_put_back_does_not_repeat_itself(
    command: MakeCommand, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    first = plan_send(command())
    with monkeypatch.context() as broken:
        broken.setattr(Simulator, "submit", be_down)
        drain(Lane.SINGLE)
    clock.shift(timedelta(minutes=1))
    drain(Lane.SINGLE)
    assert endings(first) == [SENT]


def refuse(_self: object, submission: Any) -> SubmitResult:
    return SubmitResult(refused=[Refusal(submission.messages[0].id, "E999", False)])


def test_what_the_carrier_refused_did_not_go(command: MakeCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Simulator, "submit", refuse)
        assert endings(send(command())) == [("FAILED", "E999")]
    assert endings(send(command())) == [SENT]


def test_one_that_was_scheduled_long_before_is_found(
    command: MakeCommand, clock: time_machine.Traveller
) -> None:
    ahead = datetime.now(UTC) + timedelta(days=30)
    scheduled = plan_send(command(due_at=ahead))
    clock.move_to(ahead)
    release_due()
    drain(Lane.SINGLE)
    assert endings(scheduled) == [SENT]
    assert endings(send(command())) == [REPEATED]


# --- which one it repeats ------------------------------------------------------------------------


def test_the_message_that_is_repeated_is_named(command: MakeCommand, clock: time_machine.Traveller) -> None:
    send(command(body="Other"))
    first = send(command())
    clock.shift(timedelta(minutes=3))
    second = Message.objects.get(request=send(command()))
    assert repeated_by(second) == Message.objects.get(request=first)
    assert repeated_by(Message.objects.get(request=first)) is None


def test_of_several_the_nearest_is_named(
    command: MakeCommand, clock: time_machine.Traveller, blocking: DuplicateSettings
) -> None:
    DuplicateSettings.objects.update(minutes=1)
    sent = []
    for _n in range(3):
        clock.shift(timedelta(minutes=2))
        sent.append(send(command()))
    clock.shift(timedelta(seconds=30))
    repeating = Message.objects.get(request=send(command()))
    assert repeated_by(repeating) == Message.objects.get(request=sent[-1])
    SendRequest.objects.filter(pk__in=[each.pk for each in sent[1:]]).update(sender="0287654321")
    assert repeated_by(repeating) == Message.objects.get(request=sent[0])
    Message.objects.filter(request=sent[0]).update(country_code=81)
    assert repeated_by(repeating) is None


def test_what_failed_of_another_reason_repeats_nothing(
    command: MakeCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Simulator, "submit", refuse)
        failed = send(command())
    send(command())
    assert endings(failed) == [("FAILED", "E999")]
    assert repeated_by(Message.objects.get(request=failed)) is None


def test_one_of_other_pictures_or_another_type_is_not_named(
    command: MakeCommand, project: Project, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.sending.submitting.attachment_paths", lambda request: ())
    mms = {"message_type": MessageType.MMS, "subject": "Hi"}
    first = send(command(attachments=pictures(project, "a"), **mms))
    clock.shift(timedelta(seconds=1))
    assert endings(send(command(attachments=pictures(project, "b"), **mms))) == [SENT]
    clock.shift(timedelta(seconds=1))
    again = Message.objects.get(request=send(command(attachments=pictures(project, "a"), **mms)))
    assert repeated_by(again) == Message.objects.get(request=first)
    sms, lms = (send(command(message_type=each)) for each in (MessageType.SMS, MessageType.LMS))
    assert (endings(sms), endings(lms)) == ([SENT], [SENT])
    Message.objects.filter(request=sms).update(submitted_at=timezone.now() - timedelta(seconds=1))
    again = Message.objects.get(request=send(command()))
    assert repeated_by(again) == Message.objects.get(request=sms)
