"""From what happened in projects (`console.accounts.events`) to what each webhook is still to be told."""

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from messaging.models import Webhook
from messaging.states import WebhookState

# Each may be a set of 500 (`console.accounts.events.SET_SIZE`).
COLLECTED_AT_ONCE = 200
# What a carrier tells after days waits as long as what just happened: it begins no older than this.
HEARD_LATE = timedelta(hours=1)
COLLECT_LOCK = 0x77686B63
MOST_BELLS = 4

# One statement, so that what it takes is what it hands on; events that nobody listens to are gone.
COLLECT = """
WITH taken AS (
    DELETE FROM accounts_projectevent WHERE id IN (
        SELECT id FROM accounts_projectevent ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    RETURNING id, project_id, name, payload, happened_at
), told AS (
    INSERT INTO messaging_webhookentry (webhook_id, event, n, payload, created_at)
    SELECT webhook.id, taken.name,
        CASE jsonb_typeof(taken.payload) WHEN 'array' THEN jsonb_array_length(taken.payload) ELSE 1 END,
        taken.payload, greatest(taken.happened_at, %(soonest)s)
    FROM taken JOIN messaging_webhook webhook ON webhook.project_id = taken.project_id
        AND taken.name = ANY(webhook.events)
    ORDER BY taken.id, webhook.id
)
SELECT count(*) FROM taken
"""
# Whom to call now: something waits, nobody calls, and no pause holds.
DUE = """
SELECT count(*) FROM messaging_webhook webhook
WHERE state = 'ACTIVE' AND next_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
    AND (EXISTS (SELECT FROM messaging_webhookentry entry WHERE entry.webhook_id = webhook.id)
        OR EXISTS (SELECT FROM messaging_webhookcall call
            WHERE call.webhook_id = webhook.id AND call.state = 'WAITING'))
"""


def collect_events() -> int:
    """Hand events on to the webhooks that listen, in their order; return how many were taken.

    Of two at once one does it and the other nothing, so that no later event passes an earlier one.
    """
    taken = 0
    while found := _collect():
        taken += found
        if found < COLLECTED_AT_ONCE:
            break
    return taken


def _collect() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [COLLECT_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        values: dict[str, Any] = {"limit": COLLECTED_AT_ONCE, "soonest": timezone.now() - HEARD_LATE}
        cursor.execute(COLLECT, values)
        return int(cursor.fetchone()[0])


def bells_due() -> int:
    """For how many webhooks a worker should be woken now, few at a time."""
    if not Webhook.objects.filter(state=WebhookState.ACTIVE).exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": timezone.now()})
        return min(int(cursor.fetchone()[0]), MOST_BELLS)


# How long what waits for a webhook is kept, and how long its log.
WAITING_KEPT = timedelta(days=7)
LOG_KEPT = timedelta(days=30)
