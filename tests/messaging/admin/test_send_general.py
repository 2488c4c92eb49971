"""General send: looking, asking once more, sending once, drafts, roles, projects."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from console.accounts.roles import ProjectRole
from messaging.models import Attachment, Draft, Message, SendRequest
from messaging.states import DeliveryKind, Lane, Purpose, RequestState
from senders.models import SenderNumber
from tests.factories import ProjectFactory, UserFactory
from tests.messaging.admin.sending_people import Desk, desk, general_fields

pytestmark = pytest.mark.django_db

URL = "/send/general/"
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # 10:00 in Seoul


@pytest.fixture
def sender() -> Desk:
    return desk()


def words(response: Any) -> str:
    """The text of an answer, without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def test_the_empty_page_holds_the_form_and_no_error(sender: Desk) -> None:
    response = sender.client.get(URL)
    assert response.status_code == 200
    said = words(response)
    assert "02-1234-5678" in said
    assert "0 / 90 bytes" in said
    assert "b-error" not in response.content.decode()


def test_without_an_approved_number_the_page_leads_to_registering_one(sender: Desk) -> None:
    SenderNumber.objects.all().delete()
    response = sender.client.get(URL)
    assert reverse("admin:senders_numbers") in response.content.decode()
    assert "no approved sender number" in words(response)


def test_looking_keeps_the_draft_and_says_what_is_wrong(sender: Desk) -> None:
    fields = general_fields(
        body="가" * 46, recipients="010-1234-5678, 1012345678, 0101234, 1087654321", subject="나중에"
    )
    response = sender.post(URL, fields, step="look")
    said = words(response)
    assert "92 / 90 bytes" in said
    assert "Too long for an SMS by 2 bytes." in said
    assert "2 numbers 1 wrong 1 repeated" in said
    assert "Entry 3 0101234 The number is too short." in said
    assert "Entry 2 1012345678 the same as entry 1; it is sent once" in said
    assert "1087654321 lacked its leading zero; it is read as 010-8765-4321" in said
    assert "2 SMS messages from 02-1234-5678, now, in one go. 1 entry is left out." in said
    assert SendRequest.objects.count() == 0
    page = sender.client.get(URL).content.decode()
    assert "가" * 46 in page
    assert "1087654321" in page
    assert "나중에" in page
    assert 'b-error" role' not in page


def test_to_other_countries_parts_are_counted(sender: Desk) -> None:
    fields = general_fields(body="가" * 71 + "🙂", recipients="+1 650 253 0000, +81 3-1234-5678")
    said = words(sender.post(URL, fields, step="look"))
    assert "2 parts abroad" in said
    assert "A message to another country is billed by the part." in said
    assert "Too long" not in said
    assert "bytes" not in said
    assert "cannot show" not in said
    assert "Send this? 2 SMS messages" in words(sender.post(URL, fields, step="confirm"))
    too_long = words(sender.post(URL, {**fields, "body": "x" * 766}, step="look"))
    assert "Too long for other countries: 6 parts, at most 5. Shorten the text." in too_long


def test_at_home_and_abroad_at_once(sender: Desk) -> None:
    fields = general_fields(body="가" * 46, recipients="+1 650 253 0000, 010-1234-5678")
    said = words(sender.post(URL, fields, step="look"))
    assert "92 / 90 bytes · 1 part abroad" in said
    assert "Too long by 2 bytes. Shorten the text." in said
    assert "Send as LMS" not in said
    fields = {**fields, "message_type": "LMS"}
    said = words(sender.post(URL, fields, step="look"))
    assert "Numbers of other countries get SMS only. Send as SMS" in said
    refused = words(sender.post(URL, fields, step="send"))
    assert "Line 1: a number of another country (+1) gets SMS only." in refused
    assert SendRequest.objects.count() == 0


def test_what_cannot_be_sent_is_marked_and_text_is_never_html(sender: Desk) -> None:
    fields = general_fields(body="<script>alert(1)</script>🙂", recipients="<img src=x>")
    response = sender.post(URL, fields, step="look")
    page = response.content.decode()
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert '<mark class="b-unsendable">🙂</mark>' in page
    assert "Slightly smiling face" in page


def test_asking_shows_one_sentence_and_sends_nothing(sender: Desk) -> None:
    response = sender.post(URL, general_fields(), step="confirm")
    assert response.status_code == 200
    assert "HX-Retarget" not in response
    assert "2 SMS messages from 02-1234-5678, now, in one go." in words(response)
    assert SendRequest.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": ""}, "Write the text of the message."),
        ({"body": "가" * 46}, "92 bytes are too long: at most 90 bytes."),
        ({"body": "가🙂"}, "These characters cannot be sent: 🙂"),
        ({"sender": ""}, "Choose a sender number."),
        ({"sender": "0299999999"}, "Select a valid choice."),
        ({"recipients": ""}, "Type or paste at least one number."),
        ({"recipients": "010-1234-5678\n0101234"}, "1 entry is not a phone number"),
        ({"recipients": "\n".join(f"010{n:08d}" for n in range(1001))}, "At most 1000 numbers can be typed."),
        ({"purpose": "AD"}, "Advertising needs an open 080 line"),
        ({"when": "at"}, "Choose the date."),
        ({"when": "at", "date": "2026-11-22", "time": "09:58"}, "This time has passed."),
        ({"when": "at", "date": "2027-01-21", "time": "10:01"}, "At most 60 days ahead."),
        ({"body": "##name##님"}, "Give the value of ##name##."),
    ],
)
@pytest.mark.parametrize("step", ["confirm", "send"])
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_sent_or_lost(
    sender: Desk, changes: dict[str, str], said: str, step: str
) -> None:
    fields = general_fields(subject="그대로", **changes)
    with time_machine.travel(NOW, tick=False):
        response = sender.post(URL, fields, step=step)
    assert response["HX-Retarget"] == "#send-form"
    assert said in words(response)
    assert "Nothing was sent." in words(response)
    assert "그대로" in response.content.decode()
    assert SendRequest.objects.count() == 0
    assert Draft.objects.get().fields["body"] == [fields["body"]]


def test_without_script_the_page_itself_comes_back(sender: Desk) -> None:
    response = sender.post(URL, general_fields(body=""), step="send", htmx=False)
    assert response.status_code == 422
    assert "<html" in response.content.decode()
    assert "Write the text of the message." in words(response)


def test_sending_leads_to_the_request_and_empties_the_draft(sender: Desk) -> None:
    sender.post(URL, general_fields(), step="look")
    response = sender.post(URL, general_fields(name="가을 안내"), step="send", htmx=False)
    request = SendRequest.objects.get()
    assert response.status_code == 302
    assert response["Location"] == reverse("admin:delivery_request", args=[request.pk])
    assert (request.project, request.created_by, request.kind) == (
        sender.project,
        sender.user,
        DeliveryKind.GENERAL,
    )
    assert (request.body, request.total, request.lane) == ("가을 세일 안내입니다.", 2, Lane.SINGLE)
    numbers = Message.objects.order_by("id").values_list("recipient", flat=True)
    assert list(numbers) == ["01012345678", "01087654321"]
    assert Draft.objects.get().fields == {}


def test_a_double_click_sends_once_and_a_changed_text_is_another_request(sender: Desk) -> None:
    addresses = {
        sender.post(URL, general_fields(), step="send", htmx=False)["Location"] for _time in range(2)
    }
    assert len(addresses) == 1
    assert SendRequest.objects.count() == 1
    sender.post(URL, general_fields(body="고친 글"), step="send", htmx=False)
    assert SendRequest.objects.count() == 2


def test_line_breaks_are_one_byte_whichever_way_the_browser_sends_them(sender: Desk) -> None:
    said = words(sender.post(URL, general_fields(body="가\r\n나"), step="look"))
    assert "5 / 90 bytes" in said
    sender.post(URL, general_fields(body="가\r\n나"), step="send", htmx=False)
    assert SendRequest.objects.get().body == "가\n나"


def test_a_set_time_is_korean_time(sender: Desk) -> None:
    fields = general_fields(when="at", date="2026-11-25", time="10:30")
    with time_machine.travel(NOW, tick=False):
        said = words(sender.post(URL, fields, step="confirm"))
        assert "at 2026-11-25 10:30, in one go." in said
        assert "Schedule this?" in said
        sender.post(URL, fields, step="send", htmx=False)
    request = SendRequest.objects.get()
    assert request.due_at == datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
    assert request.state == RequestState.SCHEDULED


def test_an_authentication_message_takes_its_own_lane(sender: Desk) -> None:
    sender.post(URL, general_fields(purpose="AUTH", body="인증번호 123456"), step="send", htmx=False)
    request = SendRequest.objects.get()
    assert (request.purpose, request.lane) == (Purpose.AUTHENTICATION, Lane.AUTH)


def test_pictures_go_with_an_mms_and_stay_behind_with_another_type(sender: Desk) -> None:
    picture = picture_of(sender.project)
    foreign = picture_of(ProjectFactory())
    ids = [str(picture.pk), str(foreign.pk), "x", "9" * 30]
    page = sender.post(URL, general_fields(message_type="MMS", attachments=ids), step="look").content.decode()
    assert reverse("admin:send_picture", args=[picture.pk]) in page
    assert reverse("admin:send_picture", args=[foreign.pk]) not in page
    sender.post(URL, general_fields(message_type="MMS", attachments=ids), step="send", htmx=False)
    sender.post(URL, general_fields(message_type="LMS", attachments=ids), step="send", htmx=False)
    sent = SendRequest.objects.order_by("id").values_list("message_type", "attachment_ids")
    assert list(sent) == [("MMS", [picture.pk]), ("LMS", [])]


def picture_of(project: Any) -> Attachment:
    return Attachment.objects.create(
        project=project,
        uploaded_by=UserFactory(),
        name="세일.jpg",
        storage_name=f"attachments/{project.pk}.jpg",
        sha256="0" * 64,
        size=1000,
        width=10,
        height=10,
    )


def test_an_mms_without_a_picture_goes_as_an_lms(sender: Desk) -> None:
    fields = general_fields(message_type="MMS", subject="Autumn")
    asked = words(sender.post(URL, fields, step="confirm"))
    assert "2 LMS messages from 02-1234-5678" in asked
    sender.post(URL, fields, step="send")
    request = SendRequest.objects.get()
    assert (request.message_type, request.subject, request.attachment_ids) == ("LMS", "Autumn", [])


def test_a_picture_that_is_gone_does_not_make_it_an_lms(sender: Desk) -> None:
    asked = words(sender.post(URL, general_fields(message_type="MMS", attachments=["99"]), step="look"))
    assert "2 MMS messages from 02-1234-5678" in asked


def test_a_test_goes_to_ones_own_phone_and_leaves_the_draft(sender: Desk) -> None:
    fields = general_fields(recipients="", purpose="AUTH", when="at")
    response = sender.post(URL, fields, step="test")
    request = SendRequest.objects.get()
    assert reverse("admin:delivery_request", args=[request.pk]) in response.content.decode()
    assert (request.name, request.purpose, request.total) == ("Test", Purpose.AUTHENTICATION, 1)
    assert Message.objects.get().recipient == sender.user.phone_number
    assert Draft.objects.get().fields["body"] == [fields["body"]]
    sender.post(URL, fields, step="test")
    assert SendRequest.objects.count() == 1
    sender.post(URL, general_fields(), step="send", htmx=False)
    assert SendRequest.objects.count() == 2


def test_a_test_says_what_is_in_its_way(sender: Desk) -> None:
    response = sender.post(URL, general_fields(body=""), step="test")
    assert "Write the text of the message." in words(response)
    sender.user.phone_number = ""
    sender.user.save()
    response = sender.post(URL, general_fields(), step="test")
    assert "Your account has no phone number." in words(response)
    assert SendRequest.objects.count() == 0


def test_a_test_is_for_the_chosen_purpose(sender: Desk) -> None:
    response = sender.post(URL, general_fields(purpose="AD"), step="test")
    assert "Advertising needs an open 080 line where recipients can refuse it" in words(response)
    response = sender.post(URL, general_fields(purpose="nonsense"), step="test")
    assert "Select a valid choice." in words(response)
    assert SendRequest.objects.count() == 0


def test_starting_over_empties_the_draft(sender: Desk) -> None:
    sender.post(URL, general_fields(), step="look")
    response = sender.post(URL, {"nonce": "a" * 32}, step="discard", htmx=False)
    assert response.status_code == 302
    assert "가을 세일" not in sender.client.get(URL).content.decode()


def test_an_unknown_step_does_nothing(sender: Desk) -> None:
    assert sender.post(URL, general_fields(), step="delete").status_code == 400
    assert not Draft.objects.exists()


def test_a_viewer_may_not_compose() -> None:
    viewer = desk(ProjectRole.VIEWER)
    assert viewer.client.get(URL).status_code == 403
    for step in ("look", "confirm", "send", "test", "discard"):
        assert viewer.post(URL, general_fields(), step=step).status_code == 403
    assert not SendRequest.objects.exists()
    assert not Draft.objects.exists()


def test_another_projects_number_cannot_be_chosen(sender: Desk) -> None:
    foreign = desk().project
    SenderNumber.objects.filter(project=foreign).update(number="0233334444")
    response = sender.post(URL, general_fields(sender="0233334444"), step="send")
    assert "Select a valid choice." in words(response)
    assert not SendRequest.objects.exists()


def test_drafts_of_others_are_not_shown(sender: Desk) -> None:
    sender.post(URL, general_fields(body="내 초안"), step="look")
    colleague = desk(project=sender.project)
    assert "내 초안" not in colleague.client.get(URL).content.decode()


def test_looking_asks_the_database_little(sender: Desk, django_assert_max_num_queries: Any) -> None:
    sender.post(URL, general_fields(), step="look")
    numbers = "\n".join(f"010{n:08d}" for n in range(1000))
    with django_assert_max_num_queries(6):
        sender.post(URL, general_fields(recipients=numbers), step="look")
