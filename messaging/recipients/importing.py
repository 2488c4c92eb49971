"""A recipient file from its upload to the result of its check.

`receive_file` stores what was uploaded and rings; `check_recipient_file` (a worker) reads it in a child.
Who checks holds a lease, and the lease's own time is the proof: whoever no longer holds it writes nothing.
A check is for one text, so another text is another row (`recheck`) over the same stored file.
"""

import hashlib
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from console.accounts.models import Project, User
from console.queues import TaskName, enqueue_on_commit, ring
from console.transitions import Transitions
from messaging.content.limits import TYPES_ABROAD, text_limits
from messaging.content.rendering import placeholders
from messaging.models import RecipientFile
from messaging.recipients.claims import (
    LOST_BELL_AFTER,
    MAX_CLAIMS,
    Claim,
    LeaseLost,
    take,
)
from messaging.recipients.opted_out import count_if_advertising
from messaging.recipients.reader import check_file
from messaging.recipients.results import CheckJob, CheckResult, FileProblem, FileRefused
from messaging.states import FILE_MOVES, FileState, MessageType

MOVES = Transitions(FILE_MOVES)
FOLDER = "recipient-files"
MB = 1 << 20
SWEPT_AT_ONCE = 20


def stored_path(name: str) -> Path:
    """Where a stored file lies. The child reads by path: the storage is a folder that all workers share."""
    return Path(default_storage.path(name))


def keys_of(*, message_type: str, subject: str, body: str) -> list[str]:
    """The placeholders of a text of that type; an SMS has no subject."""
    return placeholders(body) if message_type == MessageType.SMS else placeholders(subject, body)


def receive_file(
    *,
    project: Project,
    user: User,
    upload: UploadedFile,
    subject: str,
    body: str,
    message_type: str,
    replaces_characters: bool = False,
) -> RecipientFile:
    """Store an upload, in pieces, and have it checked for a text. Raises FileRefused if it is too large."""
    refuse_too_large(upload.size or 0)
    file_id = uuid.uuid4()
    name = f"{FOLDER}/{file_id.hex}/upload"
    size, sha256 = store(upload, name)
    return new_check(
        RecipientFile(
            id=file_id,
            project=project,
            uploaded_by=user,
            original_name=Path(upload.name or "").name[-255:] or "upload",
            storage_name=name,
            size=size,
            sha256=sha256,
            message_type=message_type,
            subject=subject,
            body=body,
            replaces_characters=replaces_characters,
        )
    )


def refuse_too_large(size: int) -> None:
    """Raise FileRefused for more bytes than an upload may have."""
    if size > settings.BONGSU_MAX_UPLOAD_BYTES:
        raise FileRefused("file_too_large", megabytes=settings.BONGSU_MAX_UPLOAD_BYTES // MB)


def store(upload: UploadedFile, name: str) -> tuple[int, str]:
    """Write an upload to private storage; return its size in bytes and its SHA-256."""
    digest, size = hashlib.sha256(), 0
    path = stored_path(name)
    path.parent.mkdir(mode=0o700, parents=True)
    with open(path, "xb") as file:
        for piece in upload.chunks(MB):
            digest.update(piece)
            size += file.write(piece)
    return size, digest.hexdigest()


def known_check(
    *, file: RecipientFile, subject: str, body: str, message_type: str, replaces_characters: bool = False
) -> RecipientFile | None:
    """The check of the same stored file for that text that was made before, unless the file was refused."""
    same_text = Q(
        message_type=message_type, subject=subject, body=body, replaces_characters=replaces_characters
    )
    known = RecipientFile.objects.filter(
        same_text, project_id=file.project_id, storage_name=file.storage_name
    )
    return known.exclude(state=FileState.REFUSED).order_by("-created_at").first()


def recheck(
    *,
    file: RecipientFile,
    user: User,
    subject: str,
    body: str,
    message_type: str,
    replaces_characters: bool = False,
) -> RecipientFile:
    """A check of the same stored file against another text: one that is there already, or a new one."""
    found = known_check(
        file=file,
        subject=subject,
        body=body,
        message_type=message_type,
        replaces_characters=replaces_characters,
    )
    if found:
        return found
    return new_check(
        RecipientFile(
            project_id=file.project_id,
            uploaded_by=user,
            original_name=file.original_name,
            storage_name=file.storage_name,
            size=file.size,
            sha256=file.sha256,
            message_type=message_type,
            subject=subject,
            body=body,
            replaces_characters=replaces_characters,
        )
    )


def new_check(file: RecipientFile) -> RecipientFile:
    """Save the row of a new check and ring for it once that is committed."""
    file.keys = keys_of(message_type=file.message_type, subject=file.subject, body=file.body)
    with transaction.atomic():
        file.save(force_insert=True)
        enqueue_on_commit(TaskName.CHECK_FILE, str(file.pk))
    return file


def check_recipient_file(file_id: uuid.UUID | str) -> None:
    """Check one uploaded file, unless it is checked already or another worker is at it."""
    claim = claim_file(uuid.UUID(str(file_id)))
    if claim is None:
        return
    file = RecipientFile.objects.get(pk=claim.pk)
    if file.attempts > MAX_CLAIMS:
        claim.refuse(FileProblem("check_kept_failing"))
        return
    folder = file.storage_name.rpartition("/")[0]
    staging, problems = f"{folder}/{claim.token}.rows", f"{folder}/{claim.token}.problems"
    with suppress(LeaseLost):
        outcome = check_file(job_of(file, staging, problems), claim.report)
        if isinstance(outcome, CheckResult):
            count_if_advertising(outcome, file=file, path=stored_path(staging))
        conclude(claim, file, outcome, staging, problems)


def claim_file(file_id: uuid.UUID) -> Claim | None:
    """Take a file that waits, or whose worker was not heard of for too long; of two workers one gets it."""
    files = RecipientFile.objects.filter(pk=file_id)
    return take(files, moves=MOVES, waiting=FileState.UPLOADED, state=FileState.CHECKING)


def job_of(file: RecipientFile, staging: str, problems: str) -> CheckJob:
    """What the child is asked."""
    limits = text_limits(file.message_type)
    return CheckJob(
        path=str(stored_path(file.storage_name)),
        staging_path=str(stored_path(staging)),
        problems_path=str(stored_path(problems)),
        body=file.body,
        subject=file.subject,
        message_type=file.message_type,
        body_bytes=limits.body_bytes,
        subject_bytes=limits.subject_bytes,
        allow_international=file.message_type in TYPES_ABROAD,
        replaces_characters=file.replaces_characters,
        max_rows=settings.BONGSU_MAX_ROWS,
    )


def conclude(
    claim: Claim, file: RecipientFile, outcome: CheckResult | FileProblem, staging: str, problems: str
) -> None:
    """Write what became of a check. Outputs of a check that nobody waits for any more are deleted."""
    if isinstance(outcome, FileProblem):
        if claim.fail(outcome, attempts=file.attempts):
            ring(TaskName.CHECK_FILE, str(claim.pk))
        return
    fields: dict[str, Any] = {
        "result": outcome.to_json(),
        "rows_read": outcome.total_rows,
        "staging_name": staging,
        "problems_name": problems,
    }
    ended: dict[str, Any] = {"fraction_read": 1, "checked_at": timezone.now(), "lease_until": None}
    if not MOVES.advance(claim.held(), FileState.CHECKED, **fields, **ended):
        delete_stored(staging, problems)


def files_to_check() -> list[uuid.UUID]:
    """Files whose bell was lost or whose worker is gone, oldest first: the sweep rings for them."""
    now = timezone.now()
    waiting = Q(state=FileState.UPLOADED, created_at__lt=now - LOST_BELL_AFTER)
    stale = Q(state=FileState.CHECKING) & (Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    files = RecipientFile.objects.filter(waiting | stale).order_by("created_at")
    return list(files.values_list("pk", flat=True)[:SWEPT_AT_ONCE])


def delete_stored(*names: str) -> None:
    """Delete stored files; one that is gone already is no error."""
    for name in filter(None, names):
        stored_path(name).unlink(missing_ok=True)
