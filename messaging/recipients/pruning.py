"""Deleting recipient files that nobody needs any more: they hold personal data."""

import shutil
from copy import copy
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from messaging.models import RecipientFile, ScheduledMessage, SendRequest
from messaging.models.schedule import needed_messages
from messaging.recipients.importing import FOLDER, delete_stored, stored_path
from messaging.states import FileState, ImportState, RequestState

KEPT = timedelta(days=7)
SUPERSEDED_KEPT = timedelta(hours=1)  # a check for a text that was changed since
PRUNED_AT_ONCE = 200
NOT_LOADED = (RequestState.WAITING, RequestState.LOADING)


def prune_files() -> int:
    """Delete unused files, and the contents of used ones, seven days after their upload; return how many."""
    now = timezone.now()
    old = RecipientFile.objects.filter(created_at__lt=now - KEPT)
    newer = RecipientFile.objects.filter(
        storage_name=OuterRef("storage_name"), created_at__gt=OuterRef("created_at")
    )
    superseded = RecipientFile.objects.filter(Exists(newer), created_at__lt=now - SUPERSEDED_KEPT)
    pruned = delete_unused(old) + delete_unused(superseded) + empty_used(old)
    remove_orphans()
    return pruned


def requests_of_file() -> QuerySet[SendRequest]:
    return SendRequest.objects.filter(recipient_file=OuterRef("pk"))


def schedules_of_file() -> QuerySet[ScheduledMessage]:
    """What recurring schedules send to a file, run after run, until a week after their end."""
    since = timezone.localdate(timezone.now() - KEPT)
    return needed_messages(since).filter(recipient_file=OuterRef("pk"))


def delete_unused(files: QuerySet[RecipientFile]) -> int:
    """Rows of no request and no schedule go, with all they stored."""
    unused = files.filter(~Exists(requests_of_file()), ~Exists(schedules_of_file()))
    unused = unused.exclude(state=FileState.CHECKING)
    unused = unused.exclude(opt_out_import__state=ImportState.SAVING)
    listed = list(unused.order_by("created_at").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    return sum(_delete_if(unused, pk) for pk in listed)


def _delete_if(unused: QuerySet[RecipientFile], pk: UUID) -> bool:
    """Delete one row if it is still unused; what it stored goes once that is certain."""
    with transaction.atomic():
        held = RecipientFile.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        # A look of its own after the lock: it sees a request that was planned meanwhile.
        row = unused.filter(pk=pk).first() if held else None
        if row is None:
            return False
        contents = copy(row)  # deleting takes the id away
        row.delete()
        transaction.on_commit(partial(delete_contents, contents))
    return True


def empty_used(files: QuerySet[RecipientFile]) -> int:
    """Rows of a request stay as its history; what they stored goes once every row is loaded, and no schedule
    sends to them again.
    """
    waiting = requests_of_file().filter(state__in=NOT_LOADED)
    used = files.filter(Exists(requests_of_file()), ~Exists(waiting), ~Exists(schedules_of_file()))
    used = used.exclude(storage_name="")
    rows = list(used.order_by("created_at")[:PRUNED_AT_ONCE])
    for row in rows:
        delete_contents(row)
        RecipientFile.objects.filter(pk=row.pk).update(storage_name="", staging_name="", problems_name="")
    return len(rows)


def delete_contents(row: RecipientFile) -> None:
    """Delete what a row stored; the upload itself only with the last row that was checked from it."""
    delete_stored(row.staging_name, row.problems_name)
    shared = RecipientFile.objects.filter(storage_name=row.storage_name).exclude(pk=row.pk)
    if row.storage_name and not shared.exists():
        shutil.rmtree(stored_path(row.storage_name).parent, ignore_errors=True)


def remove_orphans() -> None:
    """Folders of uploads that never got a row: the process ended between the two."""
    root = stored_path(FOLDER)
    before = (timezone.now() - timedelta(days=1)).timestamp()
    old = [folder for folder in root.iterdir() if folder.stat().st_mtime < before] if root.exists() else []
    names = {f"{FOLDER}/{folder.name}/upload" for folder in old}
    known = set(RecipientFile.objects.filter(storage_name__in=names).values_list("storage_name", flat=True))
    for name in names - known:
        shutil.rmtree(Path(stored_path(name)).parent, ignore_errors=True)
