"""What nobody needs any more: the log after a month, and what waited for a webhook for a week."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from messaging.models import Webhook, WebhookCall, WebhookEntry
from messaging.states import CallState
from messaging.webhooks.claiming import CALL
from messaging.webhooks.collecting import LOG_KEPT, WAITING_KEPT
from messaging.webhooks.dropping import drop_calls, drop_entries

DROPPED_AT_ONCE = 2000


def prune_webhooks() -> int:
    """Drop what is past its time, in short steps; return how many calls and entries.

    What was never told is counted for a person to see (`messaging.webhooks.dropping`).
    """
    now = timezone.now()
    expire_calls(now)
    dropped = 0
    while some := _drop_entries(now) + _drop_orphans() + _drop_calls(now):
        dropped += some
    return dropped


def expire_calls(now: datetime) -> int:
    """Calls that waited for a week are failed: a person may still send them again from the log."""
    waiting = WebhookCall.objects.filter(created_at__lt=now - WAITING_KEPT, state=CallState.WAITING)
    return CALL.advance(waiting, CallState.FAILED, finished_at=now)


def _drop_entries(now: datetime) -> int:
    """Entries that waited for a week."""
    before = now - WAITING_KEPT
    old = WebhookEntry.objects.filter(webhook_id=OuterRef("pk"), created_at__lt=before)
    webhooks = Webhook.objects.filter(Exists(old)).order_by("pk").values_list("pk", flat=True)
    return sum(
        drop_entries(webhook_id=each, before=before, now=now, limit=DROPPED_AT_ONCE) for each in webhooks
    )


def _drop_orphans() -> int:
    """Entries of webhooks that were deleted meanwhile, by a person who was told that they are never sent."""
    owner = Webhook.objects.filter(pk=OuterRef("webhook_id"))
    orphans = WebhookEntry.objects.filter(~Exists(owner))
    ids = list(orphans.values_list("pk", flat=True)[:DROPPED_AT_ONCE])
    return WebhookEntry.objects.filter(pk__in=ids).delete()[0]


def _drop_calls(now: datetime) -> int:
    """Calls of a month ago with their attempts; what still waits stays."""
    old = WebhookCall.objects.filter(created_at__lt=now - LOG_KEPT).exclude(state=CallState.WAITING)
    by_webhook: dict[int, list[int]] = defaultdict(list)
    for pk, webhook_id in old.order_by("created_at").values_list("pk", "webhook_id")[:DROPPED_AT_ONCE]:
        by_webhook[webhook_id].append(pk)
    return sum(drop_calls(webhook_id=each, ids=ids, now=now) for each, ids in by_webhook.items())
