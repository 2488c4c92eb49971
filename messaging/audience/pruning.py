"""Deleting files of UIDs that nobody needs any more: they hold personal data."""

import shutil
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from messaging.audience.importing import FOLDER
from messaging.models import UidImport
from messaging.recipients.importing import stored_path
from messaging.recipients.pruning import KEPT, PRUNED_AT_ONCE
from messaging.states import ImportState


def prune_uid_files() -> int:
    """Delete what was uploaded more than seven days ago and is in nobody's hands; return how many."""
    now = timezone.now()
    old = UidImport.objects.filter(created_at__lt=now - KEPT)
    idle = old.exclude(state__in=[ImportState.CHECKING, ImportState.SAVING])
    listed = list(idle.order_by("created_at").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    pruned = sum(_delete_if(idle, pk) for pk in listed)
    remove_orphans()
    return pruned


def _delete_if(idle: QuerySet[UidImport], pk: UUID) -> bool:
    """Delete one row if it is still in nobody's hands; what it stored goes once that is certain."""
    with transaction.atomic():
        row = idle.select_for_update(skip_locked=True).filter(pk=pk).first()
        if row is None:
            return False
        folder = stored_path(row.storage_name).parent
        row.delete()
        transaction.on_commit(partial(shutil.rmtree, folder, ignore_errors=True))
    return True


def remove_orphans() -> None:
    """Folders of uploads that never got a row: the process ended between the two."""
    root = stored_path(FOLDER)
    before = (timezone.now() - timedelta(days=1)).timestamp()
    old = [folder for folder in root.iterdir() if folder.stat().st_mtime < before] if root.exists() else []
    names = {f"{FOLDER}/{folder.name}/upload" for folder in old}
    known = set(UidImport.objects.filter(storage_name__in=names).values_list("storage_name", flat=True))
    for name in names - known:
        shutil.rmtree(Path(stored_path(name)).parent, ignore_errors=True)
