"""What a program sent stands on every page as it was written, never as the placeholders that hold it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.content.limits import Surface
from messaging.history.columns import COLUMNS
from messaging.history.reading import day_rows
from messaging.ids import message_id
from messaging.models import Message, SendRequest
from messaging.sending.kept import id_range
from messaging.sending.programs import ProgramRecipient, ProgramSend, send_for_program
from messaging.states import MessageType, Purpose, Source
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import SENDER, deliver
from tests.messaging.admin.test_export import rows_of, taken

SUBJECT, TEXT, OWN = "Autumn sale", "For all 4417", "For one 9023"
PLACEHOLDERS = ("##content##", "##subject##")
LISTS = ("admin:index", "admin:deliveries_requests", "admin:deliveries_scheduled", "admin:statistics")
OF_A_REQUEST = ("delivery_request", "delivery_progress", "delivery_messages", "delivery_cancel")


def send(project: Project, message_type: str = MessageType.SMS, **changes: Any) -> SendRequest:
    """A program's request to two numbers, the second with a text of its own."""
    given: dict[str, Any] = {
        "project": project,
        "source": Source.SENS,
        "surface": Surface.SENS,
        "message_type": message_type,
        "purpose": Purpose.GENERAL,
        "sender": SENDER,
        "subject": SUBJECT,
        "content": TEXT,
        "recipients": [ProgramRecipient("01012340001"), ProgramRecipient("01012340002", content=OWN)],
    }
    return send_for_program(ProgramSend(**given | changes), is_new=lambda: True)


@pytest.fixture
def made(project: Project) -> list[SendRequest]:
    """One that was delivered, one with a subject, one that is reserved."""
    later = timezone.now() + timedelta(hours=3)
    return [
        deliver(send(project)),
        send(project, MessageType.LMS),
        send(project, due_at=later, time_zone="Asia/Seoul"),
    ]


def pages(client: Client, made: list[SendRequest]) -> Iterator[tuple[str, str]]:
    """(name, page) of all that show requests and their messages."""
    addresses = [(name, reverse(name)) for name in LISTS]
    for each in made:
        addresses += [(name, reverse(f"admin:{name}", args=[each.pk])) for name in OF_A_REQUEST]
        addresses += [
            ("message", reverse("admin:delivery_message", args=[message_id(each.pk, n)])) for n in (1, 2)
        ]
    for name, address in addresses:
        response = client.get(address, follow=True)
        assert response.status_code == 200 or (name, response.status_code) == ("delivery_cancel", 403)
        yield name, response.content.decode()


def test_no_page_shows_what_holds_it(project: Project, client_as: ClientAs, made) -> None:
    for role in (ProjectRole.MANAGER, ProjectRole.VIEWER):
        for name, page in pages(client_as(project, role), made):
            assert not any(each in page for each in PLACEHOLDERS), (role, name)


def test_lists_are_titled_by_it(project: Project, client_as: ClientAs, made) -> None:
    page = client_as(project).get(reverse("admin:deliveries_requests")).content.decode()
    assert page.count(TEXT) == 2
    assert page.count(SUBJECT) == 1
    assert TEXT in client_as(project).get(reverse("admin:deliveries_scheduled")).content.decode()


def test_a_request_shows_what_was_given_for_all(project: Project, client_as: ClientAs, made) -> None:
    response = client_as(project).get(reverse("admin:delivery_request", args=[made[1].pk]))
    assert (response.context["subject"], response.context["body"]) == (SUBJECT, TEXT)
    assert response.context["shared_values"] == []
    assert f"<strong>{SUBJECT}</strong>" in response.content.decode()


def test_a_message_shows_its_own(project: Project, client_as: ClientAs, made) -> None:
    for ordinal, text in ((1, TEXT), (2, OWN)):
        address = reverse("admin:delivery_message", args=[message_id(made[1].pk, ordinal)])
        [bubble] = client_as(project).get(address).context["bubbles"]
        assert (bubble.subject, bubble.text) == (SUBJECT, text)


def test_who_may_not_read_values_reads_where_it_came_from(
    project: Project, client_as: ClientAs, made
) -> None:
    viewer = client_as(project, ProjectRole.VIEWER)
    for name, page in pages(viewer, made):
        assert not any(each in page for each in (SUBJECT, TEXT, OWN)), name
    response = viewer.get(reverse("admin:delivery_request", args=[made[1].pk]))
    assert (response.context["subject"], response.context["body"]) == ("", "•••")
    assert response.context["title"] == "SENS API"


def test_downloads_and_backups_have_it(project: Project, client_as: ClientAs, made) -> None:
    response = client_as(project).post(reverse("admin:deliveries_export"), {"format": "csv"})
    assert [row[-1] for row in rows_of(taken(response))] == ["Text", TEXT, TEXT, TEXT]
    Message.objects.filter(pk__gt=made[2].pk).delete()
    kept = [(row[COLUMNS.index("subject")], row[COLUMNS.index("text")]) for row in kept_of(project)]
    assert kept == [("", TEXT), ("", OWN), (SUBJECT, TEXT), (SUBJECT, OWN), ("", TEXT)]


def kept_of(project: Project) -> list[Any]:
    """The rows of the day's backup; a request whose messages are gone has one of its own."""
    return [row for block in day_rows(project, *id_range(timezone.localdate())) for row in block]
