"""What a command needs to be advertising."""

from typing import Any

import pytest
from django.utils import timezone

from console.accounts.models import Project
from messaging.models import SendRequest, Template
from messaging.sending.commands import SendRefused
from messaging.sending.planning import plan_send
from messaging.states import MessageType, Purpose
from senders.models import OptOutLine
from senders.states import LineState
from tests.factories import OptOutLineFactory, TemplateFactory
from tests.messaging.sending.conftest import MakeCommand

pytestmark = pytest.mark.django_db

SAID = "(광고)Sale\n[무료 수신거부]080-123-4567"


@pytest.fixture
def line(project: Project) -> OptOutLine:
    return OptOutLineFactory(project=project, opened=True, number="0801234567")


def refused(command: MakeCommand, **changes: Any) -> list[tuple[str, str]]:
    """The problems of an advertising command; nothing was written."""
    with pytest.raises(SendRefused) as caught:
        plan_send(command(**{"purpose": Purpose.ADVERTISING, "body": SAID} | changes))
    assert not SendRequest.objects.exists()
    return [(problem.field, problem.code) for problem in caught.value.problems]


def test_advertising_with_its_line_and_statements_is_accepted(command: MakeCommand, line: OptOutLine) -> None:
    request = plan_send(command(purpose=Purpose.ADVERTISING, body=SAID, opt_out_line=line))
    assert (request.purpose, request.opt_out_line, request.body) == (Purpose.ADVERTISING, line, SAID)


def test_a_project_without_a_line(command: MakeCommand) -> None:
    assert refused(command) == [("opt_out_line", "no_line")]


def test_no_line_was_chosen(command: MakeCommand, line: OptOutLine) -> None:
    assert refused(command) == [("opt_out_line", "required")]


@pytest.mark.parametrize(
    "state", [LineState.SCHEDULED, LineState.REJECTED, LineState.CANCELED, LineState.STOPPED]
)
def test_a_line_that_is_not_open(command: MakeCommand, line: OptOutLine, state: LineState) -> None:
    now = timezone.now()
    OptOutLine.objects.filter(pk=line.pk).update(state=state, stopped_at=now, purge_at=now)
    assert refused(command, opt_out_line=line) == [("opt_out_line", "not_open")]


def test_the_line_of_another_project(command: MakeCommand, line: OptOutLine) -> None:
    stranger = OptOutLineFactory(opened=True)
    assert refused(command, opt_out_line=stranger) == [("opt_out_line", "not_found")]


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("Sale", ["advertising_opening", "advertising_closing"]),
        ("(Ad)Sale\n무료거부 0801234567", ["advertising_english_opening"]),
        ("(광고)Sale\n무료거부 0809999999", ["advertising_other_number"]),
        ("(광고)##name##\n무료거부", ["advertising_no_number"]),
    ],
)
def test_a_text_without_its_statements(
    command: MakeCommand, line: OptOutLine, body: str, codes: list[str]
) -> None:
    values = {"name": "Kim"}
    found = refused(command, opt_out_line=line, body=body, shared_values=values)
    assert found == [("body", code) for code in codes]


@pytest.mark.parametrize("message_type", [MessageType.LMS, MessageType.MMS])
def test_a_subject_is_no_place_for_the_statements(
    command: MakeCommand, line: OptOutLine, message_type: MessageType
) -> None:
    changes = {"message_type": message_type, "subject": "(광고) Sale", "body": "Sale\n무료거부 0801234567"}
    assert refused(command, opt_out_line=line, **changes) == [("body", "advertising_opening")]


@pytest.mark.parametrize("purpose", [Purpose.GENERAL, Purpose.AUTHENTICATION])
def test_what_advertises_nothing_keeps_no_line(
    command: MakeCommand, line: OptOutLine, purpose: Purpose
) -> None:
    request = plan_send(command(purpose=purpose, opt_out_line=line))
    assert request.opt_out_line is None


@pytest.mark.parametrize("purpose", [Purpose.GENERAL, Purpose.AUTHENTICATION])
@pytest.mark.parametrize("body", [SAID, " \n\u3000(광고) Sale", "(광고)##name##"])
def test_what_says_that_it_advertises_goes_as_advertising_alone(
    command: MakeCommand, line: OptOutLine, purpose: Purpose, body: str
) -> None:
    changes = {"purpose": purpose, "body": body, "message_type": MessageType.LMS, "subject": "Sale"}
    found = refused(command, opt_out_line=line, shared_values={"name": "Kim"}, **changes)
    assert found == [("purpose", "is_advertising")]


@pytest.mark.parametrize("body", ["Why (광고)?", "[광고] Sale", "광고 Sale", "(광고"])
def test_what_only_speaks_of_advertising_is_accepted(command: MakeCommand, body: str) -> None:
    assert plan_send(command(body=body)).purpose == Purpose.GENERAL


def test_a_template_of_the_project_is_kept_and_one_of_another_is_not_found(
    command: MakeCommand, project: Project
) -> None:
    own: Template = TemplateFactory(project=project)
    stranger: Template = TemplateFactory()
    general = {"purpose": Purpose.GENERAL, "body": "Hello"}
    found = refused(command, **general, template_version=stranger.versions.get())
    assert found == [("template_version", "not_found")]
    request = plan_send(command(template_version=own.versions.get()))
    assert request.template_version == own.versions.get()
