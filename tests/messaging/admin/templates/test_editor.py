"""Writing a template: looking, saving, drafts, somebody else's version, and changed placeholders."""

from typing import Any

import pytest
from django.utils import timezone

from console.accounts.models import User
from messaging.library.templates import change_template, delete_template, text_of_version
from messaging.models import Attachment, Category, Draft, SendRequest, Template, TemplateVersion
from messaging.states import RequestState
from senders.models import OptOutLine, SenderNumber
from senders.states import LineState, NumberState
from tests.factories import CategoryFactory, TemplateFactory, UserFactory
from tests.messaging.admin.sending_people import SENDER, Desk
from tests.messaging.admin.templates.conftest import fields, words
from tests.messaging.library.conftest import text

pytestmark = pytest.mark.django_db

ADD = "/templates/add/"


@pytest.fixture
def template(writer: Desk, category: Category) -> Template:
    said = {"sender": SENDER, "body": "##name##님, 주문 확인"}
    return TemplateFactory(project=writer.project, category=category, name="Order", text=said)


def change_url(template: Template) -> str:
    return f"/templates/{template.pk}/change/"


def saved_by_another(template: Template, body: str, **changes: Any) -> TemplateVersion:
    template.refresh_from_db()
    given = {"name": template.name, "category": template.category, **changes}
    return change_template(
        template=template,
        user=UserFactory(name="Sora"),
        text=text(body=body),
        seen_version=template.version,
        **given,
    )


def own_draft(writer: Desk) -> dict[str, list[str]]:
    return Draft.objects.get(user=writer.user).fields


# --- adding --------------------------------------------------------------------------------------


def test_the_empty_page_and_the_category_that_was_chosen(writer: Desk, category: Category) -> None:
    other = CategoryFactory(project=writer.project)
    page = writer.client.get(f"{ADD}?category={other.pk}")
    assert page.status_code == 200
    assert page.context["form"].raw("category") == str(other.pk)
    assert "0 / 90 bytes" in words(page)
    assert 'role="alert" data-form-errors' not in page.content.decode()


def test_without_a_category_it_says_so_and_keeps_what_is_written(writer: Desk) -> None:
    assert "this project has none yet" in words(writer.client.get(ADD))
    page = writer.post(ADD, fields(None), step="save", htmx=False)
    assert (page.status_code, Template.objects.count()) == (422, 0)
    assert "Choose a category." in words(page)
    assert own_draft(writer)["body"] == ["##name##님, 주문 확인"]


def test_looking_counts_lists_the_keys_and_keeps_the_draft(writer: Desk, category: Category) -> None:
    given = fields(category, body="##name##님 ##order number## 🙂", message_type="LMS", subject="##shop##")
    said = words(writer.post(ADD, given, step="look"))
    assert "Placeholders: ##shop## ##name##" in said
    assert "##order number## is no placeholder" in said
    assert "Slightly smiling face" in said
    assert Template.objects.count() == 0
    page = writer.client.get(ADD)
    assert "This is what you were writing last time." in words(page)
    assert "##order number## 🙂" in page.content.decode()


def test_saved_it_is_there_with_its_version_and_the_draft_is_empty(writer: Desk, category: Category) -> None:
    writer.post(ADD, fields(category), step="look")
    response = writer.post(ADD, fields(category), step="save", htmx=False)
    template = Template.objects.get()
    assert (response.status_code, response.url) == (302, f"/templates/{template.pk}/")
    version = template.versions.get()
    assert (template.name, template.category, template.project) == ("Order", category, writer.project)
    assert (version.sender, version.placeholders, version.created_by) == (SENDER, ["name"], writer.user)
    assert own_draft(writer) == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Give the template a name."),
        ({"body": ""}, "Write a text."),
        ({"body": "가" * 46}, "92 bytes are too long: at most 90 bytes."),
        ({"body": "가🙂"}, "These characters cannot be sent: 🙂"),
        ({"message_type": "LMS", "subject": "가" * 21}, "42 bytes are too long: at most 40 bytes."),
        ({"sender": "0299999999"}, "Select a valid choice."),
        ({"message_type": "FAX"}, "Select a valid choice."),
        ({"category": "999"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved_or_lost(
    writer: Desk, category: Category, changes: dict[str, str], said: str
) -> None:
    page = writer.post(ADD, {**fields(category), **changes}, step="save", htmx=False)
    assert page.status_code == 422
    assert said in words(page)
    assert "Nothing was saved." in words(page)
    assert (Template.objects.count(), TemplateVersion.objects.count()) == (0, 0)
    for name, value in changes.items():
        assert own_draft(writer)[name] == [value]


def test_pictures_belong_to_an_mms_and_to_the_project(writer: Desk, category: Category) -> None:
    own, foreign = (
        Attachment.objects.create(
            project=project, name=f"{n}.jpg", storage_name=f"{n}", sha256="", size=1, width=1, height=1
        )
        for n, project in enumerate((writer.project, TemplateFactory().project))
    )
    given = fields(category, message_type="MMS", attachments=[own.pk, foreign.pk, "x"])
    writer.post(ADD, given, step="save", htmx=False)
    assert Template.objects.get(name="Order").versions.get().attachment_ids == [own.pk]
    writer.post(ADD, {**given, "message_type": "LMS", "name": "LMS"}, step="save", htmx=False)
    assert Template.objects.get(name="LMS").versions.get().attachment_ids == []


def test_what_advertising_lacks_is_said_and_can_be_saved(writer: Desk, category: Category) -> None:
    given = fields(category, purpose="AD")
    assert "only with an open 080 line" in words(writer.post(ADD, given, step="look"))
    OptOutLine.objects.create(
        project=writer.project,
        business_name="Shop",
        applied_at=timezone.now(),
        state=LineState.OPEN,
        number="0801234567",
        opened_at=timezone.now(),
    )
    said = words(writer.post(ADD, given, step="look"))
    assert "It can be saved, but not yet sent: Advertising must begin with (광고)." in said
    given["body"] = "(광고)\n세일\n무료거부 0801234567"
    assert "It can be saved, but" not in words(writer.post(ADD, given, step="look"))
    assert writer.post(ADD, fields(category, purpose="AD"), step="save", htmx=False).status_code == 302


def test_starting_over(writer: Desk, category: Category) -> None:
    writer.post(ADD, fields(category), step="look")
    assert writer.post(ADD, {"nonce": ""}, step="discard", htmx=False).status_code == 302
    assert "last time" not in words(writer.client.get(ADD))


def test_an_unknown_step_is_refused(writer: Desk) -> None:
    assert writer.post(ADD, {}, step="other").status_code == 400


# --- changing ------------------------------------------------------------------------------------


def test_the_page_shows_what_the_newest_version_says(writer: Desk, template: Template) -> None:
    saved_by_another(template, "##order## 발송")
    page = writer.client.get(change_url(template))
    assert page.context["form"].raw("body") == "##order## 발송"
    assert page.context["seen_version"] == 2
    assert "last time" not in words(page)
    older = writer.client.get(f"{change_url(template)}?version=1")
    assert older.context["form"].raw("body") == "##name##님, 주문 확인"
    assert older.context["seen_version"] == 2


def test_a_change_is_the_next_version(writer: Desk, template: Template, category: Category) -> None:
    given = fields(category, body="##name##님, 발송", name="Shipped", seen_version=1)
    response = writer.post(change_url(template), given, step="save", htmx=False)
    assert response.url == f"/templates/{template.pk}/"
    template.refresh_from_db()
    assert (template.name, template.version) == ("Shipped", 2)
    assert template.versions.get(number=2).body == "##name##님, 발송"


def test_nothing_changed_makes_no_version(writer: Desk, template: Template, category: Category) -> None:
    given = fields(category, seen_version=1)
    assert writer.post(change_url(template), given, step="save", htmx=False).status_code == 302
    template.refresh_from_db()
    assert (template.version, template.versions.count()) == (1, 1)


def test_somebody_else_saved_meanwhile(writer: Desk, template: Template, category: Category) -> None:
    given = fields(category, body="##name##님, 내 글", seen_version=1, seen_name="Order")
    saved_by_another(template, "##name##님, 그의 글", name="Renamed")
    page = writer.post(change_url(template), given, step="save", htmx=False)
    assert page.status_code == 422
    assert "Sora saved version 2 while you were writing" in words(page)
    assert "<del>주문 확인</del><ins>그의 글</ins>" in page.content.decode()
    assert "<del>그의</del><ins>내</ins> 글" in page.content.decode()
    assert page.context["form"].raw("body") == "##name##님, 내 글"
    assert page.context["seen_version"] == 2
    template.refresh_from_db()
    assert template.version == 2
    again = writer.client.get(change_url(template))
    assert "saved version 2 while you were writing" in words(again)
    assert (
        writer.post(change_url(template), {**given, "seen_version": 2}, step="save", htmx=False).status_code
        == 302
    )
    template.refresh_from_db()
    assert (template.version, template.name) == (3, "Renamed")  # a name that was left alone is not put back
    assert template.versions.get(number=3).body == "##name##님, 내 글"


def test_two_saves_of_the_same_are_one_version(writer: Desk, template: Template, category: Category) -> None:
    given = fields(category, body="##name##님, 발송", seen_version=1)
    for _click in range(2):
        assert writer.post(change_url(template), given, step="save", htmx=False).status_code == 302
    assert template.versions.count() == 2


def use(template: Template, user: User) -> SendRequest:
    now = timezone.now()
    Draft.objects.create(
        user=user,
        project=template.project,
        page="send_mass",
        fields={"template": [str(template.pk)]},
        updated_at=now,
    )
    return SendRequest.objects.create(
        project=template.project,
        name="Autumn",
        kind="GENERAL",
        message_type="SMS",
        purpose="GENERAL",
        lane="SINGLE",
        sender=SENDER,
        body="a",
        state=RequestState.SCHEDULED,
        due_at=now,
        created_at=now,
        template_version=template.versions.get(),
    )


def test_changed_placeholders_name_who_uses_it_and_ask_once(
    writer: Desk, template: Template, category: Category
) -> None:
    request = use(template, UserFactory(name="Mina Park"))
    given = fields(category, body="##order## 발송", seen_version=1)
    page = writer.post(change_url(template), given, step="save", htmx=False)
    assert (page.status_code, template.versions.count()) == (422, 1)
    said = words(page)
    assert "No longer there: ##name## New: ##order##" in said
    assert "Autumn keeps version 1" in said
    assert "Mass send · Mina Park" in said
    confirmed = {**given, "confirmed": page.context["confirmation"]}
    other = writer.post(change_url(template), {**confirmed, "body": "##date##"}, step="save", htmx=False)
    assert (other.status_code, template.versions.count()) == (422, 1)  # another change is asked for anew
    assert writer.post(change_url(template), confirmed, step="save", htmx=False).status_code == 302
    assert template.versions.get(number=2).placeholders == ["order"]
    request.refresh_from_db()
    assert request.template_version.number == 1


def test_the_same_placeholders_or_nobody_ask_nothing(
    writer: Desk, template: Template, category: Category
) -> None:
    given = fields(category, body="##order## 발송", seen_version=1)
    assert writer.post(change_url(template), given, step="save", htmx=False).status_code == 302
    other = TemplateFactory(project=writer.project, category=category, name="Other")
    use(other, UserFactory())
    given = fields(category, name="Other", body="새 글 ##name##", seen_version=1)
    assert writer.post(change_url(other), given, step="save", htmx=False).status_code == 302
    assert other.versions.count() == 2


def test_what_was_written_for_a_deleted_one_goes_on_as_a_new_one(
    writer: Desk, template: Template, category: Category
) -> None:
    delete_template(template=template, user=writer.user)
    given = fields(category, body="##name##님, 발송", seen_version=1)
    response = writer.post(change_url(template), given, step="save", htmx=False)
    assert response.url == ADD
    page = writer.client.get(ADD)
    assert "deleted meanwhile" in words(page)
    assert page.context["form"].raw("body") == "##name##님, 발송"
    assert writer.client.get(change_url(template)).status_code == 404


def test_a_sender_number_that_was_withdrawn_is_said(writer: Desk, template: Template) -> None:
    SenderNumber.objects.update(state=NumberState.WITHDRAWN)
    assert "02-1234-5678 is not approved any more" in words(writer.client.get(change_url(template)))
    assert "02-1234-5678 is not approved any more" in words(writer.client.get(f"/templates/{template.pk}/"))


def test_another_projects_template_is_not_there(writer: Desk, category: Category) -> None:
    foreign = TemplateFactory()
    before = text_of_version(foreign.versions.get())
    assert writer.client.get(change_url(foreign)).status_code == 404
    response = writer.post(change_url(foreign), fields(category), step="save", htmx=False)
    assert response.status_code == 404
    assert text_of_version(foreign.versions.get()) == before


def test_a_viewer_may_not_write(viewer: Desk, template: Template, category: Category) -> None:
    for url in (ADD, change_url(template)):
        assert viewer.client.get(url).status_code == 403
        assert viewer.post(url, fields(category, name="b"), step="save").status_code == 403
    assert Template.objects.count() == 1
