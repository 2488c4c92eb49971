"""A project that somebody manages keeps an active manager, whatever the platform's staff do at once."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from console.accounts import members
from console.accounts.members import Seat, left_unmanaged, lock_governing
from console.accounts.models import AuditEntry, Membership, Project, User
from console.accounts.roles import ProjectRole
from tests.factories import MembershipFactory, ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db
VIEWER, MANAGER = ProjectRole.VIEWER, ProjectRole.MANAGER
WHAT_TO_DO = "make another active person manager there first, then try again."


def rows_of(memberships: Iterable[Membership], other: str, **changes: dict[str, Any]) -> dict[str, Any]:
    """The inline form of memberships as they stand; `changes` by its place ("n0"), "new" is one more row."""
    rows = [
        {"id": each.pk, other: getattr(each, f"{other}_id"), "role": each.role} | changes.get(f"n{n}", {})
        for n, each in enumerate(memberships)
    ]
    count = len(rows)
    rows += [changes["new"]] if "new" in changes else []
    given = {f"memberships-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}
    sizes = {"TOTAL": len(rows), "INITIAL": count, "MIN_NUM": 0, "MAX_NUM": 1000}
    return given | {f"memberships-{name}_FORMS": size for name, size in sizes.items()}


def post_project(client: Client, project: Project, **changes: Any) -> Any:
    kept = project.memberships.order_by("pk")
    data = {"name": project.name, "is_active": "on", **rows_of(kept, "user", **changes)}
    return client.post(f"/accounts/project/{project.pk}/change/", data)


def post_person(client: Client, user: User, *, is_active: str = "on", **changes: Any) -> Any:
    names = ("username", "name", "email", "phone_number", "platform_role")
    data = {name: getattr(user, name) for name in names} | {"is_active": is_active}
    return client.post(
        f"/accounts/user/{user.pk}/change/",
        data | rows_of(user.memberships.order_by("pk"), "project", **changes),
    )


def as_they_are() -> list[tuple[int, int, str, bool]]:
    rows = Membership.objects.order_by("pk")
    return list(rows.values_list("user_id", "project_id", "role", "user__is_active"))


def is_refused(response: Any, project: Project) -> bool:
    """Whether the page says which project would be left, and what to do."""
    words = response.content.decode()
    named = f"{project.organization} · {project}"
    return response.status_code == 200 and f"left to manage {named}: {WHAT_TO_DO}" in words


class TestProjectPage:
    @pytest.mark.parametrize("change", [{"role": VIEWER}, {"DELETE": "on"}])
    def test_its_last_manager_is_neither_demoted_nor_removed(
        self, manager, administrator, sign_in, change
    ) -> None:
        MembershipFactory(project=manager.project, role=ProjectRole.SENDER)
        MembershipFactory(project=manager.project, user__is_active=False)
        MembershipFactory()
        before, noted = as_they_are(), AuditEntry.objects.count()
        response = post_project(sign_in(administrator), manager.project, n0=change)
        assert is_refused(response, manager.project)
        assert (as_they_are(), AuditEntry.objects.count()) == (before, noted)

    def test_nor_is_their_place_given_to_somebody_whose_account_is_closed(
        self, manager, administrator, sign_in
    ) -> None:
        closed, before = UserFactory(is_active=False), as_they_are()
        response = post_project(sign_in(administrator), manager.project, n0={"user": closed.pk})
        assert is_refused(response, manager.project)
        assert as_they_are() == before

    def test_one_of_two_goes(self, manager, administrator, sign_in) -> None:
        other = MembershipFactory(project=manager.project)
        response = post_project(sign_in(administrator), manager.project, n0={"DELETE": "on"})
        assert response.status_code == 302
        assert as_they_are() == [(other.user_id, manager.project_id, MANAGER, True)]

    def test_the_last_one_goes_where_another_comes_by_the_same_form(
        self, manager, administrator, sign_in
    ) -> None:
        heir = UserFactory()
        new = {"user": heir.pk, "role": MANAGER}
        response = post_project(sign_in(administrator), manager.project, n0={"role": VIEWER}, new=new)
        assert response.status_code == 302
        assert as_they_are() == [
            (manager.user_id, manager.project_id, VIEWER, True),
            (heir.pk, manager.project_id, MANAGER, True),
        ]

    def test_where_nobody_manages_anything_may_change(self, viewer, administrator, sign_in) -> None:
        response = post_project(sign_in(administrator), viewer.project, n0={"DELETE": "on"})
        assert response.status_code == 302
        assert as_they_are() == []


class TestPersonPage:
    @pytest.mark.parametrize("change", [{"role": VIEWER}, {"DELETE": "on"}])
    def test_their_projects_keep_them_as_the_last_manager(
        self, manager, administrator, sign_in, change
    ) -> None:
        before = as_they_are()
        response = post_person(sign_in(administrator), manager.user, n0=change)
        assert is_refused(response, manager.project)
        assert as_they_are() == before

    def test_nor_are_they_moved_to_another_project(self, manager, administrator, sign_in) -> None:
        before = as_they_are()
        change = {"project": ProjectFactory().pk}
        assert is_refused(post_person(sign_in(administrator), manager.user, n0=change), manager.project)
        assert as_they_are() == before

    def test_their_account_is_not_closed_and_every_project_is_named(
        self, manager, administrator, sign_in
    ) -> None:
        second = MembershipFactory(user=manager.user)
        third = MembershipFactory(user=manager.user)
        MembershipFactory(project=third.project)
        before = as_they_are()
        response = post_person(sign_in(administrator), manager.user, is_active="")
        words = response.content.decode()
        assert [each.project.name in words.partition("left to manage")[2] for each in (manager, second)] == [
            True,
            True,
        ]
        named = words.partition("left to manage")[2].partition(":")[0]
        assert third.project.name not in named
        assert as_they_are() == before

    def test_it_is_closed_where_others_manage(self, manager, administrator, sign_in) -> None:
        MembershipFactory(project=manager.project)
        assert post_person(sign_in(administrator), manager.user, is_active="").status_code == 302
        assert not User.objects.get(pk=manager.user_id).is_active

    def test_nor_by_the_list_even_if_two_go_together(self, manager, administrator, sign_in) -> None:
        other, free = MembershipFactory(project=manager.project), UserFactory()
        client, before = sign_in(administrator), as_they_are()
        chosen = {"action": "close_accounts", "_selected_action": [manager.user_id, other.user_id, free.pk]}
        assert WHAT_TO_DO in client.post("/accounts/user/", chosen, follow=True).content.decode()
        assert (as_they_are(), User.objects.get(pk=free.pk).is_active) == (before, True)
        chosen["_selected_action"] = [manager.user_id, free.pk]
        client.post("/accounts/user/", chosen)
        assert set(User.objects.filter(is_active=False)) == {manager.user, free}


def test_many_projects_are_named_in_part() -> None:
    user = UserFactory()
    projects = [MembershipFactory(user=user).project for _number in range(6)]
    lost = left_unmanaged(active={user.pk: False})
    assert {each.pk for each in lost} == {each.pk for each in projects}
    words = members.why_not_leave(lost)
    assert words.count(" · ") == 5
    assert ", …:" in words
    assert members.why_not_leave([]) == ""


def test_what_is_new_counts_only_in_its_project(manager) -> None:
    away = Seat(None, UserFactory().pk, ProjectFactory().pk, MANAGER)
    gone = Seat(manager.pk, manager.user_id, manager.project_id, None)
    assert left_unmanaged(seats=[gone, away]) == [manager.project]


@pytest.mark.django_db(transaction=True)
class TestTwoBrowsers:
    """The second one's page was right when it was asked for; what the first one did is seen all the same."""

    @pytest.fixture
    def pair(self) -> tuple[Membership, Membership]:
        first = MembershipFactory()
        return first, MembershipFactory(project=first.project)

    def meanwhile(self, work: Any, first: Membership) -> Any:
        """Have `work` asked while the first manager's demotion is not committed; what came of it."""

        def asks() -> Any:
            try:
                return work()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                lock_governing()
                answer = pool.submit(asks)
                assert waits(answer)
                Membership.objects.filter(pk=first.pk).update(role=VIEWER)
            return answer.result(timeout=30)

    def test_an_administrator_in_the_projects_page(self, pair, sign_in) -> None:
        client, (first, second) = sign_in(UserFactory(administrator=True)), pair
        data = {"name": first.project.name, "is_active": "on"}
        data |= rows_of(pair, "user", n1={"role": VIEWER})
        address = f"/accounts/project/{first.project_id}/change/"
        response = self.meanwhile(lambda: client.post(address, data | {"memberships-0-role": VIEWER}), first)
        assert is_refused(response, first.project)
        assert Membership.objects.get(pk=second.pk).role == MANAGER

    def test_an_administrator_in_the_persons_page(self, pair, sign_in) -> None:
        client, (first, second) = sign_in(UserFactory(administrator=True)), pair
        response = self.meanwhile(lambda: post_person(client, second.user, is_active=""), first)
        assert is_refused(response, first.project)
        assert User.objects.get(pk=second.user_id).is_active

    def test_an_administrator_in_the_list(self, pair, sign_in) -> None:
        client, (first, second) = sign_in(UserFactory(administrator=True)), pair
        chosen = {"action": "close_accounts", "_selected_action": [second.user_id]}
        self.meanwhile(lambda: client.post("/accounts/user/", chosen), first)
        assert User.objects.get(pk=second.user_id).is_active

    @pytest.mark.parametrize("what", ["change", "delete"])
    def test_a_manager_who_was_demoted(self, pair, sign_in, what) -> None:
        client, (first, second) = sign_in(pair[0].user), pair
        address = f"/accounts/membership/{second.pk}/{what}/"
        self.meanwhile(lambda: client.post(address, {"role": VIEWER, "post": "yes"}), first)
        assert Membership.objects.get(pk=second.pk).role == MANAGER


def waits(answer: Future[Any]) -> bool:
    """Whether some connection waits for a lock before the answer is there."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        while not answer.done():
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return True
    return False
