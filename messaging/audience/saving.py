"""The rows of a checked file become UIDs, contacts and tags: COPY in steps, each one transaction.

A step begins by moving `rows_read` on under the lease, and ends with what it added in `result`; so saving
goes on where it was killed, what was new is counted exactly, and of two workers one gets each step. Saving
the same rows again adds nothing.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from messaging.audience.importing import COPY_STAGED, MOVES, STAGED, Outcome, Saved
from messaging.models import UidImport
from messaging.recipients.claims import MAX_CLAIMS, Claim, LeaseLost, take
from messaging.recipients.importing import stored_path
from messaging.recipients.results import FileProblem
from messaging.states import ContactKind, ImportState

logger = logging.getLogger(__name__)

ROWS_PER_STEP = 50_000
FILE_LOST = "file_lost"
KEPT_FAILING = "save_kept_failing"


class Again(Exception):
    """A UID of the step was deleted by somebody while it was saved: the step begins once more."""


def save_uid_file(file_id: UUID | str) -> None:
    """Save a file that a person said may be saved, unless that is done or another worker is at it."""
    rows = UidImport.objects.filter(pk=UUID(str(file_id)), state=ImportState.SAVING)
    claim = take(rows, moves=MOVES, state=ImportState.SAVING, from_start=False)
    if claim is None:
        return
    file = UidImport.objects.get(pk=claim.pk)
    if file.attempts > MAX_CLAIMS:
        claim.refuse(FileProblem(KEPT_FAILING))
        return
    try:
        _save(claim, file)
    except LeaseLost:
        logger.info("The UIDs of file %s are saved elsewhere.", file.pk)
    except OSError as error:
        logger.warning("The rows of the file of UIDs %s cannot be read: %s", file.pk, error)
        claim.refuse(FileProblem(FILE_LOST))


def _save(claim: Claim, file: UidImport) -> None:
    outcome = Outcome.from_json(file.result or {})
    saved = outcome.saved
    with open(stored_path(file.staging_name), "rb", buffering=1 << 20) as staging:
        for start, lines in _steps(staging, file.rows_read):
            if start + len(lines) > outcome.file.usable:
                raise OSError("there are more rows than were counted")
            saved = saved.plus(_save_step(claim, file, outcome, saved, start + len(lines), lines))
            file.rows_read = start + len(lines)
    if file.rows_read < outcome.file.usable:
        raise OSError("there are fewer rows than were counted")
    MOVES.advance(claim.held(), ImportState.SAVED, fraction_read=1, saved_at=timezone.now(), lease_until=None)


def _steps(staging: Iterator[bytes], start: int) -> Iterator[tuple[int, list[bytes]]]:
    """The rows that are not saved yet, some at once, each with how many come before."""
    rest = islice(staging, start, None)
    while lines := list(islice(rest, ROWS_PER_STEP)):
        yield start, lines
        start += len(lines)


def _save_step(
    claim: Claim, file: UidImport, outcome: Outcome, saved: Saved, end: int, lines: list[bytes]
) -> Saved:
    """Save some rows; returns what was new of them. Raises LeaseLost, and then nothing of them is saved."""
    lease_until = claim.lease_until
    while True:
        try:
            with transaction.atomic():
                # First of all: whoever holds the row may save these rows, and nobody else meanwhile.
                claim.renew(rows_read=end, fraction_read=end / max(outcome.file.usable, 1), attempts=0)
                added = save_rows(file, lines)
                total = asdict(saved.plus(added))
                UidImport.objects.filter(pk=file.pk).update(result={**(file.result or {}), "saved": total})
            return added
        except Again:
            claim.lease_until = lease_until  # what was written is undone
            logger.info("UIDs of file %s were deleted while they were saved; once more.", file.pk)


def save_rows(file: UidImport, lines: list[bytes]) -> Saved:
    """Write staged rows, within a transaction of the caller; returns what was new. Raises Again."""
    given: dict[str, Any] = {
        "project": file.project_id,
        "phone": ContactKind.PHONE,
        "tags": list(file.tag_ids),
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(STAGED)
        with cursor.copy(COPY_STAGED) as copy:
            copy.write(b"".join(lines))
        cursor.execute("ANALYZE uid_rows")
        cursor.execute(NEW_UIDS, given)
        uids = cursor.rowcount
        cursor.execute(HELD_UIDS, given)
        cursor.execute("SELECT count(DISTINCT uid) FROM uid_rows")
        if cursor.fetchone()[0] != _held(cursor):
            raise Again
        cursor.execute(NEW_CONTACTS, given)
        contacts = cursor.rowcount
        cursor.execute(NEW_TAGS, given)
        tagged = cursor.rowcount
        cursor.execute("DROP TABLE uid_rows, uid_held")
    return Saved(uids, contacts, tagged)


def _held(cursor: Any) -> int:
    cursor.execute("SELECT count(*) FROM uid_held")
    return int(cursor.fetchone()[0])


# Everything is written in one order, so that two files with the same UIDs never wait for each other.
NEW_UIDS = """
INSERT INTO messaging_uid (project_id, uid, created_at)
SELECT %(project)s, uid, %(now)s FROM (SELECT DISTINCT uid FROM uid_rows) written ORDER BY uid
ON CONFLICT (project_id, uid) DO NOTHING
"""
HELD_UIDS = """
CREATE TEMP TABLE uid_held ON COMMIT DROP AS
SELECT known.id, known.uid
  FROM messaging_uid known
 WHERE known.project_id = %(project)s AND known.uid IN (SELECT uid FROM uid_rows)
 ORDER BY known.id
   FOR KEY SHARE
"""
NEW_CONTACTS = """
INSERT INTO messaging_contact (project_id, uid_id, kind, country_code, value, created_at)
SELECT %(project)s, id, %(phone)s, country_code, value, %(now)s
  FROM (SELECT DISTINCT held.id, written.country_code, written.value
          FROM uid_rows written JOIN uid_held held ON held.uid = written.uid) found
 ORDER BY id, country_code, value
ON CONFLICT (uid_id, kind, country_code, value) DO NOTHING
"""
NEW_TAGS = """
WITH tag AS (
    SELECT id FROM messaging_tag
     WHERE project_id = %(project)s AND id = ANY(%(tags)s::bigint[]) ORDER BY id FOR KEY SHARE
)
INSERT INTO messaging_taggeduid (tag_id, uid_id, created_at)
SELECT tag.id, held.id, %(now)s FROM tag CROSS JOIN uid_held held ORDER BY tag.id, held.id
ON CONFLICT (tag_id, uid_id) DO NOTHING
"""
