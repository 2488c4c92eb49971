"""080 lines: who may do what when, of two at once one wins, and a project with a line stays open."""

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection

from console import queues
from console.accounts import services as accounts
from console.accounts.models import AuditEntry, Project, User
from console.accounts.scoping import scope_for
from console.queues import TaskName
from senders.models import OptOutLine
from senders.services import opt_out_lines, result_mail
from senders.services.errors import WHOLE, Refused
from senders.services.line_stopping import stop_line
from senders.states import LineState
from tests.factories import MembershipFactory, OptOutLineFactory, ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The tasks whose bell was rung."""
    bells: list[tuple[Any, ...]] = []
    monkeypatch.setattr(queues, "ring", lambda task, *arguments: bells.append((task, *arguments)))
    return bells


def problems(action: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(Refused) as caught:
        action()
    return {name: str(sentence) for name, sentence in caught.value.problems.items()}


def applied(name: str, project: Project | None = None) -> OptOutLine:
    return opt_out_lines.apply_for_line(
        project=project or ProjectFactory(), user=UserFactory(), business_name=name
    )


# --- applying ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("봉수", "봉수"), ("  Beacon   Shop ", "Beacon Shop"), ("가" * 20, "가" * 20), ("A", "A")],
)
def test_a_line_is_scheduled_under_its_business_name(typed: str, kept: str) -> None:
    project, user = ProjectFactory(), UserFactory()
    with time_machine.travel(NOON, tick=False):
        line = opt_out_lines.apply_for_line(project=project, user=user, business_name=typed)
    line.refresh_from_db()
    assert (line.project, line.applied_by, line.business_name) == (project, user, kept)
    assert (line.state, line.number, line.applied_at) == (LineState.SCHEDULED, "", NOON)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Write the business name that callers are to hear."),
        (" \t ", "Write the business name that callers are to hear."),
        ("가" * 21, "A business name has at most 20 characters; this one has 21."),
        ("a\x00b", "Use letters, digits and punctuation only."),
    ],
)
def test_a_wrong_business_name_is_refused(typed: str, sentence: str) -> None:
    assert problems(lambda: applied(typed)) == {"business_name": sentence}
    assert not OptOutLine.objects.exists()


def test_the_same_application_twice_is_one() -> None:
    line = applied("Beacon")
    second = problems(lambda: applied(" Beacon ", line.project))
    assert second == {"business_name": "A line with this business name is scheduled already."}
    assert applied("Beacon, Books", line.project).pk != line.pk
    assert OptOutLine.objects.count() == 2


def test_a_closed_project_gets_no_line() -> None:
    project = ProjectFactory(is_active=False)
    assert list(problems(lambda: applied("Beacon", project))) == [WHOLE]
    assert not OptOutLine.objects.exists()


# --- opening and rejecting -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"), [("080-123-4567", "0801234567"), ("+82 80 1234 5678", "08012345678")]
)
def test_staff_open_it_with_its_number(
    typed: str, kept: str, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    line, reviewer = OptOutLineFactory(), UserFactory(reviewer=True)
    with time_machine.travel(NOON, tick=False), django_capture_on_commit_callbacks(execute=True):
        opt_out_lines.open_line(line=line, reviewer=reviewer, number=typed)
    line.refresh_from_db()
    assert (line.state, line.number) == (LineState.OPEN, kept)
    assert (line.opened_at, line.decided_by, line.reason) == (NOON, reviewer, "")
    assert rung == [(TaskName.SEND_LINE_MAIL, line.pk)]
    assert list(opt_out_lines.open_lines(line.project)) == [line]


@pytest.mark.parametrize(
    "typed", ["", "080-12-3456", "080-12345-67890", "070-1234-5678", "02-123-4567", "0801234x67"]
)
def test_another_number_is_refused(typed: str) -> None:
    line, reviewer = OptOutLineFactory(), UserFactory(reviewer=True)
    found = problems(lambda: opt_out_lines.open_line(line=line, reviewer=reviewer, number=typed))
    assert list(found) == ["number"]
    line.refresh_from_db()
    assert (line.state, line.number, line.decided_by) == (LineState.SCHEDULED, "", None)


def test_a_number_is_open_once_and_free_again_after_a_stop() -> None:
    other, reviewer = OptOutLineFactory(opened=True), UserFactory(reviewer=True)
    line = OptOutLineFactory()

    def again() -> OptOutLine:
        return opt_out_lines.open_line(line=line, reviewer=reviewer, number=other.number)

    assert problems(again) == {"number": "This number is in service already, for this or another project."}
    stop_line(line=other, user=UserFactory(), typed=other.number)
    assert again().state == LineState.OPEN


def test_a_rejection_needs_its_reason_and_keeps_it(
    rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    line, reviewer = OptOutLineFactory(), UserFactory(reviewer=True)
    found = problems(lambda: opt_out_lines.reject_line(line=line, reviewer=reviewer, reason=" \n "))
    assert list(found) == ["reason"]
    line.refresh_from_db()
    assert line.state == LineState.SCHEDULED
    with time_machine.travel(NOON, tick=False), django_capture_on_commit_callbacks(execute=True):
        opt_out_lines.reject_line(line=line, reviewer=reviewer, reason=" No such company. ")
    line.refresh_from_db()
    assert (line.state, line.reason, line.rejected_at) == (LineState.REJECTED, "No such company.", NOON)
    assert rung == [(TaskName.SEND_LINE_MAIL, line.pk)]


def test_nobody_decides_on_a_line_of_their_own() -> None:
    line = OptOutLineFactory()
    organization = line.project.organization
    member = MembershipFactory(project__organization=organization, user=UserFactory(reviewer=True)).user
    applicant = OptOutLineFactory(applied_by=UserFactory(reviewer=True)).applied_by
    own = OptOutLine.objects.get(applied_by=applicant)
    manager = MembershipFactory(project=line.project).user
    for user, subject in ((member, line), (applicant, own), (manager, line)):

        def opened(user: User = user, subject: OptOutLine = subject) -> object:
            return opt_out_lines.open_line(line=subject, reviewer=user, number="080-123-4567")

        assert list(problems(opened)) == [WHOLE]
    assert set(OptOutLine.objects.values_list("state", flat=True)) == {LineState.SCHEDULED}
    assert list(opt_out_lines.waiting_lines(member)) == [own]
    assert list(opt_out_lines.waiting_lines(applicant)) == [line]


def test_the_queue_is_oldest_first_and_counted_for_staff_only() -> None:
    lines = [OptOutLineFactory(applied_at=NOON - datetime.timedelta(days=n)) for n in range(3)]
    OptOutLineFactory(opened=True)
    reviewer, manager = UserFactory(reviewer=True), MembershipFactory().user
    assert list(opt_out_lines.waiting_lines(reviewer)) == lines[::-1]
    assert opt_out_lines.waiting_lines_count(scope_for(reviewer, None)) == 3
    assert opt_out_lines.waiting_lines_count(scope_for(manager, None)) == 0


def test_a_rejected_application_is_told_until_another_one_answers_it() -> None:
    line = OptOutLineFactory(state=LineState.REJECTED, rejected_at=NOON, reason="No.")
    assert opt_out_lines.rejected_lines(line.project) == [line]
    OptOutLineFactory(project=line.project)
    assert opt_out_lines.rejected_lines(line.project) == []


# --- canceling and closing -----------------------------------------------------------------------


def test_an_application_is_canceled_freely_and_once() -> None:
    line, user = OptOutLineFactory(), UserFactory()
    with time_machine.travel(NOON, tick=False):
        opt_out_lines.cancel_line(line=line, user=user)
    line.refresh_from_db()
    assert (line.state, line.canceled_at, line.canceled_by) == (LineState.CANCELED, NOON, user)
    assert (line.purge_at, line.opened_at) == (None, None)
    assert [entry.additional_data["said"]["key"] for entry in AuditEntry.objects.filter(actor=user)] == [
        "line_canceled"
    ]
    assert list(problems(lambda: opt_out_lines.cancel_line(line=line, user=user))) == [WHOLE]
    # It may be applied for again at once, and nothing waits for staff.
    assert not opt_out_lines.waiting_lines(UserFactory(reviewer=True)).exists()
    assert applied(line.business_name, line.project).state == LineState.SCHEDULED


def test_a_line_in_service_is_not_canceled() -> None:
    line = OptOutLineFactory(opened=True)
    refused = problems(lambda: opt_out_lines.cancel_line(line=line, user=UserFactory()))
    assert refused == {WHOLE: "Meanwhile the line was opened. Stop its service if you do not need it."}
    line.refresh_from_db()
    assert (line.state, line.canceled_at) == (LineState.OPEN, None)


@pytest.mark.parametrize(
    ("state", "stays"),
    [
        (LineState.SCHEDULED, "An 080 line of this project is scheduled for registration."),
        (LineState.OPEN, "An 080 line of this project is in service."),
        (LineState.CANCELED, ""),
        (LineState.STOPPED, ""),
        (LineState.REJECTED, ""),
    ],
)
def test_a_project_with_a_live_line_stays_open(state: LineState, stays: str) -> None:
    line = OptOutLineFactory(opened=True)
    OptOutLine.objects.filter(pk=line.pk).update(state=state, stopped_at=NOON, purge_at=NOON)
    project = line.project
    if stays:
        with pytest.raises(ValidationError) as caught:
            accounts.close_project(project=project)
        assert caught.value.messages[0].startswith(stays)
    else:
        accounts.close_project(project=project)
    project.refresh_from_db()
    assert project.is_active is bool(stays)
    accounts.reopen_project(project=project)
    project.refresh_from_db()
    assert project.is_active


# --- mail ----------------------------------------------------------------------------------------


def test_the_applicant_is_mailed_once() -> None:
    opened = OptOutLineFactory(opened=True, number="0801234567", business_name="봉수")
    rejected = OptOutLineFactory(state=LineState.REJECTED, rejected_at=NOON, reason="No such company.")
    OptOutLineFactory()
    OptOutLineFactory(canceled=True)
    OptOutLineFactory(opened=True, applied_by=None)
    assert result_mail.mail_pending_results() == 2
    assert result_mail.mail_pending_results() == 0
    assert not result_mail.mail_line_result(opened.pk)
    first, second = mail.outbox
    assert (first.to, first.subject) == (
        [opened.applied_by.email],
        f"Bongsu: the 080 line 080-123-4567 of {opened.project} is open",
    )
    assert "080-123-4567" in first.body
    assert "봉수" in first.body
    assert second.to == [rejected.applied_by.email]
    assert "- No such company." in second.body


# --- two at once ---------------------------------------------------------------------------------


def together(*actions: Callable[[], object]) -> list[str]:
    """Do these at the same moment; how each ended: "done", or the name of what it raised."""
    barrier, ended = threading.Barrier(len(actions)), []

    def act(action: Callable[[], object]) -> None:
        try:
            barrier.wait()
            action()
            ended.append("done")
        except (Refused, ValidationError, DatabaseError) as error:
            ended.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


@pytest.fixture
def lines() -> list[OptOutLine]:
    return [OptOutLineFactory() for _ in range(2)]


@pytest.mark.django_db(transaction=True)
def test_two_staff_at_one_line_and_one_number_at_two_lines(lines: list[OptOutLine]) -> None:
    first, second = UserFactory(reviewer=True), UserFactory(reviewer=True)
    numbers = iter(["080-111-1111", "080-222-2222"])

    def opened(line: OptOutLine, reviewer: User, number: str) -> Callable[[], object]:
        return lambda: opt_out_lines.open_line(line=line, reviewer=reviewer, number=number)

    ended = together(opened(lines[0], first, next(numbers)), opened(lines[0], second, next(numbers)))
    assert ended == ["Refused", "done"]
    third = OptOutLineFactory()
    ended = together(opened(lines[1], first, "080-333-3333"), opened(third, second, "080-333-3333"))
    assert ended == ["Refused", "done"]
    assert OptOutLine.objects.filter(state=LineState.OPEN).count() == 2
    assert OptOutLine.objects.filter(number="0803333333").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_project_is_closed_or_has_a_line_never_both() -> None:
    for _ in range(5):
        project, user = ProjectFactory(), UserFactory()

        def close(project: Project = project) -> None:
            accounts.close_project(project=Project.objects.get(pk=project.pk))

        def apply(project: Project = project, user: User = user) -> None:
            opt_out_lines.apply_for_line(project=project, user=user, business_name="Beacon")

        assert len(together(close, apply)) == 2
        project.refresh_from_db()
        has_line = OptOutLine.objects.filter(project=project).exists()
        assert project.is_active == has_line


@pytest.mark.django_db(transaction=True)
def test_an_application_is_opened_or_canceled_never_both() -> None:
    for place in range(5):
        line, reviewer, user = OptOutLineFactory(), UserFactory(reviewer=True), UserFactory()

        def opened(line: OptOutLine = line, reviewer: User = reviewer, place: int = place) -> None:
            opt_out_lines.open_line(line=line, reviewer=reviewer, number=f"080-765-432{place}")

        def canceled(line: OptOutLine = line, user: User = user) -> None:
            opt_out_lines.cancel_line(line=line, user=user)

        assert together(opened, canceled) == ["Refused", "done"]
        line.refresh_from_db()
        assert (line.state == LineState.OPEN) == bool(line.number)
        assert (line.state == LineState.CANCELED) == bool(line.canceled_at)
