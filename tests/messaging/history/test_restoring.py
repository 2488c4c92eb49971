"""A day goes into a file, out of the tables, and comes back as it was."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from messaging.history.backing_up import back_up
from messaging.history.dropping import drop_history
from messaging.models import BackupFile, Message, RestoredDay
from messaging.models.backup import BackupFormat, BackupState
from messaging.partitions import months
from tests.messaging.history.past import TEXTS, backing_up, everything, sent

THEN = datetime(2026, 3, 10, 5, 30, tzinfo=UTC)
DAY = date(2026, 3, 10)
LATER = datetime(2026, 11, 22, 3, tzinfo=UTC)
FORMATS = list(BackupFormat)


@pytest.fixture(autouse=True)
def _later(settings: Any, tmp_path: Path) -> Any:
    settings.BONGSU_BACKUP_ROOT = str(tmp_path / "backups")
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("file_format", FORMATS)
def test_backup_drop_and_restore_gives_the_same_history(file_format: str) -> None:
    chosen = backing_up(file_format=file_format)
    project = chosen.project
    sent(project, THEN, [None, *([text, text] for text in TEXTS)])
    sent(project, THEN + timedelta(hours=1), [], state="CANCELED", name="Nobody", attachment_ids=[1, 2])
    sent(project, THEN + timedelta(hours=2), [None] * 3, subject="", body="Same", placeholders=[])
    before = everything(project)
    assert back_up() is False
    file = BackupFile.objects.get()
    assert (file.day, file.state, file.rows) == (DAY, BackupState.VERIFIED, 13)
    dropped = drop_history()
    assert (dropped.requests, [month.month for month in dropped.months]) == (3, [3])
    assert everything(project) == []
    call_command("restore_history", project=str(project.pk), day=DAY, keep_days=30)
    assert everything(project) == before
    mark = RestoredDay.objects.get()
    assert (mark.day, mark.rows, mark.keep_until) == (DAY, 13, LATER + timedelta(days=30))


@pytest.mark.django_db(transaction=True)
def test_a_restored_day_stays_until_its_time_and_goes_again() -> None:
    project = backing_up().project
    sent(project, THEN, [None] * 2)
    back_up()
    drop_history()
    call_command("restore_history", project=project.service_id, day=DAY, keep_days=2)
    assert drop_history().requests == 0
    assert Message.objects.count() == 2
    with time_machine.travel(LATER + timedelta(days=2), tick=False):
        back_up()
        dropped = drop_history()
    assert (dropped.requests, len(dropped.months), RestoredDay.objects.count()) == (1, 1, 0)
    assert Message.objects.count() == 0
    assert THEN.month not in {month.month for month in months() if month.year == THEN.year}


@pytest.mark.django_db(transaction=True)
def test_restoring_twice_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    project = backing_up().project
    sent(project, THEN, [None] * 2)
    before = everything(project)
    back_up()
    call_command("restore_history", project=project.app_key, day=DAY)
    assert "0 requests and 0 messages were restored" in capsys.readouterr().out
    Message.objects.filter(country_code=81).delete()
    call_command("restore_history", project=project.app_key, day=DAY)
    assert "0 requests and 1 messages were restored" in capsys.readouterr().out
    assert everything(project) == before


@pytest.mark.django_db(transaction=True)
def test_a_day_in_two_months_comes_back_whole() -> None:
    """The first of March begins in February, by the clock of the months."""
    project = backing_up().project
    first, last = (datetime(2026, *moment, tzinfo=UTC) for moment in ((2, 28, 15), (3, 1, 14, 59)))
    for moment in (first, last):
        sent(project, moment, [None])
    before = everything(project)
    back_up()
    dropped = drop_history()
    assert (dropped.requests, [month.month for month in dropped.months]) == (2, [2, 3])
    call_command("restore_history", project=str(project.pk), day=date(2026, 3, 1), keep_days=1)
    assert everything(project) == before
    with time_machine.travel(LATER + timedelta(days=1), tick=False):
        assert len(drop_history().months) == 2
