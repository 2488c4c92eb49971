"""Old recipient files go, with all they stored; what a request still needs stays."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import TestCase
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.models import RecipientFile, SendRequest
from messaging.recipients import pruning
from messaging.recipients.importing import check_recipient_file, receive_file, recheck, stored_path
from messaging.recipients.pruning import prune_files
from messaging.states import DeliveryKind, Lane, Purpose, RequestState
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db

UPLOADED = datetime(2026, 11, 1, tzinfo=UTC)
CSV = b"recipient_no\n01012345678\n"


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


@pytest.fixture
def user() -> User:
    return UserFactory()


def checked_file(project: Project, user: User) -> RecipientFile:
    with time_machine.travel(UPLOADED, tick=False):
        upload = SimpleUploadedFile("a.csv", CSV)
        file = receive_file(
            project=project, user=user, upload=upload, subject="", body="안내", message_type="SMS"
        )
        check_recipient_file(file.pk)
    return RecipientFile.objects.get(pk=file.pk)


def request_of(file: RecipientFile, state: str) -> SendRequest:
    return SendRequest.objects.create(
        project=file.project,
        kind=DeliveryKind.MASS,
        message_type="SMS",
        purpose=Purpose.GENERAL,
        lane=Lane.MASS,
        sender="0212345678",
        body="안내",
        recipient_file=file,
        state=state,
        due_at=timezone.now(),
        created_at=timezone.now(),
    )


def pruned() -> int:
    """How many were pruned; what follows the commit is done."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return prune_files()


def stored(file: RecipientFile) -> list[bool]:
    names = (file.storage_name, file.staging_name, file.problems_name)
    return [Path(stored_path(name)).exists() for name in names]


def test_an_unused_file_goes_after_seven_days_and_not_before(project: Project, user: User) -> None:
    file = checked_file(project, user)
    with time_machine.travel(UPLOADED + timedelta(days=7), tick=False):
        assert pruned() == 0
        assert stored(file) == [True, True, True]
    with time_machine.travel(UPLOADED + timedelta(days=7, seconds=1), tick=False):
        assert pruned() == 1
    assert stored(file) == [False, False, False]
    assert not RecipientFile.objects.exists()


def test_folders_without_a_row_go_after_a_day(project: Project, user: User) -> None:
    file = checked_file(project, user)
    RecipientFile.objects.all().delete()
    folder = stored_path(file.storage_name).parent
    made = folder.stat().st_mtime
    with time_machine.travel(made + 86_000, tick=False):
        pruned()
        assert folder.exists()
    with time_machine.travel(made + 86_401, tick=False):
        pruned()
    assert not folder.exists()


def test_a_file_that_is_still_being_loaded_stays_whole(project: Project, user: User) -> None:
    file = checked_file(project, user)
    request_of(file, RequestState.LOADING)
    with time_machine.travel(UPLOADED + timedelta(days=30), tick=False):
        assert pruned() == 0
    assert stored(file) == [True, True, True]


def test_a_used_file_is_emptied_and_its_summary_stays(project: Project, user: User) -> None:
    file = checked_file(project, user)
    request_of(file, RequestState.HELD)
    with time_machine.travel(UPLOADED + timedelta(days=8), tick=False):
        assert pruned() == 1
        assert pruned() == 0
    row = RecipientFile.objects.get()
    assert (row.storage_name, row.staging_name, row.problems_name) == ("", "", "")
    assert row.result["sendable"] == 1
    assert stored(file) == [False, False, False]


def test_a_check_for_a_text_that_was_changed_goes_early_and_the_upload_stays(
    project: Project, user: User
) -> None:
    file = checked_file(project, user)
    with time_machine.travel(UPLOADED + timedelta(minutes=1), tick=False):
        newer = recheck(file=file, user=user, subject="", body="다른 안내", message_type="SMS")
        check_recipient_file(newer.pk)
    newer.refresh_from_db()
    with time_machine.travel(UPLOADED + timedelta(hours=1, minutes=2), tick=False):
        assert pruned() == 1
    assert list(RecipientFile.objects.all()) == [newer]
    assert stored(newer) == [True, True, True]
    assert not stored_path(file.staging_name).exists()


def test_a_request_that_was_planned_after_the_files_were_listed_keeps_its_file(
    project: Project, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = checked_file(project, user), checked_file(project, user)
    delete_if = pruning._delete_if

    def planned_first(unused: Any, pk: UUID) -> bool:
        if not SendRequest.objects.exists():
            request_of(file, RequestState.WAITING)
        return delete_if(unused, pk)

    monkeypatch.setattr(pruning, "_delete_if", planned_first)
    with time_machine.travel(UPLOADED + timedelta(days=8), tick=False):
        assert pruned() == 1
    assert list(RecipientFile.objects.all()) == [file]
    assert (stored(file), stored(other)) == ([True, True, True], [False, False, False])


@pytest.mark.django_db(transaction=True)
def test_a_file_that_somebody_holds_is_left_for_later(project: Project, user: User) -> None:
    file = checked_file(project, user)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            RecipientFile.objects.select_for_update().get(pk=file.pk)
            held.set()
            done.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(20)
    with time_machine.travel(UPLOADED + timedelta(days=8), tick=False):
        try:
            assert pruned() == 0
            assert stored(file) == [True, True, True]
        finally:
            done.set()
            holder.join()
        assert pruned() == 1
    assert stored(file) == [False, False, False]


def test_what_was_stored_stays_where_the_row_stays(
    project: Project, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = checked_file(project, user)

    def fail(row: RecipientFile) -> None:
        raise DatabaseError

    monkeypatch.setattr(RecipientFile, "delete", fail)
    with time_machine.travel(UPLOADED + timedelta(days=8), tick=False), pytest.raises(DatabaseError):
        pruned()
    assert stored(file) == [True, True, True]
