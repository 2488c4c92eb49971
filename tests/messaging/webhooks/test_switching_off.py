"""Failures of a webhook: counted, written down, and the end of it told once an occasion."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from console.accounts.models import EventName, Notice, Project
from messaging.models import Webhook, WebhookAttempt, WebhookCall, WebhookEntry
from messaging.states import CallState, WebhookState
from messaging.webhooks import delivering
from messaging.webhooks.calling import Answer
from messaging.webhooks.claiming import claim_webhook, next_call
from messaging.webhooks.delivering import deliver
from messaging.webhooks.registering import enable
from tests.factories import MembershipFactory, WebhookFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def failing(project: Project) -> Webhook:
    """A webhook with one thing to hear."""
    webhook: Webhook = WebhookFactory(project=project)
    WebhookEntry.objects.create(webhook=webhook, event=EventName.OPT_OUT, payload={}, created_at=NOW)
    return webhook


def answering(monkeypatch: pytest.MonkeyPatch, **answer: Any) -> None:
    monkeypatch.setattr(delivering, "attempt", lambda call: Answer(**answer))


def fail_again(webhook: Webhook) -> Webhook:
    """Its pause is over, and it fails once more."""
    Webhook.objects.filter(pk=webhook.pk).update(next_at=timezone.now())
    deliver()
    webhook.refresh_from_db()
    return webhook


def test_failures_in_a_row_are_counted_from_the_first_and_rest_longer(
    failing: Webhook, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, trouble="status", status=500)
    found = []
    for minutes in (0, 10, 10):
        clock.shift(timedelta(minutes=minutes))
        webhook = fail_again(failing)
        step = min((5, 30, 120), key=lambda each: abs((webhook.next_at - timezone.now()).seconds - each))
        found.append((webhook.failures, webhook.failing_since, step))
    assert found == [(1, NOW, 5), (2, NOW, 30), (3, NOW, 120)]
    call = WebhookCall.objects.get()
    assert (call.attempts, call.state, call.finished_at) == (3, CallState.WAITING, None)


def test_an_attempt_says_when_it_began_and_the_beginning_of_what_was_said(
    failing: Webhook, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, trouble="status", status=500, milliseconds=1500, text="x" * 4096)
    fail_again(failing)
    answering(monkeypatch, trouble="dns", detail="hooks.example.com", milliseconds=1)
    fail_again(failing)
    rows = WebhookAttempt.objects.order_by("id").values_list("at", "answer")
    assert list(rows) == [
        (NOW - timedelta(milliseconds=1500), "x" * 1000),
        (NOW - timedelta(milliseconds=1), "hooks.example.com"),
    ]


def test_each_occasion_is_told_and_what_waited_stays(
    failing: Webhook, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = MembershipFactory(project=failing.project).user
    answering(monkeypatch, trouble="gone", status=410)
    for number in (1, 2):
        webhook = fail_again(failing)
        assert (webhook.state, webhook.disabled_at) == (WebhookState.DISABLED, timezone.now())
        assert Notice.objects.filter(kind="webhook_disabled").count() == number
        assert WebhookCall.objects.get().state == CallState.WAITING
        clock.shift(timedelta(hours=1))
        assert enable(webhook=failing, user=user)
        webhook.refresh_from_db()
        assert (webhook.next_at, webhook.disabled_at, webhook.disabled_because) == (timezone.now(), None, "")


def test_one_that_was_paused_in_its_last_call_stays_paused_and_nobody_is_told(
    failing: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pause_and_fail(call: WebhookCall) -> Answer:
        Webhook.objects.update(state=WebhookState.PAUSED)
        return Answer("gone", status=410)

    monkeypatch.setattr(delivering, "attempt", pause_and_fail)
    webhook = fail_again(failing)
    assert (webhook.state, webhook.disabled_because) == (WebhookState.PAUSED, "")
    assert not Notice.objects.exists()


def test_what_came_of_a_call_is_written_whole_or_not_at_all(
    failing: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claim_webhook()
    assert claim is not None
    call = next_call(claim)
    assert call is not None

    def die(*_given: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(delivering.CALL, "advance", die)
    with pytest.raises(KeyboardInterrupt):
        delivering.record(claim, call, Answer(status=200), timezone.now())
    assert not WebhookAttempt.objects.exists()
    assert WebhookCall.objects.get().attempts == 0
