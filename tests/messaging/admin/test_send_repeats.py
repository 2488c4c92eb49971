"""What will fail as repeated is said before sending, and the message leads to the one that it repeats."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from messaging.models import DuplicateSettings, Message, SendRequest
from messaging.sending.loading import load_request
from messaging.sending.submitting import drain
from messaging.states import Lane
from tests.messaging.admin.sending_people import Desk, desk, general_fields, mass_fields
from tests.messaging.admin.test_send_mass import csv_of, upload, words

pytestmark = pytest.mark.django_db

GENERAL, MASS = "/send/general/", "/send/mass/"
ROWS = [("010-1111-2222", "a"), ("010-3333-4444", "b")]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 22, 3, tzinfo=UTC), tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def sender() -> Desk:
    person = desk()
    DuplicateSettings.objects.create(project=person.project, is_on=True, minutes=10)
    return person


def send(person: Desk, url: str, fields: dict[str, Any]) -> SendRequest:
    response = person.post(url, fields, step="send", htmx=False)
    assert response.status_code == 302, words(response)
    request = SendRequest.objects.order_by("-id")[0]
    load_request(request.pk)
    for lane in Lane.values:
        drain(lane)
    return request


def asked(person: Desk, url: str, fields: dict[str, Any]) -> str:
    return words(person.post(url, {**fields, "nonce": "b" * 32}, step="confirm"))


def test_general_says_how_many_got_it_already(sender: Desk, clock: time_machine.Traveller) -> None:
    first = general_fields()
    assert "fail as repeated" not in asked(sender, GENERAL, first)
    send(sender, GENERAL, first)
    more = general_fields(recipients=first["recipients"] + "\n010-9999-0000")
    said = asked(sender, GENERAL, more)
    assert "2 numbers got exactly this in the last 10 min and fail as repeated." in said
    one = general_fields(recipients="010-1234-5678\n010-9999-0000")
    assert "1 number got exactly this in the last 10 min and fails" in asked(sender, GENERAL, one)
    clock.shift(timedelta(minutes=11))
    assert "as repeated" not in asked(sender, GENERAL, more)


def test_general_says_nothing_of_another_text_a_later_time_or_where_it_is_off(sender: Desk) -> None:
    send(sender, GENERAL, general_fields())
    assert "as repeated" not in asked(sender, GENERAL, general_fields(body="Other"))
    later = general_fields(when="at", date="2026-11-23", time="10:00")
    assert "as repeated" not in asked(sender, GENERAL, later)
    DuplicateSettings.objects.update(is_on=False)
    assert "as repeated" not in asked(sender, GENERAL, general_fields())


def test_mass_says_when_the_same_was_sent(sender: Desk, clock: time_machine.Traveller) -> None:
    fields = mass_fields(recipient_file=str(upload(sender, csv_of(ROWS)).pk))
    assert "The same text was sent" not in asked(sender, MASS, fields)
    send(sender, MASS, fields)
    clock.shift(timedelta(minutes=4))
    said = asked(sender, MASS, fields)
    assert "The same text was sent at 12:00: whoever got it in the last 10 min fails as repeated." in said
    clock.shift(timedelta(minutes=7))
    assert "The same text was sent" not in asked(sender, MASS, fields)


def test_the_message_leads_to_the_one_that_it_repeats(sender: Desk, clock: time_machine.Traveller) -> None:
    first = send(sender, GENERAL, general_fields(recipients="010-1234-5678"))
    clock.shift(timedelta(minutes=1))
    again = send(sender, GENERAL, general_fields(recipients="010-1234-5678", nonce="b" * 32))
    one, two = Message.objects.get(request=first), Message.objects.get(request=again)
    assert (two.state, two.result_code) == ("FAILED", "B003")
    page = sender.client.get(reverse("admin:delivery_message", args=[two.pk])).content.decode()
    assert f'<a class="b-link" href="/deliveries/messages/{one.pk}/">The message that it repeats</a>' in page
    assert "The same text went to the same number shortly before." in page
    first_page = sender.client.get(reverse("admin:delivery_message", args=[one.pk])).content.decode()
    assert "The message that it repeats" not in first_page
