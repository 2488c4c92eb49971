"""The pages of tags: registering, renaming, deleting, and many UIDs at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.audience import written
from messaging.ids import new_request_id
from messaging.models import SendRequest, Tag, TaggedUid, Uid
from messaging.states import DeliveryKind, Lane, Purpose, RequestState
from tests.factories import ProjectFactory, TagFactory, UidFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.audience.uid_files import tagged_with

LIST = reverse("admin:audience_tags")


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


@pytest.fixture
def uids(project: Project) -> list[Uid]:
    return [UidFactory(project=project, uid=uid) for uid in ("a", "b", "c")]


def page_of(tag: Tag) -> str:
    return reverse("admin:audience_tag", args=[tag.pk])


def delete_page(tag: Tag) -> str:
    return reverse("admin:audience_tag_delete", args=[tag.pk])


def csv_file(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("uids.csv", content)


def tag_send(project: Project, condition: Any, **fields: Any) -> SendRequest:
    now = timezone.now()
    given: dict[str, Any] = {
        "id": new_request_id(),
        "kind": DeliveryKind.TAG,
        "message_type": "SMS",
        "purpose": Purpose.GENERAL,
        "lane": Lane.MASS,
        "sender": "0212345678",
        "body": "안내",
        "state": RequestState.WAITING,
        "due_at": now + timedelta(days=1),
        "created_at": now,
        "tag_condition": condition,
    }
    return SendRequest.objects.create(project=project, **{**given, **fields})


class TestList:
    def test_newest_first_with_counts_in_one_query(
        self, project: Project, uids: list[Uid], client_as: ClientAs, django_assert_max_num_queries: Any
    ) -> None:
        TagFactory(project=project, name="VIP", uids=uids[:2])
        TagFactory(project=project, name="Seoul")
        TagFactory(name="theirs", uids=[UidFactory()])
        client = client_as(project)
        response = client.get(LIST)
        assert [(tag.name, n) for tag, n in response.context["rows"]] == [("Seoul", 0), ("VIP", 2)]
        for _ in range(20):
            TagFactory(project=project, uids=uids)
        with django_assert_max_num_queries(10):
            client.get(LIST)
        assert [tag.name for tag, _n in client.get(LIST, {"name": "vi"}).context["rows"]] == ["VIP"]

    def test_registering_one(self, project: Project, client_as: ClientAs) -> None:
        response = client_as(project).post(LIST, {"name": "  first   order "})
        tag = Tag.objects.get(project=project)
        assert (tag.name, response.headers["Location"]) == ("first order", page_of(tag))

    @pytest.mark.parametrize("name", ["", "  ", "VIP", " VIP ", "x" * 51, "a,b", "a\u200db"])
    def test_names_that_cannot_be(self, project: Project, client_as: ClientAs, name: str) -> None:
        TagFactory(project=project, name="VIP")
        response = client_as(project).post(LIST, {"name": name})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["name"]
        assert Tag.objects.count() == 1

    def test_two_projects_may_have_tags_of_one_name(self, project: Project, client_as: ClientAs) -> None:
        TagFactory(name="VIP")
        client_as(project).post(LIST, {"name": "VIP"})
        assert Tag.objects.filter(name="VIP").count() == 2

    def test_a_viewer_registers_nothing(self, project: Project, client_as: ClientAs) -> None:
        client = client_as(project, ProjectRole.VIEWER)
        assert client.get(LIST).status_code == 200
        assert client.post(LIST, {"name": "VIP"}).status_code == 403
        assert not Tag.objects.exists()


class TestOne:
    def test_renaming(self, project: Project, client_as: ClientAs) -> None:
        tag, other = TagFactory(project=project, name="VIP"), TagFactory(project=project, name="Gold")
        client = client_as(project)
        assert client.post(page_of(tag), {"action": "rename", "name": "Platinum"}).status_code == 302
        assert client.post(page_of(other), {"action": "rename", "name": "Platinum"}).status_code == 422
        assert sorted(Tag.objects.values_list("name", flat=True)) == ["Gold", "Platinum"]

    def test_pasted_uids_and_those_that_are_not_registered(
        self, project: Project, uids: list[Uid], client_as: ClientAs
    ) -> None:
        tag = TagFactory(project=project, name="VIP", uids=[uids[0]])
        UidFactory(uid="theirs")
        sent = {"action": "tag", "uids": "a\r\n\0\r\n b\0 \r\ntheirs\r\nb\r\nnobody"}
        response = client_as(project).post(page_of(tag), sent)
        assert tagged_with(tag) == ["a", "b"]
        assert response.context["said"] == "1 UID got the tag “VIP”. 1 had it before. 1 line stood before."
        assert response.context["missing"] == [(4, "theirs"), (6, "nobody")]
        assert response.context["form"]["uids"].value() == "theirs\nnobody"
        client_as(project).post(page_of(tag), {"action": "untag", "uids": "b\nc"})
        assert tagged_with(tag) == ["a"]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949", "utf-16"])
    def test_a_csv_file_of_uids(self, project: Project, client_as: ClientAs, encoding: str) -> None:
        for uid in ("고객1", "고객2"):
            UidFactory(project=project, uid=uid)
        tag = TagFactory(project=project)
        content = "uid,name\n고객1,김\n고객2,이\n고객3,박\n".encode(encoding)
        response = client_as(project).post(page_of(tag), {"action": "tag", "file": csv_file(content)})
        assert tagged_with(tag) == ["고객1", "고객2"]
        assert response.context["missing"] == [(4, "고객3")]

    def test_a_file_without_a_header(self, project: Project, uids: list[Uid], client_as: ClientAs) -> None:
        tag = TagFactory(project=project)
        client_as(project).post(page_of(tag), {"action": "tag", "file": csv_file(b"a\nb\n")})
        assert tagged_with(tag) == ["a", "b"]

    @pytest.mark.parametrize(
        ("sent", "wrong"),
        [
            ({"uids": " \n"}, "uids"),
            ({"uids": "a\nb\nc"}, "uids"),
            ({"file": b"PK\x03\x04" + b"0" * 50}, "file"),
            ({"file": b"\x89PNG\r\n\x1a\n" + b"0" * 50}, "file"),
            ({"file": b"a\nb\nc\n"}, "file"),
        ],
    )
    def test_what_cannot_be_read_changes_nothing(
        self,
        project: Project,
        uids: list[Uid],
        client_as: ClientAs,
        monkeypatch: pytest.MonkeyPatch,
        sent: dict[str, Any],
        wrong: str,
    ) -> None:
        monkeypatch.setattr(written, "MOST_LINES", 2)
        tag = TagFactory(project=project)
        sent = {name: csv_file(value) if name == "file" else value for name, value in sent.items()}
        response = client_as(project).post(page_of(tag), {"action": "tag", **sent})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [wrong]
        assert tagged_with(tag) == []

    def test_its_uids_and_taking_it_off_all(
        self, project: Project, uids: list[Uid], client_as: ClientAs
    ) -> None:
        tag = TagFactory(project=project, name="VIP", uids=uids[:2])
        client = client_as(project)
        response = client.get(page_of(tag))
        assert [row.uid.uid for row in response.context["rows"]] == ["b", "a"]
        assert [row.uid.uid for row in client.get(page_of(tag), {"uid": "a"}).context["rows"]] == ["a"]
        sent = {"which": "chosen", "id": uids[0].pk, "action": "untag", "with_tag": "VIP", "of_tag": tag.pk}
        response = client.post(reverse("admin:audience_uids_bulk"), sent)
        assert (response.headers["Location"], tagged_with(tag)) == (page_of(tag), ["b"])


class TestDelete:
    def test_it_says_who_loses_it_and_what_is_still_to_come(
        self, project: Project, uids: list[Uid], client_as: ClientAs
    ) -> None:
        tag = TagFactory(project=project, name="VIP", uids=uids)
        kept = TagFactory(project=project, uids=uids[:1])
        naming = {"all": [], "any": [{"all": [tag.pk], "any": [], "none": []}], "none": []}
        first = tag_send(project, naming, name="Autumn")
        tag_send(project, {"all": [kept.pk], "any": [], "none": []})
        tag_send(project, naming, state=RequestState.COMPLETED)
        tag_send(ProjectFactory(), naming)
        client = client_as(project)
        context = client.get(delete_page(tag)).context
        assert context["sentence"] == (
            "The tag “VIP” is deleted, and 3 UIDs lose it. The UIDs themselves stay."
        )
        assert context["warning"].startswith("1 tag send that is still to come names this tag")
        assert [request.pk for request, _words in context["sends"]] == [first.pk]
        response = client.post(delete_page(tag), follow=True)
        assert "The tag “VIP” is deleted; 3 UIDs had it." in response.content.decode()
        assert list(Tag.objects.values_list("pk", flat=True)) == [kept.pk]
        assert (Uid.objects.count(), TaggedUid.objects.count()) == (3, 1)

    def test_nothing_to_warn_of(self, project: Project, client_as: ClientAs) -> None:
        tag = TagFactory(project=project)
        context = client_as(project).get(delete_page(tag)).context
        assert (context["warning"], context["sends"]) == ("", [])


def test_a_tag_leads_to_sending_for_those_who_may(project: Project, client_as: ClientAs) -> None:
    tag = TagFactory(project=project)
    link = f'href="{reverse("admin:send_tag")}">Send to this tag</a>'
    for role, leads in ((ProjectRole.SENDER, True), (ProjectRole.VIEWER, False)):
        page = client_as(project, role).get(page_of(tag)).content.decode()
        assert (link in page) is leads, role
