"""Somebody else's request or message is not there: 404 at every address that names one, for every role."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import SendRequest
from messaging.states import RequestState
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import first_message, send_file
from tests.messaging.sending.files import numbers

OF_A_REQUEST = (
    "delivery_request",
    "delivery_progress",
    "delivery_messages",
    "delivery_release",
    "delivery_cancel",
    "delivery_export",
)


def addresses(request: SendRequest) -> list[str]:
    urls = [reverse(f"admin:{name}", args=[request.pk]) for name in OF_A_REQUEST]
    message = reverse("admin:delivery_message", args=[first_message(request).pk])
    return [*urls, message, reverse("admin:delivery_attachment", args=[request.pk, 1])]


@pytest.mark.parametrize("role", [ProjectRole.SENDER, ProjectRole.MANAGER])
def test_a_strangers_are_not_there(
    project: Project, stranger: Project, client_as: ClientAs, role: str
) -> None:
    request = send_file(stranger, numbers(2), needs_release=True)
    client = client_as(project, role)
    for url in addresses(request):
        assert client.get(url).status_code == 404, url
    for name in ("delivery_release", "delivery_cancel", "delivery_export"):
        assert client.post(reverse(f"admin:{name}", args=[request.pk])).status_code == 404, name
    request.refresh_from_db()
    assert request.state == RequestState.HELD


def test_a_viewer_of_another_project_sees_nothing_either(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    request = send_file(stranger, numbers(2), needs_release=True)
    client = client_as(project, ProjectRole.VIEWER)
    assert {client.get(url).status_code for url in addresses(request)} <= {403, 404}


def test_what_was_never_there_is_not_there(project: Project, client_as: ClientAs) -> None:
    client = client_as(project)
    for name in (*OF_A_REQUEST, "delivery_message"):
        assert client.get(reverse(f"admin:{name}", args=[uuid.uuid4()])).status_code == 404


def test_anonymous_people_are_sent_to_sign_in(project: Project) -> None:
    request = send_file(project, numbers(2), needs_release=True)
    lists = [reverse(f"admin:{name}") for name in ("deliveries_requests", "deliveries_scheduled", "handsets")]
    for url in (*addresses(request), *lists):
        response = Client().get(url)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("admin:login"))
