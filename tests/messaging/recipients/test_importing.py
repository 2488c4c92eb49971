"""A recipient file from its upload to its result: leases, two workers, children that die, rechecks."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from console.accounts.models import Project, User
from console.queues import TaskName
from messaging.models import RecipientFile
from messaging.recipients import claims, importing
from messaging.recipients.problems import describe
from messaging.recipients.results import CheckJob, CheckResult, FileProblem, FileRefused
from messaging.recipients.staging import parse_line
from messaging.states import FileState
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db

BODY = "안녕하세요 ##name##님"
CSV = "recipient_no,name\n010-1234-5678,김민준\n0101234,이서연\n01012345678,김민준\n".encode()
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Every bell that was rung."""
    bells: list[tuple[Any, ...]] = []
    monkeypatch.setattr("console.queues.ring", lambda *args: bells.append(args))
    monkeypatch.setattr(importing, "ring", lambda *args: bells.append(args))
    return bells


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


@pytest.fixture
def user() -> User:
    return UserFactory()


def receive(
    project: Project, user: User, content: bytes = CSV, body: str = BODY, message_type: str = "SMS"
) -> RecipientFile:
    return importing.receive_file(
        project=project,
        user=user,
        upload=SimpleUploadedFile("../고객 명단.csv", content),
        subject="",
        body=body,
        message_type=message_type,
    )


def answer(outcome: CheckResult | FileProblem) -> Callable[..., CheckResult | FileProblem]:
    return lambda job, on_progress: outcome


RESULT = CheckResult(encoding="utf-8", columns=["recipient_no"], keys=[], total_rows=1, sendable=1)


def test_an_upload_is_stored_and_rings_once_it_is_committed(
    project: Project, user: User, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        file = receive(project, user)
        assert rung == []
    assert rung == [(TaskName.CHECK_FILE, str(file.pk))]
    assert file.state == FileState.UPLOADED
    assert (file.size, file.sha256) == (len(CSV), hashlib.sha256(CSV).hexdigest())
    assert file.original_name == "고객 명단.csv"
    assert file.keys == ["name"]
    path = importing.stored_path(file.storage_name)
    assert path.read_bytes() == CSV
    assert "고객" not in str(path)


def test_an_upload_that_is_too_large_leaves_nothing(project: Project, user: User, settings: Any) -> None:
    settings.BONGSU_MAX_UPLOAD_BYTES = len(CSV) - 1
    with pytest.raises(FileRefused) as refused:
        receive(project, user)
    assert refused.value.code == "file_too_large"
    assert not RecipientFile.objects.exists()


def test_a_check_counts_every_row_and_stages_what_can_be_sent(project: Project, user: User) -> None:
    file = receive(project, user)
    importing.check_recipient_file(file.pk)
    file.refresh_from_db()
    assert file.state == FileState.CHECKED
    assert (file.rows_read, file.fraction_read, file.lease_until) == (3, 1, None)
    result = CheckResult.from_json(file.result)
    assert (result.sendable, result.duplicates, result.problems) == (1, 1, {"wrong_number": 1})
    lines = importing.stored_path(file.staging_name).read_bytes().splitlines(keepends=True)
    assert [(parse_line(line).recipient, parse_line(line).duplicate) for line in lines] == [
        ("01012345678", False),
        ("01012345678", True),
    ]
    assert importing.stored_path(file.problems_name).exists()


@pytest.mark.parametrize(("message_type", "abroad"), [("SMS", 1), ("LMS", 0), ("MMS", 0)])
def test_only_an_sms_reaches_numbers_of_other_countries(
    project: Project, user: User, message_type: str, abroad: int
) -> None:
    content = b"recipient_no,name\n+16502530000,Kim\n01012345678,Lee\n"
    file = receive(project, user, content, message_type=message_type)
    importing.check_recipient_file(file.pk)
    file.refresh_from_db()
    result = CheckResult.from_json(file.result)
    assert (result.sendable, result.international) == (1 + abroad, abroad)
    assert result.problems == ({} if abroad else {"international_number": 1})
    said = "The number belongs to another country (+1), where only SMS can be sent. "
    said += "Choose SMS, or take the row out."
    assert [describe(fault) for fault in result.first_problems] == [said][abroad:]


def test_a_file_that_is_no_spreadsheet_is_refused_with_its_reason(project: Project, user: User) -> None:
    file = receive(project, user, b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    importing.check_recipient_file(file.pk)
    file.refresh_from_db()
    assert file.state == FileState.REFUSED
    assert (file.problem_code, file.problem_params) == ("not_a_spreadsheet", {"kind": "png"})
    assert (file.staging_name, file.result) == ("", None)


def test_a_checked_file_is_not_checked_again(
    project: Project, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = receive(project, user)
    importing.check_recipient_file(file.pk)
    file.refresh_from_db()
    monkeypatch.setattr(importing, "check_file", lambda *args: pytest.fail("checked again"))
    importing.check_recipient_file(file.pk)
    again = RecipientFile.objects.get(pk=file.pk)
    assert (again.state, again.staging_name, again.attempts) == (FileState.CHECKED, file.staging_name, 1)


def test_of_two_workers_one_checks(project: Project, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    file = receive(project, user)
    calls = []

    def check(job: CheckJob, on_progress: Any) -> CheckResult:
        calls.append(job)
        importing.check_recipient_file(file.pk)  # the other worker, while this one is at it
        return RESULT

    monkeypatch.setattr(importing, "check_file", check)
    importing.check_recipient_file(file.pk)
    assert len(calls) == 1
    assert RecipientFile.objects.get(pk=file.pk).state == FileState.CHECKED


def test_a_worker_that_lost_its_lease_changes_nothing_and_takes_its_outputs_away(
    project: Project, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = receive(project, user)
    other = CheckResult(encoding="utf-8", columns=["recipient_no"], keys=[], total_rows=2, sendable=2)
    left_over = []

    def slow(job: CheckJob, on_progress: Any) -> CheckResult:
        importing.Path(job.staging_path).write_text("mine")
        left_over.append(job.staging_path)
        with time_machine.travel(NOW + claims.LEASE * 2, tick=False):
            monkeypatch.setattr(importing, "check_file", answer(other))
            importing.check_recipient_file(file.pk)
        return RESULT

    monkeypatch.setattr(importing, "check_file", slow)
    with time_machine.travel(NOW, tick=False):
        importing.check_recipient_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.result["total_rows"], file.attempts) == (FileState.CHECKED, 2, 2)
    assert not importing.Path(left_over[0]).exists()


def test_progress_is_written_twice_a_second_at_most_and_keeps_the_lease(
    project: Project, user: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    file = receive(project, user)
    claim = importing.claim_file(file.pk)
    assert claim is not None
    clock = iter([100.0, 100.4, 100.6])
    monkeypatch.setattr(claims, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with django_assert_num_queries(2):
        for rows in (2000, 4000, 6000):
            claim.report(rows, rows / 10_000)
    row = RecipientFile.objects.get(pk=file.pk)
    assert (row.rows_read, row.fraction_read, row.lease_until) == (6000, 0.6, claim.lease_until)


def test_progress_of_a_lost_lease_stops_the_work(project: Project, user: User) -> None:
    file = receive(project, user)
    claim = importing.claim_file(file.pk)
    assert claim is not None
    RecipientFile.objects.update(lease_until=claim.lease_until + timedelta(seconds=1))
    with pytest.raises(importing.LeaseLost):
        claim.report(10, 0.1)
    assert RecipientFile.objects.get().rows_read == 0


def test_a_file_whose_child_dies_three_times_is_refused(
    project: Project, user: User, monkeypatch: pytest.MonkeyPatch, rung: list[Any]
) -> None:
    file = receive(project, user)
    monkeypatch.setattr(importing, "check_file", answer(FileProblem("out_of_memory")))
    states = []
    for _time in range(3):
        importing.check_recipient_file(file.pk)
        file.refresh_from_db()
        states.append(file.state)
    assert states == [FileState.CHECKING, FileState.CHECKING, FileState.REFUSED]
    assert file.problem_code == "out_of_memory"
    assert rung.count((TaskName.CHECK_FILE, str(file.pk))) == 2


def test_a_file_that_every_worker_dies_of_is_refused(project: Project, user: User) -> None:
    file = receive(project, user)
    RecipientFile.objects.update(
        state=FileState.CHECKING, attempts=claims.MAX_CLAIMS, lease_until=datetime(2020, 1, 1, tzinfo=UTC)
    )
    importing.check_recipient_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.problem_code) == (FileState.REFUSED, "check_kept_failing")


def test_the_sweep_finds_lost_bells_and_stale_leases_alone(project: Project, user: User) -> None:
    with time_machine.travel(NOW, tick=False):
        lost, fresh_lease, stale, checked = (receive(project, user) for _ in range(4))
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        fresh = receive(project, user)
        rows = RecipientFile.objects
        held = NOW + timedelta(minutes=2, seconds=30)
        rows.filter(pk=fresh_lease.pk).update(state=FileState.CHECKING, lease_until=held)
        rows.filter(pk=stale.pk).update(state=FileState.CHECKING, lease_until=NOW)
        rows.filter(pk=checked.pk).update(state=FileState.CHECKED)
        assert set(importing.files_to_check()) == {lost.pk, stale.pk}
        assert fresh.pk not in importing.files_to_check()


def test_another_text_is_another_check_of_the_same_upload(project: Project, user: User) -> None:
    file = receive(project, user)
    importing.check_recipient_file(file.pk)
    new = importing.recheck(file=file, user=user, subject="", body="##name##님께", message_type="SMS")
    assert new.pk != file.pk
    assert (new.storage_name, new.state, new.keys) == (file.storage_name, FileState.UPLOADED, ["name"])
    importing.check_recipient_file(new.pk)
    new.refresh_from_db()
    assert new.state == FileState.CHECKED
    assert RecipientFile.objects.get(pk=file.pk).state == FileState.CHECKED


def test_going_back_to_an_earlier_text_uses_its_check(project: Project, user: User) -> None:
    file = receive(project, user)
    new = importing.recheck(file=file, user=user, subject="", body="다른 글", message_type="SMS")
    back = importing.recheck(file=new, user=user, subject="", body=BODY, message_type="SMS")
    assert back.pk == file.pk
    assert RecipientFile.objects.count() == 2


def test_a_refused_check_is_made_again(project: Project, user: User) -> None:
    file = receive(project, user)
    RecipientFile.objects.update(state=FileState.REFUSED)
    again = importing.recheck(file=file, user=user, subject="", body=BODY, message_type="SMS")
    assert again.pk != file.pk


@pytest.mark.parametrize(("message_type", "keys"), [("SMS", ["b"]), ("LMS", ["a", "b"])])
def test_the_subject_counts_where_the_type_has_one(message_type: str, keys: list[str]) -> None:
    assert importing.keys_of(message_type=message_type, subject="##a##", body="##b##") == keys
