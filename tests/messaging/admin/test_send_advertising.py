"""Advertising on the send pages: its 080 line, the statements of the law, refusals, hours; the event key."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from console.accounts.roles import ProjectRole
from messaging.models import AdvertisingHours, Draft, SendRequest
from messaging.states import HoursAction
from senders.models import OptOutLine
from senders.states import LineState
from tests.factories import OptOutFactory, OptOutLineFactory, StatisticsKeyFactory
from tests.messaging.admin.sending_people import Desk, desk, general_fields, mass_fields
from tests.messaging.admin.test_send_general import words
from tests.messaging.admin.test_send_mass import upload

pytestmark = pytest.mark.django_db

URL = "/send/general/"
PAGES = ("/send/general/", "/send/mass/", "/send/tag/")
DAY = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # 10:00 in Seoul
EVENING = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)  # 19:30
NIGHT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)  # 22:00
NUMBER = "0801234567"
BODY = f"(광고) 가을 세일\n무료거부 {NUMBER}"


@pytest.fixture
def sender() -> Desk:
    return desk()


@pytest.fixture
def line(sender: Desk) -> OptOutLine:
    row: OptOutLine = OptOutLineFactory(project=sender.project, opened=True, number=NUMBER)
    return row


def ad_fields(**changes: Any) -> dict[str, Any]:
    return general_fields(purpose="AD", **{"body": BODY, **changes})


def hours(person: Desk, action: str, **changes: Any) -> None:
    times = {"starts_at": time(19), "ends_at": time(9), "is_on": True, **changes}
    AdvertisingHours.objects.create(project=person.project, action=action, **times)


# --- the line ------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", PAGES)
def test_advertising_shows_the_open_lines_of_the_project(sender: Desk, line: OptOutLine, url: str) -> None:
    OptOutLineFactory(project=sender.project, opened=True, number="0807654321", business_name="Second")
    OptOutLineFactory(project=sender.project)
    OptOutLineFactory(project=sender.project, stopped=True, number="0801111111")
    OptOutLineFactory(opened=True, number="0802222222")
    said = words(sender.post(url, ad_fields(), step="look"))
    assert "080-123-4567 · Beacon Shop" in said
    assert "080-765-4321 · Second" in said
    assert "080-111-1111" not in said
    assert "080-222-2222" not in said
    assert "080-123-4567" not in words(sender.post(url, general_fields(), step="look"))


@pytest.mark.parametrize(
    ("role", "link"),
    [
        (ProjectRole.MANAGER, "Apply for an 080 line"),
        (ProjectRole.SENDER, "A manager of the project applies"),
    ],
)
@pytest.mark.parametrize("url", PAGES)
def test_without_an_open_line_the_page_says_so_and_leads_to_one(url: str, role: str, link: str) -> None:
    person = desk(role)
    response = person.post(url, ad_fields(), step="look")
    assert "Advertising needs an open 080 line" in words(response)
    assert link in words(response)
    assert reverse("admin:senders_opt_out_lines") in response.content.decode()


def test_the_chosen_line_is_sent_and_kept_in_the_draft(sender: Desk, line: OptOutLine) -> None:
    second = OptOutLineFactory(project=sender.project, opened=True, number="0807654321")
    fields = ad_fields(body="(광고) 세일\n무료거부 0807654321", opt_out_line=str(second.pk))
    sender.post(URL, fields, step="look")
    assert f'<option value="{second.pk}" selected>' in sender.client.get(URL).content.decode()
    sender.post(URL, fields, step="send", htmx=False)
    assert SendRequest.objects.get().opt_out_line == second


def test_the_first_line_is_taken_where_none_was_chosen(sender: Desk, line: OptOutLine) -> None:
    sender.post(URL, ad_fields(), step="send", htmx=False)
    assert SendRequest.objects.get().opt_out_line == line


def test_what_advertises_nothing_names_no_line(sender: Desk, line: OptOutLine) -> None:
    sender.post(URL, general_fields(opt_out_line=str(line.pk)), step="send", htmx=False)
    assert SendRequest.objects.get().opt_out_line is None
    page = sender.post(URL, general_fields(opt_out_line=str(line.pk)), step="look").content.decode()
    assert f'name="opt_out_line" value="{line.pk}"' in page


@pytest.mark.parametrize("written", ["999999", "x", "-1", "9" * 30])
@pytest.mark.parametrize("url", PAGES)
def test_a_line_that_is_not_open_here_is_refused(
    sender: Desk, line: OptOutLine, url: str, written: str
) -> None:
    foreign = OptOutLineFactory(opened=True)
    for named in (written, str(foreign.pk)):
        response = sender.post(url, ad_fields(opt_out_line=named), step="send")
        assert "This 080 line is no longer open. Choose another one." in words(response)
    assert SendRequest.objects.count() == 0


def test_a_line_that_was_canceled_meanwhile_is_said(sender: Desk, line: OptOutLine) -> None:
    OptOutLineFactory(project=sender.project, opened=True)
    OptOutLine.objects.filter(pk=line.pk).update(
        state=LineState.STOPPED, stopped_at=timezone.now(), purge_at=timezone.now()
    )
    response = sender.post(URL, ad_fields(opt_out_line=str(line.pk)), step="confirm")
    assert "This 080 line is no longer open." in words(response)


# --- the statements ------------------------------------------------------------------------------


@pytest.mark.parametrize("url", PAGES)
@pytest.mark.parametrize("htmx", [True, False])
def test_apply_option_writes_the_statements_into_the_text(
    sender: Desk, line: OptOutLine, url: str, htmx: bool
) -> None:
    response = sender.post(url, ad_fields(body="가을 세일"), step="apply", htmx=htmx)
    assert response.status_code == 200
    assert f"(광고) 가을 세일\n무료거부 {NUMBER}</textarea>" in response.content.decode()
    assert Draft.objects.get().fields["body"] == [BODY]
    assert Draft.objects.get().fields["opt_out_line"] == [str(line.pk)]
    again = sender.post(url, ad_fields(), step="apply", htmx=htmx)
    assert f"{BODY}</textarea>" in again.content.decode()


def test_apply_option_without_a_line_changes_nothing(sender: Desk) -> None:
    response = sender.post(URL, ad_fields(body="가을 세일"), step="apply")
    assert "가을 세일</textarea>" in response.content.decode()
    assert "Advertising needs an open 080 line" in words(response)


@pytest.mark.parametrize("url", PAGES)
def test_what_the_text_lacks_is_said_while_it_is_written(sender: Desk, line: OptOutLine, url: str) -> None:
    said = words(sender.post(url, ad_fields(body="가을 세일"), step="look"))
    assert "Advertising must begin with (광고)." in said
    assert "Advertising must end with 무료거부 080-123-4567" in said
    assert "Advertising must" not in words(sender.post(url, ad_fields(), step="look"))
    assert "Advertising must" not in words(sender.post(url, general_fields(body="세일"), step="look"))


def test_a_text_without_the_statements_is_not_sent(sender: Desk, line: OptOutLine) -> None:
    response = sender.post(URL, ad_fields(body="(광고) 세일"), step="send")
    assert "Advertising must end with 무료거부" in words(response)
    assert SendRequest.objects.count() == 0


@pytest.mark.parametrize("purpose", ["GENERAL", "AUTH"])
@pytest.mark.parametrize("step", ["confirm", "send"])
def test_a_text_that_says_it_advertises_is_not_sent_for_another_purpose(
    sender: Desk, line: OptOutLine, purpose: str, step: str
) -> None:
    response = sender.post(URL, general_fields(purpose=purpose, body=BODY), step=step)
    sentence = "This text says (광고), so it is advertising: choose Advertising, or take (광고) out."
    assert response.context["form"].errors == {"purpose": [sentence]}
    assert sentence in words(response)
    assert SendRequest.objects.count() == 0


# --- who refused ---------------------------------------------------------------------------------


def test_typed_numbers_that_refused_are_counted_before_sending(sender: Desk, line: OptOutLine) -> None:
    OptOutFactory(project=sender.project, number="01012345678")
    OptOutFactory(project=sender.project, number="01087654321", removed_at=timezone.now())
    OptOutFactory(number="01087654321")
    said = words(sender.post(URL, ad_fields(), step="look"))
    assert "1 has refused advertising" in said
    sentence = "1 of 2 SMS messages from 02-1234-5678, now, in one go."
    refused = "1 has refused advertising and fails."
    with time_machine.travel(DAY, tick=False):
        assert f"{sentence} {refused}" in words(sender.post(URL, ad_fields(), step="confirm"))
    assert "refused" not in words(sender.post(URL, general_fields(), step="confirm"))


def test_rows_of_a_file_that_refused_are_counted_before_sending(sender: Desk, line: OptOutLine) -> None:
    OptOutFactory(project=sender.project, number="01011112222")
    OptOutFactory(project=sender.project, number="01099999999")
    row = upload(sender, body=BODY, purpose="AD")
    fields = mass_fields(body=BODY, purpose="AD", recipient_file=str(row.pk), leave_out=str(row.pk))
    said = words(sender.post("/send/mass/", fields, step="file"))
    assert "1 of them has refused advertising = 6 rows" in said
    confirmed = words(sender.post("/send/mass/", fields, step="confirm"))
    assert "3 of 4 SMS messages from 02-1234-5678, now, in one go. 1 has refused advertising and fails." in (
        confirmed
    )
    both = {**fields, "include_duplicates": "on"}
    assert "2 have refused advertising and fail." in words(sender.post("/send/mass/", both, step="confirm"))


# --- hours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "action", "said"),
    [
        (EVENING, HoursAction.WAIT, "from 19:00 to 09:00: it waits until 2026-11-23 09:00."),
        (EVENING, HoursAction.FAIL, "from 19:00 to 09:00: at this time all of it would fail."),
        (DAY, HoursAction.WAIT, ""),
        (NIGHT, None, "From 21:00 to 08:00 the law asks for a consent of its own"),
        (EVENING, None, ""),
    ],
)
def test_the_sentence_says_what_the_hours_mean(
    sender: Desk, line: OptOutLine, now: datetime, action: str | None, said: str
) -> None:
    if action is not None:
        hours(sender, action)
    with time_machine.travel(now, tick=False):
        looked = words(sender.post(URL, ad_fields(), step="look"))
        assert "advertising goes here" not in words(sender.post(URL, general_fields(), step="look"))
    if said:
        assert said in looked
    else:
        assert "from 19:00" not in looked
        assert "the law asks for a consent" not in looked


def test_hours_that_are_off_do_not_count(sender: Desk, line: OptOutLine) -> None:
    hours(sender, HoursAction.FAIL, is_on=False)
    with time_machine.travel(EVENING, tick=False):
        assert "would fail" not in words(sender.post(URL, ad_fields(), step="look"))


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (HoursAction.WAIT, "2 of the 3 parts wait until that is over, the first of them until"),
        (HoursAction.FAIL, "2 of the 3 parts would fail at their time."),
    ],
)
def test_of_a_split_the_parts_in_the_closed_hours_are_counted(
    sender: Desk, line: OptOutLine, action: str, said: str
) -> None:
    hours(sender, action)
    row = upload(sender, body=BODY, purpose="AD")
    fields = mass_fields(body=BODY, purpose="AD", recipient_file=str(row.pk), leave_out=str(row.pk))
    split = {"is_split": "on", "parts": "3", "interval": "60"}
    with time_machine.travel(datetime(2026, 11, 22, 9, 30, tzinfo=UTC), tick=False):  # 18:30
        assert said in words(sender.post("/send/mass/", {**fields, **split}, step="look"))


# --- event keys and conversions ------------------------------------------------------------------


@pytest.mark.parametrize("url", PAGES)
def test_an_active_event_key_can_be_chosen(sender: Desk, url: str) -> None:
    key = StatisticsKeyFactory(project=sender.project, name="가을 행사")
    now = timezone.now()
    StatisticsKeyFactory(project=sender.project, name="끝남", ends_at=now - timedelta(hours=1))
    StatisticsKeyFactory(project=sender.project, name="나중", starts_at=now + timedelta(hours=1))
    StatisticsKeyFactory(name="남의 것")
    response = sender.client.get(url)
    assert f'<option value="{key.pk}">가을 행사</option>' in response.content.decode()
    assert not {"끝남", "나중", "남의 것"} & set(words(response).split())
    sender.post(url, general_fields(statistics_key=str(key.pk)), step="look")
    assert f'<option value="{key.pk}" selected>' in sender.client.get(url).content.decode()


def test_the_event_key_is_sent_but_not_with_a_test(sender: Desk) -> None:
    key = StatisticsKeyFactory(project=sender.project)
    fields = general_fields(statistics_key=str(key.pk))
    sender.post(URL, fields, step="send", htmx=False)
    sender.post(URL, fields, step="test")
    sent = SendRequest.objects.order_by("id").values_list("statistics_key", flat=True)
    assert list(sent) == [key.pk, None]


def test_without_event_keys_there_is_no_field(sender: Desk) -> None:
    assert 'name="statistics_key"' not in sender.client.get(URL).content.decode()


@pytest.mark.parametrize("url", PAGES)
def test_a_key_that_ended_or_is_another_projects_is_refused(sender: Desk, url: str) -> None:
    ended = StatisticsKeyFactory(project=sender.project, ends_at=timezone.now() - timedelta(hours=1))
    foreign = StatisticsKeyFactory()
    for key in (ended, foreign):
        response = sender.post(url, general_fields(statistics_key=str(key.pk)), step="send")
        assert "This event key has ended. Choose another one, or none." in words(response)
    assert SendRequest.objects.count() == 0


CONVERSION = {"recipients": "+1 650 253 0000, 010-1234-5678", "collects_conversion": "on"}


@pytest.mark.parametrize(
    ("changes", "is_collected"),
    [
        ({}, True),
        ({"recipients": "010-1234-5678"}, False),
        ({"message_type": "LMS", "recipients": "010-1234-5678"}, False),
        ({"when": "at", "date": "2026-11-25", "time": "10:30"}, False),
        ({"collects_conversion": ""}, False),
    ],
)
def test_conversions_are_collected_only_where_they_can_be(
    sender: Desk, changes: dict[str, str], is_collected: bool
) -> None:
    fields = general_fields(**{**CONVERSION, "body": "Sale", **changes})
    with time_machine.travel(DAY, tick=False):
        looked = words(sender.post(URL, fields, step="look"))
        sender.post(URL, fields, step="send", htmx=False)
    assert SendRequest.objects.get().collects_conversion == is_collected
    is_offered = is_collected or changes == {"collects_conversion": ""}
    assert ("conversion rate" in looked) == is_offered


def test_looking_at_advertising_asks_the_database_little(
    sender: Desk, line: OptOutLine, django_assert_num_queries: Any
) -> None:
    OptOutFactory(project=sender.project, number="01012345678")
    fields = ad_fields(recipients="\n".join(f"010{n:08d}" for n in range(1000)))
    sender.post(URL, fields, step="look")
    with django_assert_num_queries(8):
        sender.post(URL, fields, step="look")
