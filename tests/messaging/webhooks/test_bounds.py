"""Bounds of what a person enters, of what is asked at once, and of what is kept for each webhook."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from console.accounts.models import AuditEntry, EventName, Project, User
from messaging.models import Webhook, WebhookAttempt, WebhookCall
from messaging.states import CallState
from messaging.webhooks import registering
from messaging.webhooks.bodies import mask, masked
from messaging.webhooks.calling import Answer
from messaging.webhooks.health import last_day, waiting_of
from messaging.webhooks.pruning import prune_webhooks
from messaging.webhooks.registering import (
    WebhookRefused,
    WebhookWish,
    add_webhook,
    change_webhook,
    delete_webhook,
    enable,
    rotate_secret,
    send_test,
)
from messaging.webhooks.replaying import copy, count_failed, leave_out, replay, replay_failed
from messaging.webhooks.signing import headers_for, secrets_of
from tests.factories import MembershipFactory, WebhookFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)
TICK, DAY = timedelta(microseconds=1), timedelta(days=1)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def user(project: Project) -> User:
    return MembershipFactory(project=project).user


@pytest.fixture
def own(project: Project) -> Webhook:
    webhook: Webhook = WebhookFactory(project=project)
    return webhook


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that are called; each takes the call and echoes nothing."""
    hosts: list[str] = []

    def post(target: Any, **_given: Any) -> Answer:
        hosts.append(target.host)
        return Answer(status=200, address="192.0.2.7")

    monkeypatch.setattr(registering, "post", post)
    return hosts


def a_call(webhook: Webhook, state: str = CallState.FAILED, at: datetime = NOW, **fields: Any) -> WebhookCall:
    given = {"event": EventName.OPT_OUT, "n": 1, "happened_at": at, "created_at": at, "payloads": [{}]}
    call = WebhookCall(webhook=webhook, state=state, **given | fields)
    call.origin = call.key
    call.save()
    return call


def said(user: User) -> list[str]:
    rows = AuditEntry.objects.filter(action=AuditEntry.Action.DEED, actor=user).order_by("id")
    return [row.additional_data["said"]["key"] for row in rows]


class TestEntering:
    @pytest.mark.parametrize(
        ("signature", "is_taken"),
        [("s" * 200, True), ("s" * 201, False), ("a b~", True), ("a\x1fb", False), ("a\x7fb", False)],
    )
    def test_a_signature_is_what_a_header_can_hold(
        self, own: Webhook, signature: str, is_taken: bool
    ) -> None:
        wish = WebhookWish(own.url, own.events, signature=signature, seen=own.changed_at)
        if is_taken:
            change_webhook(webhook=own, wish=wish)
        else:
            with pytest.raises(WebhookRefused) as refused:
                change_webhook(webhook=own, wish=wish)
            assert list(refused.value.problems) == ["signature"]
        assert Webhook.objects.get().signature == (signature if is_taken else "")

    def test_the_last_of_ten_can_be_changed(self, project: Project) -> None:
        last = [WebhookFactory(project=project) for _number in range(10)][-1]
        wish = WebhookWish(last.url, [EventName.OPT_OUT], seen=last.changed_at)
        change_webhook(webhook=last, wish=wish)
        assert Webhook.objects.get(pk=last.pk).events == [EventName.OPT_OUT]

    def test_one_that_was_deleted_meanwhile_is_not_made_again(self, own: Webhook, user: User) -> None:
        stale = Webhook.objects.get()
        delete_webhook(own)
        with pytest.raises(WebhookRefused):
            change_webhook(webhook=stale, wish=WebhookWish(stale.url, stale.events, seen=stale.changed_at))
        with pytest.raises(WebhookRefused):
            rotate_secret(webhook=stale, user=user, seen=stale.secret_made_at)
        assert not Webhook.objects.exists()

    def test_a_new_address_is_called_without_a_pause(
        self, own: Webhook, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
    ) -> None:
        Webhook.objects.update(next_at=NOW + DAY)
        webhook = Webhook.objects.get()
        monkeypatch.setattr(registering, "challenge", lambda webhook: Answer(status=200))
        wish = WebhookWish("https://example.com/new", webhook.events, seen=webhook.changed_at)
        change_webhook(webhook=webhook, wish=wish)
        webhook.refresh_from_db()
        assert (webhook.url, webhook.next_at, webhook.verified_at) == ("https://example.com/new", NOW, NOW)


class TestCallsOfAPerson:
    def test_twenty_in_ten_minutes_for_each_project(
        self, own: Webhook, called: list[str], clock: time_machine.Traveller
    ) -> None:
        for _number in range(20):
            send_test(own)
        with pytest.raises(WebhookRefused):
            send_test(own)
        assert len(called) == 20
        send_test(WebhookFactory())  # another project's
        clock.shift(timedelta(minutes=10) - timedelta(seconds=1))
        with pytest.raises(WebhookRefused):
            send_test(own)
        clock.shift(timedelta(seconds=1))
        assert send_test(own).is_taken
        assert len(called) == 22

    def test_a_refused_try_writes_nothing(self, own: Webhook, called: list[str], user: User) -> None:
        wish = WebhookWish("https://example.com/new", [EventName.OPT_OUT])
        with pytest.raises(WebhookRefused):
            add_webhook(project=own.project, user=user, wish=wish)
        assert (called, Webhook.objects.count(), WebhookCall.objects.count()) == (["example.com"], 1, 0)


class TestSecrets:
    def test_the_old_one_signs_for_a_day_to_the_moment(
        self, own: Webhook, user: User, clock: time_machine.Traveller
    ) -> None:
        old = own.secret
        new = rotate_secret(webhook=own, user=user, seen=own.secret_made_at)
        own.refresh_from_db()
        assert secrets_of(own, NOW + DAY - TICK) == [new, old]
        assert secrets_of(own, NOW + DAY) == [new]
        assert said(user) == ["webhook_secret_changed"]

    def test_the_old_one_is_the_last_that_was_valid(self, own: Webhook, user: User) -> None:
        stale = Webhook.objects.get()
        second = rotate_secret(webhook=own, user=user, seen=own.secret_made_at)
        third = rotate_secret(webhook=stale, user=user, seen=Webhook.objects.get().secret_made_at)
        fresh = Webhook.objects.get()
        assert (fresh.secret, fresh.old_secret) == (third, second)

    def test_no_signature_is_no_header(self, own: Webhook) -> None:
        headers = headers_for(own, key=WebhookCall().key, body=b"{}", now=NOW)
        assert "X-Toast-Webhook-Signature" not in headers


class TestAgain:
    def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(
        self, own: Webhook, user: User
    ) -> None:
        first = a_call(own, at=NOW)
        a_call(own, at=NOW - TICK)
        a_call(own, at=NOW + DAY)
        assert count_failed(own, since=NOW, until=NOW + DAY) == (1, 1)
        assert replay_failed(webhook=own, user=user, since=NOW, until=NOW + DAY) == 1
        again = WebhookCall.objects.get(is_replay=True)
        assert (again.origin, again.happened_at, again.state) == (first.key, NOW, CallState.WAITING)
        assert said(user) == ["webhook_calls_replayed"]
        assert replay_failed(webhook=own, user=user, since=NOW, until=NOW + DAY) == 0
        assert said(user) == ["webhook_calls_replayed"], "nothing was done, and nothing is noted"

    def test_what_failed_is_sent_again_once(self, own: Webhook, user: User) -> None:
        failed, test = a_call(own), a_call(own, event="TEST")
        assert replay(call=failed, user=user)
        failed.refresh_from_db()
        assert failed.state == CallState.REPLAYED
        assert not replay(call=failed, user=user)
        assert not replay(call=test, user=user)
        assert WebhookCall.objects.filter(is_replay=True).count() == 1

    def test_what_is_left_out_lets_the_next_go_at_once(
        self, own: Webhook, user: User, clock: time_machine.Traveller
    ) -> None:
        Webhook.objects.update(next_at=NOW + DAY)
        call = a_call(own, CallState.WAITING)
        assert leave_out(call=call, user=user)
        call.refresh_from_db()
        assert (call.state, call.finished_at, Webhook.objects.get().next_at) == (CallState.FAILED, NOW, NOW)
        assert said(user) == ["webhook_call_left_out"]

    def test_switched_on_again_it_is_as_new(
        self, project: Project, user: User, clock: time_machine.Traveller
    ) -> None:
        webhook = WebhookFactory(
            project=project,
            state="DISABLED",
            disabled_at=NOW - DAY,
            disabled_because="gone",
            failures=9,
            failing_since=NOW - DAY,
            next_at=NOW + DAY,
        )
        assert enable(webhook=webhook, user=user)
        webhook.refresh_from_db()
        assert (webhook.disabled_at, webhook.disabled_because, webhook.next_at) == (None, "", NOW)


class TestKeeping:
    def test_what_waited_or_was_logged_too_long_goes_to_the_moment(
        self, own: Webhook, clock: time_machine.Traveller
    ) -> None:
        week, expired = (a_call(own, CallState.WAITING, NOW - 7 * DAY - late) for late in (0 * TICK, TICK))
        month, _old = (a_call(own, CallState.DELIVERED, NOW - 30 * DAY - late) for late in (0 * TICK, TICK))
        assert prune_webhooks() == 1
        found = dict(WebhookCall.objects.values_list("pk", "state"))
        assert found == {week.pk: "WAITING", expired.pk: "FAILED", month.pk: "DELIVERED"}
        expired.refresh_from_db()
        assert expired.finished_at == NOW

    def test_deleting_one_leaves_the_log_of_another(self, own: Webhook) -> None:
        other = WebhookFactory(project=own.project)
        for webhook in (own, other):
            call = a_call(webhook)
            WebhookAttempt.objects.create(webhook=webhook, call=call, at=NOW, milliseconds=1)
        delete_webhook(own)
        assert WebhookCall.objects.get().webhook == other
        assert WebhookAttempt.objects.get().webhook == other


class TestHealth:
    def test_only_what_waits_is_counted_and_of_each_its_own(self, own: Webhook) -> None:
        other: Webhook = WebhookFactory(project=own.project)
        a_call(own, CallState.WAITING, n=3)
        a_call(own, CallState.DELIVERED, n=50)
        a_call(other, CallState.WAITING, n=7)
        found = waiting_of([own, other])
        assert [(found[each.pk].hooks, found[each.pk].is_more) for each in (own, other)] == [
            (3, False),
            (7, False),
        ]

    def test_the_last_day_begins_with_its_first_whole_hour(
        self, own: Webhook, clock: time_machine.Traveller
    ) -> None:
        hour = NOW.replace(minute=0)
        call, stranger = a_call(own), a_call(WebhookFactory(project=own.project))
        for at, trouble in ((hour, ""), (hour, "status"), (hour - 23 * DAY / 24, ""), (hour - DAY, "")):
            WebhookAttempt.objects.create(webhook=own, call=call, at=at, trouble=trouble, milliseconds=40)
        WebhookAttempt.objects.create(webhook=stranger.webhook, call=stranger, at=hour, milliseconds=9)
        hours = last_day(own)
        assert (len(hours), hours[0].at, hours[-1].at) == (24, hour - 23 * DAY / 24, hour)
        counted = [(each.taken, each.failed, each.milliseconds) for each in hours]
        assert counted == [(1, 0, 40), *[(0, 0, 0)] * 22, (1, 1, 40)]


def test_numbers_are_masked_wherever_they_stand() -> None:
    hook = {"recipientNo": "01012345678", "recipientGroupingKey": "01098765432", "sendNo": "0212345678"}
    assert masked([{"hooks": [hook]}]) == [
        {
            "hooks": [
                {
                    "recipientNo": "010******78",
                    "recipientGroupingKey": "010******32",
                    "sendNo": "0212345678",
                }
            ]
        }
    ]
    assert [mask(each) for each in ("123456", "12345", None)] == ["123*56", "12345", None]


def test_a_copy_tells_the_same_under_another_key(own: Webhook) -> None:
    call = a_call(own, n=2, payloads=[{"a": 1}, {"b": 2}])
    copy([call])
    again = WebhookCall.objects.get(is_replay=True)
    assert (again.payloads, again.n, again.event, again.attempts) == (call.payloads, 2, call.event, 0)
    assert again.key != call.key
    assert again.created_at <= timezone.now()
