"""The pages of webhooks: adding, one with its log, replay, and the administrator's networks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import AuditEntry, EventName, Project
from console.accounts.roles import ProjectRole
from messaging.models import Webhook, WebhookAttempt, WebhookCall, WebhookEntry, WebhookNetwork
from messaging.states import CallState, WebhookState
from messaging.webhooks import registering
from tests.factories import UserFactory, WebhookFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.webhooks.receiver import Receiver, echoing, listening, saying

LIST, ADD = "admin:settings_webhooks", "admin:settings_webhook_add"


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def receiver(db: None) -> Iterator[Receiver]:
    WebhookNetwork.objects.create(network="127.0.0.0/8", note="receivers of tests")
    with listening(echoing) as receiver:
        yield receiver


@pytest.fixture
def manager(project: Project, client_as: ClientAs) -> Client:
    return client_as(project, ProjectRole.MANAGER)


@pytest.fixture
def administrator(db: None) -> Client:
    client = Client()
    user = UserFactory(administrator=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


def make_call(webhook: Webhook, state: str = CallState.DELIVERED, **fields: Any) -> WebhookCall:
    now = timezone.now()
    given: dict[str, Any] = {"event": EventName.OPT_OUT, "n": 1, "happened_at": now, "created_at": now}
    given["payloads"] = [{"recipientNo": "01012345678", "unsubscribeNo": "0801234567"}]
    call = WebhookCall(webhook=webhook, state=state, **given | fields)
    call.origin = call.key
    call.save()
    return call


def make_attempt(call: WebhookCall, **fields: Any) -> WebhookAttempt:
    given = {"at": timezone.now(), "milliseconds": 40, "status": 200, "address": "192.0.2.7"}
    return WebhookAttempt.objects.create(webhook=call.webhook, call=call, **given | fields)


class TestAdding:
    def test_it_is_confirmed_saved_and_its_secret_shown_once(
        self, project: Project, manager: Client, receiver: Receiver
    ) -> None:
        assert manager.get(reverse(ADD)).context["form"]["events"].value() == [EventName.MESSAGE_RESULT]
        fields = {"url": receiver.url, "events": ["MESSAGE_RESULT_UPDATE", "UNSUBSCRIBE"], "signature": "s"}
        response = manager.post(reverse(ADD), fields)
        webhook = Webhook.objects.get()
        assert (webhook.project, webhook.events) == (project, fields["events"])
        assert response.context["secret"] == webhook.secret
        assert webhook.secret in response.content.decode()
        for address in (reverse(LIST), page("settings_webhook", webhook.pk)):
            assert webhook.secret not in manager.get(address).content.decode()
        assert webhook.secret not in str(AuditEntry.objects.values_list("changes", flat=True))

    def test_what_the_receiver_said_is_shown_and_nothing_typed_is_lost(
        self, manager: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registering, "is_public", lambda address: True)
        receiver.answer = saying(500, b"call 01012345678 <b>now</b>")
        response = manager.post(
            reverse(ADD), {"url": receiver.url, "events": ["UNSUBSCRIBE"], "signature": "s"}
        )
        assert response.status_code == 422
        assert response.context["form"].errors == {
            "url": ["It answered 500. Only 200 to 299 counts as taken."]
        }
        text = response.content.decode()
        assert "127.0.0.1" in text
        assert "call 010******78 &lt;b&gt;now&lt;/b&gt;" in text
        form = response.context["form"]
        assert (form["url"].value(), form["events"].value(), form["signature"].value()) == (
            receiver.url,
            ["UNSUBSCRIBE"],
            "s",
        )
        assert not Webhook.objects.exists()

    @pytest.mark.parametrize("answer", [saying(200, b"a page of ours"), saying(403, b"a page of ours")])
    def test_what_an_address_of_our_network_answers_is_not_told(
        self, manager: Client, receiver: Receiver, answer: Any
    ) -> None:
        """Allowed or not: whatever has not echoed may be no receiver, but a machine of somebody else's."""
        receiver.answer = answer
        response = manager.post(reverse(ADD), {"url": receiver.url, "events": ["UNSUBSCRIBE"]})
        assert (response.status_code, response.context["said"]) == (422, "")
        assert "a page of ours" not in response.content.decode()

    def test_a_private_address_is_refused(self, manager: Client) -> None:
        with listening(echoing) as receiver:
            fields = {"url": receiver.url, "events": ["UNSUBSCRIBE"]}
            response = manager.post(reverse(ADD), fields)
            assert receiver.received == []
        assert response.status_code == 422
        assert "into a private network," in str(response.context["form"].errors["url"])
        assert "127.0.0.1" not in str(response.context["form"].errors["url"])
        assert not Webhook.objects.exists()


class TestOne:
    def test_the_list_says_how_each_is(self, project: Project, manager: Client) -> None:
        now = timezone.now()
        failing = WebhookFactory(project=project, url="https://a.example/h", failing_since=now)
        WebhookFactory(project=project, state=WebhookState.DISABLED)
        WebhookFactory()
        WebhookEntry.objects.create(webhook=failing, event=EventName.OPT_OUT, n=7, created_at=now)
        make_call(failing, CallState.WAITING, n=3, happened_at=now - timedelta(hours=1))
        rows = manager.get(reverse(LIST)).context["rows"]
        assert [str(row.chip[0]) for row in rows] == ["Disabled", "Failing"]
        assert (rows[1].waiting.hooks, rows[1].waiting.since) == (10, now - timedelta(hours=1))

    def test_the_log_with_the_last_attempt_of_each_call(self, project: Project, manager: Client) -> None:
        webhook = WebhookFactory(project=project)
        first, second = make_call(webhook), make_call(webhook, CallState.WAITING)
        make_attempt(first)
        make_attempt(second, status=None, trouble="timeout", milliseconds=15_000)
        make_attempt(second, status=503, trouble="status")
        response = manager.get(page("settings_webhook", webhook.pk))
        shown = response.context["calls"]
        assert [(each.call, each.last.status, each.words) for each in shown] == [
            (second, 503, "It answered 503. Only 200 to 299 counts as taken."),
            (first, 200, ""),
        ]
        assert response.context["day"] == {"taken": 1, "failed": 2, "milliseconds": 40}
        only = manager.get(page("settings_webhook", webhook.pk) + "?state=WAITING")
        assert [each.call for each in only.context["calls"]] == [second]

    def test_the_page_asks_the_same_of_the_database_whatever_the_log_holds(
        self, project: Project, manager: Client
    ) -> None:
        webhook = WebhookFactory(project=project)
        manager.get(page("settings_webhook", webhook.pk))
        asked = []
        for _round in range(2):
            for _number in range(10):
                make_attempt(make_call(webhook))
            with CaptureQueriesContext(connection) as queries:
                manager.get(page("settings_webhook", webhook.pk))
            asked.append(len(queries))
        assert asked[0] == asked[1]

    def test_numbers_are_masked(self, project: Project, manager: Client) -> None:
        call = make_call(WebhookFactory(project=project))
        make_attempt(call, answer='{"took":"01012345678"}')
        text = manager.get(page("settings_webhook_call", call.webhook_id, call.pk)).content.decode()
        assert "01012345678" not in text
        assert text.count("010******78") == 2
        assert "0801234567" in text

    def test_a_call_of_another_webhook_is_not_there(self, project: Project, manager: Client) -> None:
        mine, other = WebhookFactory(project=project), make_call(WebhookFactory())
        assert manager.get(page("settings_webhook_call", mine.pk, other.pk)).status_code == 404

    def test_switching(self, project: Project, manager: Client) -> None:
        webhook = WebhookFactory(project=project)
        switch = page("settings_webhook_switch", webhook.pk)
        manager.post(switch, {"to": "PAUSED"})
        webhook.refresh_from_db()
        assert webhook.state == WebhookState.PAUSED
        manager.post(switch, {"to": "ACTIVE"})
        webhook.refresh_from_db()
        assert webhook.state == WebhookState.ACTIVE

    def test_a_test_says_what_came_of_it(self, project: Project, manager: Client, receiver: Receiver) -> None:
        webhook = WebhookFactory(project=project, url=receiver.url)
        response = manager.post(page("settings_webhook_test", webhook.pk), follow=True)
        [said] = [str(each) for each in response.context["messages"]]
        assert said.startswith("The receiver took the test: 200 after")
        receiver.answer = saying(404)
        response = manager.post(page("settings_webhook_test", webhook.pk), follow=True)
        [said] = [str(each) for each in response.context["messages"]]
        assert said == "It answered 404. Only 200 to 299 counts as taken."

    def test_a_new_secret_is_shown_once_and_a_second_press_makes_none(
        self, project: Project, manager: Client
    ) -> None:
        webhook = WebhookFactory(project=project)
        address = page("settings_webhook_secret", webhook.pk)
        [seen] = [value for name, value in manager.get(address).context["fields"] if name == "seen"]
        response = manager.post(address, {"seen": seen})
        made = Webhook.objects.get().secret
        assert response.context["secret"] == made != webhook.secret
        assert manager.post(address, {"seen": seen}).status_code == 302
        assert Webhook.objects.get().secret == made

    def test_deleting(self, project: Project, manager: Client) -> None:
        webhook = WebhookFactory(project=project)
        address = page("settings_webhook_delete", webhook.pk)
        assert webhook.url in manager.get(address).content.decode()
        manager.post(address)
        assert not Webhook.objects.exists()


class TestReplay:
    def test_it_is_counted_before(self, project: Project, manager: Client) -> None:
        webhook = WebhookFactory(project=project)
        make_call(webhook, CallState.FAILED, n=3)
        make_call(webhook, CallState.FAILED, n=4, happened_at=timezone.now() - timedelta(days=9))
        address = page("settings_webhook_replay", webhook.pk)
        response = manager.get(address)
        assert (response.context["calls"], response.context["hooks"]) == (1, 3)
        days = {"since": "2020-01-01", "until": str(timezone.localdate())}
        wider = manager.get(address, days)
        assert (wider.context["calls"], wider.context["hooks"]) == (2, 7)
        manager.post(address, days)
        assert WebhookCall.objects.filter(state=CallState.WAITING, is_replay=True).count() == 2
        backwards = manager.post(address, {"since": "2026-02-02", "until": "2026-01-01"})
        assert backwards.status_code == 422

    def test_of_one_and_leaving_one_out(self, project: Project, manager: Client) -> None:
        webhook = WebhookFactory(project=project)
        taken, waiting = make_call(webhook), make_call(webhook, CallState.WAITING)
        manager.post(page("settings_webhook_call", webhook.pk, taken.pk), {"do": "replay"})
        manager.post(page("settings_webhook_call", webhook.pk, waiting.pk), {"do": "leave-out"})
        waiting.refresh_from_db()
        assert waiting.state == CallState.FAILED
        [again] = WebhookCall.objects.filter(is_replay=True)
        assert (again.origin, again.state) == (taken.origin, CallState.WAITING)


def test_the_help_has_a_body_of_every_event(project: Project, manager: Client) -> None:
    response = manager.get(reverse("admin:settings_webhooks_help"))
    assert [name for name, _label, _body in response.context["examples"]] == list(EventName.values)
    assert project.app_key in response.content.decode()


class TestNetworks:
    def test_an_administrator_adds_and_removes_and_it_is_noted(self, administrator: Client) -> None:
        address = reverse("admin:webhook_networks")
        administrator.post(address, {"network": "10.20.3.4/16", "note": "the warehouse"})
        network = WebhookNetwork.objects.get()
        assert (network.network, network.note) == ("10.20.0.0/16", "the warehouse")
        administrator.post(address, {"remove": str(network.pk)})
        assert not WebhookNetwork.objects.exists()
        actions = AuditEntry.objects.filter(object_repr="10.20.0.0/16").order_by("id")
        assert [entry.action for entry in actions] == [AuditEntry.Action.CREATE, AuditEntry.Action.DELETE]

    @pytest.mark.parametrize("written", ["", "somewhere", "10.0.0.0/8, 11.0.0.0/8", "0.0.0.0/0", "::/0"])
    def test_what_is_no_network_is_refused(self, administrator: Client, written: str) -> None:
        response = administrator.post(reverse("admin:webhook_networks"), {"network": written, "note": "x"})
        assert response.status_code == 422
        assert not WebhookNetwork.objects.exists()

    def test_no_manager_sees_them(self, manager: Client) -> None:
        assert manager.get(reverse("admin:webhook_networks")).status_code == 403
