"""Deny first: who gets which answer before a page is even asked."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory

from console.accounts.models import Invitation, Membership, User
from console.accounts.roles import PROJECT_PERMISSIONS, Permission, ProjectRole
from console.accounts.scoping import Scope, scope_for
from console.guard import refusal
from console.pages import ConsoleView
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db


class SendPage(ConsoleView):
    path = "send/"
    name = "send"
    permission = Permission.SEND

    def get(self, request):
        return HttpResponse(f"shown for {self.project}")

    post = get


class StaffPage(ConsoleView):
    path = "staff/"
    name = "staff"
    permission = Permission.REVIEW

    def get(self, request):
        return HttpResponse("shown")


def ask(user, page=SendPage, method="get", project_id=None, **extra):
    request = getattr(RequestFactory(), method)("/send/?a=1", **extra)
    request.user = user
    request.session = {}
    request.scope = scope_for(user, project_id)
    return page.as_view()(request)


def test_an_anonymous_person_signs_in_first_and_comes_back() -> None:
    response = ask(AnonymousUser())
    assert (response.status_code, response.url) == (302, "/login/?next=/send/%3Fa%3D1")


def test_an_inactive_person_signs_in_first() -> None:
    member = MembershipFactory(user__is_active=False)
    assert ask(member.user).status_code == 302


def test_a_person_of_no_project_is_told_so() -> None:
    response = ask(UserFactory())
    assert response.status_code == 403
    assert "not a member of any project" in response.render().content.decode()


@pytest.mark.parametrize("role", ProjectRole)
def test_the_table_of_roles_decides(role: ProjectRole) -> None:
    member = MembershipFactory(role=role)
    if Permission.SEND in PROJECT_PERMISSIONS[role]:
        assert ask(member.user).content.decode() == f"shown for {member.project}"
    else:
        with pytest.raises(PermissionDenied):
            ask(member.user)


def test_every_role_includes_the_one_before_it() -> None:
    viewer, sender, manager = (PROJECT_PERMISSIONS[role] for role in ProjectRole)
    assert viewer == {Permission.LOOK_UP}
    assert viewer < sender < manager
    assert not manager & {Permission.REVIEW, Permission.ADMINISTER}


def test_a_platform_page_asks_for_no_project_and_no_identity() -> None:
    assert ask(UserFactory(reviewer=True), StaffPage).content == b"shown"


def test_a_manager_of_a_project_is_no_platform_staff() -> None:
    with pytest.raises(PermissionDenied):
        ask(MembershipFactory(role=ProjectRole.MANAGER).user, StaffPage)


def test_a_project_named_in_the_session_but_not_ones_own_is_ignored() -> None:
    own, other = MembershipFactory(), MembershipFactory()
    assert ask(own.user, project_id=other.project_id).content.decode() == f"shown for {own.project}"


class TestIdentityGate:
    @pytest.fixture
    def member(self) -> Membership:
        return MembershipFactory(project__organization=OrganizationFactory(verification_exempt=False))

    def test_a_member_who_is_not_verified_is_sent_to_the_page_that_helps(self, member, monkeypatch) -> None:
        monkeypatch.setattr("senders.services.verification.is_cleared", lambda *, user, project: False)
        response = ask(member.user)
        assert (response.status_code, response.url) == (302, "/senders/identity/")

    def test_a_verified_member_passes_and_the_gate_is_asked_for_this_project(
        self, member, monkeypatch
    ) -> None:
        asked = []

        def gate(*, user: User, project: object) -> bool:
            asked.append((user, project))
            return True

        monkeypatch.setattr("senders.services.verification.is_cleared", gate)
        assert ask(member.user).status_code == 200
        assert asked == [(member.user, member.project)]

    def test_an_exempt_organization_is_not_asked(self, monkeypatch) -> None:
        monkeypatch.setattr("senders.services.verification.is_cleared", lambda **_kwargs: 1 / 0)
        assert ask(MembershipFactory().user).status_code == 200

    def test_an_administrator_who_is_a_member_is_not_let_through(self, monkeypatch) -> None:
        monkeypatch.setattr("senders.services.verification.is_cleared", lambda *, user, project: False)
        member = MembershipFactory(user__administrator=True, project__organization__verification_exempt=False)
        assert ask(member.user).status_code == 302


class TestSwitchedElsewhere:
    def test_a_form_of_another_project_is_refused(self) -> None:
        member = MembershipFactory()
        other = MembershipFactory(user=member.user)
        response = ask(
            member.user, method="post", data={"_project": other.project_id}, project_id=member.project_id
        )
        assert response.status_code == 409
        response = ask(
            member.user,
            method="post",
            headers={"X-Bongsu-Project": str(other.project_id)},
            project_id=member.project_id,
        )
        assert response.status_code == 409

    def test_a_form_of_this_project_and_one_without_a_mark_pass(self) -> None:
        member = MembershipFactory()
        assert ask(member.user, method="post", data={"_project": member.project_id}).status_code == 200
        assert ask(member.user, method="post").status_code == 200

    def test_what_was_typed_is_kept_and_goes_on_where_it_belongs(self, sign_in) -> None:
        member = MembershipFactory(role=ProjectRole.MANAGER)
        other = MembershipFactory(user=member.user)
        client = sign_in(member.user)
        client.post("/switch-project/", {"project": other.project_id})
        typed = {"email": "new@example.com", "role": "SENDER", "_project": member.project_id}
        page = client.post("/members/invite/", typed)
        assert page.status_code == 409
        assert ("email", "new@example.com") in page.context["fields"]
        assert not Invitation.objects.exists()
        assert client.post("/members/invite/", {**typed, "_switch_back": "1"}).status_code == 302
        assert Invitation.objects.get(email="new@example.com").project == member.project
        assert client.get("/").context["project"] == member.project

    def test_a_project_that_is_not_ones_own_cannot_be_named(self) -> None:
        member, stranger = MembershipFactory(), MembershipFactory()
        data = {"_project": stranger.project_id, "_switch_back": "1"}
        with pytest.raises(PermissionDenied):
            ask(member.user, method="post", data=data)


def test_nobody_is_allowed_anything() -> None:
    nobody = Scope(user=AnonymousUser(), membership=None)
    assert not any(nobody.allows(permission) for permission in Permission)
    inactive = UserFactory(administrator=True, is_active=False)
    assert not any(scope_for(inactive, None).allows(permission) for permission in Permission)


def test_refusal_needs_a_scope() -> None:
    with pytest.raises(AttributeError):
        refusal(SimpleNamespace(), permission=None)


def test_a_part_of_a_page_only_learns_that_nobody_is_signed_in(client) -> None:
    assert ask(AnonymousUser(), headers={"HX-Request": "true"}).status_code == 401
    assert client.get("/badges/", headers={"HX-Request": "true"}).status_code == 401
    assert client.get("/badges/").status_code == 302
