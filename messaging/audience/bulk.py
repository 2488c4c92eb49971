"""One thing done to all UIDs that fit a search, in steps by id: each step is one short transaction.

A step goes on after the last id of the one before, up to the newest id of when it began, so that what is
added meanwhile is left alone. Steps may be repeated, left and gone on with: what is done already changes
nothing.
"""

import time
from dataclasses import dataclass, replace

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.audience.tags import put_on, take_off
from messaging.audience.uids import UidSearch, delete_uids, find_uids
from messaging.models import Tag

STEP = 1000
SECONDS = 0.15  # of steps in one go: a person waits for it


class BulkAction(models.TextChoices):
    """What is done to many UIDs."""

    TAG = "tag", _("Put the tag on")
    UNTAG = "untag", _("Take the tag off")
    DELETE = "delete", _("Delete")


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """How far it is: the last id that was looked at, the id to stop at, how many UIDs, how many changed."""

    after: int
    until: int
    seen: int = 0
    changed: int = 0
    is_done: bool = False


def begin(*, project: Project, search: UidSearch) -> BulkProgress:
    """The start of doing something to all that fit now."""
    newest = find_uids(project=project, search=search).order_by("-pk").values_list("pk", flat=True).first()
    return BulkProgress(after=0, until=newest or 0, is_done=newest is None)


def go_on(
    *, project: Project, search: UidSearch, action: BulkAction, tag: Tag | None, progress: BulkProgress
) -> BulkProgress:
    """As many steps more as a person likes to wait for. Raises AudienceRefused where the tag is gone."""
    ends_at = time.monotonic() + SECONDS
    while not progress.is_done:
        progress = _step(project, search, action, tag, progress)
        if time.monotonic() >= ends_at:
            break
    return progress


def _step(
    project: Project, search: UidSearch, action: BulkAction, tag: Tag | None, progress: BulkProgress
) -> BulkProgress:
    found = find_uids(project=project, search=search).filter(pk__gt=progress.after, pk__lte=progress.until)
    ids = list(found.order_by("pk").values_list("pk", flat=True)[:STEP])
    changed = apply(project=project, action=action, tag=tag, ids=ids) if ids else 0
    return replace(
        progress,
        after=ids[-1] if ids else progress.until,
        seen=progress.seen + len(ids),
        changed=progress.changed + changed,
        is_done=len(ids) < STEP,
    )


def apply(*, project: Project, action: BulkAction, tag: Tag | None, ids: list[int]) -> int:
    """Do it to some UIDs of the project; returns how many were changed."""
    if action == BulkAction.DELETE:
        return delete_uids(project=project, ids=ids).uids
    if tag is None:
        raise ValueError("putting a tag on and taking it off need a tag")
    return put_on(tag=tag, ids=ids) if action == BulkAction.TAG else take_off(tag=tag, ids=ids)
