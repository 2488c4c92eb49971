"""The history: messages of all requests, one by one, by time, type, status, from and to."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.accounts.models import AuditEntry, Project
from console.accounts.roles import ProjectRole
from messaging.ids import message_id
from messaging.sending import lookups
from messaging.states import MessageType
from tests.factories import SenderNumberFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import OFF, SENDER, deliver, send
from tests.messaging.admin.test_deliveries_lists import REQUESTS, shown


def listed(client: Any, **query: Any) -> list[Any]:
    response = client.get(reverse(REQUESTS), {"listed": "messages", **query})
    assert response.context["form"].errors == {}
    return [row.message.pk for row in response.context.get("message_list", [])]


def test_messages_of_all_requests_are_listed_newest_first(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    first, second = send(project, ["01012340001", "01012340002"]), send(project, ["01012340001"])
    send(stranger, ["01012340001"])
    client = client_as(project)
    newest = [message_id(second.pk, 1), message_id(first.pk, 2), message_id(first.pk, 1)]
    assert listed(client) == newest
    page = client.get(reverse(REQUESTS), {"listed": "messages"}).content.decode()
    assert f'<span class="b-subtle b-code">{first.pk}</span>' in page
    assert reverse("admin:delivery_message", args=[newest[0]]) in page


def test_messages_are_narrowed_by_type_status_from_and_to(project: Project, client_as: ClientAs) -> None:
    SenderNumberFactory(approved=True, project=project, number="0311112222")
    lms = deliver(send(project, ["01012340001"], message_type=MessageType.LMS, subject="A"))
    sms = send(project, ["01012340001", OFF], sender="0311112222")
    one, off, long = message_id(sms.pk, 1), message_id(sms.pk, 2), message_id(lms.pk, 1)
    client = client_as(project)
    for query, expected in (
        ({"message_type": "LMS"}, [long]),
        ({"message_type": "MMS"}, []),
        ({"sender": "031-111-2222"}, [off, one]),
        ({"result": "READY"}, [off, one]),
        ({"result": "DELIVERED"}, [long]),
        ({"recipient": "010-1234-0001"}, [one, long]),
        ({"recipient": "010-1234-0001", "message_type": "SMS"}, [one]),
        ({"sender": SENDER, "result": "FAILED"}, []),
    ):
        assert listed(client, **query) == expected, query


def test_a_rare_sender_names_its_requests(
    project: Project, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same is found whether those that fit are few, and named, or many."""
    SenderNumberFactory(approved=True, project=project, number="0311112222")
    rare = [send(project, [f"0101234000{n}"], sender="0311112222").pk for n in range(3)]
    send(project, ["01012340001"])
    client = client_as(project)
    expected = [message_id(each, 1) for each in reversed(rare)]
    for most in (500, 2):
        monkeypatch.setattr(lookups, "MOST_NAMED", most)
        assert listed(client, sender="0311112222") == expected, most


def test_the_time_of_day_narrows_the_first_and_the_last_day(project: Project, client_as: ClientAs) -> None:
    with time_machine.travel("2026-11-20T23:59:59+00:00", tick=False):  # 08:59:59 in Seoul
        before = send(project, ["01012340001"])
    with time_machine.travel("2026-11-21T00:00:00+00:00", tick=False):
        at_nine = send(project, ["01012340001"])
    with time_machine.travel("2026-11-21T00:30:59+00:00", tick=False):
        last = send(project, ["01012340001"])
    with time_machine.travel("2026-11-21T03:00:00+00:00", tick=False):
        client = client_as(project)
        days = {"since": "2026-11-21", "until": "2026-11-21"}
        assert shown(client.get(reverse(REQUESTS), days)) == [last.pk, at_nine.pk, before.pk]
        times = {"since_time": "09:00", "until_time": "09:30"}
        assert shown(client.get(reverse(REQUESTS), {**days, **times})) == [last.pk, at_nine.pk]
        assert listed(client, **days, since_time="09:01") == [message_id(last.pk, 1)]
        wrong = {**days, "since_time": "09:30", "until_time": "09:00"}
        form = client.get(reverse(REQUESTS), wrong).context["form"]
        assert form.errors == {"until_time": ["This time is before the first one."]}
        assert 'value="09:30"' in str(form["since_time"])


def test_a_viewer_reads_the_messages_masked_and_a_reading_is_noted(
    project: Project, client_as: ClientAs
) -> None:
    send(project, ["01012345678"])
    viewer, sender = client_as(project, ProjectRole.VIEWER), client_as(project)
    page = viewer.get(reverse(REQUESTS), {"listed": "messages"}).content.decode()
    assert "010-****-5678" in page
    assert "010-1234-5678" not in page
    assert AuditEntry.objects.filter(action=AuditEntry.Action.ACCESS).count() == 0
    for _look in range(2):
        assert "010-1234-5678" in sender.get(reverse(REQUESTS), {"listed": "messages"}).content.decode()
    assert AuditEntry.objects.filter(action=AuditEntry.Action.ACCESS).count() == 1


def test_a_page_of_messages_asks_the_same_few_questions(project: Project, client_as: ClientAs) -> None:
    client, counts = client_as(project), []
    for n in (2, 30):
        send(project, [f"010123400{each:02}" for each in range(n)])
        listed(client)
        with CaptureQueriesContext(connection) as queries:
            listed(client, message_type="SMS")
        counts.append(len(queries))
    assert counts[0] == counts[1]
