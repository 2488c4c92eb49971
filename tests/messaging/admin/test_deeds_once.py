"""Each deed of a manager that decides over access or over where data goes is in the audit trail, once."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from console.accounts.models import AccessKey, AuditEntry, Invitation, Project
from console.accounts.roles import ProjectRole
from messaging.admin.forms.settings import seen_now
from messaging.models import BackupSettings, Webhook, WebhookNetwork
from tests.factories import MembershipFactory, UserFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.webhooks.receiver import Receiver, echoing, listening

BACKUP = {"is_on": "on", "file_format": "CSV", "place": "FOLDER", "folder": "days"}


@pytest.fixture
def receiver(db: None) -> Iterator[Receiver]:
    cache.clear()
    WebhookNetwork.objects.create(network="127.0.0.0/8", note="receivers of tests")
    with listening(echoing) as receiver:
        yield receiver


@pytest.fixture
def manager(project: Project, client_as: ClientAs, settings: Any, tmp_path: Any) -> Client:
    settings.BONGSU_BACKUP_ROOT = tmp_path
    return client_as(project, ProjectRole.MANAGER)


def noted(client: Client, path: str, **fields: Any) -> list[tuple[str, str]]:
    """What the trail says of one form that is sent: the kind of the object and of the deed."""
    before = AuditEntry.objects.count()
    assert client.post(path, fields).status_code in (200, 302)
    new = AuditEntry.objects.order_by("pk")[before:]
    return [(entry.content_type.model, AuditEntry.Action(entry.action).name) for entry in new]


def test_keys(manager: Client) -> None:
    add = {"name": "Shop", "networks": "", "once": "one"}
    assert noted(manager, "/keys/add/", **add) == [("accesskey", "CREATE")]
    assert noted(manager, "/keys/add/", **add) == []
    key = AccessKey.objects.get()
    change = {"name": "Shop", "networks": "203.0.113.0/24"}
    assert noted(manager, f"/keys/{key.pk}/", **change) == [("accesskey", "UPDATE")]
    assert noted(manager, f"/keys/{key.pk}/revoke/") == [("accesskey", "UPDATE")]
    assert noted(manager, f"/keys/{key.pk}/revoke/") == []
    told = str(list(AuditEntry.objects.values_list("changes", "additional_data", "object_repr")))
    assert key.secret not in told


def test_invitations_and_members(project: Project, manager: Client) -> None:
    invite = {"email": "a@example.com", "role": "SENDER"}
    assert noted(manager, "/members/invite/", **invite) == [("invitation", "DEED")]
    one = f"/members/invitations/{Invitation.objects.get().pk}/"
    assert noted(manager, one, action="withdraw") == [("invitation", "DEED")]
    other = MembershipFactory(project=project, role=ProjectRole.VIEWER)
    place = f"/accounts/membership/{other.pk}"
    assert noted(manager, f"{place}/change/", role="SENDER") == [("membership", "UPDATE")]
    assert noted(manager, f"{place}/delete/", post="yes") == [("membership", "DELETE")]


def test_webhooks(manager: Client, receiver: Receiver) -> None:
    add = {"url": receiver.url, "events": ["UNSUBSCRIBE"], "signature": ""}
    assert noted(manager, "/settings/webhooks/add/", **add) == [("webhook", "CREATE")]
    webhook = Webhook.objects.get()
    one = f"/settings/webhooks/{webhook.pk}"
    change = add | {"signature": "s", "seen": webhook.changed_at.isoformat()}
    assert noted(manager, f"{one}/edit/", **change) == [("webhook", "UPDATE")]
    assert noted(manager, f"{one}/switch/", to="PAUSED") == [("webhook", "DEED")]
    assert noted(manager, f"{one}/switch/", to="PAUSED") == []
    assert noted(manager, f"{one}/switch/", to="ACTIVE") == [("webhook", "DEED")]
    seen = webhook.secret_made_at.isoformat()
    assert noted(manager, f"{one}/secret/", seen=seen) == [("webhook", "DEED")]
    assert noted(manager, f"{one}/secret/", seen=seen) == []
    assert noted(manager, f"{one}/delete/") == [("webhook", "DELETE")]


def test_networks_of_webhooks(db: None) -> None:
    administrator = Client()
    person = UserFactory(administrator=True)
    administrator.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    page = "/platform/webhook-networks/"
    assert noted(administrator, page, network="10.0.0.7", note="a") == [("webhooknetwork", "CREATE")]
    number = WebhookNetwork.objects.get().pk
    assert noted(administrator, page, remove=number) == [("webhooknetwork", "DELETE")]


def test_backups_and_limits(manager: Client) -> None:
    assert noted(manager, "/settings/backup/", **BACKUP) == [("backupsettings", "CREATE")]
    again = BACKUP | {"seen": seen_now(BackupSettings.objects.get())}
    assert noted(manager, "/settings/backup/", **again) == []
    changed = again | {"seen": seen_now(BackupSettings.objects.get()), "folder": "other"}
    assert noted(manager, "/settings/backup/", **changed) == [("backupsettings", "UPDATE")]
    asked = {"wanted": "20000", "reason": "a fair"}
    assert len(noted(manager, "/settings/international/limit/", **asked)) == 1
    assert len(noted(manager, "/settings/international/limit/", action="withdraw")) == 1
