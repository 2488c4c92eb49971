"""The pages of the audit trail: who sees which entries, what finds them, how they read, the file of them."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from console.accounts import invitations, pruning, sentences
from console.accounts.audit import record_access, record_deed, record_reading
from console.accounts.models import AuditEntry, Membership, Project, User
from console.accounts.roles import ProjectRole
from console.accounts.sentences import Choice, Phone, sentence, words_of
from console.admin.audit_words import EntryView, views_of
from messaging.models import Tag
from tests.factories import (
    AccessKeyFactory,
    CategoryFactory,
    InvitationFactory,
    MembershipFactory,
    ProjectFactory,
    TagFactory,
    TemplateFactory,
    UserFactory,
    WebhookFactory,
)

pytestmark = pytest.mark.django_db
LOOKED_UP = sentence("test_looked_up", gettext_lazy("searched for %(number)s"))


@pytest.fixture
def manager() -> Membership:
    return MembershipFactory()


@pytest.fixture
def administrator() -> User:
    return UserFactory(administrator=True)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def translate(label: Any, language: str) -> str:
    with translation.override(language):
        return str(label)


def noted(manager: Membership, what: Any = "a document", **fields: Any) -> AuditEntry:
    wanted = {"actor": manager.user, "obj": manager.project, "project": manager.project, **fields}
    return record_access(what=what, **wanted)


def entries_of(client: Client, address: str) -> list[int]:
    response = client.get(address)
    assert response.status_code == 200
    return [row.entry.pk for row in response.context["rows"]]


class TestWhoSeesWhat:
    def test_a_manager_sees_the_project_alone_and_an_administrator_all(self, manager, administrator) -> None:
        other = MembershipFactory()
        own, others, platform = noted(manager), noted(other), noted(manager, project=None)
        shown = entries_of(signed_in(manager.user), "/settings/audit/")
        assert own.pk in shown
        assert {others.pk, platform.pk}.isdisjoint(shown)
        assert {own.pk, others.pk, platform.pk} <= set(entries_of(signed_in(administrator), "/audit/"))

    def test_an_entry_of_another_project_is_not_there(self, manager) -> None:
        entry = noted(MembershipFactory())
        assert signed_in(manager.user).get(f"/settings/audit/{entry.pk}/").status_code == 404

    def test_what_the_platforms_staff_saw_is_in_it(self, manager, administrator) -> None:
        entry = noted(manager, actor=administrator)
        assert entry.pk in entries_of(
            signed_in(manager.user), f"/settings/audit/?who={administrator.username}"
        )

    @pytest.mark.parametrize("role", [ProjectRole.VIEWER, ProjectRole.SENDER])
    def test_others_do_not(self, role) -> None:
        client = signed_in(MembershipFactory(role=role).user)
        for path in ("/settings/audit/", "/settings/audit/export/", "/audit/", "/audit/export/"):
            assert client.get(path).status_code == 403


class TestFinding:
    def test_each_condition_leaves_what_fits(self, manager) -> None:
        with time_machine.travel(datetime(2026, 11, 1, 3, tzinfo=UTC), tick=False):
            old = noted(manager, "an invoice")
        other = MembershipFactory(project=manager.project, user__username="lee", user__name="Lee Suji")
        with time_machine.travel(datetime(2026, 11, 20, 3, tzinfo=UTC), tick=False):
            tag = TagFactory(project=manager.project)
            tagged = record_deed(
                actor=other.user, obj=tag, project=manager.project, what="tagging 01012345678"
            )
        client = signed_in(manager.user)
        created = AuditEntry.objects.get_for_model(Tag).get(action=AuditEntry.Action.CREATE)
        wanted = {
            "who=lee": [tagged],
            "who=lee su": [tagged],
            "who=nobody": [],
            f"type={created.content_type_id}": [tagged, created],
            f"type={created.content_type_id}&object={tag.pk}&action=0": [created],
            "action=5": [tagged],
            "since=2026-11-01&until=2026-11-01": [old],
            "since=2026-11-20&until=2026-11-20&action=5": [tagged],
            "words=invo": [old],
            "words=01012345": [tagged],
            "words=o'brien \\ & | ! :*": [],
            "address=203.0.113.7": [],
        }
        found = {query: entries_of(client, f"/settings/audit/?{query}") for query in wanted}
        assert found == {query: [entry.pk for entry in entries] for query, entries in wanted.items()}

    def test_days_the_wrong_way_round_are_said(self, manager) -> None:
        page = signed_in(manager.user).get("/settings/audit/?since=2026-11-02&until=2026-11-01")
        assert "The first day is after the last one." in page.content.decode()

    def test_a_page_of_fifty_takes_no_query_a_row(self, manager, django_assert_max_num_queries) -> None:
        for n in range(60):
            noted(manager, f"look {n}")
        client = signed_in(manager.user)
        client.get("/settings/audit/")
        with django_assert_max_num_queries(12):
            rows = entries_of(client, "/settings/audit/")
        assert len(rows) == 50


class TestReading:
    def test_a_change_reads_as_labels_values_and_local_times(self, manager) -> None:
        manager.role = ProjectRole.VIEWER
        manager.save()
        entry = AuditEntry.objects.get_for_model(Membership).get(action=AuditEntry.Action.UPDATE)
        other = UserFactory(administrator=True)
        page = signed_in(other).get(f"/audit/{entry.pk}/")
        [change] = page.context["view"].changes
        assert (change.label, change.before, change.after) == ("Role", "Manager", "Viewer")
        with translation.override("ko"):
            [change] = page.context["view"].changes
            assert (change.before, change.after) == (ProjectRole.MANAGER.label, ProjectRole.VIEWER.label)
            assert change.before != "Manager"

    def test_a_moment_is_that_of_here(self, manager) -> None:
        with time_machine.travel(datetime(2026, 11, 1, 3, tzinfo=UTC), tick=False):
            project = ProjectFactory()
        entry = AuditEntry.objects.get_for_object(project).get()
        changes = {
            each.label: each.after
            for each in signed_in(UserFactory(administrator=True))
            .get(f"/audit/{entry.pk}/")
            .context["view"]
            .changes
        }
        assert changes["Created"] == "2026-11-01 12:00:00"
        assert changes["SMS service open"] == "Yes"

    def test_a_list_reads_as_its_labels_and_every_field_has_words(self, manager) -> None:
        webhook = WebhookFactory(project=manager.project, events=["MESSAGE_RESULT_UPDATE", "UNSUBSCRIBE"])
        key = AccessKeyFactory(project=manager.project, created_by=manager.user)
        changes = {
            each.label: each.after
            for view in views_of(
                AuditEntry.objects.filter(object_pk__in=[str(webhook.pk), str(key.pk)]), of_project=None
            )
            for each in view.changes
        }
        assert changes["Events"] == "Result of a message, Opt-out"
        assert changes["Made by"] == str(manager.user)
        assert (changes["ID"], "Id" in changes, "Created by" in changes) == (str(key.pk), False, False)

    def test_numbers_are_for_members_who_may_read_them(self, manager, administrator) -> None:
        entry = noted(manager, LOOKED_UP(number=Phone("01012345678")))
        shown = signed_in(manager.user).get(f"/settings/audit/{entry.pk}/").content.decode()
        masked = signed_in(administrator).get(f"/audit/{entry.pk}/").content.decode()
        assert "searched for 010-1234-5678" in shown
        assert "searched for 010-****-5678" in masked
        assert "01012345678" not in masked

    def test_the_object_is_a_link_while_it_is_there(self, manager) -> None:
        tag = TagFactory(project=manager.project)
        entry = record_deed(actor=manager.user, obj=tag, project=manager.project, what="x")
        client = signed_in(manager.user)
        assert client.get(f"/settings/audit/{entry.pk}/").context["object_url"] == f"/audience/tags/{tag.pk}/"
        tag.delete()
        assert client.get(f"/settings/audit/{entry.pk}/").context["object_url"] == ""

    def test_a_sentence_that_is_gone_still_says_its_values(self) -> None:
        assert words_of({"key": "gone", "values": {"n": 1204}}) == "gone n=1,204"

    def test_a_key_is_one_sentences(self) -> None:
        with pytest.raises(ValueError, match="test_looked_up"):
            sentence("test_looked_up", "else")
        assert sentences.SENTENCES["test_looked_up"] is LOOKED_UP

    def test_a_sentence_is_read_in_the_language_of_the_reader(self, manager) -> None:
        nested = LOOKED_UP(number=[1204, Phone("01012345678"), LOOKED_UP(number=True)])
        entry = noted(manager, nested)
        entry.refresh_from_db()
        assert entry.said() == "searched for 1,204, 010-****-5678, searched for yes"


class TestNames:
    """What an entry says of an object, and of what that leads to, is the same whoever wrote it down."""

    def changed(self, language: str) -> AuditEntry:
        """A member became a viewer, in a request of somebody who reads that language."""
        membership = MembershipFactory(user__name="Lee Suji", project__name="Shop")
        with translation.override(language):
            membership.role = ProjectRole.VIEWER
            membership.save()
        return AuditEntry.objects.get_for_object(membership).get(action=AuditEntry.Action.UPDATE)

    @pytest.mark.parametrize("writer", ["en", "ko"])
    def test_a_membership_is_named_in_the_language_of_the_reader(self, writer) -> None:
        entry = self.changed(writer)
        said = {"choice": "accounts.Membership.role", "value": "VIEWER"}
        values = {"person": "Lee Suji", "project": "Shop", "role": said}
        assert entry.additional_data == {"named": {"key": "membership_name", "values": values}}
        assert entry.object_repr == "Lee Suji · Shop · Viewer"
        assert EntryView(entry).name == "Lee Suji · Shop · Viewer"
        with translation.override("ko"):
            assert EntryView(entry).name == f"Lee Suji · Shop · {ProjectRole.VIEWER.label}"
            assert not EntryView(entry).name.endswith("Viewer")

    @pytest.mark.parametrize("writer", ["en", "ko"])
    def test_so_is_an_invitation(self, manager, writer) -> None:
        invitation = InvitationFactory(project=manager.project, email="lee@example.com", role="MANAGER")
        with translation.override(writer):
            assert invitations.withdraw(invitation=invitation, by=manager.user)
        entry = AuditEntry.objects.get(action=AuditEntry.Action.DEED)
        shown = (entry.object_repr, entry.name(), entry.said())
        assert shown == (
            "lee@example.com · Manager",
            "lee@example.com · Manager",
            "Invitation of lee@example.com withdrawn.",
        )
        with translation.override("ko"):
            assert entry.name() == f"lee@example.com · {ProjectRole.MANAGER.label}"

    def test_the_list_the_page_and_the_file_say_it_so(self, administrator) -> None:
        entry = self.changed("en")
        client = signed_in(administrator)
        client.cookies["django_language"] = "ko"
        name = f"Lee Suji · Shop · {translate(ProjectRole.VIEWER.label, 'ko')}"
        for address in ("/audit/?action=1", f"/audit/{entry.pk}/"):
            assert name in client.get(address).content.decode()
        [_head, row] = TestFile().rows(client, "/audit/export/?action=1")
        assert row[6] == name

    def test_a_choice_that_is_gone_is_said_as_it_is_kept(self, manager) -> None:
        for field in ("accounts.Gone.role", "accounts.Membership.gone", "x", "accounts.Membership.role"):
            assert LOOKED_UP(number=Choice(field, "OWNER")).words() == "searched for OWNER"

    def test_one_that_is_deleted_with_its_person_is_still_noted(self, manager) -> None:
        pk = manager.pk
        User.objects.filter(pk=manager.user_id).delete()
        entry = AuditEntry.objects.get_for_model(Membership).get(action=AuditEntry.Action.DELETE)
        assert entry.object_pk == str(pk)

    def test_what_fields_lead_to_is_named(self, manager) -> None:
        entry = AuditEntry.objects.get_for_object(manager).get()
        for project in (None, manager.project):
            [view] = views_of([entry], of_project=project)
            shown = {each.label: each.after for each in view.changes}
            assert (shown["Person"], shown["Project"], shown["Role"]) == (
                str(manager.user),
                manager.project.name,
                "Manager",
            )
        assert entry.changes["user"] == ["None", str(manager.user_id)]

    def test_of_another_project_its_managers_see_the_number_alone(self, manager) -> None:
        before = manager.project
        manager.project = after = ProjectFactory()
        manager.save()
        entry = AuditEntry.objects.get_for_object(manager).get(action=AuditEntry.Action.UPDATE)
        assert entry.project == after
        shown = {
            project: [(each.before, each.after) for each in views_of([entry], of_project=project)[0].changes]
            for project in (None, after)
        }
        assert shown == {None: [(before.name, after.name)], after: [(str(before.pk), after.name)]}

    def test_what_is_gone_is_called_as_the_trail_last_called_it(self, manager) -> None:
        category = CategoryFactory(project=manager.project, name="Sale")
        template = TemplateFactory(project=manager.project, category=category)
        category.name = "Summer sale"
        category.save()
        template.category = CategoryFactory(project=manager.project, name="Winter")
        template.save()
        category.delete()
        entry = AuditEntry.objects.get_for_object(template).get(action=AuditEntry.Action.UPDATE)
        for project in (None, manager.project):
            [change] = views_of([entry], of_project=project)[0].changes
            assert (change.before, change.after) == ("Summer sale", "Winter")
        [change] = views_of([entry], of_project=ProjectFactory())[0].changes
        assert change.before == entry.changes["category"][0]

    def test_a_page_of_many_takes_no_query_a_row(self, administrator, django_assert_max_num_queries) -> None:
        client = signed_in(administrator)
        client.get("/audit/")
        MembershipFactory.create_batch(20)
        with django_assert_max_num_queries(14):
            rows = client.get("/audit/").context["rows"]
        assert len(rows) == 50
        assert sum("Person: Person" in row.summary for row in rows) >= 12


class TestKeeping:
    @pytest.mark.parametrize("statement", ["UPDATE {} SET object_repr = ''", "DELETE FROM {}"])
    def test_nothing_is_changed_or_taken_out(self, manager, statement) -> None:
        entry = noted(manager)
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
            connection.cursor().execute(statement.format(AuditEntry._meta.db_table))
        assert AuditEntry.objects.get(pk=entry.pk).object_repr == str(manager.project)

    def test_what_is_past_its_years_goes(self, manager, settings, monkeypatch) -> None:
        monkeypatch.setattr(pruning, "DELETED_AT_ONCE", 1)
        settings.BONGSU_TRAIL_YEARS = 5
        now = timezone.now()
        entries = [noted(manager) for _year in range(3)]
        for entry, years in zip(entries, (4.9, 5.1, 9), strict=True):
            entry.pk, entry.timestamp = None, now - years * pruning.YEAR
            entry.save(force_insert=True)
        before = AuditEntry.objects.count()
        assert pruning.prune_trail() == 2
        assert AuditEntry.objects.count() == before - 2
        assert AuditEntry.objects.earliest("timestamp").timestamp == now - 4.9 * pruning.YEAR

    def test_reading_is_noted_once_an_hour_for_a_person_and_an_object(self, manager) -> None:
        other = MembershipFactory(project=manager.project)
        what = LOOKED_UP(number=Phone("01012345678"))
        with time_machine.travel(datetime(2026, 11, 1, 3, 10, tzinfo=UTC), tick=False) as clock:
            for person in (manager.user, manager.user, other.user):
                record_reading(actor=person, obj=manager.project, project=manager.project, what=what)
            record_reading(
                actor=manager.user,
                obj=manager.project,
                project=manager.project,
                what=LOOKED_UP(number=Phone("01099998888")),
            )
            clock.shift(3600)
            record_reading(actor=manager.user, obj=manager.project, project=manager.project, what=what)
        looks = AuditEntry.objects.filter(action=AuditEntry.Action.ACCESS).order_by("pk")
        assert [(entry.actor, entry.said(may_read=True)) for entry in looks] == [
            (manager.user, "searched for 010-1234-5678"),
            (other.user, "searched for 010-1234-5678"),
            (manager.user, "searched for 010-9999-8888"),
            (manager.user, "searched for 010-1234-5678"),
        ]


class TestFile:
    def rows(self, client: Client, address: str) -> list[list[str]]:
        response = client.post(address, {"format": "csv"})
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))

    def test_it_holds_what_the_list_finds_and_is_noted(self, manager) -> None:
        noted(manager, "=1+1")
        entry = noted(manager, "an invoice")
        client = signed_in(manager.user)
        page = client.get("/settings/audit/export/?action=3&words=invo").content.decode()
        assert "1 entry of the audit trail will be downloaded." in page
        [_head, row] = self.rows(client, "/settings/audit/export/?action=3&words=invo")
        assert (row[0], row[2], row[4], row[7]) == (
            str(entry.pk),
            manager.user.username,
            "Looked at",
            "an invoice",
        )
        last = AuditEntry.objects.latest("pk")
        assert (last.action, last.said(), last.project, last.actor) == (
            AuditEntry.Action.DOWNLOAD,
            "1 row downloaded as CSV",
            manager.project,
            manager.user,
        )

    def test_no_cell_is_a_formula(self, manager) -> None:
        noted(manager, "=1+1")
        rows = self.rows(signed_in(manager.user), "/settings/audit/export/?action=3")
        assert rows[1][7] == "'=1+1"

    def test_an_administrators_is_noted_too(self, administrator, manager) -> None:
        noted(manager)
        rows = self.rows(signed_in(administrator), "/audit/export/?action=3")
        assert len(rows) == 2
        last = AuditEntry.objects.latest("pk")
        assert (last.project, last.actor, last.object_pk) == (None, administrator, str(administrator.pk))

    def test_it_is_read_in_batches(self, manager, monkeypatch) -> None:
        monkeypatch.setattr("console.admin.audit_export.BATCH", 2)
        wanted = [str(noted(manager, f"look {n}").pk) for n in range(5)]
        rows = self.rows(signed_in(manager.user), "/settings/audit/export/?action=3")
        assert [row[0] for row in rows[1:]] == wanted[::-1]


def test_a_project_names_itself(manager) -> None:
    assert {entry.project for entry in AuditEntry.objects.get_for_model(Project)} == {manager.project}
