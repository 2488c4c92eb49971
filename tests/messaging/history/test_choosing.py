"""What a project may choose for its backup: checked whole, kept with its secret, and its own alone."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console.accounts.models import Project
from messaging.history import choosing
from messaging.history.choosing import (
    BackupRefused,
    BackupWish,
    backup_of,
    change_backup,
    chosen_by,
    try_storage,
)
from messaging.history.storages import StorageProblem
from messaging.models import BackupFile, BackupSettings
from tests.factories import ProjectFactory, UserFactory
from tests.messaging.history.past import a_file, backing_up
from tests.messaging.sending.test_concurrency import at_once

pytestmark = pytest.mark.django_db

RESTS_UNTIL = datetime(2026, 11, 22, 3, tzinfo=UTC)
FOLDER = {"is_on": True, "file_format": "CSV", "place": "FOLDER"}
S3 = {
    **FOLDER,
    "place": "S3",
    "region": "ap-northeast-2",
    "bucket": "history",
    "access_key": "one",
    "secret_key": "known",
}
SAID = {
    "bucket": "A bucket's name has 3 to 63 small letters, digits, dots and hyphens.",
    "region": "Write a region like ap-northeast-2.",
    "no region": "Amazon's storage needs a region. Another storage needs its endpoint.",
    "prefix": "Names of letters, digits, dots, - and _, with / between them.",
    "access_key": "Without a key of its own the storage is not called.",
    "secret_key": "Enter the secret key that belongs to this access key and endpoint.",
    "endpoint": "Write an address like https://storage.example.com.",
    "private": (
        "The storage is inside a private network, or is called without encryption. An administrator may "
        "allow its network."
    ),
}


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Path:
    settings.BONGSU_BACKUP_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


def change(project: Project, **wish: Any) -> BackupSettings:
    """Changed by somebody who saw how it was, unless `seen` says what they saw."""
    seen = {"seen": backup_of(project).updated_at}
    return change_backup(project=project, user=UserFactory(), wish=BackupWish(**seen | wish))


def refused(project: Project, **wish: Any) -> dict[str, str]:
    with pytest.raises(BackupRefused) as problems:
        change(project, **wish)
    assert not BackupSettings.objects.exists()
    return {name: str(said) for name, said in problems.value.problems.items()}


def test_a_choice_is_the_projects_own_and_names_who_made_it(project: Project) -> None:
    other = backing_up(folder="theirs")
    assert backup_of(project).is_on is False
    user = UserFactory()
    change_backup(project=project, user=user, wish=BackupWish(**FOLDER, folder="ours"))
    kept = backup_of(project)
    assert (kept.is_on, kept.folder, kept.updated_by) == (True, "ours", user)
    assert backup_of(other.project).folder == "theirs"


@pytest.mark.parametrize(
    ("wish", "problems"),
    [
        ({"bucket": ""}, {"bucket": SAID["bucket"]}),
        ({"bucket": "ab"}, {"bucket": SAID["bucket"]}),
        ({"bucket": "a" * 64}, {"bucket": SAID["bucket"]}),
        ({"region": ""}, {"region": SAID["no region"]}),
        ({"region": "seoul"}, {"region": SAID["region"]}),
        ({"region": "", "endpoint": "8.8.8.8"}, {"endpoint": SAID["endpoint"]}),
        ({"endpoint": "https://10.0.0.1"}, {"endpoint": SAID["private"]}),
        ({"prefix": "/a"}, {"prefix": SAID["prefix"]}),
        ({"prefix": "a/../b"}, {"prefix": SAID["prefix"]}),
        ({"access_key": ""}, {"access_key": SAID["access_key"]}),
        ({"secret_key": ""}, {"secret_key": SAID["secret_key"]}),
        ({"access_key": "", "secret_key": ""}, {name: SAID[name] for name in ("access_key", "secret_key")}),
        ({"is_on": False, "bucket": "ab"}, {"bucket": SAID["bucket"]}),
    ],
)
def test_what_is_wrong_is_said_by_field(
    project: Project, wish: dict[str, Any], problems: dict[str, str]
) -> None:
    assert refused(project, **S3 | wish) == problems


@pytest.mark.parametrize(
    "wish", [S3, {**S3, "region": "", "endpoint": "https://8.8.8.8"}, {**S3, "prefix": "a.b/c-d_e"}]
)
def test_what_can_be_a_storage(project: Project, wish: dict[str, Any]) -> None:
    assert change(project, **wish).is_on is True


def test_what_is_off_may_be_incomplete(project: Project) -> None:
    change(project, is_on=False, file_format="CSV", place="S3")
    assert (backup_of(project).place, backup_of(project).is_on) == ("S3", False)


def test_a_console_without_a_folder_offers_none(project: Project, settings: Any) -> None:
    settings.BONGSU_BACKUP_ROOT = ""
    assert refused(project, **FOLDER) == {
        "place": "This console offers no folder. Choose S3-compatible storage."
    }


def test_a_new_secret_takes_the_place_of_the_known_one(project: Project) -> None:
    change(project, **S3)
    assert chosen_by(project, BackupWish(**S3 | {"secret_key": ""})).secret_key == "known"
    assert chosen_by(project, BackupWish(**S3 | {"secret_key": "new"})).secret_key == "new"


def test_who_saw_something_else_is_told_and_nothing_is_changed(project: Project) -> None:
    kept = change(project, **FOLDER)
    waiting = a_file(project, date(2026, 1, 3), state="WAITING", not_before=RESTS_UNTIL)
    for stale in (None, kept.updated_at - timedelta(microseconds=1)):
        for is_on in (True, False):
            with pytest.raises(BackupRefused) as problems:
                change(project, **FOLDER | {"is_on": is_on, "folder": "other"}, seen=stale)
            assert {name: str(said) for name, said in problems.value.problems.items()} == {
                "": "Meanwhile somebody else changed this. Look at it again, then save."
            }
    again = backup_of(project)
    assert (again.is_on, again.folder, again.updated_at) == (True, "", kept.updated_at)
    assert again.updated_by == kept.updated_by
    assert list(BackupFile.objects.values_list("pk", "not_before")) == [(waiting.pk, RESTS_UNTIL)]
    assert change(project, **FOLDER, folder="other").folder == "other"


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_is_told(project: Project) -> None:
    outcomes: list[str] = []

    def work() -> None:
        try:
            change(project, **FOLDER, seen=None)
            outcomes.append("changed")
        except BackupRefused:
            outcomes.append("told")

    at_once(*[work] * 4)
    assert sorted(outcomes) == ["changed", "told", "told", "told"]


def test_switched_off_only_the_projects_own_unverified_files_are_forgotten(project: Project) -> None:
    other = ProjectFactory()
    for each in (project, other):
        backing_up(each)
        for day, state in enumerate(("WAITING", "WRITING", "WRITTEN", "VERIFIED"), 1):
            a_file(each, date(2026, 1, day), state=state)
    change(project, **FOLDER | {"is_on": False})
    left = BackupFile.objects.order_by("project", "day").values_list("project", "state")
    assert list(left) == [
        (project.pk, "VERIFIED"),
        *((other.pk, state) for state in ("WAITING", "WRITING", "WRITTEN", "VERIFIED")),
    ]


def test_what_rests_is_tried_at_once_with_the_new_choice(project: Project) -> None:
    other = ProjectFactory()
    for each in (project, other):
        backing_up(each)
        a_file(each, date(2026, 1, 1), state="WAITING", not_before=RESTS_UNTIL)
    a_file(project, date(2026, 1, 2), state="VERIFIED", not_before=RESTS_UNTIL)
    change(project, **FOLDER)
    rest = BackupFile.objects.order_by("project", "day").values_list("project", "not_before")
    assert list(rest) == [(project.pk, None), (project.pk, RESTS_UNTIL), (other.pk, RESTS_UNTIL)]


def test_trying_says_what_the_storage_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    wish, said = BackupWish(**FOLDER), []
    for detail in ("", "Quota"):

        def fail(chosen: BackupSettings, detail: str = detail) -> None:
            raise StorageProblem("no_space", detail)

        monkeypatch.setattr(choosing, "try_out", fail)
        said.append(try_storage(project=project, wish=wish))
    assert said == ["The storage is full.", "The storage is full. (Quota)"]
    assert not BackupSettings.objects.exists()
