"""The demo's webhook: its receiver does not exist, so it is paused, with a log as a working one has it."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from console.accounts.events import moment
from console.accounts.models import EventName, Project, User
from messaging.models import Message, Webhook, WebhookAttempt, WebhookCall
from messaging.states import CallState, MessageState, WebhookState
from messaging.webhooks.signing import new_secret

URL = "https://example.com/bongsu/hooks"
EVENTS = [
    each.value for each in (EventName.MESSAGE_RESULT, EventName.OPT_OUT, EventName.SENDER_NUMBER_DECIDED)
]
RESULTS = 40
# Hours ago, and what each attempt met: a status, or no answer in time.
CALLS = (
    (20, (200,)),
    (17, (200,)),
    (13, (503, None, 200)),
    (9, (200,)),
    (6, (200,)),
    (5, (500, 500)),
    (2, (200,)),
    (1, (200,)),
)


@transaction.atomic
def make_webhook(project: Project, manager: User) -> None:
    """A webhook with a day's calls, unless the project ever had one."""
    if Webhook.objects.filter(project=project).exists():
        return
    now = timezone.now()
    webhook = Webhook.objects.create(
        project=project,
        url=URL,
        events=EVENTS,
        secret=new_secret(),
        state=WebhookState.PAUSED,
        created_by=manager,
        created_at=now - timedelta(days=12),
        verified_at=now - timedelta(days=12),
        last_success_at=now - timedelta(hours=1),
    )
    ended = Message.objects.filter(project=project, state=MessageState.DELIVERED).order_by("-id")
    messages = list(ended[: RESULTS * len(CALLS)])
    for number, (hours, tried) in enumerate(CALLS):
        at = now - timedelta(hours=hours)
        some = messages[number * RESULTS : (number + 1) * RESULTS] if number % 3 else []
        call = make_call(webhook, some, at, is_taken=tried[-1] == 200)
        make_attempts(call, tried, at)


def make_call(webhook: Webhook, messages: list[Message], at: datetime, *, is_taken: bool) -> WebhookCall:
    """A call of these results, or of one opt-out where there are none."""
    key = uuid.uuid4()
    state = CallState.DELIVERED if is_taken else CallState.FAILED
    call = WebhookCall(webhook=webhook, key=key, origin=key, state=state, happened_at=at, created_at=at)
    call.finished_at = at
    if messages:
        call.event, call.n = EventName.MESSAGE_RESULT, len(messages)
        call.message_ids = [each.pk for each in messages]
        call.codes = [each.result_code or "0" for each in messages]
        call.times = [each.finished_at or at for each in messages]
    else:
        call.event, call.n = EventName.OPT_OUT, 1
        told = {"recipientNo": "01000000000", "unsubscribeNo": "0805001234", "enterpriseName": "Acme"}
        call.payloads = [{**told, "createdDateTime": moment(at)}]
    call.save()
    return call


def make_attempts(call: WebhookCall, tried: tuple[int | None, ...], at: datetime) -> None:
    for number, status in enumerate(tried):
        trouble = "" if status == 200 else "status" if status else "timeout"
        WebhookAttempt.objects.create(
            webhook=call.webhook,
            call=call,
            at=at + timedelta(seconds=35 * number),
            status=status,
            milliseconds=85 + 12 * number if status else 15_000,
            trouble=trouble,
            answer='{"ok":true}' if status == 200 else "upstream is busy" if status else "",
            address="93.184.215.14",
        )
    WebhookCall.objects.filter(pk=call.pk).update(attempts=len(tried))
