"""Each day that has left the retention becomes a file in its project's storage, read back before it counts.

Any number of workers may do this at once: a day is claimed with a lease, written to a nameless file on this
machine's disk, handed to the storage whole and under its final name, and read back. A worker that dies leaves
nothing; its day is written anew, with the same bytes. A storage that fails is asked again after pauses that
grow.
"""

import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.notices import notify_members
from console.transitions import Transitions
from messaging.history import storages
from messaging.history.reading import day_rows
from messaging.history.storages import StorageProblem, location_of, opened, save_file
from messaging.history.writing import SUFFIXES, NotThatFile, Written, count_back, write_rows
from messaging.ids import first_id_at
from messaging.models import BackupFile, BackupSettings, SendRequest
from messaging.models.backup import BACKUP_MOVES, BackupFormat, BackupState
from messaging.sending.kept import ENDED, day_of, first_day, id_range, start_of

BACKUP = Transitions(BACKUP_MOVES)
LEASE = timedelta(minutes=5)
RENEWED_AFTER = timedelta(minutes=1)
TO_UPLOAD = timedelta(hours=1)  # within which a storage has taken a file whole, or failed
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=6)
SECONDS = 50.0
SPOOL = "backup"


class ClaimLost(Exception):
    """Another worker is at this day by now, or the backup was switched off."""


@dataclass(slots=True)
class Claim:
    """A worker's right to a day's file, while its token stands in the row."""

    file: BackupFile
    token: UUID
    renewed_at: datetime

    def held(self) -> QuerySet[BackupFile]:
        return BackupFile.objects.filter(pk=self.file.pk, claimed_by=self.token)

    def stay(self) -> None:
        """Stay in possession, once a minute. Raises ClaimLost."""
        if timezone.now() - self.renewed_at > RENEWED_AFTER:
            self.move(BackupState.WRITING, LEASE)

    def move(self, to: BackupState, lease: timedelta | None, **fields: Any) -> None:
        """Move the row on, with what is known now. Raises ClaimLost."""
        self.renewed_at = timezone.now()
        fields["lease_until"] = self.renewed_at + lease if lease else None
        if not BACKUP.advance(self.held(), to, **fields):
            raise ClaimLost


def back_up(seconds: float = SECONDS) -> bool:
    """Write what is due, for so long; return whether something is left that is due now."""
    deadline = time.monotonic() + seconds
    plan_files()
    while time.monotonic() < deadline:
        claim = claim_file()
        if claim is None:
            return False
        work_on(claim)
    return due_files(timezone.now()).exists()


def plan_files() -> int:
    """A row for each day past the retention of each project that backs up; how many days there are."""
    planned = 0
    for chosen in BackupSettings.objects.filter(is_on=True).select_related("project"):
        files = [_file_of(chosen, day) for day in days_past(chosen.project)]
        BackupFile.objects.bulk_create(files, ignore_conflicts=True)
        planned += len(files)
    return planned


def _file_of(chosen: BackupSettings, day: date) -> BackupFile:
    first_id, end_id = id_range(day)
    return BackupFile(
        project=chosen.project, day=day, first_id=first_id, end_id=end_id, file_format=chosen.file_format
    )


def days_past(project: Project) -> Iterator[date]:
    """The days past the retention in which the project has requests, by one step of an index each."""
    end, after = first_id_at(start_of(first_day())), UUID(int=0)
    while True:
        found = SendRequest.objects.filter(project=project, pk__gte=after, pk__lt=end)
        first = found.order_by("pk").values_list("pk", flat=True).first()
        if first is None:
            return
        day = day_of(first)
        yield day
        after = id_range(day)[1]


def due_files(now: datetime) -> QuerySet[BackupFile]:
    """Files that a worker could take now. A day in which a request is still open waits for its end."""
    still_open = SendRequest.objects.exclude(state__in=ENDED).filter(
        project=OuterRef("project"), pk__gte=OuterRef("first_id"), pk__lt=OuterRef("end_id")
    )
    is_free = Q(state=BackupState.WAITING) & (Q(not_before=None) | Q(not_before__lte=now))
    is_stale = Q(state__in=[BackupState.WRITING, BackupState.WRITTEN], lease_until__lt=now)
    return BackupFile.objects.filter(
        is_free | is_stale, ~Exists(still_open), project__backup_settings__is_on=True
    )


def claim_file() -> Claim | None:
    """Take the oldest day that is due, or None. Of two workers one gets it."""
    now, token = timezone.now(), uuid.uuid4()
    with transaction.atomic():
        rows = due_files(now).select_for_update(of=("self",), skip_locked=True)
        file = rows.select_related("project").order_by("day", "pk").first()
        if file is None:
            return None
        fields: dict[str, Any] = {
            "claimed_by": token,
            "lease_until": now + LEASE,
            "attempts": file.attempts + 1,
        }
        BACKUP.advance(BackupFile.objects.filter(pk=file.pk), BackupState.WRITING, **fields)
    file.attempts += 1
    return Claim(file, token, now)


def work_on(claim: Claim) -> None:
    """Write the file, hand it to the storage, read it back. What goes wrong is written down."""
    try:
        _work_on(claim)
    except ClaimLost:
        return
    except StorageProblem as problem:
        give_back(claim, problem)
    except Exception as error:
        give_back(claim, StorageProblem(storages.FAILED, type(error).__name__))
        raise


def _work_on(claim: Claim) -> None:
    chosen = BackupSettings.objects.get(project=claim.file.project_id)
    name = file_name(claim.file, chosen.file_format)
    with spooled() as spool:
        written = _write(claim, chosen, spool)
        claim.move(BackupState.WRITING, TO_UPLOAD)
        save_file(chosen, name, spool)
    claim.move(
        BackupState.WRITTEN,
        TO_UPLOAD,
        name=name,
        location=location_of(chosen),
        file_format=chosen.file_format,
        rows=written.rows,
        size=written.size,
        sha256=written.sha256,
        written_at=timezone.now(),
    )
    if read_back(chosen, name, written.size) != written:
        raise StorageProblem(storages.DIFFERS)
    claim.move(BackupState.VERIFIED, None, claimed_by=None, verified_at=timezone.now(), problem="", detail="")


def _write(claim: Claim, chosen: BackupSettings, spool: IO[bytes]) -> Written:
    file, file_format = claim.file, chosen.file_format
    ids = (file.first_id, file.end_id)
    with closing(day_rows(file.project, *ids, claim.stay, file_format=file_format)) as blocks:
        return write_rows(spool, file_format, blocks)


def file_name(file: BackupFile, file_format: str) -> str:
    """The name holds the day and, as two projects may share a storage, the project's number."""
    return f"history-{file.project_id}-{file.day:%Y-%m-%d}{SUFFIXES[BackupFormat(file_format)]}"


@contextmanager
def spooled() -> Iterator[IO[bytes]]:
    """A file without a name on the disk of private files: it is gone with its process, however that ends."""
    folder = Path(settings.PRIVATE_ROOT, SPOOL)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            yield file
    except OSError as error:
        raise StorageProblem(storages.OF_DISK.get(error.errno or 0, storages.FAILED)) from error


def read_back(chosen: BackupSettings, name: str, size: int) -> Written:
    """What the file in the storage holds. Raises StorageProblem."""
    file_format = BackupFormat(chosen.file_format)
    try:
        with opened(chosen, name, size) as file:
            return count_back(file, file_format)
    except NotThatFile as error:
        raise StorageProblem(storages.DIFFERS, str(error)) from error


def give_back(claim: Claim, problem: StorageProblem) -> None:
    """Leave the day for later, say why, and have the project's members told, once a day."""
    now, file = timezone.now(), claim.file
    fields: dict[str, Any] = {
        "claimed_by": None,
        "lease_until": None,
        "not_before": now + pause_after(file.attempts),
        "problem": problem.code,
        "detail": problem.detail,
        "failed_at": now,
    }
    with transaction.atomic():
        if BACKUP.advance(claim.held(), BackupState.WAITING, **fields):
            notify_members(
                project_id=file.project_id,
                kind="backup_failed",
                key=f"backup-failed-{timezone.localdate(now)}",
                context={
                    "project_name": str(file.project),
                    "day": f"{file.day:%Y-%m-%d}",
                    "path": reverse("admin:settings_backup"),
                },
            )


def pause_after(attempts: int) -> timedelta:
    """How long a day rests after so many attempts: twice as long each time, up to six hours."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 16), LONGEST_PAUSE)
