"""Where characters are replaced, every page says so before sending, and shows the text as it is sent."""

import re
from typing import Any

import pytest
from django.urls import reverse

from messaging.models import CharacterSettings, Message, SendRequest
from messaging.sending.loading import load_request
from messaging.sending.submitting import drain
from messaging.sending.texts import text_of
from messaging.states import Lane
from tests.factories import TagFactory, UidFactory
from tests.messaging.admin.sending_people import Desk, desk, general_fields, mass_fields
from tests.messaging.admin.test_send_mass import csv_of, ready_fields, upload, words

pytestmark = pytest.mark.django_db

GENERAL, MASS, TAG = "/send/general/", "/send/mass/", "/send/tag/"
MARK = '<mark class="b-replaced" title="😀">?</mark>'


@pytest.fixture
def sender() -> Desk:
    return desk()


@pytest.fixture
def replacing(sender: Desk) -> Desk:
    CharacterSettings.objects.create(project=sender.project, replaces=True)
    return sender


def sent(person: Desk, url: str, fields: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    """Send it: what became of each message, and its text."""
    response = person.post(url, fields, step="send", htmx=False)
    assert response.status_code == 302, words(response)
    request = SendRequest.objects.get()
    load_request(request.pk)
    for lane in Lane.values:
        drain(lane)
    messages = Message.objects.filter(request=request).order_by("id")
    return [(each.state, each.result_code, text_of(request, each)[1]) for each in messages]


def test_general_shows_the_question_mark_and_says_in_how_many(replacing: Desk) -> None:
    fields = general_fields(body="세일 😀", recipients="010-1234-5678\n010-8765-4321\n+1 650 253 0000")
    look = replacing.post(GENERAL, fields, step="look").content.decode()
    assert MARK in look
    assert "Phones cannot show these characters. Each is sent as ?:" in look
    assert "b-unsendable" not in look
    confirm = replacing.post(GENERAL, fields, step="confirm")
    assert "3 SMS messages" in words(confirm)
    assert "In 2 messages a character becomes ?." in words(confirm)
    assert MARK in confirm.content.decode()
    assert sent(replacing, GENERAL, fields) == [
        ("SENT", None, "세일 ?"),
        ("SENT", None, "세일 ?"),
        ("SENT", None, "세일 😀"),
    ]


def test_general_is_refused_where_they_are_not_replaced(sender: Desk) -> None:
    fields = general_fields(body="세일 😀")
    assert "Replace or remove them:" in words(sender.post(GENERAL, fields, step="look"))
    assert "These characters cannot be sent: 😀" in words(sender.post(GENERAL, fields, step="send"))
    assert not SendRequest.objects.exists()


def test_a_value_that_is_the_same_for_all_changes_too(replacing: Desk) -> None:
    fields = general_fields(body="##name##", **{"value-name": "똠"})
    said = words(replacing.post(GENERAL, fields, step="confirm"))
    assert "In 2 messages a character becomes ?." in said
    assert [text for _state, _code, text in sent(replacing, GENERAL, fields)] == ["?", "?"]


def test_to_other_countries_alone_nothing_changes(replacing: Desk) -> None:
    fields = general_fields(body="Sale 😀", recipients="+1 650 253 0000")
    response = replacing.post(GENERAL, fields, step="confirm")
    assert "becomes ?" not in words(response)
    assert "b-replaced" not in response.content.decode()


ODD_ROWS = [("010-1111-2222", "김"), ("010-3333-4444", "쀍😀"), ("+16502530000", "쀍"), ("01033334444", "쀍")]


def test_mass_counts_the_rows_and_names_the_first(replacing: Desk) -> None:
    content = "\n".join(["recipient_no,name", *map(",".join, ODD_ROWS)])
    row = upload(replacing, content.encode())
    assert row.replaces_characters
    fields = mass_fields(recipient_file=str(row.pk))
    panel = replacing.post(MASS, fields, step="file")
    assert "1 row holds characters that phones cannot show; they are sent as ?. Row 3: 쀍 😀" in words(panel)
    assert "In 1 message a character becomes ?." in words(replacing.post(MASS, fields, step="confirm"))
    both = mass_fields(recipient_file=str(row.pk), include_duplicates="on")
    assert "In 2 messages a character becomes ?." in words(replacing.post(MASS, both, step="confirm"))
    assert sent(replacing, MASS, fields) == [
        ("SENT", None, "김님, 안녕하세요"),
        ("SENT", None, "??님, 안녕하세요"),
        ("SENT", None, "쀍님, 안녕하세요"),
    ]


def test_mass_with_such_a_character_in_the_text_says_all_at_home(replacing: Desk) -> None:
    rows = [("010-1111-2222", "a"), ("010-3333-4444", "b"), ("+16502530000", "c")]
    row = upload(replacing, csv_of(rows), body="##name## 😀")
    fields = mass_fields(recipient_file=str(row.pk), body="##name## 😀")
    assert "In 2 messages a character becomes ?." in words(replacing.post(MASS, fields, step="confirm"))


def test_a_file_that_was_checked_under_the_other_setting_is_checked_again(sender: Desk) -> None:
    row = upload(sender, csv_of([("010-1111-2222", "a"), ("010-3333-4444", "b")]))
    CharacterSettings.objects.create(project=sender.project, replaces=True)
    refused = words(sender.post(MASS, ready_fields(row), step="send"))
    assert "The file is still being checked for this text. Wait a moment, then send." in refused
    panel = sender.post(MASS, ready_fields(row), step="recheck").content.decode()
    found = re.search(r'name="recipient_file" value="([^"]*)"', panel)
    assert found is not None
    assert found[1] != str(row.pk)
    assert not SendRequest.objects.exists()


def test_tag_says_in_how_many_at_home(replacing: Desk) -> None:
    uids = [
        UidFactory(project=replacing.project, numbers=[number]) for number in ("01011112222", "01033334444")
    ]
    tag = TagFactory(project=replacing.project, uids=uids)
    fields = general_fields(body="세일 😀", condition=f'{{"all": [{tag.pk}]}}')
    del fields["recipients"]
    said = words(replacing.post(TAG, fields, step="confirm"))
    assert "In 2 messages a character becomes ?." in said
    assert [text for _state, _code, text in sent(replacing, TAG, fields)] == ["세일 ?", "세일 ?"]


def test_what_was_asked_for_before_stays_as_it_was(replacing: Desk) -> None:
    fields = general_fields(body="세일 😀")
    replacing.post(GENERAL, fields, step="send", htmx=False)
    CharacterSettings.objects.update(replaces=False)
    drain(Lane.SINGLE)
    request = SendRequest.objects.get()
    message = Message.objects.filter(request=request).order_by("id")[0]
    assert (message.state, text_of(request, message)) == ("SENT", ("", "세일 ?"))
    page = replacing.client.get(reverse("admin:delivery_message", args=[message.pk])).content.decode()
    assert '<span class="b-bubble-text">세일 ?</span>' in page
