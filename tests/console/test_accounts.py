"""People, members, oneself, and the trail of what was done to them."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib import admin
from django.contrib.messages.storage.base import BaseStorage
from django.core import mail
from django.db import connection, transaction
from django.test import Client, RequestFactory, override_settings

from console.accounts.audit import record_access
from console.accounts.middleware import client_address
from console.accounts.models import AuditEntry, Membership, Organization, User
from console.accounts.models.organization import MemberType
from console.accounts.roles import PlatformRole
from console.accounts.services import somebody_administers_without
from console.admin.people import PersonAdmin
from senders.models import IdentityVerification
from tests.factories import (
    PASSWORD,
    AccessKeyFactory,
    IdentityVerificationFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NO_MEMBERSHIPS = {
    "memberships-TOTAL_FORMS": 0,
    "memberships-INITIAL_FORMS": 0,
    "memberships-MIN_NUM_FORMS": 0,
    "memberships-MAX_NUM_FORMS": 1000,
}
PERSON = {
    "username": "kim",
    "name": "김민준",
    "email": "kim@example.com",
    "phone_number": "01012345678",
    "platform_role": "",
    "first_password": "",
}


def of_person(person: User) -> dict[str, object]:
    """The form of a person as it stands."""
    names = ("username", "name", "email", "phone_number", "platform_role")
    return {**{name: getattr(person, name) for name in names}, "is_active": "on", **NO_MEMBERSHIPS}


def _asks_and_ends(person: int) -> bool:
    """In a thread of its own, with a connection of its own."""
    try:
        with transaction.atomic():
            return somebody_administers_without([person])
    finally:
        connection.close()


def wait_for_lock() -> None:
    """Until some connection waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        for _try in range(10_000):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waits")


class TestPeople:
    def test_a_person_without_a_first_password_chooses_it_by_a_link_that_works_once(
        self, administrator, sign_in
    ) -> None:
        response = sign_in(administrator).post("/accounts/user/add/", {**PERSON, **NO_MEMBERSHIPS})
        assert response.status_code == 302
        assert not User.objects.get(username="kim").has_usable_password()
        (sent,) = mail.outbox
        assert sent.to == ["kim@example.com"]
        link = re.search(r"http://testserver(/set-password/\S+)", sent.body).group(1)
        client = Client()
        form = client.get(link, follow=True)
        words = {"new_password1": PASSWORD, "new_password2": PASSWORD}
        assert client.post(form.request["PATH_INFO"], words).url == "/login/"
        assert client.post("/login/", {"username": "kim", "password": PASSWORD}).status_code == 302
        assert "has been used" in Client().get(link, follow=True).content.decode()

    def test_a_first_password_is_kept_and_nothing_is_mailed(self, administrator, sign_in) -> None:
        data = {**PERSON, **NO_MEMBERSHIPS, "first_password": PASSWORD}
        sign_in(administrator).post("/accounts/user/add/", data)
        assert User.objects.get(username="kim").check_password(PASSWORD)
        assert mail.outbox == []

    def test_a_weak_first_password_is_refused_and_nothing_is_made(self, administrator, sign_in) -> None:
        data = {**PERSON, **NO_MEMBERSHIPS, "first_password": "12345"}
        response = sign_in(administrator).post("/accounts/user/add/", data)
        assert "too short" in response.content.decode()
        assert not User.objects.filter(username="kim").exists()

    def test_accounts_are_closed_but_never_ones_own(self, administrator, sign_in) -> None:
        other = UserFactory()
        chosen = {"action": "close_accounts", "_selected_action": [other.pk, administrator.pk]}
        sign_in(administrator).post("/accounts/user/", chosen)
        assert not User.objects.get(pk=other.pk).is_active
        assert User.objects.get(pk=administrator.pk).is_active

    @pytest.mark.parametrize("trait", ["approved", "reviewing"])
    def test_a_verified_name_and_number_are_nobodys_to_change(self, administrator, sign_in, trait) -> None:
        person = IdentityVerificationFactory(**{trait: True}).user
        address, client = f"/accounts/user/{person.pk}/change/", sign_in(administrator)
        form = client.get(address).context["adminform"].form
        assert [name for name in form.fields if form.fields[name].disabled] == ["name", "phone_number"]
        assert "the approval would stand for somebody else" in client.get(address).content.decode()
        typed = {
            **of_person(person),
            "name": "Other",
            "phone_number": "01099998888",
            "email": "new@example.com",
        }
        assert client.post(address, typed).status_code == 302
        kept = User.objects.get(pk=person.pk)
        assert (kept.name, kept.phone_number) == (person.name, person.phone_number)
        assert kept.email == "new@example.com"

    @pytest.mark.parametrize("trait", ["ready", "rejected"])
    def test_others_are_put_right_by_an_administrator(self, administrator, sign_in, trait) -> None:
        person = IdentityVerificationFactory(**{trait: True}).user
        typed = {**of_person(person), "name": "Right", "phone_number": "01099998888"}
        assert sign_in(administrator).post(f"/accounts/user/{person.pk}/change/", typed).status_code == 302
        kept = User.objects.get(pk=person.pk)
        assert (kept.name, kept.phone_number) == ("Right", "01099998888")

    @pytest.mark.parametrize("change", [{"platform_role": "REVIEWER"}, {"is_active": ""}])
    def test_the_last_administrator_stays_one(self, administrator, sign_in, change) -> None:
        UserFactory(administrator=True, is_active=False)
        address, typed = f"/accounts/user/{administrator.pk}/change/", {**of_person(administrator), **change}
        response = sign_in(administrator).post(address, typed)
        assert "Nobody would be left to administer" in response.content.decode()
        kept = User.objects.get(pk=administrator.pk)
        assert (kept.platform_role, kept.is_active) == (PlatformRole.ADMINISTRATOR, True)
        UserFactory(administrator=True)
        assert sign_in(administrator).post(address, typed).status_code == 302

    def test_the_last_administrator_may_change_the_rest(self, administrator, sign_in) -> None:
        typed = {**of_person(administrator), "name": "New"}
        address = f"/accounts/user/{administrator.pk}/change/"
        assert sign_in(administrator).post(address, typed).status_code == 302
        reviewer = UserFactory(reviewer=True)
        closed = {**of_person(reviewer), "is_active": ""}
        assert sign_in(administrator).post(f"/accounts/user/{reviewer.pk}/change/", closed).status_code == 302
        assert (User.objects.get(pk=administrator.pk).name, User.objects.get(pk=reviewer.pk).is_active) == (
            "New",
            False,
        )

    def test_of_two_administrators_who_close_each_other_one_stays(self, administrator) -> None:
        """The second comes with the rights it had when its page was asked for."""
        first, second = administrator, UserFactory(administrator=True)
        for actor, other in ((first, second), (second, first)):
            request = RequestFactory().post("/")
            request.user, request._messages = actor, BaseStorage(request)
            PersonAdmin(User, admin.site).close_accounts(request, User.objects.filter(pk=other.pk))
        assert list(User.objects.filter(is_active=True)) == [first]

    @pytest.mark.django_db(transaction=True)
    def test_who_asks_meanwhile_waits_and_sees_it(self) -> None:
        first, second = (UserFactory(administrator=True) for _number in range(2))
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                assert somebody_administers_without([first.pk])
                answer = pool.submit(_asks_and_ends, second.pk)
                wait_for_lock()
                User.objects.filter(pk=first.pk).update(is_active=False)
            assert answer.result(timeout=20) is False

    def test_a_hash_is_not_guessed_by_a_filter(self, administrator, sign_in) -> None:
        client = sign_in(administrator)
        assert client.get("/accounts/user/?password__startswith=md5").status_code == 400
        assert client.get("/accounts/user/?is_active__exact=1").status_code == 200

    def test_people_are_not_deleted(self, administrator, sign_in) -> None:
        other = UserFactory()
        assert (
            sign_in(administrator).post(f"/accounts/user/{other.pk}/delete/", {"post": "yes"}).status_code
            == 403
        )
        assert User.objects.filter(pk=other.pk).exists()

    @pytest.mark.parametrize("path", ["mail-link", "unlock"])
    def test_what_is_done_to_a_person_needs_an_administrator_and_a_post(
        self, manager, administrator, sign_in, path
    ):
        address = f"/people/{manager.user_id}/{path}/"
        assert sign_in(manager.user).post(address).status_code == 403
        assert sign_in(UserFactory(reviewer=True)).post(address).status_code == 403
        assert sign_in(administrator).get(address).status_code == 405
        assert mail.outbox == []
        assert sign_in(administrator).post(address).status_code == 302

    @pytest.mark.parametrize("page", ["user", "organization", "project"])
    def test_the_pages_are_the_administrators(self, manager, administrator, sign_in, page) -> None:
        for address in (f"/accounts/{page}/", f"/accounts/{page}/add/"):
            assert sign_in(administrator).get(address).status_code == 200
            assert sign_in(manager.user).get(address).status_code == 403
            assert sign_in(UserFactory(reviewer=True)).get(address).status_code == 403

    def test_an_organization_is_a_business_and_never_an_individual(self, administrator, sign_in) -> None:
        inline = {f"projects-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
        client, address = sign_in(administrator), "/accounts/organization/add/"
        response = client.post(address, {"name": "Kim", "member_type": "INDIVIDUAL", **inline})
        assert list(response.context["adminform"].form.errors) == ["member_type"]
        assert Organization.objects.count() == 0
        assert (
            client.post(address, {"name": "Kim Ltd", "member_type": "BUSINESS", **inline}).status_code == 302
        )
        assert MemberType.values == ["BUSINESS"]
        assert Organization.objects.get().member_type == "BUSINESS"

    def test_an_exemption_is_set_by_an_administrator_and_noted(self, administrator, sign_in) -> None:
        organization = OrganizationFactory(verification_exempt=False)
        inline = {f"projects-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
        data = {"name": organization.name, "member_type": "BUSINESS", "verification_exempt": "on", **inline}
        response = sign_in(administrator).post(f"/accounts/organization/{organization.pk}/change/", data)
        assert response.status_code == 302
        assert Organization.objects.get(pk=organization.pk).verification_exempt
        entry = AuditEntry.objects.get(action=AuditEntry.Action.UPDATE)
        assert entry.changes_dict == {"verification_exempt": ["False", "True"]}
        assert entry.actor == administrator


class TestOrganizations:
    def test_one_with_history_is_not_deleted(self, administrator, sign_in) -> None:
        verified = IdentityVerificationFactory(approved=True).organization
        with_project = MembershipFactory().project.organization
        mistaken = OrganizationFactory()
        client = sign_in(administrator)
        for organization, status in ((verified, 403), (with_project, 403), (mistaken, 302)):
            address = f"/accounts/organization/{organization.pk}/delete/"
            assert client.post(address, {"post": "yes"}).status_code == status
        chosen = {"action": "delete_selected", "_selected_action": [verified.pk], "post": "yes"}
        client.post("/accounts/organization/", chosen)
        assert set(Organization.objects.values_list("pk", flat=True)) == {verified.pk, with_project.pk}
        assert IdentityVerification.objects.count() == 1

    def test_a_project_stays_in_its_organization(self, manager, administrator, sign_in) -> None:
        inline = {f"memberships-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
        project, other = manager.project, OrganizationFactory()
        data = {"organization": other.pk, "name": "Renamed", "is_active": "on", **inline}
        address = f"/accounts/project/{project.pk}/change/"
        assert sign_in(administrator).post(address, data).status_code == 302
        before = project.organization_id
        project.refresh_from_db()
        assert (project.name, project.organization_id) == ("Renamed", before)


class TestProfile:
    def test_a_number_is_kept_as_dialled_at_home(self, manager, sign_in) -> None:
        data = {"name": "김민준", "phone_number": "+82 10-1234-5678"}
        assert sign_in(manager.user).post("/me/", data).url == "/me/"
        person = User.objects.get(pk=manager.user_id)
        assert (person.name, person.phone_number) == ("김민준", "01012345678")

    def test_nobody_takes_the_address_of_whom_a_manager_will_invite(self, manager, sign_in) -> None:
        thief = MembershipFactory().user
        before = thief.email
        data = {"name": "Thief", "phone_number": "", "email": "new@example.com"}
        assert sign_in(thief).post("/me/", data).status_code == 302
        assert User.objects.get(pk=thief.pk).email == before
        sign_in(manager.user).post("/members/invite/", {"email": "new@example.com", "role": "MANAGER"})
        link = re.search(r"/invitation/\S+", mail.outbox[0].body)[0]
        assert sign_in(thief).get(link).context["known"] is None
        assert not Membership.objects.filter(user=thief, project=manager.project).exists()

    @pytest.mark.parametrize("number", ["02-123-4567", "010-1234", "010-1234-56789", "hello"])
    def test_what_is_no_mobile_number_is_refused(self, manager, sign_in, number) -> None:
        before = manager.user.phone_number
        data = {"name": "김민준", "phone_number": number, "email": "kim@example.com"}
        response = sign_in(manager.user).post("/me/", data)
        assert "mobile number" in response.content.decode()
        assert number in response.content.decode()
        assert User.objects.get(pk=manager.user_id).phone_number == before

    @pytest.mark.parametrize("trait", ["approved", "reviewing"])
    def test_a_verified_name_and_number_stay_in_whatever_project(self, manager, sign_in, trait) -> None:
        """Their organization here is exempt, and of the one where they are verified they are no member."""
        person = manager.user
        IdentityVerificationFactory(**{trait: True}, user=person)
        page = sign_in(person).post("/me/", {"name": "Other", "phone_number": "01099998888"})
        assert page.status_code == 302
        kept = User.objects.get(pk=person.pk)
        assert (kept.name, kept.phone_number) == (person.name, person.phone_number)

    def test_a_rejected_name_and_number_can_be_put_right(self, manager, sign_in) -> None:
        IdentityVerificationFactory(rejected=True, user=manager.user)
        sign_in(manager.user).post("/me/", {"name": "Right", "phone_number": "01099998888"})
        kept = User.objects.get(pk=manager.user_id)
        assert (kept.name, kept.phone_number) == ("Right", "01099998888")

    def test_a_role_cannot_be_taken_with_it(self, viewer, sign_in) -> None:
        data = {"name": "x", "phone_number": "", "email": "x@example.com", "platform_role": "ADMINISTRATOR"}
        sign_in(viewer.user).post("/me/", data)
        assert User.objects.get(pk=viewer.user_id).platform_role == ""


class TestTrail:
    def test_secrets_are_never_written_down(self) -> None:
        key = AccessKeyFactory()
        secret = key.secret
        person = UserFactory()
        person.set_password("another beacon entirely")
        person.save()
        key.secret = "replaced"
        key.save()
        written = " ".join(str(entry.changes) for entry in AuditEntry.objects.all())
        assert secret not in written
        assert "replaced" not in written
        assert person.password not in written
        assert AuditEntry.objects.filter(changes__password=["***", "***"]).exists()

    def test_a_look_is_noted_with_who_what_and_where_from(self, manager, administrator, sign_in, rf) -> None:
        request = rf.get("/", REMOTE_ADDR="203.0.113.7")
        record_access(
            actor=manager.user,
            obj=manager.project,
            project=manager.project,
            what="a document",
            request=request,
        )
        entry = AuditEntry.objects.get(action=AuditEntry.Action.ACCESS)
        assert (entry.actor, entry.object_id, entry.remote_addr) == (
            manager.user,
            manager.project_id,
            "203.0.113.7",
        )
        assert (entry.said(), entry.project, entry.actor_name) == (
            "a document",
            manager.project,
            manager.user.username,
        )
        page = sign_in(administrator).get("/audit/?action=3").content.decode()
        assert "a document" in page
        assert "203.0.113.7" in page

    def test_the_trail_is_the_administrators(self, manager, sign_in) -> None:
        assert sign_in(manager.user).get("/audit/").status_code == 403

    @pytest.mark.parametrize("query", ["action=x", "action=99", "actor=" + "x" * 200, "cursor=-x"])
    def test_a_hostile_filter_shows_the_page(self, administrator, sign_in, query) -> None:
        assert sign_in(administrator).get(f"/audit/?{query}").status_code == 200


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "198.51.100.1", "203.0.113.7"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "made up, 198.51.100.1", "198.51.100.1"),
        (2, "evil, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (1, "made up", None),
        (2, "198.51.100.1", "203.0.113.7"),
        (1, None, "203.0.113.7"),
    ],
)
def test_the_clients_address_cannot_be_made_up(hops, forwarded, address) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="203.0.113.7")
    with override_settings(BONGSU_TRUSTED_PROXIES=hops):
        assert client_address(request) == address
