"""One message by itself, and what is said of a message in whatever state it is."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Project
from messaging.models import Attachment, Message, SendRequest
from messaging.states import MessageState, MessageType
from tests.messaging.api.sens.asking import NOW, finish, get, ids_of, posted, written
from tests.messaging.api.sens.client import SensClient

pytestmark = pytest.mark.django_db
RESULT = {"statusCode", "statusName", "statusMessage", "completeTime", "telcoCode"}


def one(sens: SensClient, request: SendRequest, ordinal: int = 1) -> dict[str, Any]:
    answer = sens.get(f"/messages/{ids_of(request, ordinal)[0]}")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["statusCode"], body["statusName"]) == ("200", "success")
    assert set(body) == {"statusCode", "statusName", "messages"}
    [message] = body["messages"]
    return message


def attached(project: Project, request: SendRequest, *names: str) -> list[Attachment]:
    """Pictures of the request, which makes it an MMS."""
    rows = [
        Attachment.objects.create(
            project=project, name=name, storage_name=name, sha256="", size=1, width=1, height=1
        )
        for name in names
    ]
    ids = [each.pk for each in rows]
    SendRequest.objects.filter(pk=request.pk).update(message_type=MessageType.MMS, attachment_ids=ids[::-1])
    return rows


def test_before_it_goes(sens, sending) -> None:
    with time_machine.travel(NOW, tick=False):
        request = posted(sens, sending())
        assert one(sens, request) == {
            "requestTime": "2026-11-22 12:00:00",
            "contentType": "COMM",
            "content": "content",
            "countryCode": "82",
            "from": "0212345678",
            "to": "01012345678",
            "status": "READY",
        }


def test_once_it_arrived(sens, sending) -> None:
    with time_machine.travel(NOW, tick=False):
        request = posted(sens, sending())
        message = finish(request, 1, MessageState.DELIVERED, NOW + timedelta(seconds=2))
        Message.objects.filter(pk=message.pk).update(telco="SKT")
        said = {
            "requestTime": "2026-11-22 12:00:00",
            "contentType": "COMM",
            "countryCode": "82",
            "from": "0212345678",
            "to": "01012345678",
            "status": "COMPLETED",
            "statusCode": "0",
            "statusName": "success",
            "statusMessage": "Delivered",
            "completeTime": "2026-11-22 12:00:02",
            "telcoCode": "SKT",
        }
        assert one(sens, request) == said | {"content": "content"}
        named = {
            "requestId": str(request.pk),
            "messageId": str(message.pk),
            "campaignId": "",
            "type": "SMS",
        }
        assert get(sens, requestId=request.pk)["messages"] == [said | named]


def test_what_is_described_is_what_is_answered(sens, sending, project) -> None:
    described = sens.http.get("/sms/v2/openapi.json").json()["components"]["schemas"]
    request = posted(sens, sending(type="LMS"))
    attached(project, request, "a.jpg")
    finish(request, 1, MessageState.DELIVERED, timezone.now())
    page, message = get(sens, requestId=request.pk), one(sens, request)
    said = {
        "FoundMessagesOut": page,
        "FoundOut": page["messages"][0],
        "OneOut": message,
        "AttachedOut": message["files"][0],
    }
    for name, answer in said.items():
        assert set(described[name]["properties"]) == set(answer), name


@pytest.mark.parametrize("state", [MessageState.READY, MessageState.SENT])
def test_no_result_before_it_is_completed(sens, sending, state: str) -> None:
    """Not even of a code that an earlier try left."""
    request = posted(sens, sending())
    Message.objects.update(state=state, result_code="1001", finished_at=timezone.now(), telco="KT")
    assert not RESULT & set(one(sens, request))
    assert not RESULT & set(get(sens, requestId=request.pk)["messages"][0])


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        (MessageState.FAILED, "3001", ("3001", "fail", "No such subscriber")),
        (MessageState.FAILED, "B001", ("E917", "fail", "Opted out")),
        (MessageState.UNKNOWN, "B007", ("2000", "fail", "No report")),
        (MessageState.CANCELED, "B006", ("3014", "fail", "Canceled")),
    ],
)
def test_every_result_once_it_is(sens, sending, state: str, code: str, said: tuple[str, ...]) -> None:
    request = posted(sens, sending())
    at = timezone.now()
    finish(request, 1, state, at, code)
    for message in (one(sens, request), get(sens, requestId=request.pk)["messages"][0]):
        assert tuple(message[name] for name in ("statusCode", "statusName", "statusMessage")) == said
        assert (message["status"], message["completeTime"]) == ("COMPLETED", written(at))
        assert message["telcoCode"] == ""


def test_what_may_have_gone_was_completed_when_it_was_handed_over(sens, sending) -> None:
    request = posted(sens, sending())
    at = timezone.now()
    Message.objects.update(state=MessageState.UNKNOWN, result_code="B008", submitted_at=at, finished_at=None)
    assert one(sens, request)["completeTime"] == written(at)


def test_the_own_text_where_it_has_one(sens, sending) -> None:
    given = [{"to": "01012345678", "content": "own ##x##"}, {"to": "01087654321"}]
    request = posted(sens, sending(content="for all ##content##", messages=given))
    assert one(sens, request)["content"] == "own ##x##"
    assert one(sens, request, 2)["content"] == "for all ##content##"


def test_a_text_is_as_long_as_it_was_sent(sens, sending) -> None:
    request = posted(sens, sending(content="가" * 50))
    assert one(sens, request)["content"] == "가" * 45


class TestFiles:
    def test_of_an_mms_in_their_order(self, sens, sending, project) -> None:
        request = posted(sens, sending(type="LMS"))
        first, second = attached(project, request, "a.jpg", "b.jpg")
        assert one(sens, request)["files"] == [
            {"name": "b.jpg", "fileId": str(second.public_id)},
            {"name": "a.jpg", "fileId": str(first.public_id)},
        ]

    def test_that_are_gone_are_not_named(self, sens, sending, project) -> None:
        request = posted(sens, sending(type="LMS"))
        first, second = attached(project, request, "a.jpg", "b.jpg")
        first.delete()
        assert one(sens, request)["files"] == [{"name": "b.jpg", "fileId": str(second.public_id)}]

    def test_only_of_an_mms(self, sens, sending, project) -> None:
        request = posted(sens, sending(type="LMS"))
        attached(project, request, "a.jpg")
        SendRequest.objects.update(message_type=MessageType.LMS)
        assert "files" not in one(sens, request)
        assert "files" not in get(sens, requestId=request.pk)["messages"][0]


class TestNotThere:
    said = "This service has no such message (messageId) of the last 90 days."

    def refused(self, sens: SensClient, named: Any) -> None:
        answer = sens.get(f"/messages/{named}")
        assert answer.status_code == 404
        assert answer.json() == {
            "statusCode": "404",
            "statusName": "fail",
            "errorMessage": "Not Found",
            "errors": [self.said],
        }

    @pytest.mark.parametrize("named", ["1", "0" * 32, "nothing", "%00", "%EC%84%9C"])
    def test_no_such_message(self, sens, named: str) -> None:
        self.refused(sens, named)

    def test_a_strangers_sounds_the_same(self, sens, stranger, sending) -> None:
        request = posted(sens, sending())
        self.refused(stranger, ids_of(request, 1)[0])

    def test_a_request_is_no_message(self, sens, sending) -> None:
        request = posted(sens, sending())
        self.refused(sens, request.pk)
        self.refused(sens, UUID(int=request.pk.int + 2))


def test_one_is_one_query_and_one_more_for_pictures(sens, sending, project) -> None:
    request = posted(sens, sending(type="LMS"))
    one(sens, request)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            one(sens, request)
        return len(captured)

    before = count()
    attached(project, request, "a.jpg", "b.jpg", "c.jpg")
    assert count() == before + 1
