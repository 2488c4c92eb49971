"""A project chooses whether and where its history is backed up; what it chose is checked and tried here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from console.accounts.services import lock_project
from messaging.history import storages
from messaging.history.storages import BUCKET, FOLDER_NAME, PREFIX, REGION, StorageProblem, try_out
from messaging.models import BackupFile, BackupSettings
from messaging.models.backup import BackupPlace, BackupState
from messaging.policies.settings import changed_meanwhile

FIELDS = (
    "is_on",
    "file_format",
    "place",
    "folder",
    "endpoint",
    "region",
    "bucket",
    "prefix",
    "access_key",
    "secret_key",
)
WHAT_IS_WRONG: dict[str, Any] = {
    storages.NOT_SET: _("Something of the storage is missing or cannot be."),
    storages.PRIVATE: _(
        "The storage is inside a private network, or is called without encryption. An administrator may "
        "allow its network."
    ),
    storages.UNREACHABLE: _("The storage cannot be reached. Check its address."),
    storages.DENIED: _("The storage refuses us. Check its keys, and that they may write and read."),
    storages.NO_BUCKET: _("There is no such bucket in the storage."),
    storages.NO_SPACE: _("The storage is full."),
    storages.MISSING: _("The file is not in the storage any more."),
    storages.DIFFERS: _("What the storage gave back is not what was written."),
    storages.FAILED: _("The storage failed."),
}


class BackupRefused(Exception):
    """The choice was not saved; `problems` are sentences by field, "" for all of it."""

    def __init__(self, problems: dict[str, Any]) -> None:
        super().__init__(str(problems))
        self.problems = problems


@dataclass(frozen=True)
class BackupWish:
    """What a person chose. An empty `secret_key` keeps the one that is known, for the same access key.

    `seen`: when what the person saw was changed, None: never.
    """

    is_on: bool
    file_format: str
    place: str
    folder: str = ""
    endpoint: str = ""
    region: str = ""
    bucket: str = ""
    prefix: str = ""
    access_key: str = ""
    secret_key: str = ""
    seen: datetime | None = None


def backup_of(project: Project) -> BackupSettings:
    """The project's choice; one that was not made is off."""
    kept = BackupSettings.objects.filter(project=project).select_related("updated_by").first()
    return kept or BackupSettings(project=project)


def change_backup(*, project: Project, user: User, wish: BackupWish) -> BackupSettings:
    """Save the choice. Switched off, what was not verified is not written any more. Raises BackupRefused."""
    with transaction.atomic():
        if problems := changed_meanwhile(backup_of(lock_project(project)), wish.seen):
            raise BackupRefused(problems)
        chosen = chosen_by(project, wish)
        chosen.updated_by = user
        chosen.save()
        if not chosen.is_on:
            unverified = BackupFile.objects.filter(project=project).exclude(state=BackupState.VERIFIED)
            unverified.delete()
        else:
            _try_again(project)
    return chosen


def _try_again(project: Project) -> None:
    """What rests after a failure is tried at once with the new choice."""
    BackupFile.objects.filter(project=project, state=BackupState.WAITING).update(not_before=None)


def try_storage(*, project: Project, wish: BackupWish) -> str:
    """Write, read back and delete a small file in the storage as it is typed. A sentence, "" where it works.

    Raises BackupRefused where it cannot be a storage at all.
    """
    try:
        try_out(chosen_by(project, wish))
    except StorageProblem as problem:
        return f"{WHAT_IS_WRONG[problem.code]} {f'({problem.detail})' if problem.detail else ''}".strip()
    return ""


def chosen_by(project: Project, wish: BackupWish) -> BackupSettings:
    """The settings as they would be saved. Raises BackupRefused."""
    chosen = backup_of(project)
    known = (chosen.endpoint, chosen.access_key, chosen.secret_key)
    for name in FIELDS:
        setattr(chosen, name, getattr(wish, name))
    # The secret goes nowhere that it was not given for.
    if not wish.secret_key and (wish.endpoint, wish.access_key) == known[:2]:
        chosen.secret_key = known[2]
    if problems := problems_of(chosen):
        raise BackupRefused(problems)
    return chosen


def problems_of(chosen: BackupSettings) -> dict[str, Any]:
    """What is wrong with the choice, by field; what is off may be incomplete."""
    if chosen.place == BackupPlace.FOLDER:
        return _problems_of_folder(chosen)
    found: dict[str, Any] = {}
    if chosen.is_on or chosen.bucket:
        found |= _problems_of_bucket(chosen)
    if chosen.endpoint and (code := storages.why_endpoint_refused(chosen.endpoint)):
        found["endpoint"] = ADDRESS if code == storages.NOT_SET else WHAT_IS_WRONG[code]
    return found


ADDRESS = _("Write an address like https://storage.example.com.")


def _problems_of_folder(chosen: BackupSettings) -> dict[str, Any]:
    if not settings.BONGSU_BACKUP_ROOT:
        return {"place": _("This console offers no folder. Choose S3-compatible storage.")}
    if chosen.folder and not FOLDER_NAME.fullmatch(chosen.folder):
        return {"folder": _("Letters, digits, - and _ only, 40 at most.")}
    return {}


def _problems_of_bucket(chosen: BackupSettings) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if not BUCKET.fullmatch(chosen.bucket):
        found["bucket"] = _("A bucket's name has 3 to 63 small letters, digits, dots and hyphens.")
    if not chosen.endpoint and not chosen.region:
        found["region"] = _("Amazon's storage needs a region. Another storage needs its endpoint.")
    if chosen.region and not REGION.fullmatch(chosen.region):
        found["region"] = _("Write a region like ap-northeast-2.")
    if chosen.prefix and (not PREFIX.fullmatch(chosen.prefix) or ".." in chosen.prefix):
        found["prefix"] = _("Names of letters, digits, dots, - and _, with / between them.")
    if not chosen.access_key:
        found["access_key"] = _("Without a key of its own the storage is not called.")
    if not chosen.secret_key:
        found["secret_key"] = _("Enter the secret key that belongs to this access key and endpoint.")
    return found
