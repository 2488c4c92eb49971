"""One template: its newest version, the history with what changed, restoring, deleting, pictures."""

from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from messaging.library.templates import change_template
from messaging.models import Attachment, Category, Draft, SendRequest, Template
from messaging.states import RequestState
from senders.models import SenderNumber
from senders.states import NumberState
from tests.factories import TemplateFactory
from tests.messaging.admin.sending_people import SENDER, Desk
from tests.messaging.admin.templates.conftest import words
from tests.messaging.library.conftest import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def template(writer: Desk, category: Category) -> Template:
    said = {"sender": SENDER, "body": "##name##님, 주문 확인"}
    return TemplateFactory(project=writer.project, category=category, name="Order", text=said)


def change(template: Template, writer: Desk, **changes) -> None:
    template.refresh_from_db()
    given = {"template": template, "user": writer.user, "name": template.name, "category": template.category}
    change_template(**given, text=text(**changes), seen_version=template.version)


def schedule(template: Template, number: int = 1) -> SendRequest:
    now = timezone.now()
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
        template_version=template.versions.get(number=number),
    )


def url(template: Template, rest: str = "") -> str:
    return f"/templates/{template.pk}/{rest}"


def test_what_it_is_and_the_pages_that_send_it(writer: Desk, viewer: Desk, template: Template) -> None:
    page = writer.client.get(url(template))
    said = words(page)
    assert "Order" in said
    assert "SMS · General" in said
    assert "02-1234-5678" in said
    assert "Placeholders ##name##" in said
    assert "Nothing that is still to be sent, and no draft." in said
    assert f"/send/general/?template={template.pk}" in page.content.decode()
    assert f"/send/mass/?template={template.pk}" in page.content.decode()
    seen = viewer.client.get(url(template))
    assert seen.status_code == 200
    assert "?template=" not in seen.content.decode()
    assert f'/statistics/?period=90&amp;template={template.pk}"' in seen.content.decode()
    assert "/change/" not in seen.content.decode()


def test_the_history_says_what_changed_and_who_did(writer: Desk, template: Template) -> None:
    change(template, writer, body="##name##님, 주문 발송")
    change(template, writer, body="##name##님, 주문 발송", sender="")
    page = writer.client.get(url(template))
    rows = page.context["history"]
    assert [(row.version.number, row.what) for row in rows] == [(3, "Sender number"), (2, "Text"), (1, "")]
    assert rows[2].changes is None
    assert "주문 <del>확인</del><ins>발송</ins>" in page.content.decode()
    assert "<del>02-1234-5678</del><ins>chosen when sending</ins>" in page.content.decode()
    assert str(writer.user) in words(page)


def test_a_long_history_has_pages_and_as_many_queries(writer: Desk, template: Template) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            writer.client.get(url(template))
        return len(queries)

    change(template, writer, body="0")
    few = count()
    for n in range(1, 22):
        change(template, writer, body=str(n))
    assert count() <= few + 1  # the version before the last one shown
    page = writer.client.get(url(template))
    assert [row.version.number for row in page.context["history"]] == list(range(23, 3, -1))
    assert page.context["history"][-1].what == "Text"
    older = writer.client.get(url(template, page.context["page"].links(page.wsgi_request.GET)["older"]))
    assert [row.version.number for row in older.context["history"]] == [3, 2, 1]


def test_who_uses_it(writer: Desk, template: Template) -> None:
    request = schedule(template)
    Draft.objects.create(
        user=writer.user,
        project=writer.project,
        page="send_general",
        fields={"template": [str(template.pk)]},
        updated_at=timezone.now(),
    )
    change(template, writer, body="##name##님, 새 글")
    page = writer.client.get(url(template))
    assert f"/deliveries/requests/{request.pk}/" in page.content.decode()
    assert "Autumn keeps version 1" in words(page)
    assert f"General send · {writer.user}" in words(page)


def test_an_older_version_comes_back_as_a_new_one(writer: Desk, template: Template) -> None:
    change(template, writer, body="##order## 발송")
    page = writer.client.get(url(template, "versions/1/"))
    assert "Against version 2, the newest" in words(page)
    assert page.context["changes"] is None
    assert "Restoring it changes the placeholders" not in words(page)
    schedule(template, 2)
    assert "Restoring it changes the placeholders" in words(writer.client.get(url(template, "versions/1/")))
    response = writer.client.post(url(template, "versions/1/"), {"seen_version": "2"})
    assert response.url == url(template)
    template.refresh_from_db()
    assert template.version == 3
    newest = template.versions.get(number=3)
    assert (newest.body, newest.sender, newest.created_by) == ("##name##님, 주문 확인", SENDER, writer.user)


@pytest.mark.parametrize("seen", ["1", "", "x"])
def test_not_over_what_somebody_else_saved(writer: Desk, template: Template, seen: str) -> None:
    change(template, writer, body="2")
    change(template, writer, body="3")
    response = writer.client.post(url(template, "versions/1/"), {"seen_version": seen}, follow=True)
    assert "Somebody else saved this template" in words(response)
    assert template.versions.count() == 3


def test_what_could_not_be_sent_any_more_does_not_come_back(writer: Desk, template: Template) -> None:
    change(template, writer, body="2", sender="")
    SenderNumber.objects.update(state=NumberState.WITHDRAWN)
    response = writer.client.post(url(template, "versions/1/"), {"seen_version": "2"}, follow=True)
    assert "This sender number is not approved" in words(response)
    assert template.versions.count() == 2


def test_a_viewer_looks_and_restores_nothing(writer: Desk, viewer: Desk, template: Template) -> None:
    change(template, writer, body="2")
    assert viewer.client.get(url(template, "versions/1/")).status_code == 200
    assert viewer.client.post(url(template, "versions/1/"), {"seen_version": "2"}).status_code == 403
    assert viewer.client.get(url(template, "delete/")).status_code == 403
    assert viewer.client.post(url(template, "delete/")).status_code == 403
    assert template.versions.count() == 2
    assert writer.client.get(url(template, "versions/3/")).status_code == 404


def test_deleting_says_who_uses_it_and_leaves_that_alone(writer: Desk, template: Template) -> None:
    request = schedule(template)
    said = words(writer.client.get(url(template, "delete/")))
    assert "“Order” can no longer be chosen. 1 request that is still to be sent keeps its text" in said
    assert "Autumn keeps version 1" in said
    response = writer.client.post(url(template, "delete/"))
    assert response.url == f"/templates/?category={template.category_id}"
    template.refresh_from_db()
    assert template.deleted_at is not None
    request.refresh_from_db()
    assert (request.state, request.template_version.template) == (RequestState.SCHEDULED, template)
    for rest in ("", "delete/", "change/", "versions/1/"):
        assert writer.client.get(url(template, rest)).status_code == 404


def test_pictures_of_any_version_are_shown_to_members(writer: Desk, viewer: Desk, category: Category) -> None:
    file = BytesIO()
    Image.new("RGB", (2, 2), "white").save(file, "JPEG")
    stored = default_storage.save("attachments/of-a-template.jpg", ContentFile(file.getvalue()))
    picture, other = (
        Attachment.objects.create(
            project=writer.project, name="a.jpg", storage_name=name, sha256="", size=1, width=2, height=2
        )
        for name in (stored, "nowhere.jpg")
    )
    template = TemplateFactory(
        project=writer.project,
        category=category,
        text={"message_type": "MMS", "attachment_ids": [picture.pk]},
    )
    address = url(template, f"pictures/{picture.pk}/")
    assert address in viewer.client.get(url(template)).content.decode()
    response = viewer.client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert b"".join(response.streaming_content) == file.getvalue()
    assert viewer.client.get(url(template, f"pictures/{other.pk}/")).status_code == 404


@pytest.mark.parametrize("rest", ["", "delete/", "versions/1/"])
def test_another_projects_template_is_not_there(writer: Desk, rest: str) -> None:
    foreign = TemplateFactory()
    assert writer.client.get(url(foreign, rest)).status_code == 404
    assert writer.client.post(url(foreign, rest)).status_code in (404, 405)
    foreign.refresh_from_db()
    assert foreign.deleted_at is None
