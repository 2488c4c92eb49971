"""The result of a message as JSON: what the SENS API answers, word for word, to those who may read it."""

import html
import json
import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import AuditEntry, Project
from console.accounts.roles import ProjectRole
from messaging.models import Message, SendRequest
from messaging.sending.one_time_codes import OwnPipelineProvider
from messaging.states import MessageType
from tests.factories import AccessKeyFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import OFF, deliver, first_message, in_a_day, send, send_file
from tests.messaging.api.sens.client import SensClient
from tests.messaging.sending.files import numbers
from tests.structure.world import make_picture

NOON = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Asia/Seoul"))
TEXT = '가을 <세일> & "끝"'
SHOWN = re.compile(r'<pre class="d-json"[^>]*>(.*?)</pre>', re.DOTALL)


def page_of(client: Any, message: Message) -> str:
    response = client.get(reverse("admin:delivery_message", args=[message.pk]))
    assert response.status_code == 200
    return str(response.content.decode())


def json_of(page: str) -> str:
    [found] = SHOWN.findall(page)
    return html.unescape(found)


def api_of(message: Message) -> Any:
    project = message.request.project
    answer = SensClient(project, AccessKeyFactory(project=project)).get(f"/messages/{message.pk}")
    assert answer.status_code == 200
    return answer.content.decode()


@time_machine.travel(NOON, tick=False)
def test_a_failed_one_with_the_guides_fields(project: Project, client_as: ClientAs) -> None:
    message = first_message(send(project, [OFF]))
    Message.objects.update(
        state="FAILED", result_code="2003", telco="SKT", finished_at=timezone.now() + timedelta(seconds=2)
    )
    shown = json_of(page_of(client_as(project), message))
    assert json.loads(shown) == {
        "statusCode": "200",
        "statusName": "success",
        "messages": [
            {
                "requestTime": "2026-11-22 12:00:00",
                "contentType": "COMM",
                "countryCode": "82",
                "from": "021234567",
                "to": OFF,
                "status": "COMPLETED",
                "statusCode": "2003",
                "statusName": "fail",
                "statusMessage": "Phone switched off",
                "completeTime": "2026-11-22 12:00:02",
                "telcoCode": "SKT",
                "content": "Hello",
            }
        ],
    }
    assert shown.startswith('{\n  "statusCode": "200",\n')


@pytest.mark.parametrize("state", ["READY", "SENT", "DELIVERED", "FAILED", "CANCELED", "UNKNOWN"])
def test_it_is_what_the_api_answers(project: Project, client_as: ClientAs, state: str) -> None:
    picture = make_picture(project)
    request = send(project, numbers(2), message_type=MessageType.MMS, attachments=[picture], body=TEXT)
    Message.objects.update(state=state, finished_at=timezone.now())
    message = first_message(request)
    answered = api_of(message)
    shown = json_of(page_of(client_as(project), message))
    assert json.loads(shown) == json.loads(answered)
    assert list(json.loads(shown)["messages"][0]) == list(json.loads(answered)["messages"][0])
    assert json.loads(shown)["messages"][0]["files"] == [
        {"name": "one.jpg", "fileId": str(picture.public_id)}
    ]
    assert json.loads(shown)["messages"][0]["content"] == TEXT


def test_a_viewer_reads_it_masked(project: Project, client_as: ClientAs) -> None:
    message = first_message(send_file(project, ["01012345678"]))
    page = page_of(client_as(project, ProjectRole.VIEWER), message)
    [said] = json.loads(json_of(page))["messages"]
    assert (said["to"], said["content"]) == ("010****5678", "Hello •••")
    assert "01012345678" not in page
    assert "N1" not in page
    assert AuditEntry.objects.filter(action=AuditEntry.Action.ACCESS).count() == 0


def test_its_reading_is_noted_once(project: Project, client_as: ClientAs) -> None:
    message = first_message(send(project, ["01012345678"]))
    client = client_as(project)
    for _look in range(2):
        assert "01012345678" in json_of(page_of(client, message))
    [entry] = AuditEntry.objects.filter(action=AuditEntry.Action.ACCESS)
    assert entry.object_pk == str(message.pk)


def test_there_is_none_before_a_reservation_is_due(project: Project, client_as: ClientAs) -> None:
    message = first_message(send(project, ["01012345678"], due_at=in_a_day()))
    page = page_of(client_as(project), message)
    assert SHOWN.findall(page) == []
    assert "the messages of a reservation are not there before it is due" in page


def test_there_is_none_of_the_consoles_own_codes(project: Project, client_as: ClientAs) -> None:
    OwnPipelineProvider().send_code(project=project, phone_number="01023456789", code="731946")
    message = first_message(deliver(SendRequest.objects.get()))
    page = page_of(client_as(project, ProjectRole.MANAGER), message)
    assert SHOWN.findall(page) == []
    assert "731946" not in page


def test_text_in_it_is_never_html(project: Project, client_as: ClientAs) -> None:
    message = first_message(send(project, ["01012345678"], body="</pre><script>alert(1)</script>"))
    page = page_of(client_as(project), message)
    assert "<script>alert" not in page
    assert json.loads(json_of(page))["messages"][0]["content"] == "</pre><script>alert(1)</script>"


def test_the_same_stands_there_in_words(project: Project, client_as: ClientAs) -> None:
    picture = make_picture(project)
    request = send(project, ["01012345678"], message_type=MessageType.MMS, attachments=[picture])
    Message.objects.update(
        state="FAILED",
        result_code="2003",
        telco="SKT",
        submitted_at=timezone.now(),
        finished_at=timezone.now(),
    )
    page = page_of(client_as(project), first_message(request))
    facts = {
        html.unescape(name): " ".join(re.sub("<[^>]*>", " ", value).split())
        for name, value in re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    }
    assert facts.pop("Requested at").startswith(f"{timezone.localdate()}")
    assert facts["Code"] == "Phone switched off 2003"
    assert {
        "Country": "South Korea (+82)",
        "Sender number": "02-123-4567",
        "Type": "MMS · General",
    }.items() <= facts.items()
    assert {"Network": "SKT", "Pictures": "one.jpg", "Request ID": str(request.pk)}.items() <= facts.items()
