"""Adding a webhook, which its receiver confirms, and what a person changes of one."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from console.accounts.models import AuditEntry, EventName, Project, User
from messaging.models import Webhook, WebhookAttempt, WebhookCall, WebhookEntry, WebhookNetwork
from messaging.states import CallState, WebhookState
from messaging.webhooks import registering
from messaging.webhooks.registering import (
    WebhookRefused,
    WebhookWish,
    add_webhook,
    change_webhook,
    delete_webhook,
    enable,
    is_echoed,
    pause,
    rotate_secret,
    send_test,
)
from messaging.webhooks.signing import headers_for
from tests.factories import MembershipFactory, WebhookFactory
from tests.messaging.webhooks.receiver import Received, Receiver, Reply, echoing, saying, taken

EVENTS = [EventName.MESSAGE_RESULT]


@pytest.fixture
def user(project: Project) -> User:
    return MembershipFactory(project=project).user


def add(project: Project, user: User, url: str, **changes: Any) -> Webhook:
    return add_webhook(project=project, user=user, wish=WebhookWish(url=url, events=EVENTS, **changes))


def refusal(project: Project, user: User, url: str, **changes: Any) -> dict[str, str]:
    with pytest.raises(WebhookRefused) as refused:
        add(project, user, url, **changes)
    return {name: str(words) for name, words in refused.value.problems.items()}


def test_it_is_saved_once_the_receiver_echoes_a_signed_challenge(
    project: Project, user: User, receiver: Receiver, loopback: WebhookNetwork
) -> None:
    webhook = add(project, user, receiver.url, signature="sig")
    [got] = receiver.received
    assert got.body["event"] == "CHALLENGE"
    assert got.body["webhookConfigId"] == webhook.key
    assert got.headers["x-toast-webhook-signature"] == "sig"
    Verifier(webhook.secret).verify(got.raw, got.headers)
    saved = Webhook.objects.get()
    assert (saved.url, saved.events, saved.state, saved.created_by) == (
        receiver.url,
        ["MESSAGE_RESULT_UPDATE"],
        WebhookState.ACTIVE,
        user,
    )
    assert (saved.signature, saved.secret) == ("sig", webhook.secret)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (taken, "It answered 200, but not with the challenge."),
        (saying(500, b"no"), "It answered 500. Only 200 to 299 counts as taken."),
        (saying(302), "It answered 302 and sends callers elsewhere."),
        (saying(410), "It answered 410: it wants no more calls."),
    ],
)
def test_nothing_is_saved_where_it_does_not(
    project: Project, user: User, receiver: Receiver, loopback: WebhookNetwork, answer: Any, words: str
) -> None:
    receiver.answer = answer
    assert refusal(project, user, receiver.url)["url"].startswith(words)
    assert not Webhook.objects.exists()


def test_a_private_address_is_not_even_called(project: Project, user: User, receiver: Receiver) -> None:
    said = refusal(project, user, receiver.url)["url"]
    assert said == (
        "The address leads into a private network, where webhooks do not go. An administrator can allow that "
        "network."
    )
    assert receiver.received == []


def test_what_is_wrong_with_a_wish_is_said_at_once(project: Project, user: User) -> None:
    wish = WebhookWish(url="nowhere", events=["NONSENSE"], signature="두")
    with pytest.raises(WebhookRefused) as refused:
        add_webhook(project=project, user=user, wish=wish)
    assert sorted(refused.value.problems) == ["events", "signature", "url"]


def test_an_address_is_a_webhook_once_and_a_project_has_ten(
    project: Project, user: User, receiver: Receiver, loopback: WebhookNetwork
) -> None:
    WebhookFactory(url=receiver.url)  # another project's
    add(project, user, receiver.url)
    calls = len(receiver.received)
    assert "is a webhook already" in refusal(project, user, receiver.url)["url"]
    for _number in range(9):
        WebhookFactory(project=project)
    assert refusal(project, user, receiver.url + "/other") == {
        "": "A project has ten webhooks at most. Delete one that nobody needs."
    }
    assert len(receiver.received) == calls


def test_what_was_added_while_the_receiver_was_called_is_seen(
    project: Project, user: User, receiver: Receiver, loopback: WebhookNetwork
) -> None:
    def add_another(received: Received) -> Reply:
        return echoing(received)

    receiver.answer = add_another
    challenge = registering.challenge
    try:
        registering.challenge = lambda webhook: WebhookFactory(project=project, url=receiver.url)
        assert "is a webhook already" in refusal(project, user, receiver.url)["url"]
    finally:
        registering.challenge = challenge
    assert Webhook.objects.filter(project=project).count() == 1


def test_nobody_makes_us_call_others_a_thousand_times(
    project: Project, user: User, receiver: Receiver, loopback: WebhookNetwork
) -> None:
    receiver.answer = taken
    for _number in range(registering.CALLS_AT_MOST):
        refusal(project, user, receiver.url)
    assert refusal(project, user, receiver.url) == {"": "Too many tries: wait ten minutes, then try again."}
    assert len(receiver.received) == registering.CALLS_AT_MOST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", True),
        (" abc\n", True),
        ('"abc"', True),
        ('{"challenge": "abc"}', True),
        ('{"challenge": "abcd"}', False),
        ('["abc"]', False),
        ("xabc", False),
        ("", False),
        ("null", False),
    ],
)
def test_an_echo(text: str, expected: bool) -> None:
    assert is_echoed("abc", text) is expected


class TestChanging:
    def wish(self, webhook: Webhook, **changes: Any) -> WebhookWish:
        given = {"url": webhook.url, "events": webhook.events, "seen": webhook.changed_at}
        return WebhookWish(**given | changes)

    def test_events_and_signature_need_no_challenge(self, webhook: Webhook, receiver: Receiver) -> None:
        wish = self.wish(webhook, events=[EventName.OPT_OUT], signature="new")
        change_webhook(webhook=webhook, wish=wish)
        saved = Webhook.objects.get()
        assert (saved.events, saved.signature) == (["UNSUBSCRIBE"], "new")
        assert receiver.received == []
        entry = AuditEntry.objects.filter(action=AuditEntry.Action.UPDATE).latest("id")
        assert "new" not in str(entry.changes["signature"])

    def test_a_new_address_does(self, webhook: Webhook, receiver: Receiver) -> None:
        receiver.answer = taken
        with pytest.raises(WebhookRefused):
            change_webhook(webhook=webhook, wish=self.wish(webhook, url=receiver.url + "/new"))
        assert Webhook.objects.get().url == receiver.url
        receiver.answer = echoing
        fresh = Webhook.objects.get()
        change_webhook(webhook=fresh, wish=self.wish(fresh, url=receiver.url + "/new"))
        assert Webhook.objects.get().url == receiver.url + "/new"

    def test_who_looked_at_an_older_one_changes_nothing(self, webhook: Webhook) -> None:
        old = self.wish(webhook, events=[EventName.OPT_OUT])
        Webhook.objects.update(changed_at=timezone.now() + timedelta(seconds=1))
        with pytest.raises(WebhookRefused):
            change_webhook(webhook=webhook, wish=old)
        assert Webhook.objects.get().events == ["MESSAGE_RESULT_UPDATE"]


class TestSecrets:
    def test_both_sign_for_a_day(self, webhook: Webhook, user: User) -> None:
        old = webhook.secret
        new = rotate_secret(webhook=webhook, user=user, seen=webhook.secret_made_at)
        webhook.refresh_from_db()
        key, body, now = WebhookCall().key, b'{"a":1}', timezone.now()
        headers = headers_for(webhook, key=key, body=body, now=now)
        for secret in (old, new):
            Verifier(secret).verify(body, headers)
        with time_machine.travel(now + timedelta(hours=24, seconds=1), tick=False):
            headers = headers_for(webhook, key=key, body=body, now=timezone.now())
            Verifier(new).verify(body, headers)
            assert len(headers["webhook-signature"].split()) == 1

    def test_two_at_once_make_one(self, webhook: Webhook, user: User) -> None:
        seen = webhook.secret_made_at
        rotate_secret(webhook=webhook, user=user, seen=seen)
        made = Webhook.objects.get().secret
        with pytest.raises(WebhookRefused):
            rotate_secret(webhook=webhook, user=user, seen=seen)
        assert Webhook.objects.get().secret == made

    def test_the_database_holds_it_encrypted(self, webhook: Webhook) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM messaging_webhook")
            assert "whsec_" not in cursor.fetchone()[0]


def test_on_and_off(webhook: Webhook, user: User) -> None:
    assert pause(webhook=webhook, user=user)
    assert not pause(webhook=webhook, user=user)
    Webhook.objects.update(state=WebhookState.DISABLED, failures=9, failing_since=timezone.now())
    assert enable(webhook=webhook, user=user)
    assert not enable(webhook=webhook, user=user)
    webhook.refresh_from_db()
    assert (webhook.state, webhook.failures, webhook.failing_since) == (WebhookState.ACTIVE, 0, None)
    deeds = AuditEntry.objects.filter(action=AuditEntry.Action.DEED).order_by("id")
    assert [entry.additional_data["said"]["key"] for entry in deeds] == ["webhook_paused", "webhook_enabled"]


def test_a_test_is_sent_now_and_logged(webhook: Webhook, receiver: Receiver) -> None:
    assert send_test(webhook).is_taken
    receiver.answer = saying(404, b"nothing here")
    answer = send_test(webhook)
    assert (answer.trouble, answer.status) == ("status", 404)
    assert [each.body["event"] for each in receiver.received] == ["TEST", "TEST"]
    calls = WebhookCall.objects.order_by("id")
    assert [call.state for call in calls] == [CallState.DELIVERED, CallState.FAILED]
    assert [each.status for each in WebhookAttempt.objects.order_by("id")] == [200, 404]
    assert Webhook.objects.get().failures == 0


def test_deleting_takes_all_of_it(webhook: Webhook) -> None:
    other = WebhookFactory(project=webhook.project)
    for each in (webhook, other):
        WebhookEntry.objects.create(webhook=each, event=EVENTS[0], created_at=timezone.now())
    send_test(webhook)
    delete_webhook(webhook)
    assert list(Webhook.objects.all()) == [other]
    assert WebhookEntry.objects.get().webhook == other
    assert not WebhookCall.objects.exists()
    assert not WebhookAttempt.objects.exists()
