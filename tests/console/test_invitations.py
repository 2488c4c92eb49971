"""Invitations: nobody joins without agreeing, a link works once, and nobody learns who has an account."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from smtplib import SMTPException

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.utils import translation

from console.accounts import invitations
from console.accounts.models import AuditEntry, Invitation, Membership, Project, User
from console.accounts.roles import PlatformRole, ProjectRole
from tests.factories import PASSWORD, InvitationFactory, MembershipFactory, ProjectFactory, UserFactory
from tests.waiting import until_it_waits

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
NEW = {"name": "이서연", "phone_number": "010-1234-5678", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def link() -> str:
    """The path of the link in the last mail."""
    return re.search(r"http://\S+?(/invitation/\S+)", mail.outbox[-1].body)[1]


def invite(client: Client, email: str = "new@example.com", role: str = "SENDER") -> str:
    assert client.post("/members/invite/", {"email": email, "role": role}).status_code == 302
    return link()


class TestInviting:
    def test_a_mail_goes_out_and_nobody_is_a_member_yet(self, manager, sign_in, clock) -> None:
        page = sign_in(manager.user).post(
            "/members/invite/", {"email": " New@Example.com", "role": "SENDER"}, follow=True
        )
        assert "An invitation was mailed to New@Example.com" in page.content.decode()
        invitation = Invitation.objects.get()
        assert (invitation.project, invitation.email, invitation.role) == (
            manager.project,
            "new@example.com",
            "SENDER",
        )
        assert (invitation.invited_by, invitation.expires_at) == (manager.user, NOW + timedelta(days=7))
        assert mail.outbox[0].to == ["new@example.com"]
        assert str(manager.user) in mail.outbox[0].body
        assert not User.objects.filter(email="new@example.com").exists()
        assert link().rsplit("/", 2)[1] not in invitation.token_hash

    def test_who_has_an_account_gets_the_same_and_the_inviter_sees_the_same(
        self, manager, sign_in, django_assert_num_queries
    ) -> None:
        UserFactory(email="Known@example.com", language="en")
        client = sign_in(manager.user)
        pages = []
        for email in ("known@example.com", "new@example.com"):
            answer = client.post("/members/invite/", {"email": email, "role": "VIEWER"}, follow=True)
            pages.append(
                re.search(r"An invitation was mailed to .*?@example.com", answer.content.decode())[0]
            )
        assert pages == [f"An invitation was mailed to {name}@example.com" for name in ("known", "new")]
        assert len(mail.outbox) == 2
        assert Membership.objects.count() == 1

    def test_the_mail_is_in_the_language_of_who_has_the_address(self, manager, sign_in) -> None:
        UserFactory(email="known@example.com", language="en")
        client = sign_in(manager.user)
        client.post(
            "/members/invite/",
            {"email": "known@example.com", "role": "VIEWER"},
            headers={"accept-language": "ko"},
        )
        assert mail.outbox[0].subject == (
            f"You are invited to {manager.project} of {manager.project.organization}"
        )

    def test_a_member_is_not_invited(self, manager, sign_in) -> None:
        client = sign_in(manager.user)
        page = client.post("/members/invite/", {"email": manager.user.email.upper(), "role": "VIEWER"})
        assert "a member of the project already" in page.content.decode()
        assert (Invitation.objects.count(), mail.outbox) == (0, [])

    def test_an_address_is_invited_once_at_a_time(self, manager, sign_in) -> None:
        client = sign_in(manager.user)
        invite(client)
        page = client.post("/members/invite/", {"email": "NEW@example.com", "role": "VIEWER"})
        assert "invited already" in page.content.decode()
        assert (Invitation.objects.count(), len(mail.outbox)) == (1, 1)
        Invitation.objects.update(withdrawn_at=NOW)
        invite(client)

    def test_a_member_is_known_by_the_address_however_it_is_written(self, manager) -> None:
        MembershipFactory(project=manager.project, user__email="Known@Example.com")
        with pytest.raises(ValidationError) as refused:
            invitations.invite(
                project=manager.project, email="known@example.com", role="VIEWER", by=manager.user
            )
        assert refused.value.messages == ["This person is a member of the project already."]
        assert (Invitation.objects.count(), mail.outbox) == (0, [])

    def test_what_another_project_did_holds_up_nobody(self, manager, clock) -> None:
        """Whether somebody is a member or invited elsewhere is not told either."""
        other = ProjectFactory()
        InvitationFactory.create_batch(100, project=other)
        InvitationFactory(project=other, email="asked@example.com")
        MembershipFactory(project=other, user__email="member@example.com")
        for email in ("asked@example.com", "member@example.com"):
            invitations.invite(project=manager.project, email=email, role="VIEWER", by=manager.user)
        assert [sent.to for sent in mail.outbox] == [["asked@example.com"], ["member@example.com"]]

    @pytest.mark.django_db(transaction=True)
    def test_of_two_who_invite_an_address_at_once_one_does(self) -> None:
        asked = {"project": ProjectFactory(), "email": "new@example.com", "role": "VIEWER"}
        asked["by"] = UserFactory()

        def ask() -> Invitation:
            try:
                return invitations.invite(**asked)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                invitations.invite(**asked)
                other = pool.submit(ask)
                until_it_waits(other)
            with pytest.raises(ValidationError):
                other.result(timeout=20)
        assert (Invitation.objects.count(), len(mail.outbox)) == (1, 1)

    def test_a_hundred_a_day(self, manager, sign_in, clock) -> None:
        client = sign_in(manager.user)
        InvitationFactory.create_batch(100, project=manager.project)
        page = client.post("/members/invite/", {"email": "new@example.com", "role": "VIEWER"})
        assert "No more than 100 people" in page.content.decode()
        assert mail.outbox == []
        clock.shift(timedelta(days=1))
        invite(sign_in(manager.user))

    def test_what_cannot_be_mailed_stands_and_is_sent_again(
        self, manager, sign_in, monkeypatch, clock
    ) -> None:
        client = sign_in(manager.user)

        def refuse(*_given, **_named):
            raise SMTPException

        with monkeypatch.context() as patched:
            patched.setattr(invitations, "send_mail", refuse)
            page = client.post(
                "/members/invite/", {"email": "new@example.com", "role": "VIEWER"}, follow=True
            )
        assert "could not be sent" in page.content.decode()
        clock.shift(timedelta(seconds=61))
        client.post(f"/members/invitations/{Invitation.objects.get().pk}/", {"action": "send"})
        assert Client().get(link()).status_code == 200

    def test_no_role_gives_the_platform(self, manager, sign_in) -> None:
        data = {"email": "new@example.com", "role": "ADMINISTRATOR", "platform_role": "ADMINISTRATOR"}
        assert sign_in(manager.user).post("/members/invite/", data).status_code == 200
        assert not Invitation.objects.exists()
        invite(sign_in(manager.user), role="MANAGER")
        Client().post(link(), {**NEW, "platform_role": "ADMINISTRATOR"})
        assert not User.objects.exclude(platform_role=PlatformRole.NONE).exists()


class TestAgain:
    def test_another_link_takes_the_place_of_the_first(self, manager, sign_in, clock) -> None:
        client = sign_in(manager.user)
        first = invite(client)
        address = f"/members/invitations/{Invitation.objects.get().pk}/"
        page = client.post(address, {"action": "send"}, follow=True)
        assert "a moment ago" in page.content.decode()
        clock.shift(timedelta(days=8))
        client = sign_in(manager.user)
        assert "Over" in client.get("/accounts/membership/").content.decode()
        client.post(address, {"action": "send"})
        assert Client().get(first).status_code == 404
        assert Client().get(link()).status_code == 200
        assert Invitation.objects.get().expires_at == NOW + timedelta(days=15)

    def test_a_minute_lies_between_two_links(self, manager, clock) -> None:
        invitation = InvitationFactory(project=manager.project)
        clock.shift(timedelta(minutes=1))
        assert not invitations.send_again(invitation=invitation, by=manager.user)
        clock.shift(timedelta(microseconds=1))
        assert invitations.send_again(invitation=invitation, by=manager.user)
        assert len(mail.outbox) == 1
        entry = AuditEntry.objects.get(action=AuditEntry.Action.DEED)
        assert entry.additional_data["said"]["key"] == "invited_again"

    @pytest.mark.parametrize("answer", ["accepted_at", "withdrawn_at"])
    def test_one_that_was_answered_is_not_sent_or_withdrawn(self, manager, clock, answer) -> None:
        invitation = InvitationFactory(project=manager.project, **{answer: NOW})
        clock.shift(timedelta(hours=1))
        assert not invitations.send_again(invitation=invitation, by=manager.user)
        assert not invitations.withdraw(invitation=invitation, by=manager.user)
        assert mail.outbox == []
        assert Invitation.objects.filter(token_hash=invitation.token_hash, **{answer: NOW}).exists()
        assert not AuditEntry.objects.filter(action=AuditEntry.Action.DEED).exists()
        assert not invitations.open_invitations(manager.project).exists()

    def test_withdrawn_is_over(self, manager, sign_in) -> None:
        client = sign_in(manager.user)
        path = invite(client)
        client.post(f"/members/invitations/{Invitation.objects.get().pk}/", {"action": "withdraw"})
        trail = AuditEntry.objects.filter(content_type__model="invitation").order_by("pk")
        assert [(row.actor, row.additional_data["said"]["key"]) for row in trail] == [
            (manager.user, "invited"),
            (manager.user, "invitation_withdrawn"),
        ]
        assert Client().get(path).status_code == 404
        assert Client().post(path, NEW).status_code == 404
        assert not User.objects.filter(email="new@example.com").exists()
        page = client.get("/accounts/membership/")
        assert [row.email for row in page.context["invitations"]] == []

    def test_an_invitation_of_another_project_is_not_there(self, manager, sign_in) -> None:
        other = InvitationFactory()
        for action in ("send", "withdraw"):
            address = f"/members/invitations/{other.pk}/"
            assert sign_in(manager.user).post(address, {"action": action}).status_code == 404
        other.refresh_from_db()
        assert (other.withdrawn_at, mail.outbox) == (None, [])


class TestAnswer:
    def test_who_has_no_account_makes_one_and_is_in(self, manager, sign_in) -> None:
        path, client = invite(sign_in(manager.user)), Client(REMOTE_ADDR="203.0.113.7")
        page = client.get(path)
        assert manager.project.name in page.content.decode()
        assert page["Referrer-Policy"] == "same-origin"
        assert "no-store" in page["Cache-Control"]
        assert client.post(path, NEW).url == "/"
        user = User.objects.get(email="new@example.com")
        assert (user.name, user.phone_number, user.check_password(PASSWORD)) == (
            "이서연",
            "01012345678",
            True,
        )
        joined = user.memberships.get()
        assert (joined.project, joined.role, joined.is_invited) == (manager.project, "SENDER", True)
        assert client.get("/").context["project"] == manager.project
        assert user.sessions.get().address == "203.0.113.7"
        assert Invitation.objects.get().accepted_by == user
        assert Client().post("/login/", {"username": user.username, "password": PASSWORD}).url == "/"

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"password1": "12345", "password2": "12345"}, "password1"),
            ({"password1": "new@example.com", "password2": "new@example.com"}, "password1"),
            ({"password2": "another beacon"}, "password2"),
            ({"name": ""}, "name"),
            ({"phone_number": "02-123-4567"}, "phone_number"),
        ],
    )
    def test_what_is_wrong_is_said_and_nobody_is_made(self, manager, sign_in, wrong, field) -> None:
        path = invite(sign_in(manager.user))
        page = Client().post(path, {**NEW, **wrong})
        assert list(page.context["form"].errors) == [field]
        assert not User.objects.filter(email="new@example.com").exists()
        assert Invitation.objects.get().accepted_at is None

    def test_who_has_an_account_signs_in_and_agrees(self, manager, sign_in) -> None:
        known = UserFactory(email="Known@example.com")
        path, client = invite(sign_in(manager.user), "known@example.com", "VIEWER"), Client()
        page = client.get(path)
        assert page.context["sign_in"] == f"/login/?next={path.replace('/', '%2F')}"
        assert client.post(path, NEW).url == path, "nobody takes the account by its address"
        known.refresh_from_db()
        assert known.check_password(PASSWORD)
        assert not Membership.objects.filter(user=known).exists()
        response = client.post(page.context["sign_in"], {"username": known.username, "password": PASSWORD})
        assert response.url == path
        assert "Join the project" in client.get(path).content.decode()
        assert client.post(path).url == "/"
        assert Membership.objects.get(user=known).role == "VIEWER"

    def test_it_is_for_that_address_alone(self, manager, sign_in) -> None:
        UserFactory(email="known@example.com")
        other = MembershipFactory().user
        path, client = invite(sign_in(manager.user), "known@example.com"), sign_in(other)
        assert "for another address" in client.get(path).content.decode()
        assert client.post(path).status_code == 302
        assert not Membership.objects.filter(user=other, project=manager.project).exists()

    def test_a_link_works_once_and_for_seven_days(self, manager, sign_in, clock) -> None:
        path = invite(sign_in(manager.user))
        clock.shift(timedelta(days=7))
        assert Client().get(path).status_code == 404
        clock.shift(-timedelta(seconds=1))
        assert Client().post(path, NEW).url == "/"
        for method in ("get", "post"):
            page = getattr(Client(), method)(path)
            assert (page.status_code, "used or withdrawn" in page.content.decode()) == (404, True)

    @pytest.mark.parametrize("token", ["x", "a" * 3000, "%00"])
    def test_what_is_no_link_says_nothing(self, token) -> None:
        assert Client().get(f"/invitation/{token}/").status_code == 404

    def test_a_name_that_is_taken_is_no_mistake(self, manager, sign_in) -> None:
        """Who had this address before goes by it still."""
        UserFactory(username="Moved@example.com", email="elsewhere@example.com")
        Client().post(invite(sign_in(manager.user), "moved@example.com"), NEW)
        assert User.objects.get(email="moved@example.com").username.startswith("moved@example.com-")

    def test_an_address_that_is_longer_than_a_name_is_no_mistake(self) -> None:
        address = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example.com"
        UserFactory(username=address[:140], email="elsewhere@example.com")
        invitation = InvitationFactory(email=address)
        person = invitations.NewPerson("Ann", "", PASSWORD)
        with translation.override("ko"):
            user = invitations.accept_as_new(invitation=invitation, person=person)
        assert (user.email, user.username[:141], len(user.username)) == (address, f"{address[:140]}-", 149)
        assert user.language == "ko"

    def test_who_became_a_member_otherwise_keeps_that_role(self, manager, sign_in) -> None:
        known = UserFactory(email="known@example.com")
        path = invite(sign_in(manager.user), "known@example.com", "VIEWER")
        MembershipFactory(user=known, project=manager.project, role=ProjectRole.MANAGER)
        assert sign_in(known).post(path).url == "/"
        assert Membership.objects.get(user=known).role == ProjectRole.MANAGER

    @pytest.mark.parametrize("is_new", [False, True])
    @pytest.mark.parametrize(
        "change",
        [{"withdrawn_at": NOW}, {"accepted_at": NOW}, {"token_hash": "of a newer link"}, {"expires_at": NOW}],
    )
    def test_what_became_of_it_since_it_was_looked_at_counts(self, clock, change, is_new) -> None:
        invitation = InvitationFactory(email="asked@example.com")
        Invitation.objects.update(**change)
        if is_new:
            person = invitations.NewPerson("Ann", "", PASSWORD)
            assert invitations.accept_as_new(invitation=invitation, person=person) is None
            assert not User.objects.exists(), "no account is left of it"
        else:
            user = UserFactory(email="asked@example.com")
            assert invitations.accept(invitation=invitation, user=user) is None
        assert not Membership.objects.exists()

    def test_a_closed_account_joins_nothing(self) -> None:
        invitation = InvitationFactory(email="known@example.com")
        user = UserFactory(email="known@example.com", is_active=False)
        assert invitations.accept(invitation=invitation, user=user) is None
        assert not Membership.objects.exists()
        assert Invitation.objects.get().accepted_at is None

    def test_joining_is_noted_with_who_did(self) -> None:
        invitation = InvitationFactory(email="known@example.com")
        user = UserFactory(email="known@example.com")
        assert invitations.accept(invitation=invitation, user=user) is not None
        entry = AuditEntry.objects.get(action=AuditEntry.Action.DEED)
        assert (entry.actor, entry.additional_data["said"]["key"]) == (user, "invitation_accepted")

    @pytest.mark.django_db(transaction=True)
    def test_of_two_who_use_a_link_at_once_one_joins(self) -> None:
        invitation = InvitationFactory()

        def join(_number: int) -> bool:
            try:
                person = invitations.NewPerson("Ann", "", PASSWORD)
                return invitations.accept_as_new(invitation=invitation, person=person) is not None
            finally:
                connection.close()

        with ThreadPoolExecutor(3) as pool:
            assert sorted(pool.map(join, range(3))) == [False, False, True]
        assert Project.objects.get().memberships.count() == 1
        assert User.objects.filter(email=invitation.email).count() == 1
