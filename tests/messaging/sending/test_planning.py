"""What a command must fulfil, and what it becomes."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import connection

from console.accounts.models import Project
from console.queues import TaskName
from messaging.models import (
    Attachment,
    Chunk,
    CountDelta,
    GatewayAccount,
    Message,
    RecipientFile,
    Route,
    SendBatch,
    SendRequest,
)
from messaging.sending.commands import Recipient, SendRefused, Split
from messaging.sending.planning import plan_send
from messaging.states import (
    BatchState,
    ChunkState,
    DeliveryKind,
    FileState,
    Lane,
    MessageType,
    Purpose,
    RequestState,
    Source,
)
from messaging.statistics.queries import progress_of
from tests.factories import ProjectFactory
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def refused(command: Any) -> list[tuple[str, str]]:
    """The (field, code) of every problem of a command, after a look that nothing was written."""
    with pytest.raises(SendRefused) as caught:
        plan_send(command)
    assert not any(model.objects.exists() for model in (SendRequest, SendBatch, Chunk, Message, CountDelta))
    assert all(str(problem.message) for problem in caught.value.problems)
    return [(problem.field, problem.code) for problem in caught.value.problems]


def attachment(project: Project, size: int = 100) -> Attachment:
    return Attachment.objects.create(
        project=project,
        name="a.jpg",
        storage_name=f"attachments/{Attachment.objects.count()}",
        sha256="",
        size=size,
        width=10,
        height=10,
    )


def test_a_general_send_is_messages_at_once(command: MakeCommand) -> None:
    request = plan_send(command(recipients=["010-1234-0001", "+82 10 1234 0002"], name=" Notice "))
    assert (request.lane, request.kind, request.source) == (Lane.SINGLE, DeliveryKind.GENERAL, Source.CONSOLE)
    request.refresh_from_db()
    assert (request.state, request.total, request.loaded) == (RequestState.SENDING, 2, 2)
    assert (request.name, request.due_at, request.created_at) == ("Notice", NOW, NOW)
    messages = Message.objects.order_by("id").values_list("recipient", "country_code", "row_number", "values")
    assert list(messages) == [("01012340001", 82, None, None), ("01012340002", 82, None, None)]
    chunk = Chunk.objects.get()
    assert (chunk.state, chunk.number, chunk.lane) == (ChunkState.READY, 1, Lane.SINGLE)
    assert SendBatch.objects.get().state == BatchState.RELEASED
    assert progress_of([request.pk])[request.pk].counts == {"REQUESTED": 2}


def test_a_one_time_code_goes_first(command: MakeCommand) -> None:
    request = plan_send(command(purpose=Purpose.AUTHENTICATION))
    assert (request.lane, Chunk.objects.get().lane) == (Lane.AUTH, Lane.AUTH)


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_after_the_commit(command: MakeCommand) -> None:
    with mock.patch("console.queues.ring") as ring:
        plan_send(command())
    assert [call.args for call in ring.call_args_list] == [(TaskName.SUBMIT_SINGLE,)]


def test_a_file_is_left_to_a_worker(command: MakeCommand, project: Project) -> None:
    file = checked_file(project, numbers(3), duplicates=numbers(1))
    request = plan_send(command(recipients=[], recipient_file=file, kind=DeliveryKind.MASS))
    assert (request.state, request.lane, request.total, request.left_out) == (
        RequestState.WAITING,
        Lane.MASS,
        3,
        1,
    )
    assert (Message.objects.count(), Chunk.objects.count()) == (0, 0)


def test_everything_is_said_at_once(command: MakeCommand) -> None:
    wrong = command(
        sender="0299999999",
        purpose=Purpose.ADVERTISING,
        body="x" * 91,
        subject="Hi",
        recipients=["010-1", "01012340001"],
        due_at=NOW - DAY,
        split=Split(1, timedelta(seconds=1)),
    )
    assert refused(wrong) == [
        ("opt_out_line", "no_line"),
        ("sender", "sender_not_approved"),
        ("subject", "not_for_sms"),
        ("body", "too_long"),
        ("recipients", "wrong_number"),
        ("due_at", "past"),
        ("split_parts", "parts"),
        ("split_interval", "interval"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sender": ""}, [("sender", "required")]),
        ({"body": " \n"}, [("body", "required")]),
        ({"body": "가" * 46}, [("body", "too_long")]),
        ({"body": "Hi 😀"}, [("body", "unsendable")]),
        ({"body": "##recipient_no##"}, [("body", "reserved_key")]),
        ({"recipients": []}, [("recipients", "required")]),
        ({"recipients": ["", " "]}, [("recipients", "required")]),
        ({"recipients": ["abc", "1"]}, [("recipients", "wrong_number")] * 2),
        ({"recipients": ["01012340001"] * 1001}, [("recipients", "too_many")]),
        ({"body": "##name##"}, [("recipients", "missing_value")]),
        ({"due_at": NOW + 60 * DAY + timedelta(minutes=1)}, [("due_at", "too_late")]),
        ({"split": Split(2, timedelta(minutes=1))}, [("split_parts", "more_than_messages")]),
        (
            {"split": Split(3, DAY), "recipients": numbers(3), "due_at": NOW + 59 * DAY},
            [("split_interval", "too_late")],
        ),
        (
            {"message_type": MessageType.LMS, "subject": "가" * 21},
            [("subject", "too_long")],
        ),
        ({"message_type": MessageType.LMS, "subject": "a\nb"}, [("subject", "one_line")]),
        ({"message_type": MessageType.LMS, "body": "x" * 2001}, [("body", "too_long")]),
        (
            {
                "message_type": MessageType.LMS,
                "recipients": ["+1 212 555 0100", "01012340001", "+81312345678"],
            },
            [("recipients", "only_sms_abroad")] * 2,
        ),
        (
            {"message_type": MessageType.MMS, "recipients": ["+1 212 555 0100"]},
            [("recipients", "only_sms_abroad")],
        ),
        ({"recipients": ["+1 212 555 0100"], "body": "x" * 766}, [("recipients", "too_long")]),
    ],
)
def test_refusals(command: MakeCommand, changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert refused(command(**changes)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "가" * 45},
        {"due_at": NOW + 60 * DAY},
        {"message_type": MessageType.LMS, "subject": "가" * 20, "body": "가" * 1000},
        {"recipients": numbers(2), "split": Split(2, timedelta(minutes=1))},
        {"recipients": numbers(1000)},
        {"recipients": ["+1 212 555 0100"], "body": "Hi 😀"},
        {"recipients": ["+1 212 555 0100"], "body": "x" * 765},
    ],
)
def test_the_limits_themselves_are_allowed(command: MakeCommand, changes: dict[str, Any]) -> None:
    plan_send(command(**changes))


def test_a_wrong_number_is_named_by_its_line(command: MakeCommand) -> None:
    with pytest.raises(SendRefused) as caught:
        plan_send(command(recipients=["01012340001", "", "hello"]))
    [problem] = caught.value.problems
    assert problem.line == 3
    assert "Line 3" in str(problem.message)
    assert "hello" in str(problem.message)


def test_a_number_abroad_that_no_sms_is_for_is_named_by_its_line(command: MakeCommand) -> None:
    with pytest.raises(SendRefused) as caught:
        plan_send(command(message_type=MessageType.LMS, recipients=["01012340001", "+1 212 555 0100"]))
    [problem] = caught.value.problems
    assert problem.line == 2
    assert str(problem.message) == "Line 2: a number of another country (+1) gets SMS only."
    assert not SendRequest.objects.exists()


def test_repeated_numbers_are_sent_to_once_unless_asked(command: MakeCommand) -> None:
    repeated = ["01012340001", "010-1234-0001", "8201012340001"]
    once = plan_send(command(recipients=repeated))
    assert (once.total, once.left_out) == (1, 2)
    every = plan_send(command(recipients=repeated, include_duplicates=True))
    assert (every.total, every.left_out) == (3, 0)


def test_values_of_typed_recipients(command: MakeCommand) -> None:
    body = "Hi ##name##"
    request = plan_send(command(body=body, recipients=[Recipient("01012340001", {"name": "민준"})]))
    assert request.placeholders == ["name"]
    assert Message.objects.get().values == ["민준"]


@pytest.mark.parametrize(
    ("name", "code"), [("민준" * 30, "too_long"), ("😀", "unsendable"), (" ", "missing_value")]
)
def test_a_value_that_spoils_the_text(command: MakeCommand, name: str, code: str) -> None:
    recipients = [Recipient("01012340001", {"name": name})]
    assert refused(command(body="Hi ##name##", recipients=recipients)) == [("recipients", code)]


def test_a_closed_project_and_one_without_a_carrier(
    command: MakeCommand, project: Project, account: GatewayAccount
) -> None:
    Route.objects.all().delete()
    assert refused(command()) == [("project", "no_route")]
    project.is_active = False
    assert refused(command()) == [("project", "project_closed")]


def test_a_route_of_another_project_does_not_help(
    command: MakeCommand, project: Project, account: GatewayAccount
) -> None:
    Route.objects.update(project=ProjectFactory())
    assert refused(command()) == [("project", "no_route")]


# --- attachments ---------------------------------------------------------------------------------


def test_attachments_only_with_mms(command: MakeCommand, project: Project) -> None:
    attached = [attachment(project)]
    assert refused(command(attachments=attached)) == [("attachments", "only_mms")]
    request = plan_send(command(message_type=MessageType.MMS, attachments=attached))
    assert request.attachment_ids == [attached[0].pk]


def test_attachments_within_their_limits(command: MakeCommand, project: Project) -> None:
    mms = MessageType.MMS
    four = [attachment(project) for _n in range(4)]
    assert refused(command(message_type=mms, attachments=four)) == [("attachments", "too_many")]
    large = [attachment(project, 300 * 1024) for _n in range(3)]
    assert refused(command(message_type=mms, attachments=large)) == [("attachments", "too_large")]
    foreign = [attachment(ProjectFactory())]
    assert refused(command(message_type=mms, attachments=foreign)) == [("attachments", "not_found")]


# --- files ---------------------------------------------------------------------------------------


def mass(command: MakeCommand, file: RecipientFile, **changes: Any) -> Any:
    given = {"recipients": [], "recipient_file": file, "kind": DeliveryKind.MASS, "body": file.body}
    return command(**given | changes)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": FileState.UPLOADED}, "not_checked"),
        ({"state": FileState.CHECKING}, "not_checked"),
        ({"state": FileState.REFUSED}, "refused"),
        ({"staging_name": ""}, "expired"),
        ({"body": "Another"}, "other_text"),
        ({"message_type": MessageType.LMS}, "other_text"),
        ({"keys": ["name"]}, "other_text"),
    ],
)
def test_files_that_cannot_be_sent(
    command: MakeCommand, project: Project, fields: dict[str, Any], code: str
) -> None:
    file = checked_file(project, numbers(2))
    wanted = mass(command, file)
    for name, value in fields.items():
        setattr(file, name, value)
    assert refused(wanted) == [("recipient_file", code)]


def test_a_file_of_another_project_is_not_there(command: MakeCommand) -> None:
    file = checked_file(ProjectFactory(), numbers(2))
    assert refused(mass(command, file)) == [("recipient_file", "not_found")]


def test_a_file_without_a_row_to_send(command: MakeCommand, project: Project) -> None:
    assert refused(mass(command, checked_file(project, []))) == [("recipient_file", "nothing_to_send")]


def test_a_file_and_numbers_at_once(command: MakeCommand, project: Project) -> None:
    both = mass(command, checked_file(project, numbers(2)), recipients=["01012340001"])
    assert refused(both) == [("recipients", "both")]


# --- once ----------------------------------------------------------------------------------------


def test_a_token_is_one_request(command: MakeCommand, project: Project) -> None:
    first = plan_send(command(submission_token="t"))
    assert plan_send(command(submission_token="t", body="Something else")).pk == first.pk
    assert plan_send(command(submission_token="other")).pk != first.pk
    assert SendRequest.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_request(command: MakeCommand) -> None:
    made: list[object] = []
    barrier = threading.Barrier(4)

    def click() -> None:
        barrier.wait()
        try:
            made.append(plan_send(command(submission_token="t")).pk)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _n in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert (SendRequest.objects.count(), Message.objects.count()) == (1, 1)
