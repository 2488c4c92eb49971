"""Members: their list, their roles, and that somebody always manages."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from console.accounts import members
from console.accounts.models import Membership, User
from console.accounts.roles import ProjectRole
from tests.factories import (
    IdentityVerificationFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


class TestList:
    def test_it_says_who_is_verified_and_signs_in_by_two_steps(self, sign_in) -> None:
        organization = OrganizationFactory(verification_exempt=False)
        manager = MembershipFactory(project__organization=organization, user__name="Ann")
        IdentityVerificationFactory(approved=True, user=manager.user, organization=organization)
        other = MembershipFactory(project=manager.project, role=ProjectRole.VIEWER, user__name="Ben")
        IdentityVerificationFactory(reviewing=True, user=other.user, organization=organization)
        IdentityVerificationFactory(approved=True, user=other.user)
        User.objects.filter(pk=other.user_id).update(second_factor_at=timezone.now())
        rows = sign_in(manager.user).get("/accounts/membership/").context["cl"].result_list
        shown = {str(row.user): (row.is_approved, row.user.second_factor_at is not None) for row in rows}
        assert shown == {"Ann": (True, False), "Ben": (False, True)}

    def test_it_takes_the_same_few_queries_however_many(
        self, manager, sign_in, django_assert_max_num_queries
    ) -> None:
        client = sign_in(manager.user)
        client.get("/accounts/membership/")
        MembershipFactory.create_batch(30, project=manager.project)
        with django_assert_max_num_queries(8):
            assert len(client.get("/accounts/membership/").context["cl"].result_list) == 31


class TestRules:
    def test_nobody_changes_or_removes_themself(self, manager, sign_in) -> None:
        client = sign_in(manager.user)
        own = f"/accounts/membership/{manager.pk}"
        assert client.post(f"{own}/change/", {"role": "VIEWER"}).status_code == 403
        assert client.post(f"{own}/delete/", {"post": "yes"}).status_code == 403
        manager.refresh_from_db()
        assert manager.role == ProjectRole.MANAGER

    def test_a_role_is_changed_and_holds_at_once(self, manager, sign_in) -> None:
        member = MembershipFactory(project=manager.project, role=ProjectRole.MANAGER)
        theirs = sign_in(member.user)
        assert theirs.get("/settings/security/").status_code == 200
        address = f"/accounts/membership/{member.pk}/change/"
        assert sign_in(manager.user).post(address, {"role": "VIEWER"}).status_code == 302
        assert theirs.get("/settings/security/").status_code == 403

    def test_who_is_removed_is_out_at_once(self, manager, sign_in) -> None:
        member = MembershipFactory(project=manager.project)
        theirs = sign_in(member.user)
        address = f"/accounts/membership/{member.pk}/delete/"
        assert sign_in(manager.user).post(address, {"post": "yes"}).status_code == 302
        assert theirs.get("/settings/security/").status_code == 403
        assert User.objects.filter(pk=member.user_id).exists()

    @pytest.mark.parametrize("what", ["change", "delete"])
    def test_who_was_removed_while_the_page_was_open_changes_nobody(
        self, manager, sign_in, what, monkeypatch
    ):
        """Two press at the same moment: the second one's scope was read before the first one's press."""
        other = MembershipFactory(project=manager.project)
        client = sign_in(manager.user)
        monkeypatch.setattr(members, "still_manages", lambda **_who: False)
        client.post(f"/accounts/membership/{other.pk}/{what}/", {"role": "VIEWER", "post": "yes"})
        assert Membership.objects.get(pk=other.pk).role == ProjectRole.MANAGER

    def test_somebody_active_manages_without(self, manager) -> None:
        MembershipFactory(project=manager.project, user__is_active=False)
        MembershipFactory(project=manager.project, role=ProjectRole.SENDER)
        MembershipFactory()
        assert not members.somebody_manages_without(manager)
        MembershipFactory(project=manager.project)
        assert members.somebody_manages_without(manager)

    @pytest.mark.django_db(transaction=True)
    def test_two_managers_who_remove_each_other_at_once_leave_one(self, sign_in) -> None:
        first = MembershipFactory()
        second = MembershipFactory(project=first.project)
        clients = {second: sign_in(first.user), first: sign_in(second.user)}

        def remove(of: Membership) -> None:
            try:
                clients[of].post(f"/accounts/membership/{of.pk}/delete/", {"post": "yes"})
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(remove, (first, second)))
        assert Membership.objects.count() == 1

    def test_who_belongs_here_alone(self, manager) -> None:
        organization = manager.project.organization
        assert members.belongs_here_alone(user=manager.user, organization=organization)
        MembershipFactory(user=manager.user, project__organization=organization)
        assert members.belongs_here_alone(user=manager.user, organization=organization)
        MembershipFactory(user=manager.user)
        assert not members.belongs_here_alone(user=manager.user, organization=organization)
        staff = UserFactory(reviewer=True)
        assert not members.belongs_here_alone(user=staff, organization=organization)
