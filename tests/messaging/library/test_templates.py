"""Templates: what is saved and refused, versions, two people at once, and which may be chosen."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.library.errors import ChangedMeanwhile, Gone, LibraryRefused
from messaging.library.templates import (
    TemplateText,
    change_template,
    create_template,
    current_version,
    current_versions,
    delete_template,
    text_of_version,
)
from messaging.models import Attachment, Category, SendRequest, Template, TemplateVersion
from messaging.states import MessageType, Purpose, RequestState
from senders.models import SenderNumber
from senders.states import NumberState
from tests.factories import CategoryFactory, ProjectFactory, TemplateFactory, UserFactory
from tests.messaging.library.conftest import SENDER, text
from tests.messaging.sending.test_concurrency import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def template(project: Project, user: User, category: Category) -> Template:
    return create_template(project=project, user=user, category=category, name="Order", text=text())


def picture(project: Project, size: int = 1000) -> Attachment:
    n = Attachment.objects.count()
    return Attachment.objects.create(
        project=project, name=f"{n}.jpg", storage_name=f"p{n}", sha256="", size=size, width=1, height=1
    )


def refused(work: Any) -> dict[str, str]:
    """What a call is refused with; no template and no version was written."""
    before = list(Template.objects.values_list()), list(TemplateVersion.objects.values_list())
    with pytest.raises(LibraryRefused) as raised:
        work()
    assert (list(Template.objects.values_list()), list(TemplateVersion.objects.values_list())) == before
    return {field: str(sentence) for field, sentence in raised.value.problems.items()}


def test_a_template_and_its_first_version(project: Project, user: User, category: Category) -> None:
    pictures = [picture(project), picture(project)]
    said = text(
        message_type=MessageType.MMS,
        subject="  ##order## 안내 ",
        body="##name##님\r\n##order##",
        attachments=pictures[::-1],
    )
    made = create_template(project=project, user=user, category=category, name="  주문\n안내 ", text=said)
    row = Template.objects.get()
    assert (row, row.name, row.category, row.version, row.project) == (
        made,
        "주문 안내",
        category,
        1,
        project,
    )
    version = row.versions.get()
    assert (version.number, version.message_type, version.purpose, version.sender) == (
        1,
        "MMS",
        "GENERAL",
        SENDER,
    )
    assert (version.subject, version.body) == ("##order## 안내", "##name##님\n##order##")
    assert version.placeholders == ["order", "name"]
    assert version.attachment_ids == [pictures[1].pk, pictures[0].pk]
    assert (version.created_by, version.created_at) == (user, row.updated_at)
    assert text_of_version(version) == TemplateText(
        message_type=MessageType.MMS,
        purpose=Purpose.GENERAL,
        sender=SENDER,
        subject="##order## 안내",
        body="##name##님\n##order##",
        attachments=(pictures[1], pictures[0]),
    )


def test_an_sms_keeps_no_subject(project: Project, user: User, category: Category) -> None:
    create_template(
        project=project, user=user, category=category, name="a", text=text(subject="##left## behind")
    )
    version = TemplateVersion.objects.get()
    assert (version.subject, version.placeholders) == ("", ["name"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": " \n"}, {"body": "Write a text."}),
        ({"body": "가" * 46}, {"body": "92 bytes are too long: at most 90 bytes."}),
        ({"body": "가" * 46 + "##name##"}, {"body": "92 bytes are too long: at most 90 bytes."}),
        (
            {"message_type": MessageType.LMS, "body": "가" * 1001},
            {"body": "2002 bytes are too long: at most 2000 bytes."},
        ),
        (
            {"message_type": MessageType.LMS, "subject": "가" * 21, "body": "🙂"},
            {
                "subject": "42 bytes are too long: at most 40 bytes.",
                "body": "These characters cannot be sent: 🙂",
            },
        ),
        ({"message_type": MessageType.LMS, "subject": "a\nb"}, {"subject": "A subject is one line."}),
        (
            {"body": "##Recipient_No##"},
            {"body": "##recipient_no## names the column of numbers and cannot stand in a text."},
        ),
        (
            {"sender": "0299999999"},
            {
                "sender": "This sender number is not approved in this project. Choose another one, or none "
                "to choose it when sending."
            },
        ),
    ],
)
def test_a_text_that_could_never_be_sent(
    project: Project, user: User, category: Category, template: Template, changes: Any, said: dict[str, str]
) -> None:
    wrong = text(**changes)
    given: dict[str, Any] = {"user": user, "category": category, "name": "b", "text": wrong}
    assert refused(lambda: create_template(project=project, **given)) == said
    assert refused(lambda: change_template(template=template, seen_version=1, **given)) == said


def test_the_limits_themselves_are_allowed(project: Project, user: User, category: Category) -> None:
    given: dict[str, Any] = {"project": project, "user": user, "category": category}
    create_template(**given, name="a", text=text(body="가" * 45, sender=""))
    longest = text(message_type=MessageType.LMS, subject="가" * 20, body="가" * 1000 + "##name##")
    create_template(**given, name="b", text=longest)
    assert Template.objects.count() == 2


def test_a_name_and_a_category_are_needed(project: Project, user: User, category: Category) -> None:
    foreign = CategoryFactory()
    given: dict[str, Any] = {"project": project, "user": user, "text": text()}
    assert refused(lambda: create_template(**given, category=None, name=" ")) == {
        "name": "Give the template a name.",
        "category": "Choose a category.",
    }
    gone = {"category": "This category was deleted meanwhile. Choose another one."}
    assert refused(lambda: create_template(**given, category=foreign, name="a")) == gone
    long = {"name": "A name has at most 100 characters."}
    assert refused(lambda: create_template(**given, category=category, name="x" * 101)) == long


def test_a_name_stands_once_among_those_that_live(
    project: Project, user: User, category: Category, template: Template
) -> None:
    given: dict[str, Any] = {"project": project, "user": user, "category": category, "text": text()}
    taken = {"name": "There is a template “Order” already."}
    assert refused(lambda: create_template(**given, name="Order")) == taken
    delete_template(template=template, user=user)
    assert create_template(**given, name="Order").pk != template.pk
    foreign = ProjectFactory()
    create_template(
        project=foreign,
        user=user,
        category=CategoryFactory(project=foreign),
        name="Order",
        text=text(sender=""),
    )


def test_pictures_of_an_mms_only_of_the_project_only_and_within_the_limits(
    project: Project, user: User, category: Category
) -> None:
    own = [picture(project, 250 * 1024) for _ in range(4)]
    given: dict[str, Any] = {"project": project, "user": user, "category": category, "name": "a"}

    def said(attachments: list[Attachment], message_type: MessageType = MessageType.MMS) -> dict[str, str]:
        mms = text(message_type=message_type, attachments=attachments)
        return refused(lambda: create_template(**given, text=mms))

    assert said(own[:1], MessageType.LMS) == {
        "attachments": "Only an MMS has attachments. Choose MMS, or remove them."
    }
    assert said([picture(ProjectFactory())]) == {"attachments": "An attachment is gone. Attach it again."}
    assert said(own) == {"attachments": "At most 3 attachments."}
    large = picture(project, 301 * 1024)
    assert said([*own[:2], large]) == {"attachments": "All attachments together are at most 800 KB."}
    create_template(**given, text=text(message_type=MessageType.MMS, attachments=own[:3]))


def test_a_change_is_the_next_version_and_the_first_stays(
    project: Project, category: Category, template: Template
) -> None:
    other, place = UserFactory(), CategoryFactory(project=project)
    given: dict[str, Any] = {"template": template, "user": other, "name": "Shipped", "category": place}
    version = change_template(**given, text=text(body="##order## 발송"), seen_version=1)
    template.refresh_from_db()
    assert (template.version, template.name, template.category) == (2, "Shipped", place)
    assert (version.number, version.body, version.placeholders, version.created_by) == (
        2,
        "##order## 발송",
        ["order"],
        other,
    )
    assert list(template.versions.order_by("number").values_list("number", "body")) == [
        (1, "##name##님, 주문 확인"),
        (2, "##order## 발송"),
    ]
    assert template.updated_at == version.created_at


def test_a_change_of_nothing_makes_no_version(
    user: User, category: Category, template: Template, project: Project
) -> None:
    given: dict[str, Any] = {"template": template, "user": user, "category": category}
    assert change_template(**given, name="Order", text=text(), seen_version=1).number == 1
    assert change_template(**given, name="Renamed", text=text(subject="x"), seen_version=1).number == 1
    SenderNumber.objects.update(state=NumberState.WITHDRAWN)  # a text that is kept is not judged anew
    assert change_template(**given, name="Renamed again", text=text(), seen_version=1).number == 1
    template.refresh_from_db()
    assert (template.name, template.version, template.versions.count()) == ("Renamed again", 1, 1)


def test_somebody_else_saved_meanwhile(user: User, category: Category, template: Template) -> None:
    given: dict[str, Any] = {"template": template, "user": user, "name": "Order", "category": category}
    theirs = change_template(**given, text=text(body="theirs"), seen_version=1)
    with pytest.raises(ChangedMeanwhile) as raised:
        change_template(**given, text=text(body="mine"), seen_version=1)
    assert raised.value.current == theirs
    assert template.versions.count() == 2
    assert change_template(**given, text=text(body="theirs"), seen_version=1) == theirs  # a second click
    assert change_template(**given, text=text(body="mine"), seen_version=2).number == 3


def test_a_deleted_one_cannot_be_changed_deleted_or_chosen(
    project: Project, user: User, category: Category, template: Template
) -> None:
    SendRequest.objects.create(
        project=project,
        kind="GENERAL",
        message_type="SMS",
        purpose="GENERAL",
        lane="SINGLE",
        sender=SENDER,
        body="a",
        state=RequestState.SCHEDULED,
        due_at=timezone.now() + timedelta(days=1),
        created_at=timezone.now(),
        template_version=template.versions.get(),
    )
    delete_template(template=template, user=user)
    assert SendRequest.objects.get().template_version.template == template
    assert current_version(project, template.pk) is None
    assert list(current_versions(project)) == []
    for work in (
        lambda: delete_template(template=template, user=user),
        lambda: change_template(
            template=template, user=user, name="a", category=category, text=text(body="b"), seen_version=1
        ),
    ):
        with pytest.raises(Gone):
            work()
    assert template.versions.count() == 1


def test_what_may_be_chosen_in_the_order_of_the_tree(project: Project, user: User) -> None:
    last = CategoryFactory(project=project, name="Z")
    first = CategoryFactory(project=project, name="A")
    below = CategoryFactory(project=project, name="B", parent=last)
    for category, name in ((below, "a"), (last, "b"), (first, "c"), (last, "a2")):
        TemplateFactory(project=project, category=category, name=name)
    TemplateFactory()
    changed = Template.objects.get(name="c")
    newest = change_template(
        template=changed, user=user, name="c", category=first, text=text(), seen_version=1
    )
    with CaptureQueriesContext(connection) as queries:
        found = [
            (each.template.category.name, each.template.name, each.number)
            for each in current_versions(project)
        ]
    assert found == [("A", "c", 2), ("Z", "a2", 1), ("Z", "b", 1), ("B", "a", 1)]
    assert len(queries) == 2
    assert current_version(project, changed.pk) == newest
    assert current_version(ProjectFactory(), changed.pk) is None
    assert list(current_versions(ProjectFactory())) == []


@pytest.mark.django_db(transaction=True)
def test_of_many_saves_at_once_one_is_the_next_version(
    user: User, category: Category, template: Template
) -> None:
    refused: list[Exception] = []

    def save(n: int) -> None:
        try:
            change_template(
                template=template,
                user=user,
                name="Order",
                category=category,
                text=text(body=f"text {n}"),
                seen_version=1,
            )
        except ChangedMeanwhile as error:
            refused.append(error)

    at_once(*[lambda n=n: save(n) for n in range(4)])
    assert len(refused) == 3
    assert list(template.versions.order_by("number").values_list("number", flat=True)) == [1, 2]
    template.refresh_from_db()
    assert template.version == 2
