"""A worker takes a webhook: a lease, so that never two calls are under way and the order holds.

Webhooks are taken in turn, whoever was served longest ago first: a slow receiver takes time from no other.
What a webhook is told next is its oldest call that still waits, else a new call made of the oldest entries.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate, chain
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from console.transitions import Transitions
from messaging.models import Webhook, WebhookCall, WebhookEntry
from messaging.states import CALL_MOVES, WEBHOOK_MOVES, CallState, WebhookState

WEBHOOK = Transitions(WEBHOOK_MOVES)
CALL = Transitions(CALL_MOVES)
LEASE = timedelta(seconds=settings.BONGSU_WEBHOOK_LEASE_SECONDS)
HOOKS_AT_ONCE = 500

CLAIM = """
UPDATE messaging_webhook SET claimed_by = %(token)s, lease_until = %(lease_until)s, served_at = %(now)s
WHERE id = (
    SELECT id FROM messaging_webhook webhook
    WHERE state = 'ACTIVE' AND next_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
        AND (EXISTS (SELECT FROM messaging_webhookentry entry WHERE entry.webhook_id = webhook.id)
            OR EXISTS (SELECT FROM messaging_webhookcall call
                WHERE call.webhook_id = webhook.id AND call.state = 'WAITING'))
    ORDER BY served_at NULLS FIRST, id
    LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id
"""


class ClaimLost(Exception):
    """The lease ran out, or a person paused or deleted the webhook; nothing was written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A webhook in this worker's hands."""

    webhook_id: int
    token: uuid.UUID

    def hold(self, **fields: Any) -> None:
        """Stay in possession and lock the row, in the caller's transaction. Raises ClaimLost."""
        rows = Webhook.objects.filter(pk=self.webhook_id, claimed_by=self.token)
        if not rows.update(**{"lease_until": timezone.now() + LEASE, **fields}):
            raise ClaimLost

    def release(self) -> None:
        rows = Webhook.objects.filter(pk=self.webhook_id, claimed_by=self.token)
        rows.update(claimed_by=None, lease_until=None)


def claim_webhook() -> Claim | None:
    """Take the webhook whose turn it is, or None where none is to be called now."""
    now, token = timezone.now(), uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "token": token, "lease_until": now + LEASE})
        row = cursor.fetchone()
    return Claim(row[0], token) if row else None


def next_call(claim: Claim) -> WebhookCall | None:
    """What the webhook is told next, with the webhook as it is now; None where nothing waits or it rests.

    Raises ClaimLost.
    """
    with transaction.atomic():
        claim.hold()
        webhook = Webhook.objects.select_related("project").get(pk=claim.webhook_id)
        if webhook.state != WebhookState.ACTIVE:
            return None
        waiting = WebhookCall.objects.filter(webhook=webhook, state=CallState.WAITING).order_by("id")
        call = waiting.first() or new_call(webhook)
    if call is not None:
        call.webhook = webhook
    return call


def new_call(webhook: Webhook) -> WebhookCall | None:
    """Make the oldest entries of one event a call. In the transaction of who holds the webhook."""
    entries = WebhookEntry.objects.filter(webhook=webhook).order_by("id")
    oldest = entries.first()
    if oldest is None:
        return None
    some = as_many_as_fit(entries.filter(event=oldest.event))
    if not some:
        return None
    key = uuid.uuid4()
    call = WebhookCall(
        webhook=webhook,
        key=key,
        origin=key,
        event=oldest.event,
        n=sum(entry.n for entry in some),
        happened_at=oldest.created_at,
        created_at=timezone.now(),
    )
    if oldest.message_ids is None:
        call.payloads = flat(payloads_of(entry) for entry in some)
    else:
        call.message_ids = flat(entry.message_ids for entry in some)
        call.codes = flat(entry.codes for entry in some)
        call.times = flat(entry.times for entry in some)
    WebhookCall.objects.bulk_create([call])
    entries.filter(pk__in=[entry.pk for entry in some]).delete()
    return call


def as_many_as_fit(entries: QuerySet[WebhookEntry]) -> list[WebhookEntry]:
    """The first entries that together hold no more hooks than one call takes; one at least.

    How many each holds is asked first: after a weekend they hold a hundred times as much as fits.
    """
    sizes = list(entries.values_list("pk", "n")[:HOOKS_AT_ONCE])
    totals = accumulate(n for _pk, n in sizes)
    fitting = [pk for (pk, _n), total in zip(sizes, totals, strict=True) if total <= HOOKS_AT_ONCE]
    return list(entries.filter(pk__in=fitting or [pk for pk, _n in sizes[:1]]))


def payloads_of(entry: WebhookEntry) -> list[Any]:
    """What each hook of the entry says; a list is a set of them."""
    return entry.payload if isinstance(entry.payload, list) else [entry.payload]


def flat(lists: Any) -> list[Any]:
    return list(chain.from_iterable(each or () for each in lists))
