"""What becomes of messages is written down for the webhooks that listen, by the statement that moves them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import EventName, Project
from messaging.gateways.base import Report
from messaging.models import Chunk, GatewayAccount, Message, SendRequest, Webhook, WebhookEntry
from messaging.result_codes import CANCELED, NO_REPORT, OPTED_OUT
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.outcomes import move_failed, move_unknown
from messaging.sending.recovery import give_up_waiting
from messaging.sending.reporting import apply_reports
from messaging.states import WebhookState
from tests.factories import WebhookFactory
from tests.messaging.admin.delivering import send
from tests.messaging.sending.files import numbers
from tests.messaging.webhooks.conftest import SENDER, hand_over, report


def send_to(project: Project, n: int, **changes: object) -> SendRequest:
    return send(project, numbers(n), sender=SENDER, **changes)


def told(webhook: Webhook) -> list[tuple[list[str], list[str]]]:
    """The entries of a webhook, in order: the messages and the codes of each."""
    entries = WebhookEntry.objects.filter(webhook=webhook).order_by("id")
    return [([str(each) for each in entry.message_ids], entry.codes) for entry in entries]


@pytest.fixture
def listening(project: Project, account: GatewayAccount) -> Webhook:
    return WebhookFactory(project=project)


@pytest.fixture
def messages(project: Project, account: GatewayAccount) -> list[Message]:
    return hand_over(send_to(project, 3))


def test_a_report_is_told_once_however_often_it_comes(
    listening: Webhook, account: GatewayAccount, messages: list[Message]
) -> None:
    assert told(listening) == []  # handing over is no result
    at = timezone.now().replace(microsecond=0)
    report(account, messages[0], "0", happened_at=at)
    report(account, messages[0], "2003")
    assert told(listening) == [([str(messages[0].pk)], ["0"])]
    assert WebhookEntry.objects.get().times == [at]


def test_what_nobody_reported_and_its_later_correction_are_told_in_order(
    listening: Webhook, account: GatewayAccount, messages: list[Message]
) -> None:
    Chunk.objects.update(done_at=timezone.now() - timedelta(days=30))
    assert give_up_waiting() == 1
    report(account, messages[1], "2003")
    ids = [str(each.pk) for each in messages]
    assert told(listening) == [(ids, [NO_REPORT] * 3), ([ids[1]], ["2003"])]


def test_what_was_refused_or_may_have_gone_is_told(listening: Webhook, project: Project) -> None:
    send_to(project, 2, needs_release=True)
    first, second = (str(each.pk) for each in Message.objects.order_by("id"))
    move_failed([(first, OPTED_OUT)], timezone.now())
    now = timezone.now()
    move_unknown([second], now, {})
    assert told(listening) == [([first], [OPTED_OUT]), ([second], ["B008"])]
    # Nobody knows when it ended: it is told, and found, as of when that was said.
    assert WebhookEntry.objects.get(message_ids=[second]).times == [now]
    assert Message.objects.get(pk=second).finished_at == now


def test_each_message_stands_with_its_own_code(listening: Webhook, project: Project) -> None:
    send_to(project, 3, needs_release=True)
    ids = [str(each.pk) for each in Message.objects.order_by("id")]
    codes = [OPTED_OUT, CANCELED, OPTED_OUT]
    assert codes != sorted(codes)
    move_failed(zip(ids, codes, strict=True), timezone.now())
    assert told(listening) == [(ids, codes)]


def test_who_listens_for_receipts_alone_is_told_of_carriers_alone(
    project: Project, account: GatewayAccount
) -> None:
    webhook = WebhookFactory(project=project, events=[EventName.INTERNATIONAL_RECEIPT])
    send_to(project, 1, needs_release=True)
    Message.objects.update(country_code=81)
    held = Message.objects.get()
    move_failed([(str(held.pk), OPTED_OUT)], timezone.now())  # no carrier ever had it
    assert told(webhook) == []
    [message] = hand_over(send_to(project, 1))
    Message.objects.filter(pk=message.pk).update(country_code=81)
    report(account, message)
    assert told(webhook) == [([str(message.pk)], ["0"])]


def test_each_event_is_cut_by_itself(project: Project, account: GatewayAccount) -> None:
    events = [EventName.MESSAGE_RESULT, EventName.INTERNATIONAL_RECEIPT]
    webhook = WebhookFactory(project=project, events=events)
    messages = hand_over(send_to(project, 300))
    Message.objects.update(country_code=81)
    given = {"carrier_id": None, "code": "0", "telco": "SKT", "happened_at": timezone.now()}
    apply_reports(account, [Report(message_id=str(each.pk), **given) for each in messages])
    assert [len(ids) for ids, _codes in told(webhook)] == [300, 300]


def test_a_cancel_is_told(listening: Webhook, project: Project) -> None:
    request = send_to(project, 2, needs_release=True)
    ids = [str(each.pk) for each in Message.objects.order_by("id")]
    assert cancel_request(request=request, actor=None)
    finish_canceling()
    assert told(listening) == [(ids, [CANCELED, CANCELED])]


def test_a_large_set_is_cut(listening: Webhook, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    send_to(project, 900, needs_release=True)
    ids = [str(each.pk) for each in Message.objects.order_by("id")]
    move_failed([(each, OPTED_OUT) for each in ids], timezone.now())
    assert [len(found) for found, _codes in told(listening)] == [500, 400]
    assert [each for found, _codes in told(listening) for each in found] == ids


def test_every_webhook_that_listens_is_told_and_no_other(project: Project, account: GatewayAccount) -> None:
    paused = WebhookFactory(project=project, state=WebhookState.PAUSED)
    disabled = WebhookFactory(project=project, state=WebhookState.DISABLED)
    deaf = WebhookFactory(project=project, events=[EventName.OPT_OUT])
    neighbour = WebhookFactory()
    abroad = WebhookFactory(project=project, events=[EventName.INTERNATIONAL_RECEIPT])
    messages = hand_over(send_to(project, 1))
    report(account, messages[0])
    found = {each: len(told(each)) for each in (paused, disabled, deaf, neighbour, abroad)}
    assert found == {paused: 1, disabled: 1, deaf: 0, neighbour: 0, abroad: 0}


def test_a_result_from_abroad_is_told_as_a_receipt_too(project: Project, account: GatewayAccount) -> None:
    events = [EventName.MESSAGE_RESULT, EventName.INTERNATIONAL_RECEIPT]
    webhook = WebhookFactory(project=project, events=events)
    messages = hand_over(send_to(project, 2))
    Message.objects.filter(pk=messages[1].pk).update(country_code=81)
    for message in messages:
        report(account, message)
    entries = WebhookEntry.objects.filter(webhook=webhook).order_by("event", "id")
    assert [(entry.event, entry.message_ids) for entry in entries] == [
        ("INTERNATIONAL_DELIVERY_RECEIPT", [messages[1].pk]),
        ("MESSAGE_RESULT_UPDATE", [messages[0].pk]),
        ("MESSAGE_RESULT_UPDATE", [messages[1].pk]),
    ]


def test_it_is_no_statement_of_its_own(
    listening: Webhook, account: GatewayAccount, messages: list[Message]
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as with_webhook:
        report(account, messages[0])
    listening.delete()
    with CaptureQueriesContext(connection) as without:
        report(account, messages[1])
    assert len(with_webhook) == len(without)
