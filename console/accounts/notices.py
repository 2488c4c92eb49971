"""Mail about what happened, once an occasion: written down with what is said, sent by a worker.

The text is `templates/console/mail/notice_<kind>.txt`, its first line the subject. It is given the context,
and `user`, `project`, `console_url`, and `link` where the context has a `path`. What is named `…_at` in the
context is an ISO time, and a datetime in the text.
"""

import secrets
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Membership, Notice, NoticeMail, User
from console.queues import TaskName, enqueue_on_commit


def notify_members(*, project_id: int, kind: str, key: str, context: dict[str, Any]) -> bool:
    """Have every active member told, in their own language. In the caller's transaction.

    `context` holds plain values. A `key` that the project had before changes nothing. Returns whether it is
    new.
    """
    now = timezone.now()
    notice = Notice(project_id=project_id, kind=kind, key=key, context=context, created_at=now)
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    written = Notice.objects.filter(project_id=project_id, key=key, created_at=now).first()
    if written is None or written.mails.exists():
        return False
    members = Membership.objects.filter(project_id=project_id, user__is_active=True)
    NoticeMail.objects.bulk_create(
        NoticeMail(notice=written, user_id=user_id) for user_id in members.values_list("user_id", flat=True)
    )
    enqueue_on_commit(TaskName.MAIL_NOTICES)
    return True


def notify_person(
    *, user: User, kind: str, context: dict[str, Any] | None = None, addresses: Iterable[str] = ("",)
) -> None:
    """Have a person told what happened to their own account. In the caller's transaction.

    `addresses`: where to, "" being the person's own; another is one that they had before.
    """
    with transaction.atomic():
        notice = Notice.objects.create(
            kind=kind,
            key=f"{user.pk}:{secrets.token_hex(8)}",
            context=context or {},
            created_at=timezone.now(),
        )
        NoticeMail.objects.bulk_create(
            NoticeMail(notice=notice, user=user, address=address) for address in addresses
        )
    enqueue_on_commit(TaskName.MAIL_NOTICES)
