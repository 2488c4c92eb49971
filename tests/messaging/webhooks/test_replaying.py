"""Telling something again, leaving something out, and what is forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from console.accounts.models import EventName, Project, User
from messaging.models import (
    Chunk,
    GatewayAccount,
    Message,
    Webhook,
    WebhookAttempt,
    WebhookCall,
    WebhookEntry,
)
from messaging.result_codes import NO_REPORT
from messaging.sending.recovery import give_up_waiting
from messaging.states import CallState
from messaging.webhooks.delivering import deliver
from messaging.webhooks.pruning import prune_webhooks
from messaging.webhooks.registering import send_test
from messaging.webhooks.replaying import count_failed, leave_out, replay, replay_failed
from tests.factories import MembershipFactory, WebhookFactory
from tests.messaging.admin.delivering import send
from tests.messaging.sending.files import numbers
from tests.messaging.webhooks.conftest import SENDER, hand_over, report
from tests.messaging.webhooks.receiver import Receiver, saying, taken

DAY = timedelta(days=1)


@pytest.fixture
def user(project: Project) -> User:
    return MembershipFactory(project=project).user


def make_calls(webhook: Webhook, *states: str, at: Any = None, **fields: Any) -> list[WebhookCall]:
    """Calls in these states, each of one opt-out."""
    at = at or timezone.now()
    calls = []
    for number, state in enumerate(states):
        call = WebhookCall(
            webhook=webhook,
            event=EventName.OPT_OUT,
            n=1,
            state=state,
            happened_at=at,
            created_at=at,
            **fields,
        )
        call.origin, call.payloads = call.key, [{"recipientNo": f"0101234000{number}"}]
        call.save()
        calls.append(call)
    return calls


def around_now() -> dict[str, Any]:
    return {"since": timezone.now() - DAY, "until": timezone.now() + DAY}


def test_what_failed_in_a_period_is_counted_and_sent_again_once(
    webhook: Webhook, receiver: Receiver, user: User
) -> None:
    failed = make_calls(webhook, CallState.FAILED, CallState.FAILED)
    make_calls(webhook, CallState.DELIVERED, CallState.REPLAYED)
    make_calls(webhook, CallState.FAILED, at=timezone.now() - 3 * DAY)
    make_calls(WebhookFactory(project=webhook.project), CallState.FAILED)
    receiver.answer = saying(500)
    send_test(webhook)
    receiver.received.clear()
    receiver.answer = taken
    assert count_failed(webhook, **around_now()) == (2, 2)
    assert replay_failed(webhook=webhook, user=user, **around_now()) == 2
    assert replay_failed(webhook=webhook, user=user, **around_now()) == 0
    assert count_failed(webhook, **around_now()) == (0, 0)
    deliver()
    assert [hook["hookId"] for hook in receiver.hooks] == [f"{call.origin.hex}00000" for call in failed]
    assert {each.headers["webhook-id"] for each in receiver.received}.isdisjoint(
        {str(call.key) for call in failed}
    )


def test_a_replay_tells_results_as_they_are_now(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount, user: User
) -> None:
    """The first result is sent again after its correction was: nobody hears the older one after the newer."""
    [message] = hand_over(send(project, numbers(1), sender=SENDER))
    Chunk.objects.update(done_at=timezone.now() - 30 * DAY)
    give_up_waiting()
    deliver()
    report(account, message)
    deliver()
    assert [hook["resultCode"] for hook in receiver.hooks] == [NO_REPORT, "0"]
    first = WebhookCall.objects.order_by("id")[0]
    assert replay(call=first, user=user)
    deliver()
    again = receiver.received[-1]
    assert [(hook["resultCode"], hook["messageStatus"]) for hook in again.hooks] == [("0", "COMPLETED")]
    assert again.hooks[0]["hookId"] == receiver.received[0].hooks[0]["hookId"]
    first.refresh_from_db()
    assert first.state == CallState.DELIVERED


def test_a_call_that_waits_is_not_doubled(webhook: Webhook, user: User) -> None:
    [waiting] = make_calls(webhook, CallState.WAITING)
    assert not replay(call=waiting, user=user)
    assert WebhookCall.objects.count() == 1


def test_a_call_that_the_receiver_never_takes_is_left_out(
    webhook: Webhook, receiver: Receiver, user: User
) -> None:
    poison, good = make_calls(webhook, CallState.WAITING, CallState.WAITING)
    receiver.answer = lambda got: (
        (422, {}, b"") if got.hooks[0]["recipientNo"].endswith("0") else (200, {}, b"")
    )
    deliver()
    assert len(receiver.received) == 1
    assert leave_out(call=poison, user=user)
    assert not leave_out(call=poison, user=user)
    deliver()
    assert [hook["recipientNo"][-1] for hook in receiver.hooks] == ["0", "1"]
    states = WebhookCall.objects.order_by("id").values_list("pk", "state")
    assert list(states) == [(poison.pk, CallState.FAILED), (good.pk, CallState.DELIVERED)]


def test_what_is_past_its_time_is_forgotten(webhook: Webhook) -> None:
    now = timezone.now()
    [kept] = make_calls(webhook, CallState.DELIVERED, at=now - 29 * DAY)
    [old] = make_calls(webhook, CallState.DELIVERED, at=now - 31 * DAY)
    [waiting] = make_calls(webhook, CallState.WAITING, at=now - 6 * DAY)
    [expired] = make_calls(webhook, CallState.WAITING, at=now - 8 * DAY)
    for call in (kept, old):
        WebhookAttempt.objects.create(webhook=webhook, call=call, at=call.created_at, milliseconds=1)
    for age in (6, 8):
        WebhookEntry.objects.create(webhook=webhook, event=EventName.OPT_OUT, created_at=now - age * DAY)
    WebhookEntry.objects.create(webhook_id=webhook.pk + 1, event=EventName.OPT_OUT, created_at=now)
    assert prune_webhooks() == 3
    states = dict(WebhookCall.objects.values_list("pk", "state"))
    assert states == {
        kept.pk: CallState.DELIVERED,
        waiting.pk: CallState.WAITING,
        expired.pk: CallState.FAILED,
    }
    assert WebhookAttempt.objects.get().call == kept
    assert WebhookEntry.objects.get().created_at == now - 6 * DAY


def test_a_call_of_messages_that_are_gone_is_not_made(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    [message] = hand_over(send(project, numbers(1), sender=SENDER))
    report(account, message)
    Message.objects.all().delete()
    deliver()
    assert receiver.received == []
    assert WebhookCall.objects.get().state == CallState.FAILED
    assert WebhookAttempt.objects.get().trouble == "empty"
