"""Tag send: building the condition, whom it reaches, sending to it once, what is refused."""

import html
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.accounts.roles import ProjectRole
from messaging.models import Draft, SendRequest, Tag, TaggedUid
from messaging.states import DeliveryKind
from tests.factories import (
    ContactFactory,
    OptOutFactory,
    OptOutLineFactory,
    TagFactory,
    UidFactory,
)
from tests.messaging.admin.sending_people import Desk, desk, general_fields
from tests.messaging.admin.test_send_general import words

pytestmark = pytest.mark.django_db

URL = "/send/tag/"
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # 10:00 in Seoul


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def sender() -> Desk:
    return desk()


def tag_fields(condition: Any = None, **changes: Any) -> dict[str, Any]:
    fields = {**general_fields(), "condition": json.dumps(condition or {}), **changes}
    del fields["recipients"]
    return fields


def audience(person: Desk) -> tuple[Tag, Tag, Tag]:
    """VIP: two people with three numbers, one abroad. 서울: one of them. 휴면: the other."""
    first = UidFactory(project=person.project, numbers=["01011112222", "01033334444"])
    second = UidFactory(project=person.project)
    ContactFactory(uid=second, country_code=1, value="6502530000")
    vip = TagFactory(project=person.project, name="VIP", uids=[first, second])
    seoul = TagFactory(project=person.project, name="서울", uids=[first])
    asleep = TagFactory(project=person.project, name="휴면", uids=[second])
    return vip, seoul, asleep


def condition_in(response: Any) -> Any:
    found = re.search(r'name="condition" value="([^"]*)"', response.content.decode())
    assert found is not None
    return json.loads(html.unescape(found[1]))


def group(**lists: Any) -> dict[str, Any]:
    return {"all": [], "any": [], "none": [], **lists}


# --- building ------------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [True, False])
def test_a_condition_is_built_step_by_step(sender: Desk, htmx: bool) -> None:
    vip, seoul, asleep = audience(sender)

    def step(name: str, condition: Any, **typed: str) -> Any:
        response = sender.post(URL, tag_fields(condition, **typed), step=name, htmx=htmx)
        assert response.status_code == 200
        assert ("<html" in response.content.decode()) != htmx
        kept = json.loads(Draft.objects.get().fields["condition"][0])
        assert condition_in(response) == kept
        return kept

    built = step("add:all", {}, **{"tag-all": " vip "})
    assert built == group(all=[vip.pk])
    built = step("group:none", built)
    built = step(f"pick:none-0-any:{asleep.pk}", built)
    assert built == group(all=[vip.pk], none=[group(any=[asleep.pk])])
    built = step("add:any", built, **{"tag-any": "서"})
    assert built == group(all=[vip.pk], any=[seoul.pk], none=[group(any=[asleep.pk])])
    built = step("drop:none:0", built)
    assert step("drop:all:0", built) == group(any=[seoul.pk])


def test_what_is_typed_finds_tags_and_stays_until_one_is_chosen(sender: Desk) -> None:
    for name in ("서울 강남", "서울 마포", "부산"):
        TagFactory(project=sender.project, name=name)
    foreign = TagFactory(name="서울 남의 것")
    fields = tag_fields(**{"tag-any": "서울"})
    for step in ("look", "add:any"):
        response = sender.post(URL, fields, step=step)
        said, page = words(response), response.content.decode()
        assert "서울 강남" in said
        assert "서울 마포" in said
        assert "부산" not in said
        assert f":{foreign.pk}" not in page
    assert condition_in(response) == group()
    assert 'name="tag-any" id="tag-any" class="b-input" value="서울"' in page
    none = sender.post(URL, tag_fields(**{"tag-any": "없는 태그"}), step="add:any")
    assert "No other tag has “없는 태그” in its name." in words(none)


def test_the_name_itself_is_meant_also_where_others_hold_it(sender: Desk) -> None:
    exact = TagFactory(project=sender.project, name="서울")
    TagFactory(project=sender.project, name="서울 강남")
    response = sender.post(URL, tag_fields(**{"tag-all": "서울"}), step="add:all")
    assert condition_in(response) == group(all=[exact.pk])
    lower, upper = (TagFactory(project=sender.project, name=name) for name in ("vip", "VIP"))
    for tag in (lower, upper):
        response = sender.post(URL, tag_fields(**{"tag-all": tag.name}), step="add:all")
        assert condition_in(response) == group(all=[tag.pk])
    assert condition_in(sender.post(URL, tag_fields(**{"tag-all": "Vip"}), step="add:all")) == group()


def test_among_many_tags_the_first_are_shown(sender: Desk, django_assert_num_queries: Any) -> None:
    for n in range(25):
        TagFactory(project=sender.project, name=f"지역 {n:02}")
    fields = tag_fields(**{"tag-any": "지역"})
    sender.post(URL, fields, step="look")
    with django_assert_num_queries(6):
        response = sender.post(URL, fields, step="look")
    assert response.content.decode().count('class="s-match"') == 20
    assert "and more: write more of the name" in words(response)


def test_another_projects_tag_cannot_be_named(sender: Desk) -> None:
    foreign = TagFactory(name="남의 태그", uids=[UidFactory(numbers=["01011112222"])])
    picked = sender.post(URL, tag_fields(), step=f"pick:all:{foreign.pk}")
    assert condition_in(picked) == group()
    typed = sender.post(URL, tag_fields(**{"tag-all": "남의 태그"}), step="add:all")
    assert condition_in(typed) == group()
    fields = tag_fields(group(all=[foreign.pk]))
    looked = words(sender.post(URL, fields, step="look"))
    assert "남의 태그" not in looked
    assert "phone number" not in looked
    for step in ("confirm", "send"):
        refused = words(sender.post(URL, fields, step=step))
        assert "A tag of this condition was deleted." in refused
        assert "남의 태그" not in refused
    assert SendRequest.objects.count() == 0


# --- whom it reaches -----------------------------------------------------------------------------


def test_the_reach_is_shown_in_numbers_and_words(sender: Desk) -> None:
    vip, _seoul, asleep = audience(sender)
    said = words(sender.post(URL, tag_fields(group(all=[vip.pk])), step="look"))
    assert "“VIP” 2 UIDs 3 phone numbers 1 of them abroad" in said
    assert (
        "3 SMS messages from 02-1234-5678, now, in one go. Recipients are looked up when it is sent" in said
    )
    said = words(sender.post(URL, tag_fields(group(all=[vip.pk], none=[asleep.pk])), step="look"))
    assert "“VIP”, and not “휴면” 1 UID 2 phone numbers" in said
    assert "abroad" not in said


def test_numbers_abroad_are_left_out_of_what_is_no_sms(sender: Desk) -> None:
    vip, _seoul, asleep = audience(sender)
    said = words(sender.post(URL, tag_fields(group(all=[vip.pk]), message_type="LMS"), step="look"))
    assert "2 phone numbers 1 abroad, left out" in said
    assert "1 number of another country is left out: it gets SMS only." in said
    said = words(sender.post(URL, tag_fields(group(all=[asleep.pk]), message_type="LMS"), step="look"))
    assert "None of these UIDs has a phone number that this type reaches." in said
    nobody = words(sender.post(URL, tag_fields(group(all=[vip.pk], none=[vip.pk])), step="look"))
    assert "No UID has these tags now." in nobody


def test_those_who_refused_advertising_are_counted(sender: Desk) -> None:
    vip, _seoul, _asleep = audience(sender)
    OptOutLineFactory(project=sender.project, opened=True, number="0801234567")
    OptOutFactory(project=sender.project, number="01011112222")
    fields = tag_fields(group(all=[vip.pk]), body="(광고) Sale\n무료거부 0801234567")
    assert "refused" not in words(sender.post(URL, fields, step="look"))
    said = words(sender.post(URL, {**fields, "purpose": "AD"}, step="look"))
    assert "3 phone numbers 1 of them abroad 1 of them has refused advertising" in said
    assert (
        "2 of 3 SMS messages from 02-1234-5678, now, in one go. 1 has refused advertising and fails." in said
    )


def test_the_last_question_counts_anew(sender: Desk) -> None:
    vip, seoul, _asleep = audience(sender)
    fields = tag_fields(group(all=[vip.pk]), body="Hello")
    sender.post(URL, fields, step="look")
    TaggedUid.objects.filter(tag=vip, uid__in=seoul.tagged.values("uid")).delete()
    assert "3 SMS messages" in words(sender.post(URL, fields, step="look"))
    assert "Send this? 1 SMS message from" in words(sender.post(URL, fields, step="confirm"))
    assert "1 SMS message from" in words(sender.post(URL, fields, step="look"))


def test_looking_asks_the_database_little(sender: Desk, django_assert_num_queries: Any) -> None:
    vip, _seoul, _asleep = audience(sender)
    sender.post(URL, tag_fields(), step="look")
    fields = tag_fields(group(all=[vip.pk]))
    with django_assert_num_queries(9):  # two of them for the month abroad, to which one number belongs
        sender.post(URL, fields, step="look")
    with django_assert_num_queries(8):  # counted a moment ago
        sender.post(URL, {**fields, "body": "고친 글"}, step="look")


def test_the_last_question_reads_contacts_once(sender: Desk) -> None:
    vip, _seoul, _asleep = audience(sender)
    fields = tag_fields(group(all=[vip.pk]), body="Hello")
    sender.post(URL, fields, step="look")
    with CaptureQueriesContext(connection) as asked:
        said = words(sender.post(URL, fields, step="confirm"))
    assert "Send this? 3 SMS messages from" in said
    assert "After this, 999 of this month" in said
    assert len([each for each in asked.captured_queries if "messaging_contact" in each["sql"]]) == 1


# --- sending -------------------------------------------------------------------------------------


def test_a_tag_send_keeps_its_condition_and_goes_once(sender: Desk) -> None:
    vip, _seoul, asleep = audience(sender)
    condition = group(all=[vip.pk, group()], none=[asleep.pk])
    fields = tag_fields(condition, body="##name##님", **{"value-name": "고객"})
    sender.post(URL, fields, step="look")
    addresses = {sender.post(URL, fields, step="send", htmx=False)["Location"] for _time in range(2)}
    request = SendRequest.objects.get()
    assert addresses == {reverse("admin:delivery_request", args=[request.pk])}
    assert (request.kind, request.created_by, request.shared_values) == (
        DeliveryKind.TAG,
        sender.user,
        ["고객"],
    )
    assert request.tag_condition == group(all=[vip.pk], none=[asleep.pk])
    assert Draft.objects.get().fields == {}


def test_it_can_be_scheduled(sender: Desk) -> None:
    vip, _seoul, _asleep = audience(sender)
    fields = tag_fields(group(all=[vip.pk]), body="Hi", when="at", date="2026-11-25", time="10:30")
    with time_machine.travel(NOW, tick=False):
        said = words(sender.post(URL, fields, step="confirm"))
        assert "Schedule this?" in said
        assert "at 2026-11-25 10:30, in one go. Recipients are looked up when it is sent: “VIP”." in said
        sender.post(URL, fields, step="send", htmx=False)
    assert SendRequest.objects.get().due_at == datetime(2026, 11, 25, 1, 30, tzinfo=UTC)


def test_without_script_the_question_is_a_page_that_can_be_answered(sender: Desk) -> None:
    vip, _seoul, _asleep = audience(sender)
    response = sender.post(URL, tag_fields(group(all=[vip.pk]), body="Hi"), step="confirm", htmx=False)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Send this? 3 SMS messages" in words(response)
    assert 'form="send-form" name="step" value="send"' in page
    assert '<form id="send-form"' in page


@pytest.mark.parametrize(
    ("condition", "changes", "said"),
    [
        ({}, {}, "Say who gets it: add at least one tag."),
        ({"any": [{"all": []}]}, {}, "Say who gets it: add at least one tag."),
        ({"all": [999999]}, {}, "A tag of this condition was deleted."),
        ("nonsense", {}, "Say who gets it: add at least one tag."),
        (None, {"tag-all": "VI"}, "A tag is typed but not added. Add it, or empty its field."),
        (None, {"when": "at"}, "Choose the date."),
        (None, {"body": "##name##"}, "Give the value of ##name##."),
        (None, {"sender": "0299999999"}, "Select a valid choice."),
    ],
)
@pytest.mark.parametrize("step", ["confirm", "send"])
def test_what_is_wrong_is_said_and_nothing_is_sent_or_lost(
    sender: Desk, condition: Any, changes: dict[str, str], said: str, step: str
) -> None:
    vip, _seoul, _asleep = audience(sender)
    fields = tag_fields(group(all=[vip.pk]) if condition is None else condition, subject="그대로", **changes)
    response = sender.post(URL, fields, step=step)
    assert response["HX-Retarget"] == "#send-form"
    assert said in words(response)
    assert "그대로" in response.content.decode()
    assert SendRequest.objects.count() == 0
    assert Draft.objects.get().fields["condition"] == [fields["condition"]]


def test_the_draft_brings_the_condition_back(sender: Desk) -> None:
    vip, _seoul, _asleep = audience(sender)
    fields = tag_fields(group(any=[vip.pk, group()]), **{"tag-none": "휴"})
    sender.post(URL, fields, step="look")
    response = sender.client.get(URL)
    assert condition_in(response) == group(any=[vip.pk, group()])
    assert 'id="tag-none" class="b-input" value="휴"' in response.content.decode()
    assert "2 UIDs" in words(response)


def test_a_test_goes_to_oneself_whoever_the_tags_reach(sender: Desk) -> None:
    response = sender.post(URL, tag_fields(body="##a##", **{"value-a": "가"}), step="test")
    request = SendRequest.objects.get()
    assert reverse("admin:delivery_request", args=[request.pk]) in response.content.decode()
    assert (request.kind, request.total, request.tag_condition) == (DeliveryKind.GENERAL, 1, None)


def test_without_tags_the_page_leads_to_them(sender: Desk) -> None:
    response = sender.client.get(URL)
    assert "This project has no tags yet." in words(response)
    assert reverse("admin:audience_tags") in response.content.decode()


def test_a_viewer_may_not_send_to_tags() -> None:
    viewer = desk(ProjectRole.VIEWER)
    assert viewer.client.get(URL).status_code == 403
    for step in ("look", "confirm", "send", "test", "discard", "add:all", "pick:all:1", "group:all", "apply"):
        assert viewer.post(URL, tag_fields(), step=step).status_code == 403
    assert not SendRequest.objects.exists()
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "step", ["add", "add:", "pick", "pick:all", "pick:all:x", "group:x", "drop", "drop:all:9"]
)
def test_a_step_that_leads_nowhere_changes_nothing(sender: Desk, step: str) -> None:
    vip, _seoul, _asleep = audience(sender)
    response = sender.post(URL, tag_fields(group(all=[vip.pk])), step=step)
    assert condition_in(response) == group(all=[vip.pk])
