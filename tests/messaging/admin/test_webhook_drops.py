"""What a webhook was never told, on its pages: how much, from when to when, until somebody saw it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import EventName, Project
from console.accounts.notice_mail import mail_notices
from console.accounts.roles import ProjectRole
from messaging.models import Webhook, WebhookDrop, WebhookEntry
from messaging.states import WebhookState
from messaging.webhooks.pruning import prune_webhooks
from tests.factories import MembershipFactory, WebhookFactory
from tests.messaging.admin.conftest import ClientAs

FIRST, LAST = datetime(2026, 11, 3, 1, 30, tzinfo=UTC), datetime(2026, 11, 9, 15, tzinfo=UTC)


@pytest.fixture
def manager(project: Project, client_as: ClientAs) -> Client:
    return client_as(project, ProjectRole.MANAGER)


@pytest.fixture
def webhook(project: Project) -> Webhook:
    return WebhookFactory(project=project, state=WebhookState.DISABLED, disabled_because="failing")


def dropped(webhook: Webhook, hooks: int = 1204, **fields: Any) -> WebhookDrop:
    given = {"event": EventName.MESSAGE_RESULT, "first_at": FIRST, "last_at": LAST, "dropped_at": LAST}
    return WebhookDrop.objects.create(webhook=webhook, hooks=hooks, **given | fields)


def address(name: str, webhook: Webhook) -> str:
    return reverse(f"admin:{name}", args=[webhook.pk])


def test_the_page_says_how_many_from_when_to_when(manager: Client, webhook: Webhook) -> None:
    drop = dropped(webhook)
    dropped(webhook, 3, event=EventName.OPT_OUT)
    dropped(WebhookFactory(), 77)
    response = manager.get(address("settings_webhook", webhook))
    words = " ".join(response.content.decode().split())
    assert "1,207 hooks waited for more than 7 days and were dropped" in words
    assert "More will be, until the webhook is switched on" in words
    shown = [(str(each.event), each.drop.hooks) for each in response.context["drops"]]
    assert shown == [("Result of a message", 1204), ("Opt-out", 3)]
    assert words.index("2026-11-03 10:30") < words.index("2026-11-10 00:00")
    assert f'name="drop" value="{drop.pk}:1204"' in words
    assert "Dropped before" not in words


def test_nothing_is_said_where_nothing_was_dropped(manager: Client, webhook: Webhook) -> None:
    WebhookEntry.objects.create(webhook=webhook, event=EventName.OPT_OUT, created_at=timezone.now())
    assert prune_webhooks() == 0
    assert "dropped" not in manager.get(address("settings_webhook", webhook)).content.decode().lower()


def test_the_list_says_how_many(project: Project, manager: Client, webhook: Webhook) -> None:
    WebhookFactory(project=project)
    dropped(webhook)
    dropped(webhook, 5, seen_at=timezone.now())
    page = manager.get(reverse("admin:settings_webhooks"))
    assert [row.dropped for row in page.context["rows"]] == [0, 1204]
    assert "<dt>Dropped</dt><dd>1,204</dd>" in page.content.decode()


def test_who_saw_it_is_kept_and_it_is_said_no_more(manager: Client, webhook: Webhook) -> None:
    drop = dropped(webhook)
    seen = address("settings_webhook_dropped", webhook)
    page = manager.post(seen, {"drop": [f"{drop.pk}:1204", "x:1", "7", "²:1"]}, follow=True)
    drop.refresh_from_db()
    assert (drop.seen_by, drop.seen_at is None) == (page.context["request"].user, False)
    assert page.context["drops"] == []
    words = page.content.decode()
    assert "Dropped before" in words
    assert str(drop.seen_by) in words
    assert "It changed meanwhile" not in words


def test_what_grew_meanwhile_is_shown_again(manager: Client, webhook: Webhook) -> None:
    drop = dropped(webhook)
    WebhookDrop.objects.update(hooks=1300)
    seen = address("settings_webhook_dropped", webhook)
    page = manager.post(seen, {"drop": f"{drop.pk}:1204"}, follow=True)
    assert "It changed meanwhile. Look again." in page.content.decode()
    assert WebhookDrop.objects.get().seen_at is None


def test_another_projects_is_not_seen_by_its_number(manager: Client, webhook: Webhook) -> None:
    other = dropped(WebhookFactory())
    manager.post(address("settings_webhook_dropped", webhook), {"drop": f"{other.pk}:1204"})
    assert manager.post(address("settings_webhook_dropped", other.webhook)).status_code == 404
    assert WebhookDrop.objects.get().seen_at is None


def test_the_members_are_mailed_in_their_language(project: Project, webhook: Webhook) -> None:
    person = MembershipFactory(project=project).user
    at = timezone.now() - timedelta(days=8)
    WebhookEntry.objects.create(webhook=webhook, event=EventName.OPT_OUT, created_at=at)
    prune_webhooks()
    mail_notices()
    [sent] = [each for each in mail.outbox if each.to == [person.email]]
    assert sent.subject == f"What waited for a webhook of {project.name} is dropped"
    assert f"the receiver at {webhook.url} was not told of what happened since" in sent.body
    assert "What waits longer than 7 days is dropped" in sent.body
    assert address("settings_webhook", webhook) in sent.body
