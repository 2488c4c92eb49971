"""What a webhook is never told: dropped as it waited for too long, counted, and shown until a person saw it.

The statement that takes a row away writes down what it told, so that nothing is gone that is not counted,
and nothing is counted twice, whichever of two at once takes it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext_lazy

from console.accounts.audit import record_deed
from console.accounts.models import User
from console.accounts.notices import notify_members
from console.accounts.sentences import sentence
from messaging.models import Webhook, WebhookAttempt, WebhookDrop
from messaging.states import CallState
from messaging.webhooks.bodies import TEST
from messaging.webhooks.collecting import WAITING_KEPT

SEEN = sentence(
    "webhook_drops_seen",
    ngettext_lazy("%(n)s dropped hook of a webhook seen", "%(n)s dropped hooks of a webhook seen", "n"),
)

# Of `lost` rows with event, n and at.
NOTE = """
INSERT INTO messaging_webhookdrop AS known (webhook_id, event, hooks, first_at, last_at, dropped_at)
SELECT %(webhook)s, event, sum(n), min(at), max(at), %(now)s FROM lost GROUP BY event ORDER BY event
ON CONFLICT (webhook_id, event) WHERE seen_at IS NULL DO UPDATE SET
    hooks = known.hooks + excluded.hooks, dropped_at = excluded.dropped_at,
    first_at = least(known.first_at, excluded.first_at), last_at = greatest(known.last_at, excluded.last_at)
"""
DROP_ENTRIES = f"""
WITH lost AS (
    DELETE FROM messaging_webhookentry WHERE id IN (
        SELECT id FROM messaging_webhookentry WHERE webhook_id = %(webhook)s AND created_at < %(before)s
        ORDER BY id LIMIT %(limit)s
    )
    RETURNING event, n, created_at AS at
), noted AS ({NOTE})
SELECT count(*) FROM lost
"""  # noqa: S608 (a constant)
# Of calls whose time in the log is over, those were lost that failed because they waited for too long. What a
# person left out is none of them, nor what was sent again.
DROP_CALLS = f"""
WITH gone AS (
    DELETE FROM messaging_webhookcall WHERE id = ANY(%(calls)s) AND state <> '{CallState.WAITING}'
    RETURNING event, n, happened_at AS at, state, created_at, finished_at
), lost AS (
    SELECT event, n, at FROM gone
    WHERE state = '{CallState.FAILED}' AND event <> '{TEST}' AND finished_at - created_at >= %(kept)s
), noted AS ({NOTE})
SELECT count(*) FROM gone
"""  # noqa: S608 (a constant)


def drop_entries(*, webhook_id: int, before: datetime, now: datetime, limit: int) -> int:
    """Drop so many of a webhook's oldest entries from before that time; return how many."""
    with transaction.atomic():
        webhook = _held(webhook_id)
        return _drop(DROP_ENTRIES, webhook, now, before=before, limit=limit) if webhook else 0


def drop_calls(*, webhook_id: int, ids: Collection[int], now: datetime) -> int:
    """Drop these calls of a webhook from its log, with their attempts; return how many."""
    with transaction.atomic():
        webhook = _held(webhook_id)
        if webhook is None:
            return 0
        WebhookAttempt.objects.filter(call__in=ids).delete()
        return _drop(DROP_CALLS, webhook, now, calls=list(ids), kept=WAITING_KEPT)


def _held(webhook_id: int) -> Webhook | None:
    """Locked, as by whoever makes its entries a call: each is told or dropped."""
    return Webhook.objects.select_for_update(no_key=True).filter(pk=webhook_id).first()


def _drop(statement: str, webhook: Webhook, now: datetime, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "webhook": webhook.pk, "now": now})
        count = int(cursor.fetchone()[0])
    _tell_members(webhook)
    return count


def _tell_members(webhook: Webhook) -> None:
    """Every member, where something was dropped: once until a person saw it."""
    first = unseen([webhook]).order_by("pk").first()
    if first is None:
        return
    notify_members(
        project_id=webhook.project_id,
        kind="webhook_dropped",
        key=f"webhook-dropped:{first.pk}",
        context={
            "url": webhook.url,
            "days": WAITING_KEPT.days,
            "first_at": first.first_at.isoformat(),
            "path": reverse("admin:settings_webhook", args=[webhook.pk]),
        },
    )


# --- seeing ---------------------------------------------------------------------------------------


def unseen(webhooks: Collection[Webhook]) -> QuerySet[WebhookDrop]:
    """What was dropped of these webhooks, and nobody has said that they saw it."""
    return WebhookDrop.objects.filter(webhook__in=webhooks, seen_at=None)


def unseen_hooks(webhooks: Collection[Webhook]) -> dict[int, int]:
    """How many hooks that is, by the webhook's id; those without any are not in it."""
    sums = unseen(webhooks).order_by().values("webhook").annotate(n=Sum("hooks"))
    return dict(sums.values_list("webhook", "n"))


def note_seen(*, webhook: Webhook, user: User, shown: Mapping[int, int]) -> int:
    """Note that the person saw what was dropped; how many hooks. `shown`: hooks by id, as the page had them.

    What grew since is not noted: it is shown again.
    """
    with transaction.atomic():
        rows = unseen([webhook]).filter(pk__in=shown).select_for_update(no_key=True)
        seen = [row for row in rows if row.hooks == shown[row.pk]]
        if not seen:
            return 0
        ids = [row.pk for row in seen]
        WebhookDrop.objects.filter(pk__in=ids).update(seen_at=timezone.now(), seen_by=user)
        n = sum(row.hooks for row in seen)
        record_deed(actor=user, obj=webhook, project=webhook.project, what=SEEN(n=n))
    return n
