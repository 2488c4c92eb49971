"""General send: numbers one by one with their country, and numbers from a file; the list stays the truth."""

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from console.accounts.roles import ProjectRole
from messaging.admin.send_one_number import country_choices, country_named
from messaging.models import InternationalSettings, Message, RecipientFile, SendRequest
from messaging.recipients.importing import check_recipient_file
from tests.messaging.admin.sending_people import Desk, desk, general_fields
from tests.messaging.admin.test_send_general import words

pytestmark = pytest.mark.django_db

URL, UPLOAD, MASS = "/send/general/", "/send/general/file/", "/send/mass/"
APPENDED = re.compile(r"<span data-append hidden>(.*?)</span>", re.DOTALL)


@pytest.fixture
def sender() -> Desk:
    return desk()


def add(person: Desk, number: str, country: str = "", **fields: Any) -> Any:
    given = general_fields(one_country=country, one_number=number, **fields)
    return person.post(URL, given, step="add")


def appended(response: Any) -> list[str]:
    return [line for box in APPENDED.findall(response.content.decode()) for line in unescape(box).split("\n")]


# --- one number ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "number", "line"),
    [
        ("", "01011112222", "010-1111-2222"),
        ("South Korea (+82)", "10-1111-2222", "010-1111-2222"),
        ("Japan (+81)", "090-1234-5678", "+819012345678"),
        ("일본", "819012345678", "+819012345678"),
        ("81", "+82 10 1111 2222", "010-1111-2222"),
        ("united", "07911 123456", ""),
        ("United Kingdom (+44)", "07911 123456", "+447911123456"),
        ("jama", "555 1234", ""),
        ("+1", "650 253 0000", "+16502530000"),
    ],
)
def test_a_number_joins_the_list_as_its_country_dials_it(
    sender: Desk, country: str, number: str, line: str
) -> None:
    response = add(sender, number, country)
    assert appended(response) == ([line] if line else [])
    assert response.status_code == 200


def test_the_draft_has_it_at_once_below_what_stands_there(sender: Desk) -> None:
    add(sender, "01011112222", recipients="010-1234-5678\n\n")
    page = sender.client.get(URL).content.decode()
    assert "010-1234-5678\n010-1111-2222\n</textarea>" in page
    assert 'name="one_number" id="id_one_number" class="b-input" value=""' in page


@pytest.mark.parametrize(
    ("country", "number", "said"),
    [
        ("", "", "Type a number first."),
        ("", "0101234", "0101234 The number is too short."),
        ("", "01012345678", "01012345678 010-1234-5678 stands in the list already."),
        ("", "010-1111-2222, 010-1111-3333", "One number at a time here."),
        ("", "<b>", "The number holds characters that are not digits."),
        ("Atlantis", "01011112222", "No country has this name or code. Choose one of the list."),
        ("(+999)", "01011112222", "No country has this name or code. Choose one of the list."),
        ("Japan (+81)", "0101234", "0101234 This is no number of the chosen country."),
        ("Mongolia (+976)", "88123456", "This project does not send to Mongolia (+976)."),
    ],
)
def test_what_is_wrong_is_said_at_once_and_nothing_joins(
    sender: Desk, country: str, number: str, said: str
) -> None:
    response = add(sender, number, country)
    assert said in unescape(words(response))
    assert appended(response) == []
    page = unescape(sender.client.get(URL).content.decode())
    assert "010-1234-5678\n010-8765-4321</textarea>" in page
    assert f'value="{number}"' in page


def test_a_full_list_leads_to_the_mass_page(sender: Desk) -> None:
    full = "\n".join(f"0101234{n:04}" for n in range(1000))
    response = add(sender, "01099998888", recipients=full)
    assert "The list is full: 1,000 numbers. Use the mass page" in words(response)
    assert appended(response) == []


def test_without_script_the_page_comes_back_with_it(sender: Desk) -> None:
    fields = general_fields(one_number="01011112222", one_country="")
    response = sender.post(URL, fields, step="add", htmx=False)
    assert response.status_code == 200
    assert "010-8765-4321\n010-1111-2222\n</textarea>" in response.content.decode()
    assert "010-1111-2222 is in the list." in words(response)


def test_a_number_that_is_typed_and_not_added_is_not_forgotten(sender: Desk) -> None:
    response = sender.post(URL, general_fields(one_number="01011112222"), step="send")
    assert "A number is typed but not added. Add it, or empty its field." in words(response)
    assert 'value="01011112222"' in response.content.decode()
    assert SendRequest.objects.count() == 0


def test_countries_the_project_may_send_to_come_first(sender: Desk) -> None:
    InternationalSettings.objects.create(project=sender.project, countries=[81, 976])
    choices = country_choices(sender.project)
    assert [each.label for each in choices[:4]] == [
        "South Korea (+82)",
        "Japan (+81)",
        "Mongolia (+976)",
        "Afghanistan (+93)",
    ]
    assert [each.is_open for each in choices[:4]] == [True, True, True, False]
    assert sender.client.get(URL).content.decode().count("not sent to by this project") == len(choices) - 3


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", 82),
        ("+82", 82),
        ("한국", 82),
        ("japan", 81),
        ("Jap", 81),
        ("미국 / 캐나다", 1),
        ("guinea", 224),
        ("0", None),
    ],
)
def test_a_country_is_known_by_code_or_name(typed: str, code: int | None) -> None:
    assert country_named(typed) == code


# --- a file ----------------------------------------------------------------------------------------


def upload(person: Desk, content: str, name: str = "목록.csv", **fields: Any) -> RecipientFile:
    given = {**general_fields(**fields), "file": SimpleUploadedFile(name, content.encode())}
    response = person.client.post(UPLOAD, given, headers={"HX-Request": "true"})
    assert response.status_code == 200
    file = RecipientFile.objects.latest("created_at")
    assert f'name="list_file" value="{file.pk}"' in response.content.decode()
    assert "The file is being read. Its numbers join the list by themselves." in words(response)
    return file


def asked(person: Desk, file: RecipientFile, **fields: Any) -> Any:
    return person.post(URL, general_fields(list_file=str(file.pk), **fields), step="file")


def rows(*cells: str) -> str:
    return "\n".join(["recipient_no", *cells]) + "\n"


def test_its_numbers_join_the_list_once_it_is_checked(sender: Desk) -> None:
    file = upload(sender, rows("01012345678", "01011112222", "1011112222", "+81 90-1234-5678", "0101234", ""))
    waiting = asked(sender, file)
    assert 'hx-vals=\'{"step": "file"}\'' in waiting.content.decode()
    assert appended(waiting) == []
    check_recipient_file(file.pk)
    response = asked(sender, file)
    assert appended(response) == ["01011112222", "+819012345678", "0101234"]
    said = words(response)
    assert "3 can be sent 1 wrong number 1 duplicate = 5 rows" in said
    assert "1 of them stood there already." in said
    assert "Row 6 0101234 The number is too short." in said
    assert f'name="list_joined" value="{file.pk}"' in response.content.decode()
    page = sender.client.get(URL).content.decode()
    assert "010-8765-4321\n01011112222\n+819012345678\n0101234\n</textarea>" in page
    again = asked(sender, file, list_joined=str(file.pk))
    assert appended(again) == []


def test_what_joined_is_what_is_sent(sender: Desk) -> None:
    file = upload(sender, rows("01011112222", "01033334444"), recipients="")
    check_recipient_file(file.pk)
    lines = "\n".join(appended(asked(sender, file, recipients="")))
    fields = general_fields(recipients=lines, list_file=str(file.pk), list_joined=str(file.pk))
    assert sender.post(URL, fields, step="send").status_code == 302
    assert sorted(Message.objects.values_list("recipient", flat=True)) == ["01011112222", "01033334444"]


def test_nothing_is_sent_while_a_file_is_read(sender: Desk) -> None:
    file = upload(sender, rows("01011112222"))
    response = sender.post(URL, general_fields(list_file=str(file.pk)), step="send")
    assert "The numbers of the file are not in the list yet." in words(response)
    check_recipient_file(file.pk)
    response = sender.post(URL, general_fields(list_file=str(file.pk)), step="send")
    assert "The numbers of the file are not in the list yet." in words(response)
    assert SendRequest.objects.count() == 0


def test_more_rows_than_the_list_holds_lead_to_the_mass_page_with_the_file(sender: Desk) -> None:
    file = upload(sender, rows(*(f"0103333{n:04}" for n in range(999))))
    check_recipient_file(file.pk)
    response = asked(sender, file)
    assert appended(response) == []
    assert "The file has 999 rows, and the list has room for 998 of its 1,000 numbers." in words(response)
    address = f"{MASS}?file={file.pk}"
    assert address in response.content.decode()
    page = sender.client.get(address).content.decode()
    assert f'name="recipient_file" value="{file.pk}"' in page
    assert sender.post(URL, general_fields(list_file=str(file.pk)), step="confirm").status_code == 200


def test_a_file_that_cannot_be_read_says_why_and_the_list_stays(sender: Desk) -> None:
    file = upload(sender, "number\n01011112222\n")
    check_recipient_file(file.pk)
    response = asked(sender, file)
    assert "There is no recipient_no column." in words(response)
    assert appended(response) == []
    forgotten = sender.post(URL, general_fields(list_file=str(file.pk)), step="forget")
    assert 'name="list_file" value=""' in forgotten.content.decode()


@override_settings(BONGSU_MAX_UPLOAD_BYTES=10)
def test_a_file_that_is_too_large_is_not_kept(sender: Desk) -> None:
    given = {**general_fields(), "file": SimpleUploadedFile("a.csv", rows("01011112222").encode())}
    response = sender.client.post(UPLOAD, given, headers={"HX-Request": "true"})
    assert "The file is larger than 0 MB." in words(response)
    assert RecipientFile.objects.count() == 0


def test_a_file_of_another_project_is_none(sender: Desk) -> None:
    file = upload(desk(), rows("01011112222"))
    check_recipient_file(file.pk)
    response = asked(sender, file)
    assert appended(response) == []
    assert file.original_name not in response.content.decode()


def test_what_was_deleted_meanwhile_says_so(sender: Desk) -> None:
    file = upload(sender, rows("01011112222"))
    check_recipient_file(file.pk)
    RecipientFile.objects.update(staging_name="recipient-files/none/rows")
    response = asked(sender, file)
    assert "The file could not be read." in words(response)
    assert appended(response) == []


def test_wrong_entries_are_taken_out_together(sender: Desk) -> None:
    response = sender.post(
        URL, general_fields(recipients="010-1234-5678, 0101\nx\n+1 650 253 0000"), step="clean"
    )
    assert "010-1234-5678\n+1 650 253 0000</textarea>" in response.content.decode()
    assert "2 numbers" in words(response)


@pytest.mark.parametrize(("suffix", "start"), [("csv", b"\xef\xbb\xbfrecipient_no\r\n"), ("xlsx", b"PK")])
def test_the_template_has_one_column(sender: Desk, suffix: str, start: bytes) -> None:
    response = sender.client.get(f"{URL}numbers.{suffix}")
    assert response.content.startswith(start)
    assert response["Content-Disposition"] == f'attachment; filename="numbers.{suffix}"'


@pytest.mark.parametrize("address", [URL, UPLOAD])
def test_a_viewer_adds_nothing(sender: Desk, address: str) -> None:
    viewer = desk(ProjectRole.VIEWER, sender.project)
    assert viewer.post(address, general_fields(one_number="01011112222"), step="add").status_code == 403
