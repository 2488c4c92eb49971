"""Calls to a real receiver: what it gets, in which order, and what becomes of the webhook when it fails."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from console.accounts.events import record_events
from console.accounts.models import EventName, Notice, NoticeMail, Project, ProjectEvent
from messaging.ids import ordinal_of
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
from messaging.states import CallState, WebhookState
from messaging.webhooks import claiming, delivering
from messaging.webhooks.claiming import ClaimLost, claim_webhook, next_call
from messaging.webhooks.collecting import bells_due, collect_events
from messaging.webhooks.delivering import deliver
from messaging.webhooks.health import waiting_of
from messaging.webhooks.registering import delete_webhook
from senders.models import OptOutSource
from senders.services.opt_outs import add_opt_outs
from tests.factories import MembershipFactory, WebhookFactory
from tests.messaging.admin.delivering import send
from tests.messaging.sending.files import numbers
from tests.messaging.webhooks.conftest import SENDER, hand_over, report
from tests.messaging.webhooks.receiver import Received, Receiver, Reply, saying, taken


def results(project: Project, account: GatewayAccount, n: int = 1) -> list[Message]:
    """So many messages that were delivered."""
    messages = hand_over(send(project, numbers(n), sender=SENDER))
    for message in messages:
        report(account, message)
    return messages


def rested(webhook: Webhook, **fields: Any) -> None:
    """Let the pause be over."""
    Webhook.objects.filter(pk=webhook.pk).update(next_at=timezone.now(), **fields)


def test_the_body_and_the_headers_are_those_of_the_companion_page(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    Webhook.objects.update(signature="entered by hand")
    [message] = results(project, account)
    assert bells_due() == 1
    assert deliver() is False
    [call] = WebhookCall.objects.all()
    [got] = receiver.received
    message.refresh_from_db()
    at = timezone.localtime(message.finished_at).strftime("%Y-%m-%dT%H:%M:%S")
    asked = timezone.localtime(message.request.created_at).strftime("%Y-%m-%dT%H:%M:%S")
    assert got.body == {
        "hooksId": str(call.key),
        "webhookConfigId": webhook.key,
        "productName": "Sms",
        "appKey": project.app_key,
        "event": "MESSAGE_RESULT_UPDATE",
        "hooks": [
            {
                "hookId": f"{call.key.hex}00000",
                "senderType": "NORMAL_SMS",
                "requestId": str(message.request_id),
                "recipientSeq": 1,
                "requestDate": asked,
                "receiveDate": at,
                "sendNo": SENDER,
                "recipientNo": message.recipient,
                "messageStatus": "COMPLETED",
                "recipientGroupingKey": None,
                "senderGroupingKey": None,
                "resultCode": "0",
                "messageCount": 1,
                "_links": got.hooks[0]["_links"],
            }
        ],
    }
    assert got.hooks[0]["_links"]["self"]["href"].endswith(f"/{message.pk}/")
    assert got.headers["content-type"] == "application/json;charset=UTF-8"
    assert got.headers["x-toast-webhook-signature"] == "entered by hand"
    assert got.headers["webhook-id"] == str(call.key)
    Verifier(webhook.secret).verify(got.raw, got.headers)
    assert (call.state, call.attempts, call.n) == (CallState.DELIVERED, 1, 1)
    [tried] = WebhookAttempt.objects.all()
    assert (tried.status, tried.trouble, tried.answer, tried.address) == (200, "", "ok", "127.0.0.1")
    webhook.refresh_from_db()
    assert (webhook.claimed_by, webhook.failures, webhook.failing_since) == (None, 0, None)
    assert webhook.last_success_at is not None
    assert not WebhookEntry.objects.exists()
    assert bells_due() == 0


def test_what_waits_goes_in_few_calls_in_its_order(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount, monkeypatch: Any
) -> None:
    monkeypatch.setattr(claiming, "HOOKS_AT_ONCE", 4)
    messages = results(project, account, 10)
    deliver()
    assert [len(each.hooks) for each in receiver.received] == [4, 4, 2]
    assert [hook["recipientSeq"] for hook in receiver.hooks] == [ordinal_of(each.pk) for each in messages]
    ids = [hook["hookId"] for hook in receiver.hooks]
    assert len(set(ids)) == 10


def test_a_failed_call_is_repeated_as_it_was_and_nothing_passes_it(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    receiver.answer = saying(503, b"later")
    first = results(project, account)
    deliver()
    second = results(project, account)
    deliver()
    assert len(receiver.received) == 1  # it rests
    webhook.refresh_from_db()
    assert webhook.failures == 1
    assert timedelta(seconds=4) < webhook.next_at - timezone.now() < timedelta(seconds=6)
    receiver.answer = taken
    rested(webhook)
    deliver()
    failed, again, later = receiver.received
    assert (again.headers["webhook-id"], again.raw) == (failed.headers["webhook-id"], failed.raw)
    assert [hook["requestId"] for hook in again.hooks] == [str(first[0].request_id)]
    assert [hook["requestId"] for hook in later.hooks] == [str(second[0].request_id)]
    tries = WebhookAttempt.objects.order_by("id").values_list("status", "trouble", "answer")
    assert list(tries) == [(503, "status", "later"), (200, "", "ok"), (200, "", "ok")]
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since) == (0, None)


def test_a_correction_comes_after_the_first_result_with_the_code_of_each(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    [message] = hand_over(send(project, numbers(1), sender=SENDER))
    Chunk.objects.update(done_at=timezone.now() - timedelta(days=30))
    give_up_waiting()
    report(account, message)
    deliver()
    assert [(hook["messageStatus"], hook["resultCode"]) for hook in receiver.hooks] == [
        ("FAILED", NO_REPORT),
        ("COMPLETED", "0"),
    ]


@pytest.mark.parametrize(("status", "trouble"), [(302, "redirect"), (404, "status"), (500, "status")])
def test_only_200_to_299_counts_as_taken(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount, status: int, trouble: str
) -> None:
    receiver.answer = saying(status, Location=receiver.url)
    results(project, account)
    deliver()
    assert len(receiver.received) == 1  # no redirect is followed
    assert WebhookAttempt.objects.get().trouble == trouble
    assert WebhookCall.objects.get().state == CallState.WAITING


def test_retry_after_is_honoured(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    receiver.answer = saying(429, Retry_After="900")
    results(project, account)
    deliver()
    webhook.refresh_from_db()
    assert timedelta(seconds=890) < webhook.next_at - timezone.now() <= timedelta(seconds=900)


def test_after_a_day_of_failures_it_is_disabled_and_every_member_told_once(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    members = [MembershipFactory(project=project).user for _number in range(2)]
    receiver.answer = saying(500)
    results(project, account)
    rested(webhook, failures=20, failing_since=timezone.now() - timedelta(hours=24))
    deliver()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.disabled_because) == (WebhookState.DISABLED, "failing")
    [notice] = Notice.objects.all()
    assert (notice.kind, notice.project) == ("webhook_disabled", project)
    assert set(NoticeMail.objects.values_list("user", flat=True)) == {each.pk for each in members}
    rested(webhook)
    deliver()
    assert len(receiver.received) == 1
    assert bells_due() == 0
    assert WebhookCall.objects.get().state == CallState.WAITING  # and goes on when it is enabled


def test_an_hour_less_is_not_a_day(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    receiver.answer = saying(500)
    results(project, account)
    rested(webhook, failures=20, failing_since=timezone.now() - timedelta(hours=23))
    deliver()
    webhook.refresh_from_db()
    assert webhook.state == WebhookState.ACTIVE


def test_410_disables_at_once(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    receiver.answer = saying(410)
    results(project, account)
    deliver()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.disabled_because) == (WebhookState.DISABLED, "gone")


def test_a_paused_one_is_not_called_and_loses_nothing(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    Webhook.objects.update(state=WebhookState.PAUSED)
    results(project, account)
    deliver()
    assert receiver.received == []
    Webhook.objects.update(state=WebhookState.ACTIVE)
    deliver()
    assert len(receiver.hooks) == 1


def test_who_lost_the_claim_writes_nothing(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    results(project, account)
    claim = claim_webhook()
    assert claim is not None
    call = next_call(claim)
    assert call is not None
    assert claim_webhook() is None  # one call under way at a time
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        other = claim_webhook()
        assert other is not None
        answer = delivering.attempt(call)
        with pytest.raises(ClaimLost):
            delivering.record(claim, call, answer, timezone.now())
    assert not WebhookAttempt.objects.exists()
    assert WebhookCall.objects.get().state == CallState.WAITING


def test_a_webhook_that_is_deleted_meanwhile_ends_its_worker_quietly(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    results(project, account)
    claim = claim_webhook()
    assert claim is not None
    call = next_call(claim)
    assert call is not None
    delete_webhook(Webhook.objects.get())
    with pytest.raises(ClaimLost):
        delivering.record(claim, call, delivering.attempt(call), timezone.now())
    assert not WebhookCall.objects.exists()


def test_who_waited_longest_is_served_first(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount
) -> None:
    other = WebhookFactory(project=project, url=receiver.url + "/other")
    results(project, account)
    Webhook.objects.filter(pk=webhook.pk).update(served_at=timezone.now())
    assert [claim.webhook_id for claim in (claim_webhook(), claim_webhook()) if claim] == [
        other.pk,
        webhook.pk,
    ]


def test_events_go_to_who_listens_and_are_taken_once(
    webhook: Webhook, receiver: Receiver, project: Project
) -> None:
    Webhook.objects.update(events=[EventName.OPT_OUT])
    at = timezone.now()
    payloads = [{"recipientNo": f"0101234000{n}"} for n in range(3)]
    record_events(project_id=project.pk, name=EventName.OPT_OUT, payloads=payloads, at=at)
    record_events(project_id=project.pk, name=EventName.LIMIT_REACHED, payloads=[{}], at=at)
    assert collect_events() == 4
    assert collect_events() == 0
    assert not ProjectEvent.objects.exists()
    deliver()
    [got] = receiver.received
    assert got.body["event"] == "UNSUBSCRIBE"
    assert [hook["recipientNo"] for hook in got.hooks] == [each["recipientNo"] for each in payloads]
    assert [hook["hookId"][-5:] for hook in got.hooks] == ["00000", "00001", "00002"]


def test_a_file_of_opt_outs_is_told_in_full_calls_and_whatever_else_happened_in_its_place(
    webhook: Webhook, receiver: Receiver, project: Project
) -> None:
    Webhook.objects.update(events=[EventName.OPT_OUT])
    deaf: Webhook = WebhookFactory(project=project, events=[EventName.LIMIT_REACHED])
    at, people = timezone.now(), [(82, f"010{n:08d}") for n in range(602)]
    wish: dict[str, Any] = {"project": project, "source": OptOutSource.FILE, "at": at}
    add_opt_outs(numbers=people[:1], **wish)
    add_opt_outs(numbers=people[1:], **wish)
    payloads = [{"recipientNo": "01099999999"}]
    record_events(project_id=project.pk, name=EventName.OPT_OUT, payloads=payloads, at=at)
    assert collect_events() == 4
    entries = WebhookEntry.objects.order_by("id")
    assert list(entries.values_list("webhook", "n")) == [(webhook.pk, n) for n in (1, 500, 101, 1)]
    assert (waiting_of([webhook, deaf])[webhook.pk].hooks, ProjectEvent.objects.count()) == (603, 0)
    deliver()
    assert [len(each.hooks) for each in receiver.received] == [1, 500, 102]
    told = [hook["recipientNo"] for hook in receiver.hooks]
    assert told == [*(number for _country, number in people), "01099999999"]
    assert len({hook["hookId"] for hook in receiver.hooks}) == 603
    assert list(WebhookCall.objects.order_by("id").values_list("n", "state")) == [
        (n, CallState.DELIVERED) for n in (1, 500, 102)
    ]


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_calls_and_nothing_is_told_twice(
    webhook: Webhook, receiver: Receiver, project: Project, account: GatewayAccount, monkeypatch: Any
) -> None:
    monkeypatch.setattr(claiming, "HOOKS_AT_ONCE", 2)
    results(project, account, 12)
    under_way, most = [0], [0]
    lock = threading.Lock()

    def slow(received: Received) -> Reply:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.02)
        with lock:
            under_way[0] -= 1
        return taken(received)

    receiver.answer = slow

    def work() -> None:
        try:
            while WebhookEntry.objects.exists() or WebhookCall.objects.filter(state="WAITING").exists():
                deliver(1)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert most == [1]
    assert [hook["recipientSeq"] for hook in receiver.hooks] == list(range(1, 13))


def test_a_call_reads_no_more_of_what_waits_than_it_takes(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    WebhookEntry.objects.bulk_create(
        WebhookEntry(
            webhook=webhook,
            event=EventName.MESSAGE_RESULT,
            n=n,
            message_ids=[uuid.uuid4() for _n in range(n)],
            codes=["0"] * n,
            times=[now] * n,
            created_at=now,
        )
        for n in (300, 200, 1, 499)
    )
    first_two = list(WebhookEntry.objects.order_by("id").values_list("message_ids", flat=True)[:2])
    read: list[int] = []
    monkeypatch.setattr(WebhookEntry, "__init__", counting(WebhookEntry.__init__, read))
    claim = claim_webhook()
    assert claim is not None
    call = next_call(claim)
    assert call is not None
    assert (call.n, call.message_ids) == (500, [*first_two[0], *first_two[1]])
    assert len(read) == 3  # the oldest, and the two that fit
    assert list(WebhookEntry.objects.order_by("id").values_list("n", flat=True)) == [1, 499]


def counting(made: Callable[..., None], read: list[int]) -> Callable[..., None]:
    """Note each object that is made."""

    def make(self: Any, *args: Any, **kwargs: Any) -> None:
        read.append(1)
        made(self, *args, **kwargs)

    return make
