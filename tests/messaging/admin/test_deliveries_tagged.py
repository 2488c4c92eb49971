"""Tag deliveries by request and by recipient: what is shown before they are due and after."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from console.accounts.scoping import Scope
from messaging.admin.home.motion import motion_of
from messaging.audience.conditions import Condition
from messaging.models import (
    Category,
    Message,
    SendBatch,
    SendRequest,
    StatisticsKey,
    Tag,
    TaggedUid,
    Template,
    TemplateVersion,
    Uid,
)
from messaging.sending.loading import load_request
from messaging.states import MessageType, Purpose
from tests.factories import MembershipFactory, OptOutLineFactory, TagFactory, TemplateFactory, UidFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import OFF, deliver, half_hours, in_a_day, send, send_file
from tests.messaging.sending.audiences import tagged_numbers, to_tags
from tests.messaging.sending.files import numbers

TAGGED = "admin:deliveries_tagged"
NumQueries = Callable[..., Any]


@pytest.fixture
def tag(project: Project) -> Tag:
    return tagged_numbers(project, [*numbers(2), OFF], name="VIP")


def to_tag(project: Project, *tags: Tag, **changes: Any) -> SendRequest:
    condition = Condition(tuple(tag.pk for tag in tags))
    request = send(project, [], **to_tags(condition, **changes))
    load_request(request.pk)
    request.refresh_from_db()
    return request


def page_of(client: Any, request: SendRequest, name: str = "delivery_request") -> Any:
    return client.get(reverse(f"admin:{name}", args=[request.pk]))


def test_only_tag_deliveries_of_the_project_with_their_conditions(
    project: Project, stranger: Project, tag: Tag, client_as: ClientAs
) -> None:
    request = to_tag(project, tag, TagFactory(project=project, name="Seoul", uids=list(Uid.objects.all())))
    send_file(project, numbers(1))
    send(project, numbers(1))
    to_tag(stranger, tagged_numbers(stranger, numbers(1)))
    response = client_as(project).get(reverse(TAGGED))
    assert [(row.request.pk, row.condition) for row in response.context["rows"]] == [
        (request.pk, "all of “VIP”, “Seoul”")
    ]
    assert "all of “VIP”, “Seoul”" in response.content.decode()


def test_the_list_asks_the_same_number_of_questions_however_long(
    project: Project, tag: Tag, client_as: ClientAs, django_assert_num_queries: NumQueries
) -> None:
    client = client_as(project)
    to_tag(project, tag)
    client.get(reverse(TAGGED))
    with django_assert_num_queries(QUERIES):
        client.get(reverse(TAGGED))
    for n in range(4):
        to_tag(project, TagFactory(project=project, name=f"t{n}", uids=list(Uid.objects.all())))
    with django_assert_num_queries(QUERIES):
        assert len(client.get(reverse(TAGGED)).context["rows"]) == 5


QUERIES = 6


def test_it_explains_itself_while_there_is_none(project: Project, client_as: ClientAs) -> None:
    send(project, numbers(1))
    assert client_as(project).get(reverse(TAGGED)).context["nothing_yet"] is True


def test_before_it_is_due_its_page_says_whom_and_how_many(
    project: Project, tag: Tag, client_as: ClientAs
) -> None:
    request = to_tag(project, tag, due_at=in_a_day())
    client = client_as(project)
    page = page_of(client, request)
    assert page.context["condition"] == "“VIP”"
    assert page.context["live"].seconds == 15
    content = page.content.decode()
    assert "The recipients are looked up when it is due." in content
    assert "3 messages when it was asked" in content
    scheduled = client.get(reverse("admin:deliveries_scheduled")).context["rows"]
    assert [(row.request.pk, row.total, row.next_due_at) for row in scheduled] == [
        (request.pk, 3, request.due_at)
    ]


def test_it_is_due_next_and_does_not_run(project: Project, tag: Tag) -> None:
    request = to_tag(project, tag, due_at=in_a_day())
    member = MembershipFactory(project=project)
    scope = Scope(member.user, member)
    now = timezone.now()
    assert [row.request.pk for row in motion_of(scope, now).due] == [request.pk]
    assert motion_of(scope, now).running == []
    later = motion_of(scope, now + timedelta(days=2)).running
    assert [each.row.request.pk for each in later] == [request.pk]


def test_after_it_was_sent_expected_and_loaded_stand_side_by_side(
    project: Project, tag: Tag, client_as: ClientAs
) -> None:
    request = send(project, [], **to_tags(Condition((tag.pk,))))
    UidFactory(project=project, numbers=["01077770001"])
    TaggedUid.objects.create(tag=tag, uid=Uid.objects.order_by("-pk")[0], created_at=timezone.now())
    load_request(request.pk)
    deliver(request)
    content = page_of(client_as(project), request).content.decode()
    assert "3 messages when it was asked" in content
    assert "4 when it was due" in content


@pytest.mark.parametrize("is_deleted", [True, False])
def test_one_that_failed_says_why(project: Project, tag: Tag, client_as: ClientAs, is_deleted: bool) -> None:
    request = send(project, [], **to_tags(Condition((tag.pk,))))
    if is_deleted:
        tag.delete()
    else:
        TaggedUid.objects.all().delete()
    load_request(request.pk)
    page = page_of(client_as(project), request)
    words = (
        "A tag of its condition was deleted before it was due" if is_deleted else "nobody with a phone number"
    )
    assert words in str(page.context["failure"])
    assert page.context["condition"] == ("a deleted tag" if is_deleted else "“VIP”")
    assert page.context["live"].left == 0


def test_what_it_was_made_of(project: Project, tag: Tag, client_as: ClientAs) -> None:
    now = timezone.now()
    category = Category.objects.create(project=project, name="Shop")
    template = Template.objects.create(
        project=project, category=category, name="Sale", version=2, updated_at=now
    )
    version = TemplateVersion.objects.create(
        template=template,
        number=2,
        message_type=MessageType.SMS,
        purpose=Purpose.GENERAL,
        body="Hi ##name##",
        created_at=now,
    )
    key = StatisticsKey.objects.create(
        project=project, name="Autumn", starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1)
    )
    request = to_tag(
        project,
        tag,
        body="Hi ##name##",
        shared_values={"name": "all"},
        template_version=version,
        statistics_key=key,
    )
    content = page_of(client_as(project, ProjectRole.VIEWER), request).content.decode()
    assert (
        f'href="{reverse("admin:template_version", args=[template.pk, 2])}">Sale</a> · version 2' in content
    )
    assert f'{reverse("admin:statistics")}?period=90&amp;statistics_key={key.pk}">Autumn</a>' in content
    assert "<span>all</span>" in content


def test_by_recipient_with_uid_text_and_filter(project: Project, tag: Tag, client_as: ClientAs) -> None:
    request = deliver(to_tag(project, tag, body="Hi ##name##", shared_values={"name": "all"}))
    client = client_as(project, ProjectRole.VIEWER)
    rows = page_of(client, request, "delivery_messages").context["message_list"]
    uids = list(Uid.objects.order_by("pk").values_list("uid", flat=True))
    assert sorted(row.message.uid for row in rows) == uids
    assert {row.text for row in rows} == {"Hi all"}
    address = reverse("admin:delivery_messages", args=[request.pk])
    found = client.get(address, {"uid": uids[1]}).context["message_list"]
    assert [row.message.uid for row in found] == [uids[1]]
    message = Message.objects.get(uid=uids[1])
    page = client.get(reverse("admin:delivery_message", args=[message.pk]))
    assert f'<dt>UID</dt><dd class="b-code">{uids[1]}</dd>' in page.content.decode()
    assert page.context["bubbles"][0].text == "Hi all"


def test_other_requests_have_no_uid_to_look_for(project: Project, client_as: ClientAs) -> None:
    page = page_of(client_as(project), send_file(project, numbers(1)), "delivery_messages")
    assert "uid" not in page.context["form"].fields


def test_values_of_a_few_typed_numbers_are_hidden_from_some(project: Project, client_as: ClientAs) -> None:
    """They are shared, but may be about the one recipient."""
    request = send(project, ["01012340001"], body="Code ##code##", shared_values={"code": "99887766"})
    for role, text, values in ((ProjectRole.VIEWER, "Code •••", 0), (ProjectRole.SENDER, "Code 99887766", 1)):
        client = client_as(project, role)
        rows = page_of(client, request, "delivery_messages").context["message_list"]
        assert [row.text for row in rows] == [text]
        assert len(page_of(client, request).context["shared_values"]) == values


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_downloads(project: Project, tag: Tag, client_as: ClientAs, file_format: str) -> None:
    request = to_tag(project, tag, body="Hi ##name##", shared_values={"name": "all"})
    client = client_as(project)
    listed = reverse("admin:deliveries_export") + "?list=tagged"
    assert "1 row with" in client.get(listed).context["sentence"]
    assert client.post(listed, {"format": file_format}).status_code == 200
    response = client.post(reverse("admin:delivery_export", args=[request.pk]), {"format": "csv"})
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    uid = Uid.objects.order_by("pk")[0].uid
    assert lines[0].split(",")[-2:] == ["Text", "UID"]
    assert sum(line.endswith(f",Hi all,{uid}") for line in lines[1:]) == 1


def test_a_waiting_one_is_canceled_from_the_list(project: Project, tag: Tag, client_as: ClientAs) -> None:
    request = to_tag(project, tag, due_at=in_a_day())
    client = client_as(project)
    address = reverse("admin:delivery_cancel", args=[request.pk])
    assert address in client.get(reverse(TAGGED)).content.decode()
    asked = client.get(address)
    assert asked.context["sentence"] == "3 messages that are not handed over yet will not be sent."
    client.post(address)
    request.refresh_from_db()
    assert request.state == "CANCELING"
    assert SendBatch.objects.get().state == "WAITING"


# --- titles, purposes, moments ------------------------------------------------------------------


def test_advertising_is_titled_by_what_tells_it_apart(project: Project, client_as: ClientAs) -> None:
    """By its name, else its subject, else its template, else its text without what all of them begin with."""
    line = OptOutLineFactory(project=project, opened=True)
    template = TemplateFactory(project=project, name="Spring tea")
    given: dict[str, Any] = {
        "purpose": Purpose.ADVERTISING,
        "opt_out_line": line,
        "body": f"(광고) Tea today\n무료거부 {line.number}",
    }
    lms = {"message_type": MessageType.LMS, "subject": "Tea  for all"}
    of_template = {"template_version": template.versions.get()}
    for changes in ({}, of_template, {**of_template, **lms}, {**of_template, **lms, "name": "Sale"}):
        send(project, numbers(1), **given, **changes)
    rows = client_as(project).get(reverse("admin:deliveries_requests")).context["rows"]
    assert [row.title for row in rows] == [
        "Sale",
        "Tea for all",
        "Spring tea",
        f"Tea today 무료거부 {line.number}",
    ]
    page = page_of(client_as(project), rows[2].request).content.decode()
    assert "Spring tea</h1>" in page


@pytest.mark.parametrize("name", ["tagged", "mass"])
def test_a_purpose_that_is_not_the_usual_one_is_said(
    project: Project, tag: Tag, client_as: ClientAs, name: str
) -> None:
    line = OptOutLineFactory(project=project, opened=True)
    given: dict[str, Any] = {"purpose": Purpose.ADVERTISING, "opt_out_line": line}
    if name == "tagged":
        given["body"] = f"(광고) Tea\n무료거부 {line.number}"
    request = to_tag(project, tag, **given) if name == "tagged" else send_file(project, numbers(2))
    if name == "mass":
        SendRequest.objects.filter(pk=request.pk).update(purpose=Purpose.ADVERTISING)
    client = client_as(project)
    assert "SMS · Advertising · <span" in client.get(reverse(f"admin:deliveries_{name}")).content.decode()
    SendRequest.objects.filter(pk=request.pk).update(purpose=Purpose.GENERAL)
    assert "SMS · <span" in client.get(reverse(f"admin:deliveries_{name}")).content.decode()


@pytest.mark.parametrize(("parts", "said"), [(1, "<span>Due "), (2, "<span>last part due ")])
def test_only_where_there_are_parts_one_is_the_last(
    project: Project, client_as: ClientAs, parts: int, said: str
) -> None:
    split = half_hours(parts) if parts > 1 else None
    request = send_file(project, numbers(4), due_at=in_a_day(), split=split)
    assert said in page_of(client_as(project), request).content.decode()
