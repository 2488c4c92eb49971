"""A one-time code of the console's own proves whose phone it is: nobody but its recipient reads it."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.admin.deliveries import shown
from messaging.models import SendRequest
from messaging.sending.one_time_codes import OwnPipelineProvider
from messaging.states import Purpose
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import deliver, first_message, send

CODE = "731946"


@pytest.fixture
def request_of_code(project: Project) -> SendRequest:
    OwnPipelineProvider().send_code(project=project, phone_number="01023456789", code=CODE)
    return deliver(SendRequest.objects.get())


@pytest.mark.parametrize("role", ProjectRole.values)
def test_no_page_shows_it(request_of_code, project, client_as: ClientAs, role) -> None:
    client = client_as(project, role)
    addresses = [
        reverse("admin:delivery_request", args=[request_of_code.pk]),
        reverse("admin:delivery_messages", args=[request_of_code.pk]),
        reverse("admin:delivery_message", args=[first_message(request_of_code).pk]),
        reverse("admin:deliveries_requests"),
        reverse("admin:deliveries_requests") + "?recipient=01023456789",
    ]
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200
        assert CODE not in page.content.decode(), address


@pytest.mark.parametrize("role", ProjectRole.values)
def test_a_removed_one_says_so_in_the_readers_words(
    request_of_code, project, client_as, role, monkeypatch
) -> None:
    SendRequest.objects.update(body="(removed)")
    monkeypatch.setattr(shown, "_", lambda words: f"translated {words}")
    client = client_as(project, role)
    addresses = [
        reverse("admin:delivery_request", args=[request_of_code.pk]),
        reverse("admin:delivery_message", args=[first_message(request_of_code).pk]),
        reverse("admin:deliveries_requests"),
    ]
    for address in addresses:
        assert "translated (removed)" in client.get(address).content.decode(), address


@pytest.mark.parametrize("query", ["", "?recipient=01023456789"])
def test_no_download_holds_it(request_of_code, project, client_as: ClientAs, query) -> None:
    client = client_as(project, ProjectRole.MANAGER)
    of_list = reverse("admin:deliveries_export") + query
    of_request = reverse("admin:delivery_export", args=[request_of_code.pk])
    for address in (of_list, of_request):
        as_csv = b"".join(client.post(address, {"format": "csv"}).streaming_content).decode()
        assert "••••••" in as_csv
        assert CODE not in as_csv
        as_xlsx = io.BytesIO(b"".join(client.post(address).streaming_content))
        cells = [cell.value for row in load_workbook(as_xlsx).active.rows for cell in row]
        assert not any(CODE in str(cell) for cell in cells)


def test_a_code_that_the_project_itself_sends_is_its_own(project, client_as: ClientAs) -> None:
    request = send(project, ["01023456789"], purpose=Purpose.AUTHENTICATION, body=f"Code {CODE}")
    page = client_as(project).get(reverse("admin:delivery_request", args=[request.pk]))
    assert CODE in page.content.decode()
