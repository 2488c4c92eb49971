"""The numbers of a checked file become opt-outs, in steps of one transaction each.

Who enters a step holds the lock of its OptOutImport, so the lock is the lease: a worker that was killed lost
its step and nothing else, and the sweep rings for the rest. Of two workers one gets each step.
"""

import logging
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from console.accounts.models import User
from console.queues import TaskName, enqueue_on_commit
from console.transitions import Transitions
from messaging.models import OptOutImport, RecipientFile
from messaging.recipients.importing import stored_path
from messaging.recipients.staging import read_staging
from messaging.states import IMPORT_MOVES, ImportState
from senders.models import OptOutLine, OptOutSource
from senders.services.opt_outs import add_opt_outs

logger = logging.getLogger(__name__)

MOVES = Transitions(IMPORT_MOVES)
ROWS_PER_STEP = 50_000
AT_ONCE = 10_000  # so few are entered while the browser waits
SWEPT_AT_ONCE = 20


def start_entering(*, file: RecipientFile, user: User, line: OptOutLine | None) -> OptOutImport:
    """Have the numbers of a checked file entered; a second wish for the same file is the first one."""
    with transaction.atomic():
        wish, is_new = OptOutImport.objects.get_or_create(
            file=file,
            defaults={
                "project_id": file.project_id,
                "line": line,
                "created_by": user,
                "created_at": timezone.now(),
            },
        )
        is_small = (file.result or {}).get("sendable", 0) <= AT_ONCE
        if is_new and not is_small:
            enqueue_on_commit(TaskName.ENTER_OPT_OUTS, wish.pk)
    if is_small:
        enter_opt_outs(wish.pk)
        wish.refresh_from_db()
    return wish


def enter_opt_outs(import_id: int) -> None:
    """Enter what is left of the file, unless another worker is at it."""
    while _enter_step(import_id):
        pass


def _enter_step(import_id: int) -> bool:
    """Enter some rows; whether there may be more for this worker."""
    with transaction.atomic():
        rows = OptOutImport.objects.select_for_update(skip_locked=True, of=("self",)).select_related("file")
        wish = rows.filter(pk=import_id, state=ImportState.SAVING).first()
        if wish is None:
            return False
        held = OptOutImport.objects.filter(pk=wish.pk)
        try:
            numbers = list(_numbers(wish.file, wish.rows_saved))
        except OSError as error:
            logger.warning("The rows of the file of opt-outs %s cannot be read: %s", wish.file_id, error)
            MOVES.advance(held, ImportState.REFUSED)
            return False
        if not numbers:
            MOVES.advance(held, ImportState.SAVED, saved_at=timezone.now())
            return False
        added = add_opt_outs(
            project=wish.project,
            numbers=numbers,
            source=OptOutSource.FILE,
            user=wish.created_by,
            line=wish.line,
            at=wish.created_at,
        )
        done: dict[str, Any] = {"rows_saved": wish.rows_saved + len(numbers), "added": wish.added + added}
        return bool(MOVES.advance(held, ImportState.SAVING, **done))


def _numbers(file: RecipientFile, start: int) -> Iterator[tuple[int, str]]:
    """The numbers of the next rows. Raises OSError where the staging file is gone."""
    if not file.staging_name:
        raise FileNotFoundError("its rows were deleted")
    for line in read_staging(stored_path(file.staging_name), start, ROWS_PER_STEP):
        _flag, _row, country, number, _values = line.decode().split("\t")
        yield int(country), number


def files_to_enter() -> list[int]:
    """Imports that nobody is at, oldest first: the sweep rings for them."""
    with transaction.atomic():
        rows = OptOutImport.objects.select_for_update(skip_locked=True).filter(state=ImportState.SAVING)
        return list(rows.order_by("created_at").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
