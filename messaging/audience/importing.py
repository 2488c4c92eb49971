"""A file of UIDs from its upload until it is saved.

`receive_uid_file` stores it and rings; `check_uid_file` (a worker) reads it in a child, as recipient files
are, and counts what of it is new. Nothing is saved until a person says so (`start_saving`).
"""

import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from console.accounts.models import Project, User
from console.queues import TaskName, enqueue_on_commit, ring
from console.transitions import Transitions
from messaging.audience.contacts import MAX_CONTACTS
from messaging.models import Tag, UidImport
from messaging.recipients.claims import (
    LOST_BELL_AFTER,
    MAX_CLAIMS,
    Claim,
    LeaseLost,
    take,
)
from messaging.recipients.importing import delete_stored, refuse_too_large, store, stored_path
from messaging.recipients.reader import check_file
from messaging.recipients.results import FileProblem, FileRefused
from messaging.recipients.uid_results import UidJob, UidResult
from messaging.states import IMPORT_MOVES, ContactKind, ImportState

MOVES = Transitions(IMPORT_MOVES)
FOLDER = "uid-files"
TOO_MANY_CONTACTS = "too_many_contacts"
SWEPT_AT_ONCE = 20
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """What of a file is new. `contacts + repeated` are its usable rows."""

    uids: int = 0
    new_uids: int = 0
    contacts: int = 0
    new_contacts: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving added so far: a UID, contact or tag on a UID that was there before is not counted."""

    uids: int = 0
    contacts: int = 0
    tagged: int = 0

    def plus(self, other: "Saved") -> "Saved":
        return Saved(self.uids + other.uids, self.contacts + other.contacts, self.tagged + other.tagged)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`UidImport.result`: what the file holds, what of it is new, what was saved."""

    file: UidResult
    found: Found
    saved: Saved = field(default_factory=Saved)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"file": self.file.to_json(), "found": asdict(self.found), "saved": asdict(self.saved)}

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "Outcome":
        """What `to_json` wrote."""
        file = UidResult.from_json(written["file"])
        return cls(file, Found(**written["found"]), Saved(**written["saved"]))


def receive_uid_file(*, project: Project, user: User, upload: UploadedFile) -> UidImport:
    """Store an upload, in pieces, and have it read. Raises FileRefused if it is too large."""
    refuse_too_large(upload.size or 0)
    file_id = uuid.uuid4()
    name = f"{FOLDER}/{file_id.hex}/upload"
    size, _sha256 = store(upload, name)
    row = UidImport(
        id=file_id,
        project=project,
        uploaded_by=user,
        original_name=Path(upload.name or "").name[-255:] or "upload",
        storage_name=name,
        size=size,
    )
    with transaction.atomic():
        row.save(force_insert=True)
        enqueue_on_commit(TaskName.CHECK_UIDS, str(row.pk))
    return row


def check_uid_file(file_id: uuid.UUID | str) -> None:
    """Read one uploaded file and count what it holds, unless that is done or another worker is at it."""
    rows = UidImport.objects.filter(pk=uuid.UUID(str(file_id)))
    claim = take(rows, moves=MOVES, waiting=ImportState.UPLOADED, state=ImportState.CHECKING)
    if claim is None:
        return
    file = UidImport.objects.get(pk=claim.pk)
    if file.attempts > MAX_CLAIMS:
        claim.refuse(FileProblem("check_kept_failing"))
        return
    folder = file.storage_name.rpartition("/")[0]
    staging, problems = f"{folder}/{claim.token}.rows", f"{folder}/{claim.token}.problems"
    with suppress(LeaseLost):
        outcome = check_file(job_of(file, staging, problems), claim.report)
        conclude(claim, file, outcome, staging, problems)


def job_of(file: UidImport, staging: str, problems: str) -> UidJob:
    """What the child is asked."""
    return UidJob(
        path=str(stored_path(file.storage_name)),
        staging_path=str(stored_path(staging)),
        problems_path=str(stored_path(problems)),
        max_rows=settings.BONGSU_MAX_ROWS,
    )


def conclude(
    claim: Claim, file: UidImport, outcome: UidResult | FileProblem, staging: str, problems: str
) -> None:
    """Write what became of a check. Outputs of a check that nobody waits for any more are deleted."""
    if isinstance(outcome, FileProblem):
        if claim.fail(outcome, attempts=file.attempts):
            ring(TaskName.CHECK_UIDS, str(claim.pk))
        return
    is_written = False
    try:
        claim.renew(rows_read=outcome.total_rows, fraction_read=1)
        found = count_found(project_id=file.project_id, staging=stored_path(staging))
        result = Outcome(outcome, found).to_json()
        names = {"staging_name": staging, "problems_name": problems}
        ended: dict[str, Any] = {"checked_at": timezone.now(), "lease_until": None}
        is_written = bool(MOVES.advance(claim.held(), ImportState.CHECKED, result=result, **names, **ended))
    except FileRefused as refused:
        claim.refuse(FileProblem(refused.code, refused.params))
    finally:
        if not is_written:
            delete_stored(staging, problems)


def count_found(*, project_id: int, staging: Path) -> Found:
    """What of the staged rows is new to the project. The database counts: it has all of them in one place.

    Raises FileRefused where the rows give one UID more contacts than a UID may have.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAGED)
        with open(staging, "rb") as file, cursor.copy(COPY_STAGED) as copy:
            while block := file.read(BLOCK):
                copy.write(block)
        cursor.execute(PAIRS)
        cursor.execute("ANALYZE uid_pairs")
        cursor.execute(CROWDED, [MAX_CONTACTS])
        if crowded := cursor.fetchone():
            uid, contacts = crowded
            raise FileRefused(TOO_MANY_CONTACTS, uid=uid, count=contacts, limit=MAX_CONTACTS)
        cursor.execute(COUNTED, {"project": project_id, "phone": ContactKind.PHONE})
        rows, pairs, uids, known_uids, known_contacts = cursor.fetchone()
        cursor.execute("DROP TABLE uid_rows, uid_pairs")
    return Found(uids, uids - known_uids, pairs, pairs - known_contacts, rows - pairs)


STAGED = """
CREATE TEMP TABLE uid_rows (uid text COLLATE "C", country_code smallint, value text COLLATE "C")
ON COMMIT DROP
"""
COPY_STAGED = "COPY uid_rows (uid, country_code, value) FROM STDIN"
PAIRS = """
CREATE TEMP TABLE uid_pairs ON COMMIT DROP AS
SELECT uid, country_code, value FROM uid_rows GROUP BY uid, country_code, value
"""
CROWDED = "SELECT uid, count(*) FROM uid_pairs GROUP BY uid HAVING count(*) > %s ORDER BY uid LIMIT 1"
COUNTED = """
WITH uids AS MATERIALIZED (
    SELECT written.uid, known.id
      FROM (SELECT uid FROM uid_pairs GROUP BY uid) written
      LEFT JOIN messaging_uid known ON known.uid = written.uid AND known.project_id = %(project)s
), contacts AS (
    SELECT count(*) AS n
      FROM uid_pairs pair
      JOIN uids ON uids.uid = pair.uid AND uids.id IS NOT NULL
      JOIN messaging_contact known
        ON known.uid_id = uids.id AND known.kind = %(phone)s
       AND known.country_code = pair.country_code AND known.value = pair.value
)
SELECT (SELECT count(*) FROM uid_rows),
       (SELECT count(*) FROM uid_pairs),
       (SELECT count(*) FROM uids),
       (SELECT count(id) FROM uids),
       (SELECT n FROM contacts)
"""


def start_saving(*, file: UidImport, tag_ids: list[int]) -> bool:
    """Have a checked file saved, with those tags of its project on all its UIDs; False where it was begun
    before.
    """
    tags = Tag.objects.filter(project=file.project_id, pk__in=tag_ids).order_by("pk")
    fields: dict[str, Any] = {"tag_ids": list(tags.values_list("pk", flat=True)), "attempts": 0}
    with transaction.atomic():
        rows = UidImport.objects.filter(pk=file.pk, state=ImportState.CHECKED)
        moved = MOVES.advance(
            rows, ImportState.SAVING, rows_read=0, fraction_read=0, lease_until=None, **fields
        )
        if moved:
            enqueue_on_commit(TaskName.SAVE_UIDS, str(file.pk))
    return bool(moved)


def files_in_motion() -> list[tuple[TaskName, uuid.UUID]]:
    """Files whose bell was lost or whose worker is gone, oldest first: the sweep rings for them."""
    now = timezone.now()
    idle = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    waiting = Q(state=ImportState.UPLOADED, created_at__lt=now - LOST_BELL_AFTER)
    stale = Q(state__in=[ImportState.CHECKING, ImportState.SAVING])
    rows = UidImport.objects.filter(idle, waiting | stale).order_by("created_at")
    found = rows.values_list("state", "pk")[:SWEPT_AT_ONCE]
    return [
        (TaskName.SAVE_UIDS if state == ImportState.SAVING else TaskName.CHECK_UIDS, pk)
        for state, pk in found
    ]
