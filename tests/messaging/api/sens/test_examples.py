"""The nine bodies of the document: SMS, LMS and MMS, each as a regular, a reserved and an ad message."""

import io
from base64 import b64encode

import pytest
import time_machine
from PIL import Image

from messaging.models import SendRequest
from messaging.partitions import ensure_partitions
from senders.models import SenderNumber
from tests.factories import OptOutLineFactory, SenderNumberFactory

pytestmark = pytest.mark.django_db

BEFORE = "2019-07-20T00:00:00+09:00"
OWN = "content sent only to the corresponding number (optional) apart from the above content"
AD = "(Ad) company name content [Free call block]08012345678"
OWN_AD = (
    "(Ad) company name content sent only to the number separately from the content above (optional) "
    "[Free call block] 08012345678"
)
TITLE = "title sent only to the number separately from the above content (optional)"


def example(type_: str, kind: str, file_id: str) -> dict:
    is_ad = kind == "ad"
    message = {"to": "01012345678", "content": OWN_AD if is_ad else OWN}
    body = {"type": type_, "contentType": "AD" if is_ad else "COMM", "from": "01012345678"}
    body["content"] = AD if is_ad else "content"
    if type_ == "SMS":
        body["countryCode"] = "82"
    else:
        body["subject"] = "subject"
        message["subject"] = TITLE
    if type_ == "MMS":
        body["files"] = [{"fileId": file_id}]
    if kind == "reserved":
        body["reserveTime"] = "2019-07-25 17:09"
    return {**body, "messages": [message]}


@pytest.fixture
def file_id(sens) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "JPEG")
    with time_machine.travel(BEFORE):
        ensure_partitions()
        answer = sens.post(
            "/files", {"fileName": "a.jpg", "fileBody": b64encode(picture.getvalue()).decode()}
        )
    return answer.json()["fileId"]


@pytest.mark.parametrize("type_", ["SMS", "LMS", "MMS"])
@pytest.mark.parametrize("kind", ["regular", "reserved", "ad"])
def test_an_example_of_the_document_is_taken(sens, project, file_id, type_, kind):
    SenderNumberFactory(approved=True, project=project, number="01012345678")
    OptOutLineFactory(project=project, opened=True, number="08012345678")
    assert SenderNumber.objects.filter(project=project).count() == 2
    with time_machine.travel(BEFORE):
        answer = sens.post("/messages", example(type_, kind, file_id))
    assert (answer.status_code, answer.json()["statusCode"]) == (202, "202")
    request = SendRequest.objects.get(pk=answer.json()["requestId"])
    assert (request.message_type, request.purpose) == (type_, "AD" if kind == "ad" else "GENERAL")
    assert len(request.attachment_ids) == (1 if type_ == "MMS" else 0)
    assert request.state == ("SCHEDULED" if kind == "reserved" else "SENDING")
    if kind == "reserved":
        assert request.due_at.isoformat() == "2019-07-25T08:09:00+00:00"
