"""Telling something again, or leaving it out: what a person does to the calls of the log."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from console.accounts.audit import record_deed
from console.accounts.models import User
from console.accounts.sentences import sentence
from messaging.models import Webhook, WebhookCall
from messaging.states import CallState
from messaging.webhooks.bodies import TEST
from messaging.webhooks.claiming import CALL

COPIED_AT_ONCE = 500

REPLAYED = sentence(
    "webhook_calls_replayed",
    ngettext_lazy("%(n)s call of a webhook sent again", "%(n)s calls of a webhook sent again", "n"),
)
LEFT_OUT = sentence("webhook_call_left_out", _("A call of a webhook left out"))


def failed_calls(webhook: Webhook, *, since: datetime, until: datetime) -> QuerySet[WebhookCall]:
    """The calls that failed for good of what happened from `since` to `until`, the latter not included."""
    calls = WebhookCall.objects.filter(webhook=webhook, state=CallState.FAILED)
    calls = calls.exclude(event=TEST)
    return calls.filter(happened_at__gte=since, happened_at__lt=until)


def count_failed(webhook: Webhook, *, since: datetime, until: datetime) -> tuple[int, int]:
    """How many calls, and hooks in them, a replay of this period sends again."""
    failed = failed_calls(webhook, since=since, until=until)
    return failed.count(), failed.aggregate(n=Sum("n"))["n"] or 0


def replay_failed(*, webhook: Webhook, user: User, since: datetime, until: datetime) -> int:
    """Send again what failed in the period, each call once however often this is asked; return how many."""
    done = 0
    while some := _replay_some(webhook, since, until):
        done += some
    if done:
        record_deed(actor=user, obj=webhook, project=webhook.project, what=REPLAYED(n=done))
    return done


def _replay_some(webhook: Webhook, since: datetime, until: datetime) -> int:
    with transaction.atomic():
        failed = failed_calls(webhook, since=since, until=until).order_by("id")
        calls = list(failed.select_for_update(skip_locked=True, no_key=True)[:COPIED_AT_ONCE])
        CALL.advance(WebhookCall.objects.filter(pk__in=[call.pk for call in calls]), CallState.REPLAYED)
        copy(calls)
    return len(calls)


def replay(*, call: WebhookCall, user: User) -> bool:
    """Send one call again that was delivered or failed; whether there is anything to send."""
    with transaction.atomic():
        held = WebhookCall.objects.select_for_update(no_key=True).filter(pk=call.pk).first()
        if held is None or held.event == TEST or held.state not in (CallState.DELIVERED, CallState.FAILED):
            return False
        if held.state == CallState.FAILED:
            CALL.advance(WebhookCall.objects.filter(pk=held.pk), CallState.REPLAYED)
        copy([held])
        webhook = call.webhook
        record_deed(actor=user, obj=webhook, project=webhook.project, what=REPLAYED(n=1))
    return True


def copy(calls: Sequence[WebhookCall]) -> None:
    """New calls that tell the same, with hooks of the same ids, before whatever else waits."""
    now = timezone.now()
    WebhookCall.objects.bulk_create(
        WebhookCall(
            webhook_id=call.webhook_id,
            key=uuid.uuid4(),
            origin=call.origin,
            event=call.event,
            n=call.n,
            message_ids=call.message_ids,
            codes=call.codes,
            times=call.times,
            payloads=call.payloads,
            is_replay=True,
            happened_at=call.happened_at,
            created_at=now,
        )
        for call in calls
    )


def leave_out(*, call: WebhookCall, user: User) -> bool:
    """Give a call up that the receiver does not take, so that what waits behind it goes on."""
    with transaction.atomic():
        rows = WebhookCall.objects.filter(pk=call.pk)
        if not CALL.advance(rows, CallState.FAILED, finished_at=timezone.now()):
            return False
        webhook = call.webhook
        Webhook.objects.filter(pk=webhook.pk).update(next_at=timezone.now())
        record_deed(actor=user, obj=webhook, project=webhook.project, what=LEFT_OUT())
    return True
