"""Calling receivers: take a webhook, tell it what waits, one call after the other, and write down each.

Between two statements nothing is held but the lease: a worker that dies in a call leaves it waiting, and it
is made again, with the same key, when the lease is over. So each hook is told at least once, and by message
in order.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from console.accounts.notices import notify_members
from messaging.models import Webhook, WebhookAttempt, WebhookCall
from messaging.states import CallState, WebhookState
from messaging.webhooks.addresses import WrongAddress, allowed_networks, check_url
from messaging.webhooks.bodies import body_of
from messaging.webhooks.calling import Answer, post
from messaging.webhooks.claiming import CALL, WEBHOOK, Claim, ClaimLost, claim_webhook, next_call
from messaging.webhooks.pauses import gives_up, pause_after
from messaging.webhooks.signing import headers_for

logger = logging.getLogger(__name__)

DELIVER_SECONDS = 5.0
# A quick receiver with much to hear lets others have their turn.
SERVED_SECONDS = 2.0

FAILING, GONE = "failing", "gone"


def deliver(seconds: float = DELIVER_SECONDS) -> bool:
    """Call webhooks in turn until nothing waits or the time is up; whether more may be left then."""
    deadline = time.monotonic() + seconds
    while claim := claim_webhook():
        try:
            serve(claim, until=min(deadline, time.monotonic() + SERVED_SECONDS))
        except ClaimLost:
            logger.info("Webhook %s is not this worker's any more.", claim.webhook_id)
        if time.monotonic() >= deadline:
            return True
    return False


def serve(claim: Claim, *, until: float) -> None:
    """Make its calls, in order, until one fails, none is left or the time is up. Raises ClaimLost."""
    while call := next_call(claim):
        answer = attempt(call)
        record(claim, call, answer, timezone.now())
        if not answer.is_taken or time.monotonic() >= until:
            break
    claim.release()


def attempt(call: WebhookCall) -> Answer:
    """Call the receiver once; nothing is written."""
    webhook = call.webhook
    body = body_of(webhook, call)
    if body is None:
        return Answer("empty")
    headers = headers_for(webhook, key=call.key, body=body, now=timezone.now())
    try:
        target = check_url(webhook.url)
    except WrongAddress as error:
        return Answer(error.code, detail=error.detail)
    return post(target, body=body, headers=headers, allowed=allowed_networks())


@transaction.atomic
def record(claim: Claim, call: WebhookCall, answer: Answer, now: datetime) -> None:
    """Write down what came of a call. Raises ClaimLost."""
    claim.hold()
    webhook = Webhook.objects.get(pk=claim.webhook_id)
    log(call, answer, now)
    rows = WebhookCall.objects.filter(pk=call.pk)
    rows.update(attempts=call.attempts + 1)
    if answer.is_taken:
        CALL.advance(rows, CallState.DELIVERED, finished_at=now)
        claim.hold(failures=0, failing_since=None, last_success_at=now, next_at=now)
    elif answer.trouble == "empty":
        CALL.advance(rows, CallState.FAILED, finished_at=now)
    else:
        fail(claim, webhook, answer, now)


def log(call: WebhookCall, answer: Answer, now: datetime) -> None:
    WebhookAttempt.objects.create(
        webhook_id=call.webhook_id,
        call=call,
        at=now - timedelta(milliseconds=answer.milliseconds),
        status=answer.status,
        milliseconds=answer.milliseconds,
        trouble=answer.trouble,
        answer=(answer.text or answer.detail)[:1000],
        address=answer.address,
    )


def fail(claim: Claim, webhook: Webhook, answer: Answer, now: datetime) -> None:
    """Let the webhook rest; after a day of failures, or where it is gone, disable it and tell the members."""
    since = webhook.failing_since or now
    pause = pause_after(webhook.failures + 1, asked=answer.retry_after)
    claim.hold(failures=webhook.failures + 1, failing_since=since, next_at=now + pause)
    if answer.trouble == "gone":
        disable(webhook, GONE, since, now)
    elif gives_up(failing_since=since, now=now):
        disable(webhook, FAILING, since, now)


def disable(webhook: Webhook, why: str, since: datetime, now: datetime) -> None:
    """Call it no more until a person says so; what waits stays. Every member is told once an occasion."""
    rows = Webhook.objects.filter(pk=webhook.pk)
    if not WEBHOOK.advance(rows, WebhookState.DISABLED, disabled_at=now, disabled_because=why):
        return
    notify_members(
        project_id=webhook.project_id,
        kind="webhook_disabled",
        key=f"webhook-disabled:{webhook.pk}:{int(since.timestamp())}",
        context={
            "url": webhook.url,
            "why": why,
            "failing_at": since.isoformat(),
            "path": reverse("admin:settings_webhook", args=[webhook.pk]),
        },
    )
