"""The file of a day: which days, when, one of them, whole, whatever dies in between."""

import errno
import gzip
import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from console.accounts.models import Notice, NoticeMail
from messaging.history import backing_up as backing
from messaging.history.backing_up import back_up, claim_file, pause_after, plan_files, work_on
from messaging.history.dropping import drop_history
from messaging.history.storages import StorageProblem
from messaging.models import BackupFile, BackupSettings, SendRequest
from messaging.models.backup import BackupState
from tests.factories import MembershipFactory, ProjectFactory
from tests.messaging.audience.test_saving import Interrupter, Killed
from tests.messaging.history.past import a_file, backing_up, sent

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)  # noon in Seoul
FIRST_KEPT = datetime(2026, 5, 26, 15, tzinfo=UTC)  # the first moment of 2026-05-27 in Seoul
OLD = FIRST_KEPT - timedelta(seconds=1)


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Any:
    settings.BONGSU_BACKUP_ROOT = str(tmp_path)
    with time_machine.travel(NOW, tick=False):
        yield tmp_path


def stored(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.django_db
def test_a_day_is_written_when_it_is_older_than_180_days(root: Path) -> None:
    project = backing_up(folder="sms").project
    sent(project, FIRST_KEPT)
    assert back_up() is False
    assert stored(root) == []
    sent(project, OLD)
    sent(project, OLD - timedelta(days=2))
    back_up()
    names = [f"project-{project.pk}/sms/history-{project.pk}-2026-05-{day}.csv.gz" for day in (24, 26)]
    assert stored(root) == names
    files = list(BackupFile.objects.order_by("day").values_list("day", "state", "rows", "problem"))
    assert files == [(date(2026, 5, day), "VERIFIED", 1, "") for day in (24, 26)]


@pytest.mark.django_db
def test_only_projects_that_want_it_and_only_their_own(root: Path) -> None:
    project = backing_up().project
    backing_up(ProjectFactory(), folder="x").delete()
    sent(ProjectFactory(), OLD, [None] * 5)
    sent(project, OLD, [None] * 2)
    back_up()
    assert list(BackupFile.objects.values_list("project", "rows")) == [(project.pk, 2)]
    back_up()
    assert BackupFile.objects.count() == 1


@pytest.mark.django_db
def test_who_switched_it_off_or_was_never_there_is_not_planned() -> None:
    project = backing_up().project
    off = backing_up(ProjectFactory())
    sent(off.project, OLD)
    sent(ProjectFactory(), OLD - timedelta(days=5))
    sent(project, OLD)
    BackupSettings.objects.filter(pk=off.pk).update(is_on=False)
    assert plan_files() == 1
    assert list(BackupFile.objects.values_list("project", "day")) == [(project.pk, date(2026, 5, 26))]


@pytest.mark.django_db
def test_the_oldest_day_comes_first_while_it_is_wanted() -> None:
    project = backing_up().project
    late, early = (a_file(project, date(2026, 1, day), state="WAITING") for day in (9, 8))
    assert [claim_file().file for _n in range(2)] == [early, late]
    assert claim_file() is None
    BackupFile.objects.update(state="WAITING")
    BackupSettings.objects.update(is_on=False)
    assert claim_file() is None


@pytest.mark.django_db
def test_it_says_whether_something_is_left() -> None:
    sent(backing_up().project, OLD)
    assert back_up(seconds=0) is True
    assert back_up() is False
    assert back_up(seconds=0) is False


@pytest.mark.django_db
def test_what_is_open_on_another_day_or_elsewhere_holds_nothing_back() -> None:
    project = backing_up().project
    sent(project, OLD)
    for days in (-1, 1):
        sent(project, OLD + timedelta(days=days), state="HELD")
    sent(ProjectFactory(), OLD, state="HELD")
    back_up()
    states = BackupFile.objects.order_by("day").values_list("day", "state")
    assert list(states) == [(date(2026, 5, 25), "WAITING"), (date(2026, 5, 26), "VERIFIED")]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["HELD", "SCHEDULED", "SENDING", "LOADING", "WAITING", "CANCELING"])
def test_a_day_with_an_open_request_waits_for_its_end(root: Path, state: str) -> None:
    project = backing_up().project
    sent(project, OLD - timedelta(hours=1))
    request = sent(project, OLD, state=state)
    back_up()
    assert (BackupFile.objects.get().state, stored(root)) == (BackupState.WAITING, [])
    assert drop_history().requests == 0
    SendRequest.objects.filter(pk=request.pk).delete()
    back_up()
    assert BackupFile.objects.get().rows == 1


@pytest.mark.django_db
def test_a_storage_that_fails_is_asked_again_after_growing_pauses(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = backing_up().project
    MembershipFactory(project=project)
    sent(project, OLD)
    root.chmod(0o700)
    real = backing.save_file

    def full(*args: Any) -> None:
        raise StorageProblem("no_space", "No space left on device")

    monkeypatch.setattr(backing, "save_file", full)
    back_up()
    file = BackupFile.objects.get()
    assert (file.state, file.problem, file.attempts) == (BackupState.WAITING, "no_space", 1)
    assert (file.not_before, file.failed_at) == (NOW + timedelta(minutes=2), NOW)
    assert (file.detail, file.claimed_by, file.lease_until) == ("No space left on device", None, None)
    assert (Notice.objects.get().kind, NoticeMail.objects.count()) == ("backup_failed", 1)
    back_up()
    assert BackupFile.objects.get().attempts == 1
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        back_up()
        assert BackupFile.objects.get().not_before == NOW + timedelta(minutes=6)
        assert Notice.objects.count() == 1  # once a day
        assert drop_history().requests == 0
    with time_machine.travel(NOW + timedelta(days=4), tick=False):
        back_up()
        assert Notice.objects.count() == 2
        assert drop_history().requests == 0  # past its margin, and there all the same
        monkeypatch.setattr(backing, "save_file", real)
    with time_machine.travel(NOW + timedelta(days=5), tick=False):
        back_up()
        file = BackupFile.objects.get()
        assert (file.problem, file.detail, file.claimed_by, file.lease_until) == ("", "", None, None)
        assert drop_history().requests == 1


def test_pauses_end_at_six_hours() -> None:
    assert [pause_after(n) // timedelta(minutes=1) for n in (1, 2, 3, 8, 9, 500)] == [2, 4, 8, 256, 360, 360]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: gzip.compress(gzip.decompress(content)[:-10]),
        lambda content: gzip.compress(gzip.decompress(content).replace(b"0212345678", b"0212345679")),
        lambda content: content[:-1],
        lambda content: b"not found",
    ],
)
def test_what_the_storage_gives_back_must_be_what_was_written(
    root: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any
) -> None:
    project = backing_up().project
    sent(project, OLD)
    real = backing.save_file

    def lossy(chosen: Any, name: str, file: Any) -> None:
        real(chosen, name, file)
        path = root / f"project-{project.pk}" / name
        path.write_bytes(spoil(path.read_bytes()))

    monkeypatch.setattr(backing, "save_file", lossy)
    back_up()
    file = BackupFile.objects.get()
    assert (file.state, file.problem, file.verified_at) == (BackupState.WAITING, "differs", None)


@pytest.mark.django_db
def test_what_nobody_foresaw_is_raised_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sent(backing_up().project, OLD)

    def fail(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(backing, "save_file", fail)
    with pytest.raises(ZeroDivisionError):
        back_up()
    file = BackupFile.objects.get()
    assert (file.state, file.problem, file.detail) == (BackupState.WAITING, "failed", "ZeroDivisionError")


@pytest.mark.django_db
@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "no_space"), (errno.EIO, "failed")])
def test_the_disk_of_this_machine_fails_like_a_storage(
    monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    sent(backing_up().project, OLD)

    def full(*args: Any) -> None:
        raise OSError(number, "the disk")

    monkeypatch.setattr(backing, "write_rows", full)
    back_up()
    assert BackupFile.objects.get().problem == code


@pytest.mark.django_db
def test_what_it_is_written_to_is_nobody_elses(settings: Any, tmp_path: Path) -> None:
    settings.PRIVATE_ROOT = tmp_path / "private"
    with backing.spooled() as file:
        file.write(b"a")
        folder = settings.PRIVATE_ROOT / backing.SPOOL
        assert (folder.stat().st_mode & 0o777, list(folder.iterdir())) == (0o700, [])


@pytest.mark.django_db
def test_the_type_is_that_of_when_it_is_written(root: Path) -> None:
    chosen = backing_up(file_format="CSV")
    sent(chosen.project, OLD)
    plan_files()
    BackupSettings.objects.update(file_format="JSONL")
    back_up()
    file = BackupFile.objects.get()
    assert (file.file_format, file.state) == ("JSONL", BackupState.VERIFIED)
    assert file.name == f"history-{chosen.project_id}-2026-05-26.jsonl.gz"


@pytest.mark.django_db
def test_a_claim_is_renewed_once_a_minute_and_lasts_while_it_is_handed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent(backing_up().project, OLD)
    plan_files()
    claim = claim_file()
    assert claim is not None

    def lease() -> datetime | None:
        return BackupFile.objects.get().lease_until

    assert lease() == NOW + timedelta(minutes=5)
    for seconds, expected in ((60, timedelta(minutes=5)), (61, timedelta(minutes=5, seconds=61))):
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            claim.stay()
            assert lease() == NOW + expected
    found: list[datetime | None] = []
    monkeypatch.setattr(backing, "save_file", lambda *args: found.append(lease()))
    work_on(claim)
    assert found == [NOW + timedelta(hours=1)]


@pytest.mark.django_db
def test_a_day_is_claimed_anew_after_its_lease(root: Path) -> None:
    project = backing_up().project
    for day, state in ((1, "WRITING"), (2, "WRITTEN")):
        a_file(project, date(2026, 1, day), state=state, lease_until=NOW)
    assert claim_file() is None
    with time_machine.travel(NOW + timedelta(microseconds=1), tick=False):
        claims = [claim_file() for _n in range(3)]
    assert [claim and (claim.file.day.day, claim.file.attempts) for claim in claims] == [(1, 1), (2, 1), None]


@pytest.mark.django_db
def test_who_lost_a_day_to_a_worker_that_is_at_it_writes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = backing_up().project
    MembershipFactory(project=project)
    sent(project, OLD)
    plan_files()
    first = claim_file()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        second = claim_file()
    assert first is not None
    assert second is not None
    row = BackupFile.objects.values().get()
    work_on(first)
    backing.give_back(first, StorageProblem("failed"))
    assert BackupFile.objects.values().get() == row
    assert (stored(root), Notice.objects.count()) == ([], 0)
    work_on(second)
    assert BackupFile.objects.get().state == BackupState.VERIFIED


@pytest.mark.django_db(transaction=True)
def test_who_finds_a_day_taken_takes_the_next_and_waits_for_nobody() -> None:
    project = backing_up().project
    for day in (1, 2):
        a_file(project, date(2026, 1, day), state="WAITING")
    taken: list[Any] = []

    def take() -> None:
        taken.append(claim_file())
        connection.close()

    with transaction.atomic():
        first = claim_file()
        other = threading.Thread(target=take)
        other.start()
        other.join(20)
        assert [each.file.day.day for each in [first, *taken]] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_one_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = backing_up().project
    sent(project, OLD)
    plan_files()
    first = claim_file()
    assert first is not None
    assert claim_file() is None
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):  # the first one is thought dead
        second = claim_file()
        assert second is not None
        work_on(second)
        verified = BackupFile.objects.values().get()
        content = (root / stored(root)[0]).read_bytes()
        work_on(first)  # and is not: it notices before it hands anything over
    assert BackupFile.objects.values().get() == verified
    assert (verified["state"], verified["attempts"]) == (BackupState.VERIFIED, 2)
    assert [(root / name).read_bytes() for name in stored(root)] == [content]


@pytest.mark.django_db(transaction=True)
def test_killed_after_any_statement_it_ends_with_the_same_file(root: Path) -> None:
    chosen = backing_up()
    sent(chosen.project, OLD, [None] * 3)
    contents, at, interrupted = set(), 0, 0
    while True:
        BackupFile.objects.all().delete()
        counter = Interrupter(at)
        with suppress(Killed), connection.execute_wrapper(counter):
            back_up()
        interrupted += counter.has_struck
        with time_machine.travel(NOW + timedelta(hours=2), tick=False):
            back_up()
        file = BackupFile.objects.get()
        assert (file.state, file.rows, file.claimed_by) == (BackupState.VERIFIED, 3, None), at
        [name] = stored(root)
        contents.add((root / name).read_bytes())
        if not counter.has_struck:
            break
        at += 1
    assert len(contents) == 1
    assert interrupted > 10


@pytest.mark.django_db
def test_switched_off_while_it_is_written_nothing_is_verified(root: Path) -> None:
    project = backing_up().project
    sent(project, OLD)
    plan_files()
    claim = claim_file()
    assert claim is not None
    BackupFile.objects.all().delete()
    work_on(claim)
    assert (BackupFile.objects.count(), stored(root)) == (0, [])
