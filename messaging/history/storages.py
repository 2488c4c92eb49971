"""Where backup files go: a folder that is the project's own, or S3-compatible storage.

Who manages a project names the storage, so nothing of it is believed: a folder is one name below the
project's own folder, a host is looked at when it is named and again on the connection itself
(`console.network`), and without keys of its own nothing is called, else the machine's keys would be used.
"""

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import S3TransferRetriesExceededError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from storages.backends.s3 import S3Storage

from console.network import addresses_of, allowed_networks, why_refused
from messaging.history.connections import Allowance, PrivateAddress, pools_within
from messaging.models import BackupSettings
from messaging.models.backup import BackupPlace

BLOCK = 1 << 20
LITTLE = 1 << 20  # of an answer that is no file
LONGEST_SECONDS, TRY_SECONDS = 3600.0, 20.0
IN_MEMORY = 8 << 20  # of a file that is read back; the rest is on the disk
FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+){1,4}", re.ASCII)
PREFIX = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", re.ASCII)

# What a storage can be wrong with; pages have a sentence for each.
NOT_SET, PRIVATE, UNREACHABLE, DENIED = "not_set", "private", "unreachable", "denied"
NO_BUCKET, NO_SPACE, MISSING, DIFFERS, FAILED = "no_bucket", "no_space", "missing", "differs", "failed"
OF_S3 = {
    "NoSuchBucket": NO_BUCKET,
    "NoSuchKey": MISSING,
    "404": MISSING,
    "AccessDenied": DENIED,
    "403": DENIED,
    "InvalidAccessKeyId": DENIED,
    "SignatureDoesNotMatch": DENIED,
}
OF_DISK = {errno.ENOSPC: NO_SPACE, errno.EDQUOT: NO_SPACE, errno.EACCES: DENIED, errno.EROFS: DENIED}


class StorageProblem(Exception):
    """The storage cannot be used; `code` is one of those above, `detail` what it said, for who runs it."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail[:200]


class CheckedS3(S3Storage):
    """S3 storage whose every connection goes to an address that the console may call, and comes to an end."""

    allowance: Allowance

    @property
    def connection(self) -> Any:
        is_new = getattr(self._connections, "connection", None) is None
        resource = super().connection
        if is_new:
            session = resource.meta.client._endpoint.http_session
            session._manager.pool_classes_by_scheme = pools_within(self.allowance)
        return resource


class WholeFiles(FileSystemStorage):
    """A folder in which a file appears at once, whole; one of the same name gives way to it."""

    def _save(self, name: str, content: Any) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for block in content.chunks(BLOCK):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name


def storage_of(chosen: BackupSettings, *, seconds: float = LONGEST_SECONDS, most: int = LITTLE) -> Storage:
    """The storage that the project chose. Raises StorageProblem where it may not or cannot be used.

    One that others run is used for so many seconds from now on, and answers with so many bytes at most.
    """
    if chosen.place == BackupPlace.FOLDER:
        return _folder(chosen)
    storage = _s3(chosen)
    storage.allowance = Allowance(seconds, most)
    return storage


def location_of(chosen: BackupSettings) -> str:
    """Where its files lie, for people: of a folder, what is below the administrator's."""
    if chosen.place == BackupPlace.FOLDER:
        return str(_folder_path(chosen).relative_to(settings.BONGSU_BACKUP_ROOT))
    host = chosen.endpoint or f"https://s3.{chosen.region}.amazonaws.com"
    return "/".join(part for part in (host.rstrip("/"), chosen.bucket, chosen.prefix) if part)


def why_endpoint_refused(endpoint: str) -> str:
    """Why an S3 endpoint may not be called, as one of the codes above, or ""."""
    try:
        parts = urlsplit(endpoint)
        host, is_plain = parts.hostname or "", parts.scheme == "http"
        is_address = parts.scheme in ("https", "http") and bool(host) and parts.port != 0
    except ValueError:
        return NOT_SET
    if not is_address or parts.username or parts.query or parts.fragment or parts.path not in ("", "/"):
        return NOT_SET
    try:
        addresses = addresses_of(host)
    except (OSError, UnicodeError, ValueError):
        return UNREACHABLE
    inside = all(any(each in network for network in allowed_networks()) for each in addresses)
    if why_refused(host) or (is_plain and not inside):
        return PRIVATE
    return ""


def save_file(chosen: BackupSettings, name: str, file: IO[bytes]) -> None:
    """Write the file under that name, in place of any of the same name. Raises StorageProblem."""
    with told():
        storage_of(chosen).save(name, File(file, name=name))


@contextmanager
def opened(chosen: BackupSettings, name: str, size: int) -> Iterator[IO[bytes]]:
    """The file of that name, no longer than it was written. Raises StorageProblem, while it is read too."""
    with told(), storage_of(chosen, most=size + LITTLE).open(name, "rb") as file:
        yield file


def try_out(chosen: BackupSettings) -> None:
    """Write a small file, read it back, delete it. Raises StorageProblem."""
    name, said = f"test-{secrets.token_hex(8)}.txt", secrets.token_bytes(64)
    with told():
        storage = storage_of(chosen, seconds=TRY_SECONDS)
        storage.save(name, ContentFile(said))
        with storage.open(name, "rb") as file:
            is_same = file.read() == said
        storage.delete(name)
    if not is_same:
        raise StorageProblem(DIFFERS)


@contextmanager
def told() -> Iterator[None]:
    """What a storage raises, as a StorageProblem."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise StorageProblem(OF_S3.get(code, FAILED), code) from error
    except (BotoCoreError, Boto3Error, S3TransferRetriesExceededError) as error:
        raise StorageProblem(_cause(error), type(error).__name__) from error
    except FileNotFoundError as error:
        raise StorageProblem(MISSING) from error
    except OSError as error:
        raise StorageProblem(OF_DISK.get(error.errno or 0, FAILED), error.strerror or "") from error
    except SuspiciousFileOperation as error:
        raise StorageProblem(FAILED, type(error).__name__) from error


def _cause(error: BaseException) -> str:
    """Whether the connection was given up because of where it led."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, PrivateAddress) or PrivateAddress.__name__ in repr(seen):
            return PRIVATE
        seen = getattr(seen, "kwargs", {}).get("error") or seen.__cause__
    return UNREACHABLE


def _folder_path(chosen: BackupSettings) -> Path:
    return Path(settings.BONGSU_BACKUP_ROOT, f"project-{chosen.project_id}", chosen.folder)


def _folder(chosen: BackupSettings) -> Storage:
    if not settings.BONGSU_BACKUP_ROOT or (chosen.folder and not FOLDER_NAME.fullmatch(chosen.folder)):
        raise StorageProblem(NOT_SET)
    return WholeFiles(location=_folder_path(chosen), file_permissions_mode=0o600)


def _s3(chosen: BackupSettings) -> CheckedS3:
    is_named = bool(BUCKET.fullmatch(chosen.bucket) and chosen.access_key and chosen.secret_key)
    has_place = bool(chosen.endpoint) or bool(REGION.fullmatch(chosen.region))
    if not is_named or not has_place or (chosen.prefix and not PREFIX.fullmatch(chosen.prefix)):
        raise StorageProblem(NOT_SET)
    if chosen.endpoint and (code := why_endpoint_refused(chosen.endpoint)):
        raise StorageProblem(code)
    return CheckedS3(
        access_key=chosen.access_key,
        secret_key=chosen.secret_key,
        security_token=None,
        session_profile=None,
        bucket_name=chosen.bucket,
        location=chosen.prefix,
        endpoint_url=chosen.endpoint or None,
        region_name=chosen.region or "us-east-1",
        default_acl=None,
        object_parameters={"ContentType": "application/gzip", "ContentEncoding": "identity"},
        file_overwrite=True,
        max_memory_size=IN_MEMORY,
        use_threads=True,
        client_config=Config(
            s3={"addressing_style": "path"},
            signature_version="s3v4",
            proxies={},
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 2},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
