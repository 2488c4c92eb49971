"""The frame: menu, switcher, language, sign-in and lock-out, errors, health."""

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client, override_settings

from console.accounts.models import User
from console.accounts.roles import ProjectRole
from console.accounts.scoping import scope_for
from console.navigation import MENU, menu_for
from tests.factories import PASSWORD, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def titles(client: Client, path: str = "/") -> set[str]:
    menu = client.get(path).context["menu"]
    return {str(link.title) for _title, links in menu for link in links}


def test_the_menu_shows_what_the_role_may_open(manager, viewer, administrator, sign_in) -> None:
    assert "Members" in titles(sign_in(manager.user))
    assert "Members" not in titles(sign_in(viewer.user))
    assert not titles(sign_in(manager.user)) & {"Organizations", "People", "Audit", "Review queue"}
    assert titles(sign_in(administrator)) >= {"Organizations", "People", "Audit"}


def test_a_page_that_is_not_there_is_not_in_the_menu(manager, rf, monkeypatch) -> None:
    gone = MENU[0].items[0].__class__("Gone", "x", "admin:no_such_page")
    monkeypatch.setattr("console.navigation.MENU", (MENU[0].__class__("", (gone, *MENU[0].items)),))
    request = rf.get("/")
    shown = menu_for(request, scope_for(manager.user, None))
    assert [str(link.title) for _title, links in shown for link in links] == ["Dashboard"]


def test_the_current_page_is_marked_once(manager, sign_in) -> None:
    menu = sign_in(manager.user).get("/accounts/membership/").context["menu"]
    current = [str(link.title) for _title, links in menu for link in links if link.is_current]
    assert current == ["Members"]


def test_the_shell_of_a_page_costs_few_queries(manager, sign_in, django_assert_max_num_queries) -> None:
    client = sign_in(manager.user)
    with django_assert_max_num_queries(3):  # the session, the person, the memberships
        client.get("/members/invite/")


class TestSwitcher:
    def test_switching_keeps_the_choice_and_the_list(self, manager, sign_in) -> None:
        other = MembershipFactory(user=manager.user)
        client = sign_in(manager.user)
        response = client.post(
            "/switch-project/", {"project": other.project_id, "next": "/accounts/membership/?q=kim"}
        )
        assert response.url == "/accounts/membership/"
        assert client.get("/").context["project"] == other.project

    @pytest.mark.parametrize(
        "address", ["/accounts/membership/1/change/", "https://evil.example/", "//evil", "/x/", ""]
    )
    def test_it_never_leads_to_an_object_or_elsewhere(self, manager, sign_in, address) -> None:
        response = sign_in(manager.user).post(
            "/switch-project/", {"project": manager.project_id, "next": address}
        )
        assert response.url == "/"

    @pytest.mark.parametrize("project", ["", "x", "0", "-1"])
    def test_what_is_no_project_is_not_there(self, manager, sign_in, project) -> None:
        assert sign_in(manager.user).post("/switch-project/", {"project": project}).status_code == 404

    def test_another_organizations_project_is_not_there(self, manager, sign_in) -> None:
        other = MembershipFactory()
        client = sign_in(manager.user)
        assert client.post("/switch-project/", {"project": other.project_id}).status_code == 404
        assert client.get("/").context["project"] == manager.project

    def test_it_takes_a_post(self, manager, sign_in) -> None:
        assert sign_in(manager.user).get("/switch-project/").status_code == 405


class TestLanguage:
    def test_it_is_kept_with_the_person_and_in_the_browser(self, manager, sign_in) -> None:
        client = sign_in(manager.user)
        response = client.post("/language/", {"language": "ko", "next": "/me/"})
        assert (response.url, response.cookies["django_language"].value) == ("/me/", "ko")
        assert User.objects.get(pk=manager.user_id).language == "ko"
        assert 'lang="ko"' in client.get("/me/").content.decode()

    def test_an_unknown_language_changes_nothing(self, manager, sign_in) -> None:
        response = sign_in(manager.user).post(
            "/language/", {"language": "xx", "next": "https://evil.example/"}
        )
        assert (response.url, "django_language" in response.cookies) == ("/", False)
        assert User.objects.get(pk=manager.user_id).language == ""

    def test_another_browser_learns_it_at_sign_in(self, manager) -> None:
        User.objects.filter(pk=manager.user_id).update(language="ko")
        response = Client().post("/login/", {"username": manager.user.username, "password": PASSWORD})
        assert response.cookies["django_language"].value == "ko"

    def test_who_chose_none_keeps_that_of_the_first_sign_in(self, manager) -> None:
        login = {"username": manager.user.username, "password": PASSWORD}
        Client().post("/login/", login, headers={"accept-language": "ko"})
        assert User.objects.get(pk=manager.user_id).language == "ko"
        response = Client().post("/login/", login, headers={"accept-language": "en"})
        assert response.cookies["django_language"].value == "ko"

    def test_it_can_be_chosen_before_signing_in(self) -> None:
        assert Client().post("/language/", {"language": "ko", "next": "/login/"}).url == "/login/"


class TestSignIn:
    def test_a_member_enters_without_being_staff(self, manager) -> None:
        client = Client()
        data = {"username": manager.user.username, "password": PASSWORD, "next": "/me/"}
        assert client.post("/login/?next=/me/", data).url == "/me/"
        assert client.get("/").status_code == 200

    def test_a_closed_account_stays_out(self, manager) -> None:
        User.objects.filter(pk=manager.user_id).update(is_active=False)
        response = Client().post("/login/", {"username": manager.user.username, "password": PASSWORD})
        assert response.status_code == 200
        assert "do not match" in response.content.decode()

    @override_settings(AXES_ENABLED=True)
    def test_repeated_failures_lock_out_and_an_administrator_opens(
        self, manager, administrator, sign_in
    ) -> None:
        client = Client()
        right = {"username": manager.user.username, "password": PASSWORD}
        answers = [client.post("/login/", {**right, "password": "wrong"}).status_code for _number in range(5)]
        assert answers == [200, 200, 200, 200, 429]
        locked = client.post("/login/", right)
        assert locked.status_code == 429
        assert locked["Retry-After"] == "900"
        assert "Wait 15 minutes" in locked.content.decode()
        other = {"username": administrator.username, "password": PASSWORD}
        assert client.post("/login/", other).status_code == 302
        sign_in(administrator).post(f"/people/{manager.user_id}/unlock/")
        assert Client().post("/login/", right).status_code == 302


class TestErrors:
    def test_a_page_that_is_not_there(self, manager, sign_in) -> None:
        response = sign_in(manager.user).get("/nothing/")
        assert (response.status_code, "nothing at this address" in response.content.decode()) == (404, True)

    def test_a_page_of_another_role(self, viewer, sign_in) -> None:
        response = sign_in(viewer.user).get("/audit/")
        assert (response.status_code, "not open to your role" in response.content.decode()) == (403, True)

    def test_a_form_without_its_token(self, manager) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(manager.user, backend="django.contrib.auth.backends.ModelBackend")
        response = client.post("/switch-project/", {"project": manager.project_id})
        assert (response.status_code, "too old" in response.content.decode()) == (403, True)

    def test_a_mistake_of_ours(self, manager, sign_in, monkeypatch) -> None:
        client = sign_in(manager.user)
        client.raise_request_exception = False
        monkeypatch.setattr("console.dashboard.context_for", lambda scope: 1 / 0)
        response = client.get("/")
        assert (response.status_code, "made a mistake" in response.content.decode()) == (500, True)


def test_health(client, monkeypatch, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        response = client.get("/healthz/")
    assert (response.status_code, response.content) == (200, b"ok")

    def fail():
        raise DatabaseError

    monkeypatch.setattr("console.errors.connection.cursor", fail)
    assert client.get("/healthz/").status_code == 503


def test_badges_are_counted_apart_and_then_remembered(manager, sign_in, monkeypatch) -> None:
    cache.clear()
    counts = iter([3, 0])
    monkeypatch.setattr("senders.admin.badges.needs_you", lambda scope: next(counts))
    client = sign_in(manager.user)
    assert (
        'id="badge-admin-senders_numbers" class="b-badge" hx-swap-oob="true">3<'
        in client.get("/badges/").content.decode()
    )
    assert 'id="badge-admin-senders_numbers" class="b-badge">3<' in client.get("/").content.decode()
    assert (
        'id="badge-admin-senders_numbers" class="b-badge" hx-swap-oob="true"><'
        in client.get("/badges/").content.decode()
    )


def test_the_menus_badges_the_dashboards_parts_and_their_functions_exist() -> None:
    from django.utils.module_loading import import_string

    from console import dashboard

    names = [item.badge for group in MENU for item in group.items if item.badge]
    names += [*dashboard.NEEDS, *dashboard.PANELS, *(step.done for step in dashboard.STEPS)]
    assert all(callable(import_string(name)) for name in names)


def test_a_person_of_no_project_sees_why_nothing_is_there(sign_in) -> None:
    response = sign_in(UserFactory()).get("/")
    assert (response.status_code, "not a member of any project" in response.content.decode()) == (403, True)


def test_staff_without_a_project_see_the_dashboard(administrator, sign_in) -> None:
    assert sign_in(administrator).get("/").status_code == 200


def test_roles_are_named_in_the_header(sign_in) -> None:
    member = MembershipFactory(role=ProjectRole.SENDER)
    assert "Sender" in sign_in(member.user).get("/").content.decode()
