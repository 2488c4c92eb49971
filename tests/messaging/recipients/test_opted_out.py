from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Project
from messaging.models import RecipientFile
from messaging.recipients import opted_out
from messaging.recipients.importing import check_recipient_file, receive_file, stored_path
from messaging.recipients.opted_out import count_in_file
from messaging.recipients.results import CheckResult
from messaging.recipients.staging import staging_line
from messaging.states import FileState, MessageType
from senders.models import OptOut
from tests.factories import OptOutFactory, ProjectFactory, UserFactory
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db

ROWS = numbers(10)


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


@pytest.fixture
def file(project: Project) -> RecipientFile:
    """Ten numbers, of which the first two are in it twice."""
    return checked_file(project, ROWS, duplicates=ROWS[:2])


def refuse(project: Project, *refusing: str, **fields: Any) -> None:
    for number in refusing:
        OptOutFactory(project=project, number=number, **fields)


def test_rows_of_people_who_refuse(project: Project, file: RecipientFile) -> None:
    refuse(project, ROWS[0], ROWS[5], "01099999999")
    assert count_in_file(file) == 2
    assert count_in_file(file, include_duplicates=True) == 3


def test_refusals_elsewhere_abroad_or_taken_back_do_not_count(project: Project, file: RecipientFile) -> None:
    refuse(OptOutFactory().project, ROWS[0])
    refuse(project, ROWS[1], country_code=81)
    refuse(project, ROWS[2], removed_at=timezone.now())
    assert count_in_file(file, include_duplicates=True) == 0


def test_numbers_of_other_countries(project: Project, file: RecipientFile) -> None:
    with open(stored_path(file.staging_name), "a") as staging:
        staging.write(staging_line(90, 81, "9012345678", ["a\tb,{}"]))
    refuse(project, "9012345678", country_code=81)
    assert count_in_file(file) == 1


@pytest.mark.parametrize("block", [1, 3, 12, 100])
def test_opt_outs_are_looked_for_in_blocks(
    project: Project, file: RecipientFile, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opted_out, "BLOCK", block)
    refuse(project, *ROWS[:4])
    assert count_in_file(file, include_duplicates=True) == 6


def test_it_is_kept_until_an_opt_out_comes_or_goes(project: Project, file: RecipientFile) -> None:
    refuse(project, ROWS[0], ROWS[3])
    assert count_in_file(file) == 2
    again = RecipientFile.objects.get(pk=file.pk)
    with CaptureQueriesContext(connection) as queries:
        assert count_in_file(again) == 2
    assert len(queries) == 1
    refuse(project, ROWS[4])
    assert count_in_file(again) == 3
    OptOut.objects.filter(number__in=ROWS[:4]).update(removed_at=timezone.now())
    assert count_in_file(again) == 1
    assert CheckResult.from_json(RecipientFile.objects.get(pk=file.pk).result or {}).opted_out == 1


def test_where_nobody_refuses_the_rows_are_not_read(project: Project, file: RecipientFile) -> None:
    stored_path(file.staging_name).unlink()
    assert count_in_file(file) == 0
    refuse(project, ROWS[0], removed_at=timezone.now())
    assert count_in_file(file) == 0


@pytest.mark.parametrize("state", [FileState.UPLOADED, FileState.CHECKING, FileState.REFUSED])
def test_a_file_that_is_not_checked(project: Project, file: RecipientFile, state: FileState) -> None:
    refuse(project, ROWS[0])
    file.state = state
    assert count_in_file(file) == 0


def test_a_file_whose_rows_are_gone_keeps_its_figure(project: Project, file: RecipientFile) -> None:
    refuse(project, ROWS[0])
    count_in_file(file)
    file.staging_name = ""
    refuse(project, ROWS[1])
    assert count_in_file(file) == 1


@pytest.mark.parametrize(("body", "seen"), [("(광고)Sale", [1, 0]), ("Hello", [])])
def test_a_check_counts_for_advertising_alone(project: Project, body: str, seen: list[int]) -> None:
    refuse(project, "01051234567")
    if seen:
        seen = [*seen, OptOut.objects.latest("pk").pk]
    upload = SimpleUploadedFile("list.csv", b"recipient_no\n010-5123-4567\n010-5123-4568\n")
    received = receive_file(
        project=project,
        user=UserFactory(),
        upload=upload,
        subject="",
        body=body,
        message_type=MessageType.SMS,
    )
    check_recipient_file(received.pk)
    file = RecipientFile.objects.get(pk=received.pk)
    result = CheckResult.from_json(file.result or {})
    assert (result.sendable, result.opted_out, result.opt_outs_seen) == (2, len(seen) and 1, seen)
    assert count_in_file(file) == 1
