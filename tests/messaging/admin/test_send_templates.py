"""Templates on the send pages: found, filled in, changed since, gone; the values of their placeholders."""

import json
import re
from typing import Any

import pytest

from messaging.library.templates import TemplateText, change_template, delete_template
from messaging.models import Attachment, Draft, Message, SendRequest, Template
from messaging.sending.texts import text_of
from messaging.states import MessageType, Purpose
from tests.factories import (
    CategoryFactory,
    ProjectFactory,
    SenderNumberFactory,
    TagFactory,
    TemplateFactory,
    UidFactory,
)
from tests.messaging.admin.sending_people import Desk, desk, general_fields, mass_fields
from tests.messaging.admin.test_send_general import picture_of, words
from tests.messaging.admin.test_send_mass import upload

pytestmark = pytest.mark.django_db

URL = "/send/general/"
PAGES = ("/send/general/", "/send/mass/", "/send/tag/")


@pytest.fixture
def sender() -> Desk:
    return desk()


def template_of(person: Desk, name: str = "배송 안내", **text: Any) -> Template:
    template: Template = TemplateFactory(project=person.project, name=name, text=text)
    return template


def from_template(template: Template, **changes: Any) -> dict[str, Any]:
    fields = {"template": str(template.pk), "template_version": "1", "body": "##name##님, 안녕하세요"}
    return general_fields(**{**fields, **changes})


def change(person: Desk, template: Template, body: str) -> None:
    text = TemplateText(message_type=MessageType.SMS, purpose=Purpose.GENERAL, body=body)
    change_template(
        template=template,
        user=person.user,
        name=template.name,
        category=template.category,
        text=text,
        seen_version=template.version,
    )
    template.refresh_from_db()


def field_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def checked(page: str, name: str) -> list[str]:
    """The values of the radio buttons that are chosen."""
    inputs = re.findall(r"<input[^>]*>", page)
    chosen = [each for each in inputs if f'name="{name}"' in each and " checked" in each]
    return [found[1] for each in chosen if (found := re.search(r'value="([^"]*)"', each))]


# --- finding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", PAGES)
def test_templates_are_found_by_words_of_their_name_and_category(sender: Desk, url: str) -> None:
    top = CategoryFactory(project=sender.project, name="쇼핑몰")
    inner = CategoryFactory(project=sender.project, name="배송", parent=top)
    mine = TemplateFactory(project=sender.project, category=inner, name="출고 안내")
    other = TemplateFactory(project=sender.project, category=top, name="할인 안내")
    foreign = TemplateFactory(name="출고 안내 (남의 것)")
    response = sender.post(url, {"template_search": "쇼핑 배송 출고"}, step="templates")
    page = response.content.decode()
    assert f'value="template:{mine.pk}"' in page
    assert f'value="template:{other.pk}"' not in page
    assert f'value="template:{foreign.pk}"' not in page
    assert "쇼핑몰 / 배송 출고 안내 SMS · ##name##" in words(response)
    every = sender.post(url, {}, step="templates").content.decode()
    assert [each.pk for each in (other, mine) if f"template:{each.pk}" in every] == [other.pk, mine.pk]
    assert f"template:{foreign.pk}" not in every
    assert "No template has these words" in words(
        sender.post(url, {"template_search": "x"}, step="templates")
    )


def test_among_many_the_first_are_shown_and_the_rest_counted(
    sender: Desk, django_assert_num_queries: Any
) -> None:
    category = CategoryFactory(project=sender.project)
    for n in range(45):
        TemplateFactory(project=sender.project, category=category, name=f"안내 {n:02}")
    sender.post(URL, {}, step="templates")
    with django_assert_num_queries(7):
        response = sender.post(URL, {"template_search": "안내"}, step="templates")
    assert response.content.decode().count('name="step"') == 40
    assert "And 5 more: write more of the name." in words(response)


def test_a_deleted_template_is_not_found(sender: Desk) -> None:
    template = template_of(sender)
    delete_template(template=template, user=sender.user)
    assert "배송 안내" not in words(sender.post(URL, {}, step="templates"))
    assert "Use a template" not in words(sender.client.get(URL))


def test_without_script_the_page_shows_what_was_found(sender: Desk) -> None:
    template = template_of(sender)
    page = sender.post(URL, general_fields(template_search="배송"), step="templates", htmx=False)
    assert page.status_code == 200
    assert "<html" in page.content.decode()
    assert f'value="template:{template.pk}"' in page.content.decode()
    assert "010-1234-5678" in page.content.decode()


# --- filling in ----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", PAGES)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_template_fills_the_form(sender: Desk, url: str, htmx: bool) -> None:
    picture = picture_of(sender.project)
    SenderNumberFactory(project=sender.project, number="0233334444", approved=True)
    template = template_of(
        sender,
        message_type="MMS",
        purpose="AD",
        sender="0233334444",
        subject="가을 ##name##",
        body="##name##님, ##price##원",
        attachment_ids=[picture.pk],
    )
    response = sender.post(url, {"nonce": "a" * 32}, step=f"template:{template.pk}", htmx=htmx)
    page = response.content.decode()
    assert response.status_code == 200
    assert (response.get("HX-Retarget") == "#send-form") == htmx
    assert (field_of(page, "template"), field_of(page, "template_version")) == (str(template.pk), "1")
    assert (checked(page, "message_type"), checked(page, "purpose")) == (["MMS"], ["AD"])
    assert '<option value="0233334444" selected>' in page
    assert field_of(page, "subject") == "가을 ##name##"
    assert "##name##님, ##price##원</textarea>" in page
    assert field_of(page, "attachments") == str(picture.pk)
    assert "배송 안내 v1" in words(response)
    assert Draft.objects.get().fields["template"] == [str(template.pk)]


def test_what_a_template_cannot_fill_stays_as_it_is(sender: Desk) -> None:
    template = template_of(sender, purpose="AUTH", sender="0299998888")
    response = sender.post("/send/mass/", mass_fields(body="", purpose="AD"), step=f"template:{template.pk}")
    page = response.content.decode()
    assert checked(page, "purpose") == ["AD"]
    assert '<option value="0212345678" selected>' in page
    assert "sender number 02-9999-8888 is not approved here any more" in words(response)


@pytest.mark.parametrize("url", PAGES)
def test_the_address_can_name_the_template(sender: Desk, url: str) -> None:
    template = template_of(sender)
    response = sender.client.get(url, {"template": template.pk})
    assert "##name##님, 안녕하세요</textarea>" in response.content.decode()
    assert not Draft.objects.exists()
    look = {**general_fields(), "template": str(template.pk), "template_version": "1", "body": "내가 고친 글"}
    answer = sender.client.post(
        url,
        {**look, "step": "look"},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{url}?template={template.pk}"},
    )
    assert answer["HX-Replace-Url"] == url
    again = sender.client.get(url, {"template": template.pk})
    assert "내가 고친 글</textarea>" in again.content.decode()


@pytest.mark.parametrize("written", ["999999999", "x", "9" * 30, "-1"])
def test_an_address_of_a_template_that_is_not_there_opens_the_draft(sender: Desk, written: str) -> None:
    sender.post(URL, general_fields(body="내 초안"), step="look")
    response = sender.client.get(URL, {"template": written})
    assert "This template is gone." in words(response)
    assert "내 초안</textarea>" in response.content.decode()


def test_what_was_written_can_be_put_back(sender: Desk) -> None:
    template = template_of(sender, message_type="LMS", subject="제목")
    fields = general_fields(body='내가 쓴 "글"\r\n둘째 줄', subject="")
    page = sender.post(URL, fields, step=f"template:{template.pk}").content.decode()
    assert "What you had written before was replaced." in page
    kept = json.loads(Draft.objects.get().fields["replaced"][0])
    assert kept["body"] == '내가 쓴 "글"\n둘째 줄'
    fields = {**from_template(template, message_type="LMS"), "replaced": json.dumps(kept)}
    page = sender.post(URL, fields, step="restore").content.decode()
    assert "내가 쓴 &quot;글&quot;\n둘째 줄</textarea>" in page
    assert (checked(page, "message_type"), field_of(page, "template")) == (["SMS"], "")
    assert "was replaced" not in page


def test_an_unchanged_template_is_replaced_without_a_word(sender: Desk) -> None:
    first, second = template_of(sender), template_of(sender, "다른 글", body="다른 글")
    response = sender.post(URL, from_template(first), step=f"template:{second.pk}")
    assert "was replaced" not in words(response)
    response = sender.post(URL, from_template(first, body="고침"), step=f"template:{second.pk}")
    assert "was replaced" in words(response)


@pytest.mark.parametrize("replaced", ["{", "[]", "null", '{"body": 3, "recipients": "x"}', "1e999"])
def test_what_was_forged_to_be_put_back_is_left_out(sender: Desk, replaced: str) -> None:
    response = sender.post(URL, general_fields(replaced=replaced), step="restore")
    assert response.status_code == 200
    assert "가을 세일 안내입니다.</textarea>" in response.content.decode()


# --- what became of it ---------------------------------------------------------------------------


def test_a_changed_text_says_from_which_version(sender: Desk) -> None:
    template = template_of(sender)
    same = words(sender.post(URL, from_template(template), step="look"))
    assert "배송 안내 v1" in same
    assert "changed from" not in same
    said = words(sender.post(URL, from_template(template, body="##name##님, 반가워요"), step="look"))
    assert "changed from v1" in said


def test_a_newer_version_is_offered_and_can_be_taken(sender: Desk) -> None:
    template = template_of(sender)
    change(sender, template, "##name##님, 새 글")
    response = sender.post(URL, from_template(template), step="look")
    assert "there is a v2, and the text is from v1." in words(response)
    assert f'value="template:{template.pk}"' in response.content.decode()
    page = sender.post(URL, from_template(template), step=f"template:{template.pk}").content.decode()
    assert "##name##님, 새 글</textarea>" in page
    assert field_of(page, "template_version") == "2"
    assert "there is a v2" not in page
    assert "was replaced" not in page


def test_the_version_that_the_text_is_from_is_sent(sender: Desk) -> None:
    template = template_of(sender)
    change(sender, template, "##name##님, 새 글")
    sender.post(URL, from_template(template, **{"value-name": "민준"}), step="send", htmx=False)
    request = SendRequest.objects.get()
    assert request.template_version is not None
    assert (request.template_version.template_id, request.template_version.number) == (template.pk, 1)


def test_of_a_deleted_template_the_text_stays_and_a_person_says_how_to_go_on(sender: Desk) -> None:
    template = template_of(sender)
    delete_template(template=template, user=sender.user)
    fields = from_template(template, **{"value-name": "민준"})
    assert "was deleted. The text stays." in words(sender.post(URL, fields, step="look"))
    refused = sender.post(URL, fields, step="send")
    assert "This template is gone. Choose another one, or go on without it." in words(refused)
    assert SendRequest.objects.count() == 0
    page = sender.post(URL, fields, step="template:").content.decode()
    assert field_of(page, "template") == ""
    assert "##name##님, 안녕하세요</textarea>" in page
    sender.post(URL, {**fields, "template": "", "template_version": ""}, step="send", htmx=False)
    assert SendRequest.objects.get().template_version is None


@pytest.mark.parametrize("url", PAGES)
def test_another_projects_template_is_not_there(sender: Desk, url: str) -> None:
    foreign = TemplateFactory(text={"body": "남의 글"})
    taken = sender.post(url, general_fields(body="내 글"), step=f"template:{foreign.pk}")
    assert "This template is gone." in words(taken)
    assert "남의 글" not in taken.content.decode()
    assert "내 글</textarea>" in taken.content.decode()
    assert "남의 글" not in sender.client.get(url, {"template": foreign.pk}).content.decode()
    fields = {**general_fields(), "template": str(foreign.pk), "template_version": "1"}
    assert "This template is gone." in words(sender.post(url, fields, step="send"))
    assert SendRequest.objects.count() == 0


def test_a_version_of_another_template_is_not_taken(sender: Desk) -> None:
    template, other = template_of(sender), template_of(sender, "다른 글")
    for body in ("둘", "셋"):
        change(sender, other, body)
    fields = from_template(template, template_version="3", body="글")
    sender.post(URL, fields, step="send", htmx=False)
    version = SendRequest.objects.get().template_version
    assert version is not None
    assert (version.template_id, version.number) == (template.pk, 1)


def test_pictures_of_another_project_do_not_come_with_a_template(sender: Desk) -> None:
    foreign: Attachment = picture_of(ProjectFactory())
    template = template_of(sender, message_type="MMS", body="글", attachment_ids=[foreign.pk])
    page = sender.post(URL, {}, step=f"template:{template.pk}").content.decode()
    assert f'name="attachments" value="{foreign.pk}"' not in page
    fields = from_template(template, message_type="MMS", body="글", attachments=[str(foreign.pk)])
    sender.post(URL, fields, step="send", htmx=False)
    assert SendRequest.objects.get().attachment_ids == []


# --- values --------------------------------------------------------------------------------------


def test_placeholders_become_values_with_a_live_preview(sender: Desk) -> None:
    fields = general_fields(body="##name##님, ##주문##번", **{"value-name": "민준", "value-주문": ""})
    response = sender.post(URL, {**fields, "values_face": "other"}, step="look")
    page = response.content.decode()
    assert field_of(page, "value-name") == "민준"
    assert field_of(page, "value-주문") == ""
    assert "민준님, ##주문##번" in words(response)
    assert "from 10 / 90 bytes" in words(response)
    face = field_of(page, "values_face")
    again = sender.post(URL, {**fields, "values_face": face, "value-주문": "A-17"}, step="look")
    assert 'name="values_face"' not in again.content.decode()
    assert "민준님, A-17번" in words(again)
    assert "A-17" in sender.client.get(URL).content.decode()


def test_values_are_sent_the_same_to_all(sender: Desk) -> None:
    fields = general_fields(body="##b##와 ##a##", **{"value-a": " 가 ", "value-b": "나", "value-c": "다"})
    assert "나와 가" in words(sender.post(URL, fields, step="confirm"))
    sender.post(URL, fields, step="send", htmx=False)
    request = SendRequest.objects.get()
    assert (request.placeholders, request.shared_values) == (["b", "a"], ["나", "가"])
    texts = [text_of(request, message)[1] for message in Message.objects.all()]
    assert texts == ["나와 가", "나와 가"]


@pytest.mark.parametrize("written", ["", "   "])
@pytest.mark.parametrize("step", ["confirm", "send", "test"])
def test_a_missing_value_is_said_at_its_field(sender: Desk, written: str, step: str) -> None:
    fields = general_fields(body="##name##님, ##주문##", **{"value-name": "민준", "value-주문": written})
    response = sender.post(URL, fields, step=step)
    assert "Give the value of ##주문##." in words(response)
    assert "Give the value of ##name##." not in words(response)
    assert SendRequest.objects.count() == 0


def test_what_was_typed_for_a_key_that_is_gone_is_kept(sender: Desk) -> None:
    fields = general_fields(body="##other##", **{"value-name": "민준"})
    page = sender.post(URL, fields, step="look").content.decode()
    assert '<input type="hidden" name="value-name" value="민준">' in page


def test_a_value_is_never_looked_into_and_never_html(sender: Desk) -> None:
    fields = general_fields(body="##a##", **{"value-a": "<b>##c##</b>"})
    page = sender.post(URL, fields, step="look").content.decode()
    assert "<b>##c##</b>" not in page
    assert 'name="value-c"' not in page
    sender.post(URL, fields, step="send", htmx=False)
    request = SendRequest.objects.get()
    assert text_of(request, Message.objects.all()[0])[1] == "<b>##c##</b>"


def test_values_make_a_text_too_long(sender: Desk) -> None:
    fields = general_fields(body="##a##", recipients="010-1234-5678", **{"value-a": "가" * 46})
    assert "Too long for an SMS by 2 bytes." in words(sender.post(URL, fields, step="look"))
    assert "too long for this recipient" in words(sender.post(URL, fields, step="send"))
    assert SendRequest.objects.count() == 0


def test_another_value_is_another_request(sender: Desk) -> None:
    for value in ("가", "가", "나"):
        fields = general_fields(body="##a##", **{"value-a": value})
        sender.post(URL, fields, step="send", htmx=False)
    assert SendRequest.objects.count() == 2


def test_a_test_shows_the_values(sender: Desk) -> None:
    template = template_of(sender)
    fields = from_template(template, recipients="", **{"value-name": "민준"})
    sender.post(URL, fields, step="test")
    request = SendRequest.objects.get()
    assert text_of(request, Message.objects.get())[1] == "민준님, 안녕하세요"
    assert request.template_version is None


def test_looking_at_a_template_asks_the_database_little(sender: Desk, django_assert_num_queries: Any) -> None:
    template = template_of(sender)
    change(sender, template, "##name##님, 새 글")
    fields = from_template(template, **{"value-name": "민준"})
    sender.post(URL, fields, step="look")
    with django_assert_num_queries(7):
        sender.post(URL, fields, step="look")


# --- by its address, where nothing was begun -----------------------------------------------------


def shown_fields(page: str) -> dict[str, str]:
    """What a browser would post of the page as it was opened."""
    names = ("message_type", "purpose", "when", "sender")
    chosen = {name: value for name in names for value in checked(page, name)}
    return {**chosen, "nonce": "a" * 32}


@pytest.mark.parametrize("url", PAGES)
def test_a_send_begun_from_a_template_can_be_confirmed(sender: Desk, url: str) -> None:
    template = template_of(sender, message_type=MessageType.LMS, subject="안내", body="문을 엽니다.")
    page = sender.client.get(url, {"template": template.pk}).content.decode()
    assert checked(page, "when") == ["now"]
    assert checked(page, "message_type") == ["LMS"]
    fields = {
        **general_fields(
            body="문을 엽니다.", subject="안내", template=str(template.pk), template_version="1"
        ),
        **shown_fields(page),
    }
    if url == "/send/mass/":
        assert (field_of(page, "parts"), field_of(page, "interval")) == ("10", "30")
        row = upload(sender, body=fields["body"], message_type="LMS", subject="안내")
        fields |= {"recipient_file": str(row.pk), "leave_out": str(row.pk)}
    if url == "/send/tag/":
        tag = TagFactory(
            project=sender.project, uids=[UidFactory(project=sender.project, numbers=["01011112222"])]
        )
        fields["condition"] = json.dumps({"all": [tag.pk], "any": [], "none": []})
    response = sender.post(url, fields, step="confirm")
    assert response.status_code == 200
    assert "LMS" in words(response)
    sender.post(url, fields, step="send", htmx=False)
    assert SendRequest.objects.get().template_version == template.versions.get()
