"""Carrier accounts: secrets go in and never out, pauses have reasons, tests are noted, routes are chosen."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import AuditEntry, Project
from console.accounts.roles import ProjectRole
from messaging.gateways.simulator import Simulator
from messaging.health.throughput import Throughput, read_throughput
from messaging.models import Chunk, GatewayAccount, Message, Route
from messaging.sending.accounts import gateway_of
from messaging.sending.planning import plan_send
from messaging.sending.submitting import drain
from messaging.states import Lane
from tests.factories import GatewayAccountFactory, ProjectFactory, UserFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.sending.files import numbers
from tests.sends import make_project, mass_command

pytestmark = pytest.mark.django_db

SENS = {
    "name": "Relay",
    "set-service_id": "ncp:sms:kr:1:app",
    "set-access_key": "key",
    "set-secret_key": "top secret",
    "set-base_url": "https://sens.example.com/sms/v2",
    "set-rate": "20",
    "set-parallel": "3",
    "set-connect_seconds": "3",
    "set-read_seconds": "10",
    "set-settle_minutes": "15",
}


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(UserFactory(administrator=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def account() -> GatewayAccount:
    return GatewayAccountFactory()


def url(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


def settings_of(account: GatewayAccount) -> dict[str, object]:
    account.refresh_from_db()
    found: dict[str, object] = json.loads(account.settings)
    return found


def make_sens(administrator: Client) -> GatewayAccount:
    response = administrator.post(url("carrier_add", "sens"), SENS)
    account = GatewayAccount.objects.get(name="Relay")
    assert response.url == url("carrier", account.pk)
    return account


def test_an_account_is_added_by_what_its_gateway_asks_for(administrator: Client) -> None:
    account = make_sens(administrator)
    assert account.gateway == "sens"
    assert settings_of(account) == {
        "service_id": "ncp:sms:kr:1:app",
        "access_key": "key",
        "secret_key": "top secret",
        "base_url": "https://sens.example.com/sms/v2",
        "rate": 20.0,
        "parallel": 3,
        "connect_seconds": 3.0,
        "read_seconds": 10.0,
        "settle_minutes": 15.0,
        "repeats": False,
    }


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"set-secret_key": ""}, "set-secret_key"),
        ({"set-base_url": "ftp://x"}, "set-base_url"),
        ({"set-rate": "0"}, "set-rate"),
        ({"name": ""}, "name"),
        ({"name": "taken"}, "name"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    administrator: Client, changed: dict[str, str], field: str
) -> None:
    GatewayAccountFactory(name="taken")
    response = administrator.post(url("carrier_add", "sens"), {**SENS, **changed})
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert GatewayAccount.objects.count() == 1


def test_an_unknown_gateway_has_no_page(administrator: Client) -> None:
    assert administrator.get(url("carrier_add", "smoke")).status_code == 404


def test_a_secret_is_never_shown_and_stays_where_its_field_is_left_empty(administrator: Client) -> None:
    account = make_sens(administrator)
    page = administrator.get(url("carrier_edit", account.pk))
    assert "top secret" not in page.content.decode()
    seen = page.context["form"].initial["seen"]
    changed = {**SENS, "name": "Other", "set-secret_key": "", "set-rate": "5", "seen": seen}
    administrator.post(url("carrier_edit", account.pk), changed)
    assert (settings_of(account)["secret_key"], settings_of(account)["rate"]) == ("top secret", 5.0)
    assert account.name == "Other"
    entries = AuditEntry.objects.filter(object_repr__in=["Relay", "Other"])
    assert entries.count() == 2
    assert "top secret" not in json.dumps(list(entries.values("changes", "additional_data")))
    assert "settings" in (entries.latest("id").changes or {})


def test_whoever_did_not_see_the_last_change_changes_nothing(administrator: Client) -> None:
    account = make_sens(administrator)
    seen = administrator.get(url("carrier_edit", account.pk)).context["form"].initial["seen"]
    administrator.post(url("carrier_edit", account.pk), {**SENS, "set-rate": "5", "seen": seen})
    response = administrator.post(url("carrier_edit", account.pk), {**SENS, "set-rate": "7", "seen": seen})
    assert response.status_code == 422
    assert settings_of(account)["rate"] == 5.0


def test_a_pause_has_a_reason_and_is_noted(administrator: Client, account: GatewayAccount) -> None:
    administrator.post(url("carrier_switch", account.pk), {"to": "PAUSED", "reason": ""})
    account.refresh_from_db()
    assert not account.is_paused
    administrator.post(url("carrier_switch", account.pk), {"to": "PAUSED", "reason": "maintenance"})
    administrator.post(url("carrier_switch", account.pk), {"to": "PAUSED", "reason": "another"})
    account.refresh_from_db()
    assert (account.is_paused, account.pause_reason) == (True, "maintenance")
    assert "maintenance" in administrator.get(url("carriers")).content.decode()
    administrator.post(url("carrier_switch", account.pk), {"to": "ACTIVE"})
    account.refresh_from_db()
    assert (account.is_paused, account.pause_reason) == (False, "")
    entries = AuditEntry.objects.filter(object_repr=str(account), action=AuditEntry.Action.UPDATE)
    assert [entry.changes["pause_reason"] for entry in entries.order_by("id")] == [
        ["", "maintenance"],
        ["maintenance", ""],
    ]


def test_a_test_message_goes_out_at_once_and_is_noted(administrator: Client, account: GatewayAccount) -> None:
    fields = {"sender": "0212345678", "recipient": "010-1234-5678", "text": "Test"}
    response = administrator.post(url("carrier", account.pk), fields)
    assert response.url == url("carrier", account.pk)
    simulator = gateway_of(account)
    assert isinstance(simulator, Simulator)
    with simulator.ledger.reading() as database:
        assert database.execute("SELECT recipient, text FROM message").fetchall() == [("01012345678", "Test")]
    assert not Message.objects.exists()
    deed = AuditEntry.objects.get(action=AuditEntry.Action.DEED)
    assert deed.additional_data["said"] == {
        "key": "carrier_tested",
        "values": {
            "number": {"phone": "01012345678"},
            "outcome": {"key": "carrier_test_accepted", "values": {"code": ""}},
        },
    }


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"recipient": "nobody"}, "recipient"),
        ({"recipient": "+819012345678"}, "recipient"),
        ({"sender": "me"}, "sender"),
        ({"text": "🎉"}, "text"),
    ],
)
def test_what_is_no_test_message_is_not_sent(
    administrator: Client, account: GatewayAccount, changed: dict[str, str], field: str
) -> None:
    fields = {"sender": "0212345678", "recipient": "010-1234-5678", "text": "Test", **changed}
    response = administrator.post(url("carrier", account.pk), fields)
    assert (response.status_code, list(response.context["test_form"].errors)) == (422, [field])
    assert gateway_of(account).ledger.counts()["messages"] == 0  # type: ignore[attr-defined]
    assert not AuditEntry.objects.filter(action=AuditEntry.Action.DEED).exists()


def test_what_the_carrier_says_of_a_test_is_said(administrator: Client, account: GatewayAccount) -> None:
    fields = {"sender": "0212345678", "recipient": "010-1999-7004", "text": "Test"}
    page = administrator.post(url("carrier", account.pk), fields, follow=True)
    assert [str(each) for each in page.context["messages"]] == ["The carrier refused it: Over quota (S004)."]
    account.settings = json.dumps({**settings_of(account), "down": True})
    account.save()
    response = administrator.post(url("carrier", account.pk), fields)
    assert response.status_code == 422
    assert "set to be down" in response.content.decode()


def test_a_project_goes_its_own_way_or_that_of_all_others(administrator: Client) -> None:
    project, common, own = ProjectFactory(), GatewayAccountFactory(), GatewayAccountFactory()

    def choose(project: Project | None, account: GatewayAccount | None) -> int:
        chosen = {"project": project.pk if project else "", "account": account.pk if account else ""}
        status: int = administrator.post(url("carrier_routes"), chosen).status_code
        return status

    def routes() -> set[tuple[int | None, int]]:
        return set(Route.objects.values_list("project_id", "account_id"))

    assert choose(None, None) == 422
    assert choose(None, common) == 302
    assert choose(project, common) == 302
    assert choose(project, own) == 302
    assert routes() == {(None, common.pk), (project.pk, own.pk)}
    assert choose(project, None) == 302
    assert routes() == {(None, common.pk)}
    actions = AuditEntry.objects.filter(content_type__model="route").order_by("id")
    create, update, delete = (getattr(AuditEntry.Action, name) for name in ("CREATE", "UPDATE", "DELETE"))
    assert list(actions.values_list("action", flat=True)) == [create, create, update, delete]


def test_nobody_else_sees_or_changes_an_account(
    account: GatewayAccount, client_as: ClientAs, project: Project
) -> None:
    manager = client_as(project, ProjectRole.MANAGER)
    for name, args in (("carriers", ()), ("carrier", (account.pk,)), ("carrier_routes", ())):
        assert manager.get(url(name, *args)).status_code == 403
    switch = manager.post(url("carrier_switch", account.pk), {"to": "PAUSED", "reason": "x"})
    assert switch.status_code == 403
    account.refresh_from_db()
    assert not account.is_paused


def test_how_much_an_account_takes_and_how_much_of_it_fails(administrator: Client) -> None:
    project = make_project()
    refused, policy = "01029997005", "01012345678"
    recipients = [*numbers(7), refused, "01029997003", policy]
    request = plan_send(
        mass_command(project, 1, kind="GENERAL", recipient_file=None, body="Hi", recipients=recipients)
    )
    Message.objects.filter(request=request, recipient=policy).update(state="FAILED", result_code="B001")
    while drain(Lane.MASS) or drain(Lane.SINGLE):
        pass
    account = Route.objects.get(project=project).account
    now = timezone.now()
    assert read_throughput(now)[account.pk] == Throughput(1.0, 9, 2)
    assert round(read_throughput(now)[account.pk].percent or 0) == 22
    assert "22.2" in administrator.get(url("carriers")).content.decode()
    Chunk.objects.update(done_at=now - timedelta(minutes=11))
    assert read_throughput(now)[account.pk] == Throughput(0, 9, 2)
    Chunk.objects.update(done_at=now - timedelta(hours=25))
    assert read_throughput(now) == {}
