"""Mass send: a file from upload to request, what is left out, rechecks, holding, splitting, downloads."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from console.accounts.models import AuditEntry
from console.accounts.roles import ProjectRole
from messaging.models import Draft, Message, RecipientFile, SendRequest
from messaging.recipients.importing import check_recipient_file
from messaging.sending.loading import load_request
from messaging.sending.releasing import release_due, release_request
from messaging.sending.texts import text_of
from messaging.states import DeliveryKind, FileState, RequestState
from tests.messaging.admin.sending_people import Desk, desk, mass_fields

pytestmark = pytest.mark.django_db

URL = "/send/mass/"
UPLOAD = "/send/mass/file/"
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # 10:00 in Seoul
ROWS = [
    ("010-1111-2222", "김민준"),
    ("1033334444", "이서연"),
    ("0101234", "박도윤"),
    ("010-5555-6666", ""),
    ("01011112222", "김민준"),
    ("010-7777-8888", "=1+1"),
]


@pytest.fixture
def sender() -> Desk:
    return desk()


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def csv_of(rows: list[tuple[str, ...]], header: str = "recipient_no,name") -> bytes:
    return "\n".join([header, *(",".join(row) for row in rows)]).encode("cp949")


def upload(person: Desk, content: bytes = csv_of(ROWS), **changes: Any) -> RecipientFile:
    """Upload as the page does, and let a worker check it."""
    fields = mass_fields(**changes)
    file = SimpleUploadedFile("고객.csv", content)
    response = person.client.post(UPLOAD, {**fields, "file": file}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    row = RecipientFile.objects.get(pk=file_named_in(response))
    check_recipient_file(row.pk)
    row.refresh_from_db()
    return row


def file_named_in(response: Any) -> str:
    found = re.search(r'name="recipient_file" value="([^"]*)"', response.content.decode())
    assert found is not None
    return found[1]


def ready_fields(file: RecipientFile, **changes: Any) -> dict[str, Any]:
    return mass_fields(recipient_file=str(file.pk), leave_out=str(file.pk), **changes)


def test_an_upload_shows_itself_until_it_is_checked_and_the_draft_remembers_it(sender: Desk) -> None:
    file = SimpleUploadedFile("고객.csv", csv_of(ROWS))
    response = sender.client.post(UPLOAD, {**mass_fields(), "file": file})
    panel = response.content.decode()
    row = RecipientFile.objects.get()
    assert (row.project, row.uploaded_by, row.body) == (sender.project, sender.user, "##name##님, 안녕하세요")
    assert '"step": "file"' in panel
    assert "You can leave this page and come back." in words(response)
    assert Draft.objects.get().fields["recipient_file"] == [str(row.pk)]
    assert "고객.csv" in sender.client.get(URL).content.decode()


def test_while_it_is_read_the_panel_says_how_far(sender: Desk) -> None:
    row = upload(sender)
    RecipientFile.objects.update(state=FileState.CHECKING, rows_read=4000, fraction_read=0.5)
    response = sender.post(URL, mass_fields(recipient_file=str(row.pk)), step="file")
    assert "4,000 rows checked so far." in words(response)
    assert 'value="0.5000"' in response.content.decode()
    assert "HX-Trigger-After-Settle" not in response


def test_the_result_adds_up_and_names_what_is_wrong(sender: Desk) -> None:
    row = upload(sender)
    response = sender.post(URL, mass_fields(recipient_file=str(row.pk)), step="file")
    said = words(response)
    assert response["HX-Trigger-After-Settle"] == "look"
    assert "3 can be sent" in said
    assert "1 wrong number" in said
    assert "1 missing “name”" in said
    assert "1 duplicate" in said
    assert "= 6 rows" in said
    assert "4 recipient_no 0101234 The number is too short." in said
    assert "5 name – The value is missing." in said
    assert "The first 2 of 2." in said
    assert "Leave these 2 rows out and go on" in said
    assert "1 number lacked its leading zero" in said
    assert "Read as CP949." in said


def test_a_row_with_two_faults_is_counted_once(sender: Desk) -> None:
    row = upload(sender, csv_of([*ROWS, ("0101", "")]))
    said = words(sender.post(URL, mass_fields(recipient_file=str(row.pk)), step="file"))
    assert "8 recipient_no 0101 The number is too short. 8 name – The value is missing." in said
    assert "The first 3 of 3." in said


def test_the_phone_shows_the_chosen_row(sender: Desk) -> None:
    row = upload(sender)
    first = words(sender.post(URL, mass_fields(recipient_file=str(row.pk)), step="look"))
    assert "As row 2 receives it 02-1234-5678 김민준님, 안녕하세요" in first
    other = words(sender.post(URL, mass_fields(recipient_file=str(row.pk), row="3"), step="look"))
    assert "As row 3 receives it 02-1234-5678 이서연님, 안녕하세요" in other


def test_a_refused_file_says_why_and_another_can_be_uploaded(sender: Desk) -> None:
    row = upload(sender, b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    response = sender.post(URL, mass_fields(recipient_file=str(row.pk)), step="file")
    assert "The file is a PNG picture, not a spreadsheet." in words(response)
    assert "data-upload" in response.content.decode()
    refused = sender.post(URL, ready_fields(row), step="confirm")
    assert "This file cannot be used. Upload another one." in words(refused)
    assert refused["HX-Retarget"] == "#send-form"


def test_a_file_that_is_too_large_keeps_the_one_before(sender: Desk, settings: Any) -> None:
    row = upload(sender)
    settings.BONGSU_MAX_UPLOAD_BYTES = 10
    file = SimpleUploadedFile("고객.csv", csv_of(ROWS))
    response = sender.client.post(UPLOAD, {**mass_fields(recipient_file=str(row.pk)), "file": file})
    assert "The file is larger than" in words(response)
    assert file_named_in(response) == str(row.pk)
    assert RecipientFile.objects.count() == 1


def test_rows_that_cannot_be_sent_must_be_left_out_on_purpose(sender: Desk) -> None:
    row = upload(sender)
    response = sender.post(URL, mass_fields(recipient_file=str(row.pk)), step="send")
    assert "Some rows cannot be sent. Leave them out" in words(response)
    stale = sender.post(URL, mass_fields(recipient_file=str(row.pk), leave_out="other"), step="send")
    assert "Some rows cannot be sent. Leave them out" in words(stale)
    assert not SendRequest.objects.exists()


def test_sending_makes_one_request_of_the_file(sender: Desk) -> None:
    row = upload(sender)
    fields = ready_fields(row, name="가을 안내")
    said = words(sender.post(URL, fields, step="confirm"))
    assert "3 SMS messages from 02-1234-5678, now, in one go. 3 rows are left out:" in said
    assert "left out: 1 wrong number, 1 missing “name”, 1 duplicate." in said
    responses = [sender.post(URL, fields, step="send", htmx=False) for _time in range(2)]
    request = SendRequest.objects.get()
    assert {response["Location"] for response in responses} == {
        reverse("admin:delivery_request", args=[request.pk])
    }
    assert (request.kind, request.recipient_file_id, request.name) == (DeliveryKind.MASS, row.pk, "가을 안내")
    assert (request.total, request.left_out, request.state) == (3, 3, RequestState.WAITING)
    assert Draft.objects.get().fields == {}


def test_repeated_numbers_are_sent_to_where_asked(sender: Desk) -> None:
    row = upload(sender)
    fields = ready_fields(row, include_duplicates="on")
    said = words(sender.post(URL, fields, step="confirm"))
    assert "4 SMS messages from 02-1234-5678, now, in one go. 2 rows are left out:" in said
    assert "left out: 1 wrong number, 1 missing “name”." in said
    sender.post(URL, fields, step="send", htmx=False)
    request = SendRequest.objects.get()
    assert (request.total, request.include_duplicates) == (4, True)


def test_after_a_check_the_request_waits_for_a_person(sender: Desk) -> None:
    row = upload(sender)
    fields = ready_fields(row, when="check")
    assert "as soon as you have checked and released them" in words(sender.post(URL, fields, step="confirm"))
    with time_machine.travel(NOW, tick=False):
        sender.post(URL, fields, step="send", htmx=False)
    request = SendRequest.objects.get()
    assert (request.needs_release, request.due_at) == (True, NOW)


@pytest.mark.parametrize("step", ["confirm", "send"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"date": "2026-11-22"}, "Choose the time."),
        ({"time": "09:00"}, "Choose the date."),
        ({"date": "2026-11-22", "time": "09:58"}, "This time has passed."),
        ({"date": "2027-01-21", "time": "10:01"}, "At most 60 days ahead."),
    ],
)
def test_the_earliest_time_of_a_check_is_whole_or_not_there(
    sender: Desk, given: dict[str, str], said: str, step: str
) -> None:
    fields = ready_fields(upload(sender), when="check", **given)
    with time_machine.travel(NOW, tick=False):
        assert said in words(sender.post(URL, fields, step=step))
    assert SendRequest.objects.count() == 0


@pytest.mark.parametrize(
    ("released_after", "starts_after"),
    [(timedelta(hours=1), timedelta(hours=2)), (timedelta(hours=3), timedelta(hours=3))],
)
def test_a_checked_request_goes_at_its_time_or_at_once_where_that_has_passed(
    sender: Desk, released_after: timedelta, starts_after: timedelta
) -> None:
    fields = ready_fields(upload(sender), when="check", date="2026-11-22", time="12:00")
    with time_machine.travel(NOW, tick=False) as clock:
        said = words(sender.post(URL, fields, step="confirm"))
        assert (
            "3 SMS messages from 02-1234-5678, once you have checked and released them,"
            " but not before 2026-11-22 12:00."
        ) in said
        sender.post(URL, fields, step="send", htmx=False)
        request = SendRequest.objects.get()
        assert (request.needs_release, request.due_at) == (True, NOW + timedelta(hours=2))
        load_request(request.pk)
        clock.shift(released_after)
        assert release_due() == 0
        assert release_request(request=request, actor=sender.user)
        batch = request.batches.get()
        assert (batch.due_at, batch.released_at is None) == (
            NOW + starts_after,
            released_after < starts_after,
        )
        clock.shift(starts_after - released_after)
        release_due()
        batch.refresh_from_db()
        assert batch.released_at == NOW + starts_after


def test_each_of_the_first_rows_shows_its_own_text(sender: Desk) -> None:
    row = upload(sender)
    response = sender.post(URL, mass_fields(recipient_file=str(row.pk)), step="file")
    assert "Text as sent" in words(response)
    cells = re.findall(r'<td class="s-sample-text" title="([^"]*)">([^<]*)</td>', response.content.decode())
    texts = ["김민준님, 안녕하세요", "이서연님, 안녕하세요"]
    assert cells[:2] == [(text, text) for text in texts]
    assert len(cells) == 3


def test_a_text_of_a_row_is_never_html_and_has_its_subject(sender: Desk) -> None:
    body, subject = "##name##", "To ##name##"
    row = upload(
        sender,
        b"recipient_no,name\n01012345678,<b>&\n",
        body=body,
        subject=subject,
        message_type="LMS",
    )
    fields = mass_fields(recipient_file=str(row.pk), body=body, subject=subject, message_type="LMS")
    page = sender.post(URL, fields, step="file").content.decode()
    shown = "&lt;b&gt;&amp;"
    assert f'title="{shown}"><strong>To {shown}</strong> {shown}</td>' in page


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+442079460000", "Send this? 2 SMS messages"),
        ("01012345678", "These characters cannot be sent: 🙂"),
    ],
)
def test_bytes_and_characters_of_a_plain_text_matter_only_at_home(
    sender: Desk, number: str, said: str
) -> None:
    body = "x" * 60 + "🙂"
    row = upload(sender, f"recipient_no\n+16502530000\n{number}\n".encode(), body=body)
    fields = mass_fields(recipient_file=str(row.pk), body=body)
    assert said in words(sender.post(URL, fields, step="confirm"))


def test_a_row_abroad_is_counted_in_parts(sender: Desk) -> None:
    row = upload(sender, f"recipient_no,name\n+16502530000,{'🙂' * 40}\n".encode())
    fields = mass_fields(recipient_file=str(row.pk))
    said = words(sender.post(URL, fields, step="look"))
    assert "2 parts abroad" in said
    assert "cannot show" not in said
    assert "1 SMS message from 02-1234-5678, now." in words(sender.post(URL, fields, step="confirm"))


def test_a_split_is_planned_before_it_is_sent(sender: Desk) -> None:
    row = upload(sender)
    fields = ready_fields(row, is_split="on", parts="3", interval="30")
    with time_machine.travel(NOW, tick=False):
        said = words(sender.post(URL, fields, step="look"))
        assert "3 × 1, one part every 30 minutes, the last at 11:00" in said
        sender.post(URL, fields, step="send", htmx=False)
    due = SendRequest.objects.get().batches.values_list("due_at", flat=True)
    assert [moment.minute for moment in due] == [0, 30, 0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_split": "on", "parts": "", "interval": "30"}, "Say into how many parts."),
        ({"is_split": "on", "parts": "1", "interval": "30"}, "greater than or equal to 2"),
        ({"is_split": "on", "parts": "4", "interval": "30"}, "There are only 3 messages to split."),
        ({"is_split": "on", "parts": "3", "interval": "0"}, "greater than or equal to 1"),
        ({"body": "##recipient_no##"}, "names the column of numbers"),
        ({"purpose": "AUTH"}, "Select a valid choice."),
        ({"purpose": "AD"}, "Advertising needs an open 080 line"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_sent(sender: Desk, changes: dict[str, str], said: str) -> None:
    row = upload(sender)
    if "body" in changes:
        RecipientFile.objects.update(body=changes["body"])
    response = sender.post(URL, ready_fields(row, **changes), step="send")
    assert said in words(response)
    assert not SendRequest.objects.exists()


def test_a_wrong_split_that_was_not_asked_for_does_not_matter(sender: Desk) -> None:
    row = upload(sender)
    response = sender.post(URL, ready_fields(row, parts="x", interval=""), step="send", htmx=False)
    assert response.status_code == 302


def test_another_text_with_the_same_keys_checks_the_file_again_by_itself(sender: Desk) -> None:
    row = upload(sender)
    fields = mass_fields(recipient_file=str(row.pk), body="##name##님께 알립니다")
    look = sender.post(URL, fields, step="look").content.decode()
    assert '"step": "recheck"' in look
    assert 'hx-trigger="load delay:1200ms"' in look
    assert "not" not in words(sender.post(URL, fields, step="recheck")).split("can")[0]
    new = RecipientFile.objects.exclude(pk=row.pk).get()
    assert (new.body, new.storage_name, new.state) == (fields["body"], row.storage_name, FileState.UPLOADED)
    assert Draft.objects.get().fields["recipient_file"] == [str(new.pk)]


def test_another_key_asks_first(sender: Desk) -> None:
    row = upload(sender)
    fields = mass_fields(recipient_file=str(row.pk), body="##name##님, 주문 ##order##")
    response = sender.post(URL, fields, step="look")
    assert "The text now asks for these columns: name, order. The file was checked for: name." in words(
        response
    )
    assert "load delay:1200ms" not in response.content.decode()
    sender.post(URL, fields, step="recheck")
    new = RecipientFile.objects.exclude(pk=row.pk).get()
    check_recipient_file(new.pk)
    said = words(sender.post(URL, {**fields, "recipient_file": str(new.pk)}, step="file"))
    assert "order" in said
    assert RecipientFile.objects.get(pk=new.pk).problem_code == "missing_columns"


def test_a_file_of_another_text_is_not_sent(sender: Desk) -> None:
    row = upload(sender)
    response = sender.post(URL, ready_fields(row, body="##name##님께"), step="send")
    assert "The file is still being checked for this text." in words(response)
    assert not SendRequest.objects.exists()


def test_a_file_that_was_emptied_by_age_is_asked_for_again(sender: Desk) -> None:
    row = upload(sender)
    RecipientFile.objects.update(storage_name="", staging_name="")
    response = sender.post(URL, ready_fields(row, body="##name##님께"), step="recheck")
    assert file_named_in(response) == ""
    assert "load delay" not in response.content.decode()
    assert "Upload a file of recipients." in words(sender.post(URL, ready_fields(row), step="send"))


@pytest.mark.parametrize("step", ["look", "file", "recheck", "confirm", "send", "test"])
def test_nul_characters_break_nothing(sender: Desk, step: str) -> None:
    row = upload(sender)
    fields = ready_fields(row, subject="\0", row="\0", body="##name##님\0", name="\0", nonce="\0")
    assert sender.post(URL, fields, step=step).status_code == 200


def test_too_long_rows_are_offered_as_lms_and_checked_as_such(sender: Desk) -> None:
    content = csv_of([("010-1111-2222", "김"), ("010-3333-4444", "긴" * 50)])
    row = upload(sender, content)
    panel = sender.post(URL, mass_fields(recipient_file=str(row.pk)), step="file")
    assert "1 row passes 90 bytes. Send as LMS" in words(panel)
    fields = mass_fields(recipient_file=str(row.pk), message_type="LMS")
    sender.post(URL, fields, step="recheck")
    new = RecipientFile.objects.exclude(pk=row.pk).get()
    check_recipient_file(new.pk)
    new.refresh_from_db()
    assert (new.message_type, new.result["sendable"], new.result["too_long"]) == ("LMS", 2, 0)


def test_rows_with_characters_that_cannot_be_sent_are_named(sender: Desk) -> None:
    row = upload(sender, csv_of([("010-1111-2222", "김"), ("010-3333-4444", "쀍")]))
    said = words(sender.post(URL, mass_fields(recipient_file=str(row.pk)), step="file"))
    assert "1 characters that cannot be sent" in said
    assert "3 name 쀍 These characters cannot be shown by phones: 쀍" in said


def test_a_test_sends_the_chosen_rows_text_to_oneself(sender: Desk) -> None:
    row = upload(sender)
    sender.post(URL, mass_fields(recipient_file=str(row.pk), row="3"), step="test")
    request = SendRequest.objects.get()
    assert (request.shared_values, request.total, request.kind) == (["이서연"], 1, DeliveryKind.GENERAL)
    assert text_of(request, Message.objects.get()) == ("", "이서연님, 안녕하세요")


def test_the_template_has_exactly_the_texts_columns(sender: Desk) -> None:
    fields = mass_fields(message_type="LMS", subject="##event##", body="##name## ##name## ##order##")
    csv = sender.client.post(reverse("admin:send_mass_template_csv"), fields)
    assert csv.content.decode("utf-8-sig").strip() == "recipient_no,event,name,order"
    assert csv["Content-Disposition"] == 'attachment; filename="recipients.csv"'
    xlsx = sender.client.post(reverse("admin:send_mass_template_xlsx"), fields)
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx.content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == ["recipient_no", "event", "name", "order"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_all_problems_are_a_file_and_who_took_it_is_noted(sender: Desk, suffix: str) -> None:
    row = upload(sender, csv_of([*ROWS, ("0109", "=cmd|x")]))
    response = sender.client.get(reverse(f"admin:send_mass_problems_{suffix}", args=[row.pk]))
    content = b"".join(response.streaming_content)
    rows = (
        [line.split(",") for line in content.decode("utf-8-sig").splitlines()]
        if suffix == "csv"
        else [[cell.value for cell in line] for line in openpyxl.load_workbook(io.BytesIO(content)).active]
    )
    assert [line[0] for line in rows[1:]] == ["4", "5", "8"]
    assert rows[3][-1] == "'=cmd|x"
    entry = AuditEntry.objects.get(action=AuditEntry.Action.DOWNLOAD)
    assert (entry.actor, entry.object_pk) == (sender.user, str(row.pk))
    assert entry.said() == "problems of a recipient file downloaded, 3 rows"


def test_another_projects_file_is_not_there(sender: Desk) -> None:
    foreign = upload(desk())
    for suffix in ("csv", "xlsx"):
        address = reverse(f"admin:send_mass_problems_{suffix}", args=[foreign.pk])
        assert sender.client.get(address).status_code == 404
    for step in ("look", "file", "recheck", "confirm", "send"):
        page = sender.post(URL, ready_fields(foreign, body="##name##!"), step=step).content.decode()
        assert "고객.csv" not in page
        assert "김민준" not in page
    assert RecipientFile.objects.count() == 1
    assert not SendRequest.objects.exists()
    assert not AuditEntry.objects.filter(action=AuditEntry.Action.DOWNLOAD).exists()


def test_a_viewer_may_neither_upload_nor_download() -> None:
    viewer = desk(ProjectRole.VIEWER)
    row = upload(desk(project=viewer.project))
    addresses = [
        ("post", URL),
        ("get", URL),
        ("post", UPLOAD),
        ("post", reverse("admin:send_mass_template_csv")),
        ("post", reverse("admin:send_mass_template_xlsx")),
        ("get", reverse("admin:send_mass_problems_csv", args=[row.pk])),
        ("get", reverse("admin:send_mass_problems_xlsx", args=[row.pk])),
        ("post", reverse("admin:send_pictures")),
        ("get", reverse("admin:send_picture", args=[1])),
    ]
    assert [getattr(viewer.client, method)(url).status_code for method, url in addresses] == [403] * 9
    assert RecipientFile.objects.count() == 1


def test_looking_and_asking_for_the_file_ask_the_database_little(
    sender: Desk, django_assert_max_num_queries: Any
) -> None:
    row = upload(sender)
    for step, limit in (("look", 8), ("file", 6)):
        with django_assert_max_num_queries(limit):
            sender.post(URL, mass_fields(recipient_file=str(row.pk)), step=step)
