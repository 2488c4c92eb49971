"""Files that a message names or brings: whose they are, until when, and how long they are kept."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from console.accounts.models import Project
from messaging.content.limits import KB
from messaging.models import Attachment, SeenSignature, SendRequest
from messaging.sending.attachments import prune_attachments
from messaging.sending.submitting import drain
from messaging.states import Lane, RequestState
from tests.messaging.api.sens.client import SensClient
from tests.messaging.api.sens.pictures import jpeg, stored, text, upload
from tests.sends import simulator_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 2, 3, tzinfo=UTC)  # noon in Korea


def mms(sending: Any, *files: dict[str, str], **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = sending(type="MMS", subject="subject", files=list(files), **changes)
    return body


def carried(project: Project) -> list[tuple[str, int]]:
    """(type, pictures) of all that the carrier has."""
    drain(Lane.SINGLE)
    with simulator_of(project).ledger.reading() as database:
        rows = database.execute(
            "SELECT message_type, attachments FROM message JOIN submission ON seq = submission"
        ).fetchall()
    return [(message_type, len(json.loads(names))) for message_type, names in rows]


# --- naming a file in a message --------------------------------------------------------------------


def test_a_message_carries_the_files_that_it_names(sens: SensClient, sending: Any, project: Project) -> None:
    ids = [upload(sens, name=f"{n}.jpg").json()["fileId"] for n in range(3)]
    answer = sens.post("/messages", mms(sending, *({"fileId": each} for each in reversed(ids))))
    assert answer.status_code == 202, answer.content
    request = SendRequest.objects.get()
    rows = {str(row.public_id): row.pk for row in Attachment.objects.all()}
    assert request.attachment_ids == [rows[each] for each in reversed(ids)]
    assert carried(project) == [("MMS", 3)]


@pytest.mark.parametrize("files", [{}, {"files": None}, {"files": []}])
def test_an_mms_without_a_file_goes_as_an_lms(
    sens: SensClient, sending: Any, project: Project, files: dict[str, Any]
) -> None:
    assert sens.post("/messages", sending(type="MMS", subject="s") | files).status_code == 202
    assert SendRequest.objects.get().message_type == "LMS"
    assert carried(project) == [("LMS", 0)]


@pytest.mark.parametrize("message_type", ["SMS", "LMS"])
def test_files_of_another_type_are_not_looked_at(sens: SensClient, sending: Any, message_type: str) -> None:
    wish = sending(type=message_type, files=[{"fileId": "gone"}, {"name": "a.jpg", "body": text(jpeg())}])
    assert sens.post("/messages", wish).status_code == 202
    request = SendRequest.objects.get()
    assert (request.message_type, request.attachment_ids) == (message_type, [])
    assert not Attachment.objects.exists()


def refused(sens: SensClient, wish: dict[str, Any], reason: str) -> None:
    seen = SeenSignature.objects.count()
    answer = sens.post("/messages", wish)
    assert (answer.status_code, answer.json()["errors"]) == (400, [reason])
    assert not SendRequest.objects.exists()
    assert SeenSignature.objects.count() == seen


def test_nobody_names_another_projects_file(sens: SensClient, sending: Any, stranger: SensClient) -> None:
    theirs = upload(stranger).json()["fileId"]
    refused(sens, mms(sending, {"fileId": theirs}), f"S006: this service has no file {theirs}.")


@pytest.mark.parametrize("file_id", ["4fe2078b-5926-42f2-b6b3-0c7bab9b8c5a", "no-such-file", "1"])
def test_a_file_that_is_not_there_is_refused(sens: SensClient, sending: Any, file_id: str) -> None:
    refused(sens, mms(sending, {"fileId": file_id}), f"S006: this service has no file {file_id}.")


def test_a_persons_picture_is_no_file_of_programs(sens: SensClient, sending: Any) -> None:
    upload(sens)
    Attachment.objects.update(uploaded_size=None)  # as a person's is
    file_id = str(Attachment.objects.get().public_id)
    refused(sens, mms(sending, {"fileId": file_id}), f"S006: this service has no file {file_id}.")


def test_six_days_later_it_has_expired(sens: SensClient, sending: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        file_id = upload(sens).json()["fileId"]
    with time_machine.travel(NOON + timedelta(days=6), tick=False):
        expired = f"S007: the file {file_id} expired at 2026-11-08 12:00:00."
        refused(sens, mms(sending, {"fileId": file_id}), expired)
    with time_machine.travel(NOON + timedelta(days=6, seconds=-1), tick=False):
        assert sens.post("/messages", mms(sending, {"fileId": file_id})).status_code == 202


def test_three_files_at_most(sens: SensClient, sending: Any) -> None:
    ids = [upload(sens, name=f"{n}.jpg").json()["fileId"] for n in range(4)]
    reason = "files: List should have at most 3 items after validation, not 4"
    refused(sens, mms(sending, *({"fileId": each} for each in ids)), reason)


# --- files inside a message ------------------------------------------------------------------------


def test_a_message_brings_its_files(sens: SensClient, sending: Any, project: Project) -> None:
    named = upload(sens, name="first.jpg").json()["fileId"]
    brought = [{"name": f"{colour}.jpg", "body": text(jpeg(colour=colour))} for colour in ("red", "blue")]
    answer = sens.post("/messages", mms(sending, brought[0], {"fileId": named}, brought[1]))
    assert answer.status_code == 202, answer.content
    names = dict(Attachment.objects.values_list("pk", "name"))
    assert [names[pk] for pk in SendRequest.objects.get().attachment_ids] == [
        "red.jpg",
        "first.jpg",
        "blue.jpg",
    ]
    assert carried(project) == [("MMS", 3)]


def test_only_the_same_content_inside_messages_is_the_same_file(sens: SensClient, sending: Any) -> None:
    """A coupon drawn for each recipient may well have one name and size, and is no other's."""
    one, other = jpeg(colour="#ff0000"), jpeg(colour="#00ff00")
    size = max(len(one), len(other))
    bodies = [text(each.ljust(size, b"0")) for each in (one, other, one)]
    for body in bodies:
        assert sens.post("/messages", mms(sending, {"name": "a.jpg", "body": body})).status_code == 202
    first, second, third = (each.attachment_ids for each in SendRequest.objects.order_by("pk"))
    assert first == third
    assert first != second
    assert Attachment.objects.count() == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"name": "a.png", "body": text(jpeg())}, "S005: “a.png” is not a .jpg or .jpeg file."),
        ({"name": "a.jpg", "body": text(jpeg(1501, 10))}, "S009: “a.jpg” is 1501 × 10 pixels;"),
        ({"name": "a.jpg", "body": text(jpeg().ljust(300 * KB + 1, b"0"))}, "S008: “a.jpg” has 301 KB;"),
        ({"name": "a.jpg", "body": "***"}, "S005: files.1.body is not Base64."),
        ({"name": "a.jpg"}, "files.1: a file has its fileId, or its name and body."),
        ({"body": text(jpeg())}, "files.1: a file has its fileId, or its name and body."),
        ({}, "files.1: a file has its fileId, or its name and body."),
        ({"fileId": ""}, "files.1: a file has its fileId, or its name and body."),
    ],
)
def test_one_bad_file_refuses_the_message_and_nothing_is_stored(
    sens: SensClient, sending: Any, bad: dict[str, str], reason: str
) -> None:
    before = stored()
    answer = sens.post("/messages", mms(sending, {"name": "good.jpg", "body": text(jpeg())}, bad))
    assert answer.status_code == 400
    [said] = answer.json()["errors"]
    assert said.startswith(reason)
    assert not SendRequest.objects.exists()
    assert not Attachment.objects.exists()
    assert stored() == before


# --- how long a file is kept -----------------------------------------------------------------------


def test_a_programs_picture_stays_seven_days_past_its_last_use(sens: SensClient, sending: Any) -> None:
    with time_machine.travel(NOON, tick=True):
        ids = [upload(sens, name=f"{n}.jpg").json()["fileId"] for n in range(2)]
    with time_machine.travel(NOON + timedelta(days=6, seconds=-1), tick=False):
        wish = mms(sending, {"fileId": ids[0]}, reserveTime="2027-04-01 12:00")
        assert sens.post("/messages", wish).status_code == 202
    due = datetime(2027, 4, 1, 3, tzinfo=UTC)
    left = []
    for moment, state in [
        (NOON + timedelta(days=7), RequestState.SCHEDULED),
        (NOON + timedelta(days=7, minutes=1), RequestState.SCHEDULED),
        (due + timedelta(days=30), RequestState.SENDING),
        (due + timedelta(days=7), RequestState.COMPLETED),
        (due + timedelta(days=7, seconds=1), RequestState.COMPLETED),
    ]:
        SendRequest.objects.update(state=state)
        with time_machine.travel(moment, tick=False):
            prune_attachments()
        left.append({row.name for row in Attachment.objects.all()})
    assert left == [{"0.jpg", "1.jpg"}, {"0.jpg"}, {"0.jpg"}, {"0.jpg"}, set()]
