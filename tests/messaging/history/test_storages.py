"""Folders and S3: what may be named, what is called, and what a storage says when it fails."""

import errno
import io
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from console.accounts.models import Project
from messaging.history import storages
from messaging.history.backing_up import back_up
from messaging.history.choosing import BackupRefused, BackupWish, change_backup, chosen_by, try_storage
from messaging.history.storages import (
    StorageProblem,
    WholeFiles,
    location_of,
    opened,
    save_file,
    storage_of,
    try_out,
    why_endpoint_refused,
)
from messaging.models import BackupFile, BackupSettings
from tests.factories import ProjectFactory, UserFactory
from tests.messaging.history.past import sent
from tests.messaging.history.test_backing_up import OLD, root  # noqa: F401 - a fixture

KEYS = {"access_key": "AKIDEXAMPLE", "secret_key": "secret"}
PRIVATE_SENTENCE = (
    "The storage is inside a private network, or is called without encryption. An administrator may allow "
    "its network."
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    ).create_bucket(Bucket="history")
    yield endpoint
    server.stop()


def in_s3(endpoint: str, /, **fields: Any) -> BackupSettings:
    given = {"place": "S3", "endpoint": endpoint, "bucket": "history", "prefix": "a/b", **KEYS}
    return BackupSettings(project=ProjectFactory(), is_on=True, **given | fields)


@pytest.mark.django_db
def test_files_go_to_s3_and_come_back(server: str, settings: Any) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    chosen = in_s3(server)
    try_out(chosen)
    content = bytes(range(256)) * 100_000  # more than one part of an upload
    save_file(chosen, "one.csv.gz", io.BytesIO(content))
    with opened(chosen, "one.csv.gz", len(content)) as file:
        assert file.read() == content
    assert storage_of(chosen).listdir("")[1] == ["one.csv.gz"]  # the tried file is gone
    save_file(chosen, "one.csv.gz", io.BytesIO(b"anew"))
    assert storage_of(chosen).listdir("")[1] == ["one.csv.gz"]
    with opened(chosen, "one.csv.gz", 4) as file:
        assert file.read() == b"anew"
    assert location_of(chosen) == f"{server}/history/a/b"


@pytest.mark.django_db
def test_a_day_is_backed_up_to_s3(server: str, settings: Any) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    chosen = in_s3(server, prefix="days", file_format="JSONL")
    chosen.project.save()
    chosen.save()
    sent(chosen.project, OLD, [None] * 3)
    back_up()
    file = BackupFile.objects.get()
    assert (file.state, file.rows, file.problem) == ("VERIFIED", 3, "")
    assert storage_of(chosen).size(file.name) == file.size


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"bucket": "nothing-here"}, storages.NO_BUCKET),
        ({"access_key": ""}, storages.NOT_SET),
        ({"secret_key": ""}, storages.NOT_SET),
        ({"bucket": "../other"}, storages.NOT_SET),
        ({"prefix": "/etc"}, storages.NOT_SET),
        ({"endpoint": "", "region": "x/y"}, storages.NOT_SET),
        ({"endpoint": "http://127.0.0.1:1"}, storages.UNREACHABLE),
    ],
)
def test_what_s3_says_has_a_code(server: str, settings: Any, change: dict[str, str], code: str) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with pytest.raises(StorageProblem) as problem:
        try_out(in_s3(server, **change))
    assert problem.value.code == code


@pytest.mark.django_db
def test_a_file_that_is_gone_is_said_so(server: str, settings: Any) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with pytest.raises(StorageProblem) as problem, opened(in_s3(server), "never.csv.gz", 10) as file:
        file.read()
    assert problem.value.code == storages.MISSING


@pytest.mark.django_db
def test_a_private_endpoint_is_refused(server: str) -> None:
    with pytest.raises(StorageProblem) as problem:
        try_out(in_s3(server))
    assert problem.value.code == storages.PRIVATE


@pytest.mark.django_db
def test_a_name_that_leads_elsewhere_when_it_is_called_is_not_called(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was public when it was looked at, and is private on the connection."""
    monkeypatch.setattr(storages, "why_endpoint_refused", lambda endpoint: "")
    with pytest.raises(StorageProblem) as problem:
        try_out(in_s3(server))
    assert problem.value.code == storages.PRIVATE


@pytest.mark.parametrize(
    "endpoint",
    [
        "ftp://8.8.8.8",
        "https://",
        "https://a:b@8.8.8.8",
        "https://a@8.8.8.8",
        "https://8.8.8.8/x",
        "https://8.8.8.8?x",
        "https://8.8.8.8#x",
        "https://8.8.8.8:0",
        "https://8.8.8.8:x",
        "https://[8.8.8.8",
        "8.8.8.8",
    ],
)
def test_what_is_no_endpoint(endpoint: str) -> None:
    assert why_endpoint_refused(endpoint) == storages.NOT_SET


def test_without_encryption_only_inside_an_allowed_network(settings: Any) -> None:
    assert why_endpoint_refused("http://8.8.8.8") == storages.PRIVATE
    assert why_endpoint_refused("https://8.8.8.8") == ""
    assert why_endpoint_refused("https://10.0.0.1") == storages.PRIVATE
    settings.BONGSU_ALLOWED_NETWORKS = ["10.0.0.0/8"]
    assert why_endpoint_refused("http://10.0.0.1:9000") == ""


def test_a_name_of_several_addresses_is_without_encryption_only_where_all_are_inside(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["10.0.0.0/8"]
    monkeypatch.setattr(storages, "why_refused", lambda host: "")
    for others, code in ((["10.0.0.2"], ""), (["8.8.8.8"], storages.PRIVATE)):
        found = [ip_address(each) for each in ["10.0.0.1", *others]]
        monkeypatch.setattr(storages, "addresses_of", lambda host, found=found: found)
        assert why_endpoint_refused("http://storage.example.com") == code
        assert why_endpoint_refused("https://storage.example.com") == ""


def test_where_files_lie_is_said_without_keys(settings: Any) -> None:
    settings.BONGSU_BACKUP_ROOT = "/backups"
    chosen = BackupSettings(project_id=7, folder="sms")
    assert location_of(chosen) == "project-7/sms"
    chosen = BackupSettings(project_id=7, place="S3", region="ap-northeast-2", bucket="history", **KEYS)
    assert location_of(chosen) == "https://s3.ap-northeast-2.amazonaws.com/history"


@pytest.mark.django_db
def test_a_file_in_a_folder_is_whole_or_not_there(root: Path) -> None:  # noqa: F811
    chosen = BackupSettings(project=ProjectFactory(), folder="sms")
    folder = root / f"project-{chosen.project_id}" / "sms"

    class Broken(io.BytesIO):
        def read(self, *args: Any) -> bytes:
            raise OSError(errno.ENOSPC, "No space left on device")

    for content in (b"one", b"another"):
        save_file(chosen, "a.gz", io.BytesIO(content))
        assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("a.gz", content)]
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / "a.gz")] == [0o700, 0o600]
    with pytest.raises(StorageProblem) as problem:
        save_file(chosen, "a.gz", Broken(b"x"))
    assert (problem.value.code, problem.value.detail) == ("no_space", "No space left on device")
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("a.gz", b"another")]
    with pytest.raises(StorageProblem) as problem, opened(chosen, "b.gz", 1) as file:
        file.read()
    assert problem.value.code == storages.MISSING
    with pytest.raises(StorageProblem) as problem:
        save_file(chosen, "../a.gz", io.BytesIO(b"x"))
    assert problem.value.code == storages.FAILED


@pytest.mark.django_db
def test_a_storage_that_gives_back_something_else_is_told(
    root: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WholeFiles, "open", lambda self, name, mode: io.BytesIO(b"something else"))
    with pytest.raises(StorageProblem) as problem:
        try_out(BackupSettings(project=ProjectFactory()))
    assert problem.value.code == storages.DIFFERS
    assert [path for path in root.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        ("NoSuchBucket", storages.NO_BUCKET),
        ("NoSuchKey", storages.MISSING),
        ("404", storages.MISSING),
        ("AccessDenied", storages.DENIED),
        ("403", storages.DENIED),
        ("InvalidAccessKeyId", storages.DENIED),
        ("SignatureDoesNotMatch", storages.DENIED),
        ("Odd" * 100, storages.FAILED),
    ],
)
def test_what_a_storage_says_is_kept_short_with_our_code(raised: str, code: str) -> None:
    with pytest.raises(StorageProblem) as problem, storages.told():
        raise ClientError({"Error": {"Code": raised}}, "PutObject")
    assert (problem.value.code, problem.value.detail) == (code, raised[:200])


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, storages.NO_SPACE),
        (errno.EDQUOT, storages.NO_SPACE),
        (errno.EACCES, storages.DENIED),
        (errno.EROFS, storages.DENIED),
        (errno.EIO, storages.FAILED),
    ],
)
def test_what_a_disk_says_has_a_code(number: int, code: str) -> None:
    with pytest.raises(StorageProblem) as problem, storages.told():
        raise OSError(number, "what it says")
    assert (problem.value.code, problem.value.detail) == (code, "what it says")


@pytest.mark.django_db
@pytest.mark.parametrize("folder", ["../other", "/etc", "a/b", ".hidden", "-a", "a" * 41, "한글"])
def test_a_folder_is_one_name_below_the_projects_own(root: Path, folder: str) -> None:  # noqa: F811
    project, user = ProjectFactory(), UserFactory()
    with pytest.raises(BackupRefused) as refused:
        change_backup(project=project, user=user, wish=wish(folder=folder))
    assert refused.value.problems == {"folder": "Letters, digits, - and _ only, 40 at most."}
    assert BackupSettings.objects.count() == 0
    with pytest.raises(StorageProblem):
        save_file(BackupSettings(project=project, folder=folder), "a", io.BytesIO(b""))
    assert list(root.iterdir()) == []


def wish(**fields: Any) -> BackupWish:
    return BackupWish(**{"is_on": True, "file_format": "CSV", "place": "FOLDER", **fields})


@pytest.mark.django_db
def test_a_secret_stays_with_its_key_and_endpoint() -> None:
    project: Project = ProjectFactory()
    user = UserFactory()
    given = {"place": "S3", "endpoint": "https://8.8.8.8", "bucket": "history", "access_key": "one"}
    change_backup(project=project, user=user, wish=wish(**given, secret_key="known"))
    assert chosen_by(project, wish(**given)).secret_key == "known"
    for change in ({"endpoint": "https://1.1.1.1"}, {"access_key": "two"}):
        with pytest.raises(BackupRefused) as refused:
            chosen_by(project, wish(**given | change))
        assert list(refused.value.problems) == ["secret_key"]
    raw = BackupSettings.objects.filter(project=project).extra(select={"raw": "secret_key"})
    assert "known" not in raw.values_list("raw", flat=True)[0]


@pytest.mark.django_db
def test_trying_says_what_is_wrong(root: Path, server: str) -> None:  # noqa: F811
    project = ProjectFactory()
    assert try_storage(project=project, wish=wish()) == ""
    assert BackupSettings.objects.count() == 0
    assert [path for path in root.rglob("*") if path.is_file()] == []
    given = {"place": "S3", "endpoint": server, "bucket": "history", **KEYS}
    with pytest.raises(BackupRefused) as refused:
        try_storage(project=project, wish=wish(**given))
    assert refused.value.problems == {"endpoint": PRIVATE_SENTENCE}
