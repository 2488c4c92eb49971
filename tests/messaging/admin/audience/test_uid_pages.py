"""The pages of UIDs: searching, registering, one with its contacts and tags, and many at once."""

import csv
import io
from typing import Any

import pytest
from django.urls import reverse

from console.accounts.models import AuditEntry, Project
from console.accounts.roles import ProjectRole
from messaging.audience import bulk
from messaging.models import Contact, Tag, Uid
from tests.factories import ContactFactory, ProjectFactory, TagFactory, UidFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.audience.uid_files import audience_of, tagged_with

LIST = reverse("admin:audience_uids")
ADD = reverse("admin:audience_uid_add")
BULK = reverse("admin:audience_uids_bulk")
EXPORT = reverse("admin:audience_uids_export")


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


def page_of(uid: Uid) -> str:
    return reverse("admin:audience_uid", args=[uid.pk])


def shown(response: Any) -> list[str]:
    return [row.uid.uid for row in response.context["rows"]]


def filled(response: Any) -> dict[str, Any]:
    """What the form of a page sends along."""
    found: dict[str, Any] = {}
    for name, value in response.context["fields"]:
        found.setdefault(name, []).append(value)
    return found


class TestList:
    def test_newest_first_with_contacts_and_tags(self, project: Project, client_as: ClientAs) -> None:
        first = UidFactory(project=project, uid="a", numbers=["01000000001", "01000000002"])
        UidFactory(project=project, uid="b")
        UidFactory(uid="of another project")
        TagFactory(project=project, name="VIP", uids=[first])
        response = client_as(project).get(LIST)
        assert shown(response) == ["b", "a"]
        row = response.context["rows"][1]
        assert [contact.value for contact in row.contacts] == ["01000000001", "01000000002"]
        assert [tag.name for tag in row.tags] == ["VIP"]
        assert response.context["count"] == "2 UIDs"
        assert "010-0000-0001" in response.content.decode()

    def test_a_viewer_sees_numbers_masked_and_changes_nothing(
        self, project: Project, client_as: ClientAs
    ) -> None:
        UidFactory(project=project, uid="a", numbers=["01012345678"])
        page = client_as(project, ProjectRole.VIEWER).get(LIST).content.decode()
        assert "010-****-5678" in page
        assert "010-1234-5678" not in page
        assert 'name="id"' not in page

    def test_a_search_by_beginning_is_in_the_order_of_the_uids(
        self, project: Project, client_as: ClientAs
    ) -> None:
        for uid in ("kim-2", "lee-1", "kim-1", "KIM-3", "kim_4", "kim%"):
            UidFactory(project=project, uid=uid)
        client = client_as(project)
        assert shown(client.get(LIST, {"uid": "kim"})) == ["kim%", "kim-1", "kim-2", "kim_4"]
        assert shown(client.get(LIST, {"uid": "kim_"})) == ["kim_4"]
        assert shown(client.get(LIST, {"uid": "kim%"})) == ["kim%"]

    def test_a_cursor_without_a_key_that_can_be(self, project: Project, client_as: ClientAs) -> None:
        for uid in ("a1", "a2"):
            UidFactory(project=project, uid=uid)
        client = client_as(project)
        for cursor in (">\0", "<\0", "\0"):
            assert shown(client.get(LIST, {"uid": "a", "cursor": cursor})) == ["a1", "a2"]
            assert shown(client.get(LIST, {"cursor": cursor})) == ["a2", "a1"]
        assert shown(client.get(LIST, {"uid": "a", "cursor": ">a1\0"})) == ["a2"]

    def test_a_search_by_number_and_tag(self, project: Project, client_as: ClientAs) -> None:
        one = UidFactory(project=project, uid="a", numbers=["01012345678"])
        UidFactory(project=project, uid="b", numbers=["01012345679"])
        two = UidFactory(project=project, uid="c", numbers=["01012345678"])
        TagFactory(project=project, name="VIP", uids=[two])
        ContactFactory(uid=one, kind="EMAIL", country_code=0, value="01099999999")
        client = client_as(project)
        assert shown(client.get(LIST, {"number": "+82 10-1234-5678"})) == ["c", "a"]
        assert shown(client.get(LIST, {"number": "010-1234-5678", "tag": "VIP"})) == ["c"]
        assert shown(client.get(LIST, {"number": "010-9999-9999"})) == []
        refused = client.get(LIST, {"tag": "none", "number": "12"})
        assert set(refused.context["form"].errors) == {"tag", "number"}

    def test_pages_go_on_by_key_both_ways(self, project: Project, client_as: ClientAs) -> None:
        for n in range(120):
            UidFactory(project=project, uid=f"u{n:03}")
        client = client_as(project)
        for query, first in (({}, "u119"), ({"uid": "u"}, "u000")):
            one = client.get(LIST, query)
            two = client.get(LIST + one.context["next"])
            three = client.get(LIST + two.context["next"])
            assert (shown(one)[0], len(shown(one)), one.context["previous"]) == (first, 50, "")
            assert (len(shown(two)), len(shown(three)), three.context["next"]) == (50, 20, "")
            assert len({*shown(one), *shown(two), *shown(three)}) == 120
            assert shown(client.get(LIST + three.context["previous"])) == shown(two)
            assert shown(client.get(LIST + two.context["previous"])) == shown(one)

    def test_the_number_of_queries_is_that_of_one_row(
        self, project: Project, client_as: ClientAs, django_assert_max_num_queries: Any
    ) -> None:
        uids = [UidFactory(project=project, numbers=["01000000001"]) for _ in range(30)]
        TagFactory(project=project, uids=uids)
        client = client_as(project)
        client.get(LIST)
        with django_assert_max_num_queries(12):
            client.get(LIST)

    def test_empty(self, project: Project, client_as: ClientAs) -> None:
        client = client_as(project)
        assert client.get(LIST).context["nothing_yet"] is True
        assert "upload a file of thousands" in client.get(LIST).content.decode()


class TestAdd:
    def test_with_several_numbers_and_tags(self, project: Project, client_as: ClientAs) -> None:
        vip, seoul = TagFactory(project=project, name="VIP"), TagFactory(project=project, name="Seoul")
        response = client_as(project).post(
            ADD,
            {"uid": " kim ", "numbers": "010-1234-5678\n+1 650-253-0000\n01012345678", "tags": "Seoul, VIP"},
        )
        uid = Uid.objects.get()
        assert response.headers["Location"] == page_of(uid)
        assert uid.uid == "kim"
        assert list(Contact.objects.order_by("pk").values_list("kind", "country_code", "value")) == [
            ("PHONE", 82, "01012345678"),
            ("PHONE", 1, "6502530000"),
        ]
        assert (tagged_with(vip), tagged_with(seoul)) == (["kim"], ["kim"])

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"uid": ""}, "uid"),
            ({"uid": "x" * 101}, "uid"),
            ({"uid": "a\u200db"}, "uid"),
            ({"uid": "taken"}, "uid"),
            ({"numbers": ""}, "numbers"),
            ({"numbers": "010-1234-5678\n0101"}, "numbers"),
            ({"numbers": "\n".join(f"010{n:08}" for n in range(101))}, "numbers"),
            ({"tags": "VIP, unknown"}, "tags"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_lost(
        self, project: Project, client_as: ClientAs, fields: dict[str, str], wrong: str
    ) -> None:
        TagFactory(project=project, name="VIP")
        TagFactory(name="unknown")
        UidFactory(project=project, uid="taken")
        sent = {"uid": "kim", "numbers": "010-1234-5678", "tags": "VIP", **fields}
        response = client_as(project).post(ADD, sent)
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [wrong]
        assert {name: response.context["form"][name].value() for name in sent} == sent
        assert (Uid.objects.count(), Contact.objects.count()) == (1, 0)


class TestOne:
    def test_adding_changing_and_taking_away(self, project: Project, client_as: ClientAs) -> None:
        uid = UidFactory(project=project, uid="kim", numbers=["01000000001"])
        client, page = client_as(project), page_of(uid)
        client.post(page, {"action": "add", "numbers": "010-0000-0001\n010-0000-0002"})
        assert audience_of(project) == {"kim": ["01000000001", "01000000002"]}
        first, second = Contact.objects.order_by("pk")
        client.post(page, {"action": "change", "contact": first.pk, "number": "010-0000-0003"})
        client.post(page, {"action": "remove", "contact": second.pk})
        assert audience_of(project) == {"kim": ["01000000003"]}

    def test_what_is_wrong_changes_nothing(self, project: Project, client_as: ClientAs) -> None:
        uid = UidFactory(project=project, uid="kim", numbers=["01000000001", "01000000002"])
        other = ContactFactory(uid=UidFactory(project=project, uid="lee"), value="01000000009")
        mine = uid.contacts.first()
        client, page = client_as(project), page_of(uid)
        for fields in (
            {"action": "change", "contact": mine.pk, "number": "010-0000-0002"},
            {"action": "change", "contact": mine.pk, "number": "1"},
            {"action": "change", "contact": other.pk, "number": "010-0000-0008"},
            {"action": "add", "numbers": "wrong"},
            {"action": "tag", "tags": "unknown"},
        ):
            assert client.post(page, fields).status_code == 422, fields
        client.post(page, {"action": "remove", "contact": other.pk})
        assert audience_of(project) == {"kim": ["01000000001", "01000000002"], "lee": ["01000000009"]}

    def test_tags_are_put_on_and_taken_off(self, project: Project, client_as: ClientAs) -> None:
        uid = UidFactory(project=project, uid="kim")
        tag, others = TagFactory(project=project, name="VIP"), TagFactory(name="VIP")
        client = client_as(project)
        client.post(page_of(uid), {"action": "tag", "tags": "VIP"})
        assert (tagged_with(tag), tagged_with(others)) == (["kim"], [])
        client.post(page_of(uid), {"action": "untag", "tag": tag.pk})
        assert tagged_with(tag) == []

    def test_a_viewer_looks_only(self, project: Project, client_as: ClientAs) -> None:
        uid = UidFactory(project=project, uid="kim", numbers=["01012345678"])
        client = client_as(project, ProjectRole.VIEWER)
        page = client.get(page_of(uid)).content.decode()
        assert "010-****-5678" in page
        assert "1234-5678" not in page
        response = client.post(page_of(uid), {"action": "add", "numbers": "010-0000-0002"})
        assert response.status_code == 403
        assert audience_of(project) == {"kim": ["01012345678"]}


class TestBulk:
    def test_a_tag_is_put_on_the_chosen_ones_of_the_project(
        self, project: Project, client_as: ClientAs
    ) -> None:
        one, two = UidFactory(project=project, uid="a"), UidFactory(project=project, uid="b")
        stranger = UidFactory(uid="c")
        tag = TagFactory(project=project, name="VIP", uids=[one])
        sent = {"which": "chosen", "id": [one.pk, two.pk, stranger.pk], "with_tag": "VIP", "uid": "x"}
        response = client_as(project).post(BULK, {**sent, "action": "tag"}, follow=True)
        assert tagged_with(tag) == ["a", "b"]
        assert "1 UID got the tag “VIP”. 1 had it before." in response.content.decode()
        assert response.redirect_chain == [(f"{LIST}?uid=x", 302)]
        client_as(project).post(BULK, {**sent, "action": "untag"})
        assert tagged_with(tag) == []

    def test_deleting_is_said_first(self, project: Project, client_as: ClientAs) -> None:
        one = UidFactory(project=project, uid="a", numbers=["01000000001", "01000000002"])
        UidFactory(project=project, uid="b")
        stranger = UidFactory(uid="c")
        tag = TagFactory(project=project, uids=[one])
        client = client_as(project)
        sent = {"which": "chosen", "id": [one.pk, stranger.pk], "action": "delete"}
        response = client.post(BULK, sent)
        assert response.context["sentence"] == (
            "1 UID is deleted. 2 contacts go with them. This cannot be undone."
            " What was sent stays in the deliveries."
        )
        assert Uid.objects.count() == 3
        client.post(BULK, filled(response))
        assert audience_of(project) == {"b": []}
        assert audience_of(stranger.project) == {"c": []}
        assert (tagged_with(tag), Contact.objects.count()) == ([], 0)

    @pytest.mark.parametrize("action", ["delete", "tag", "untag"])
    def test_all_that_fit_go_in_steps_and_what_comes_meanwhile_stays(
        self, project: Project, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch, action: str
    ) -> None:
        monkeypatch.setattr(bulk, "STEP", 2)
        monkeypatch.setattr(bulk, "SECONDS", 0)
        uids = [UidFactory(project=project, uid=f"kim{n}") for n in range(5)]
        lee = UidFactory(project=project, uid="lee")
        tag = TagFactory(project=project, name="VIP", uids=[uids[0], lee])
        client = client_as(project)
        sent = {"which": "all", "uid": "kim", "action": action, "with_tag": "VIP"}
        response = client.post(BULK, sent)
        assert "5 UIDs" in response.context["sentence"]
        assert (Uid.objects.count(), tagged_with(tag)) == (6, ["kim0", "lee"])
        UidFactory(project=project, uid="kim later")
        steps = []
        while not steps or not response.context["progress"].is_done:
            response = client.post(BULK, filled(response), headers={"HX-Request": "true"})
            steps.append(response.context["progress"].seen)
        assert steps == [2, 4, 5]
        changed = {"delete": 5, "tag": 4, "untag": 1}[action]
        assert response.context["progress"].changed == changed
        left = sorted(Uid.objects.values_list("uid", flat=True))
        kim = [str(uid) for uid in uids]
        assert left == (["kim later", "lee"] if action == "delete" else sorted([*kim, "kim later", "lee"]))
        assert tagged_with(tag) == ([*kim, "lee"] if action == "tag" else ["lee"])

    @pytest.mark.parametrize(
        "sent",
        [
            {"which": "chosen", "action": "tag", "with_tag": "VIP"},
            {"which": "all", "action": "tag", "with_tag": "unknown", "confirmed": "1"},
            {"which": "all", "action": "tag", "with_tag": "", "confirmed": "1"},
            {"which": "all", "action": "tag", "with_tag": "\0", "confirmed": "1"},
            {"which": "all", "action": "delete", "number": "wrong", "confirmed": "1"},
            {"which": "all", "action": "nothing", "confirmed": "1"},
        ],
    )
    def test_what_cannot_be_done_changes_nothing(
        self, project: Project, client_as: ClientAs, sent: dict[str, str]
    ) -> None:
        UidFactory(project=project, uid="a")
        tag = TagFactory(project=project, name="VIP")
        assert client_as(project).post(BULK, sent).status_code == 302
        assert (Uid.objects.count(), tagged_with(tag)) == (1, [])


class TestDownload:
    def test_a_row_for_each_contact_and_it_is_noted(self, project: Project, client_as: ClientAs) -> None:
        one = UidFactory(project=project, uid="=a", numbers=["01000000001", "01000000002"])
        ContactFactory(uid=one, kind="EMAIL", country_code=0, value="kim@example.com")
        abroad = UidFactory(project=project, uid="b")
        ContactFactory(uid=abroad, country_code=1, value="6502530000")
        UidFactory(project=project, uid="c")
        TagFactory(project=project, name="VIP", uids=[one])
        client = client_as(project)
        assert client.get(EXPORT).context["sentence"].startswith("3 UIDs with their contacts and tags")
        response = client.post(EXPORT, {"format": "csv"})
        content = b"".join(response.streaming_content).decode("utf-8-sig")
        header, *rows = list(csv.reader(io.StringIO(content)))
        assert header[:2] == ["uid", "phoneNumber"]
        assert [row[:4] for row in rows] == [
            ["'=a", "01000000001", "", "VIP"],
            ["'=a", "01000000002", "", "VIP"],
            ["'=a", "", "kim@example.com", "VIP"],
            ["b", "+16502530000", "", ""],
            ["c", "", "", ""],
        ]
        [entry] = AuditEntry.objects.filter(action=AuditEntry.Action.DOWNLOAD)
        assert entry.said() == "3 rows downloaded as CSV"

    def test_only_what_the_search_finds(self, project: Project, client_as: ClientAs) -> None:
        for uid in ("a1", "a2", "b"):
            UidFactory(project=project, uid=uid)
        response = client_as(project).post(f"{EXPORT}?uid=a", {"format": "csv"})
        rows = b"".join(response.streaming_content).decode().splitlines()
        assert [row.split(",")[0] for row in rows[1:]] == ["a1", "a2"]

    def test_a_viewer_downloads_nothing(self, project: Project, client_as: ClientAs) -> None:
        client = client_as(project, ProjectRole.VIEWER)
        assert client.post(EXPORT, {"format": "csv"}).status_code == 403
        assert not AuditEntry.objects.filter(action=AuditEntry.Action.DOWNLOAD).exists()


def test_a_tag_of_the_search_is_one_of_the_project(project: Project, client_as: ClientAs) -> None:
    uid = UidFactory(project=project, uid="a")
    other: Tag = TagFactory(name="theirs", uids=[uid])
    response = client_as(project).get(LIST, {"tag": other.name})
    assert list(response.context["form"].errors) == ["tag"]
