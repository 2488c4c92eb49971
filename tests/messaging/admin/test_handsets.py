"""The phones of the simulator: what arrived there, for whom, and nothing of others."""

from typing import Any

import pytest
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import GatewayAccount
from tests.factories import GatewayAccountFactory, OptOutLineFactory, RouteFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import OFF, deliver, send

PAGES = ("admin:handsets", "admin:handsets_phones")


def phones(response: Any) -> dict[str, list[str]]:
    return {phone.owner: [bubble.text for bubble in phone.bubbles] for phone in response.context["phones"]}


@pytest.mark.parametrize("name", PAGES)
def test_the_phones_show_what_arrived_newest_first(
    project: Project, stranger: Project, client_as: ClientAs, name: str
) -> None:
    deliver(send(stranger, ["01012340009"], body="Not for you"))
    deliver(send(project, ["01012340001", OFF], body="First"))
    deliver(send(project, ["01012340001"], body="Second"))
    deliver(send(project, ["01012340002"], body="<b>Third</b>"))
    response = client_as(project).get(reverse(name))
    assert phones(response) == {
        "010-1234-0002": ["<b>Third</b>"],
        "010-1234-0001": ["Second", "First"],
    }
    page = response.content.decode()
    assert "&lt;b&gt;Third" in page
    assert "02-123-4567" in page


def test_before_anything_arrives_the_page_says_what_belongs_there(
    project: Project, client_as: ClientAs
) -> None:
    page = client_as(project).get(reverse("admin:handsets")).content.decode()
    assert "None has received one yet." in page


def test_a_project_with_a_real_carrier_is_told_where_to_look(project: Project, client_as: ClientAs) -> None:
    account: GatewayAccount = GatewayAccountFactory(gateway="smpp")
    RouteFactory(project=project, account=account)
    response = client_as(project).get(reverse("admin:handsets"))
    assert response.context["is_simulated"] is False
    assert "real carrier" in response.content.decode()


def test_wrong_settings_are_said_and_nothing_breaks(project: Project, client_as: ClientAs) -> None:
    GatewayAccount.objects.update(settings='{"ledger_path": ""}')
    page = client_as(project).get(reverse("admin:handsets")).content.decode()
    assert "The simulator cannot be read just now." in page


@pytest.mark.parametrize("name", PAGES)
def test_a_viewer_may_not_read_what_others_received(project: Project, client_as: ClientAs, name: str) -> None:
    assert client_as(project, ProjectRole.VIEWER).get(reverse(name)).status_code == 403


@pytest.mark.parametrize("called", [("01012340001", "0801234567\0"), ("01012340001\0", "0801234567")])
def test_a_call_with_what_is_no_digit_is_refused(
    project: Project, client_as: ClientAs, called: tuple[str, str]
) -> None:
    OptOutLineFactory(project=project, opened=True, number="0801234567")
    caller, line = called
    address = reverse("admin:handsets_call")
    assert client_as(project).post(address, {"caller": caller, "line": line}).status_code == 400
    assert (
        client_as(project).post(address, {"caller": "01012340001", "line": "0801234567"}).status_code == 302
    )
