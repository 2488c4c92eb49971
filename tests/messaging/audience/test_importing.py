"""A file of UIDs from its upload to its counts: nothing is saved before a person says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import TestCase

from console.accounts.models import Project
from console.queues import TaskName
from messaging.audience import importing, pruning
from messaging.audience.importing import Found, Outcome, Saved, check_uid_file, files_in_motion, start_saving
from messaging.audience.pruning import prune_uid_files
from messaging.models import Contact, Uid, UidImport
from messaging.recipients import claims
from messaging.recipients.importing import stored_path
from messaging.recipients.results import FileProblem, FileRefused
from messaging.states import ImportState
from tests.factories import ProjectFactory, TagFactory, UidFactory
from tests.messaging.audience.uid_files import checked_uids, csv_of, upload_uids

pytestmark = pytest.mark.django_db

ROWS = [("a", "01000000001"), ("a", "01000000002"), ("b", "01000000003"), ("b", "010-0000-0003"), ("c", "1")]
CSV = csv_of(ROWS)
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


def test_an_upload_is_stored_and_rings_once_it_is_committed(
    project: Project, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        file = upload_uids(project, CSV)
        assert rung == []
    assert rung == [(TaskName.CHECK_UIDS, str(file.pk))]
    assert (file.state, file.size, file.original_name) == (ImportState.UPLOADED, len(CSV), "고객.csv")
    assert stored_path(file.storage_name).read_bytes() == CSV


def test_an_upload_that_is_too_large_leaves_nothing(project: Project, settings: Any) -> None:
    settings.BONGSU_MAX_UPLOAD_BYTES = len(CSV) - 1
    with pytest.raises(FileRefused, match="file_too_large"):
        upload_uids(project, CSV)
    assert not UidImport.objects.exists()


def test_a_check_counts_what_is_new_and_saves_nothing(project: Project) -> None:
    UidFactory(project=project, uid="a", numbers=["01000000002", "01099999999"])
    UidFactory(uid="b", numbers=["01000000003"])  # of another project
    file = checked_uids(project, CSV)
    outcome = Outcome.from_json(file.result or {})
    assert (file.state, file.rows_read, file.fraction_read) == (ImportState.CHECKED, 5, 1)
    assert outcome.found == Found(uids=2, new_uids=1, contacts=3, new_contacts=2, repeated=1)
    assert outcome.file.total_rows == 5
    assert outcome.file.problems == {"wrong_number": 1}
    assert outcome.file.usable == outcome.found.contacts + outcome.found.repeated == 4
    assert outcome.saved == Saved()
    assert Uid.objects.filter(project=project).count() == 1
    assert Contact.objects.filter(project=project).count() == 2


def test_a_file_that_cannot_be_read_says_why(project: Project) -> None:
    file = checked_uids(project, b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    assert file.state == ImportState.REFUSED
    assert (file.problem_code, file.problem_params) == ("not_a_spreadsheet", {"kind": "png"})
    assert start_saving(file=file, tag_ids=[]) is False


def test_a_checked_file_is_not_checked_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    file = checked_uids(project, CSV)
    monkeypatch.setattr(importing, "check_file", lambda *args: pytest.fail("checked again"))
    check_uid_file(file.pk)
    assert UidImport.objects.get(pk=file.pk).attempts == 1


def test_of_two_workers_one_checks(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    file = upload_uids(project, CSV)
    real, calls = importing.check_file, []

    def check(job: Any, on_progress: Any) -> Any:
        calls.append(job)
        check_uid_file(file.pk)  # the other worker, while this one is at it
        return real(job, on_progress)

    monkeypatch.setattr(importing, "check_file", check)
    check_uid_file(file.pk)
    assert len(calls) == 1
    assert UidImport.objects.get(pk=file.pk).state == ImportState.CHECKED


def test_a_worker_that_lost_its_lease_leaves_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload_uids(project, CSV)
    real = importing.check_file

    def slow(job: Any, on_progress: Any) -> Any:
        outcome = real(job, on_progress)
        monkeypatch.setattr(importing, "check_file", real)
        with time_machine.travel(NOW + claims.LEASE * 2, tick=False):
            check_uid_file(file.pk)
        return outcome

    monkeypatch.setattr(importing, "check_file", slow)
    with time_machine.travel(NOW, tick=False):
        check_uid_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.attempts) == (ImportState.CHECKED, 2)
    kept = {path.name for path in stored_path(file.storage_name).parent.iterdir()}
    names = {name.rpartition("/")[2] for name in (file.staging_name, file.problems_name)}
    assert kept == {"upload", *names}


def test_a_killed_child_is_tried_again_and_then_the_file_is_to_blame(
    project: Project, rung: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload_uids(project, CSV)
    monkeypatch.setattr(importing, "check_file", lambda job, report: FileProblem("out_of_memory"))
    for attempt in range(1, claims.MAX_DEATHS):
        check_uid_file(file.pk)
        file.refresh_from_db()
        assert (file.state, file.attempts, file.lease_until) == (ImportState.CHECKING, attempt, None)
    assert rung == [(TaskName.CHECK_UIDS, str(file.pk))] * (claims.MAX_DEATHS - 1)
    check_uid_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.problem_code) == (ImportState.REFUSED, "out_of_memory")


def test_saving_begins_once_with_tags_of_the_project_only(
    project: Project, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    file = checked_uids(project, CSV)
    mine, others = TagFactory(project=project), TagFactory()
    with django_capture_on_commit_callbacks(execute=True):
        assert start_saving(file=file, tag_ids=[mine.pk, others.pk]) is True
        assert start_saving(file=file, tag_ids=[]) is False
    file.refresh_from_db()
    assert (file.state, file.tag_ids, file.rows_read) == (ImportState.SAVING, [mine.pk], 0)
    assert rung == [(TaskName.SAVE_UIDS, str(file.pk))]


def test_the_sweep_finds_lost_bells_and_dead_workers(project: Project) -> None:
    with time_machine.travel(NOW, tick=False):
        waiting = upload_uids(project, CSV)
        checking = upload_uids(project, CSV)
        saving = checked_uids(project, CSV)
        start_saving(file=saving, tag_ids=[])
        UidImport.objects.filter(pk=checking.pk).update(state="CHECKING", lease_until=NOW + claims.LEASE)
        assert files_in_motion() == [(TaskName.SAVE_UIDS, saving.pk)]
    with time_machine.travel(NOW + claims.LEASE * 2, tick=False):
        assert sorted(files_in_motion()) == sorted(
            [
                (TaskName.CHECK_UIDS, waiting.pk),
                (TaskName.CHECK_UIDS, checking.pk),
                (TaskName.SAVE_UIDS, saving.pk),
            ]
        )


def test_old_files_go_with_all_they_stored(project: Project) -> None:
    with time_machine.travel(NOW, tick=False):
        old, moving = checked_uids(project, CSV), checked_uids(project, CSV)
        start_saving(file=moving, tag_ids=[])
    with time_machine.travel(NOW + timedelta(days=6), tick=False):
        new = checked_uids(project, CSV)
        assert prune_uid_files() == 0
    later = NOW + timedelta(days=7, minutes=1)
    with time_machine.travel(later, tick=False), TestCase.captureOnCommitCallbacks(execute=True):
        assert prune_uid_files() == 1
    assert set(UidImport.objects.values_list("pk", flat=True)) == {moving.pk, new.pk}
    assert not stored_path(old.storage_name).parent.exists()
    assert stored_path(moving.staging_name).exists()


def test_a_file_whose_saving_began_after_the_files_were_listed_stays(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(NOW, tick=False):
        file = checked_uids(project, CSV)
    delete_if = pruning._delete_if

    def begun_first(idle: Any, pk: Any) -> bool:
        start_saving(file=file, tag_ids=[])
        return delete_if(idle, pk)

    monkeypatch.setattr(pruning, "_delete_if", begun_first)
    with time_machine.travel(NOW + timedelta(days=8), tick=False), TestCase.captureOnCommitCallbacks():
        assert prune_uid_files() == 0
    assert list(UidImport.objects.all()) == [file]
    assert stored_path(file.staging_name).exists()
