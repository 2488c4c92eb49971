"""Signing in by two steps, the page where that is set up, and who may demand it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from console.accounts import notice_mail, second_factor
from console.accounts.models import Invitation, Organization, SecondFactor, Session, User
from console.accounts.roles import ProjectRole
from tests.console.authenticator import code_of
from tests.factories import PASSWORD, MembershipFactory, ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
STEP = timedelta(seconds=30)
PAGE = "/me/second-factor/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def axes(settings):
    settings.AXES_ENABLED = True


def set_up(user: User, clock) -> tuple[str, list[str]]:
    secret = second_factor.secret_to_type(second_factor.begin(user=user))
    codes = second_factor.turn_on(user=user, code=code_of(secret))
    clock.shift(2 * STEP)
    return secret, codes


def give_password(user: User, client: Client | None = None, to: str = "", **options: str) -> Client:
    client = client or Client(**options)
    typed = {"username": user.username, "password": PASSWORD, "next": to}
    assert client.post("/login/", typed).url == "/login/code/"
    return client


def subjects() -> list[str]:
    notice_mail.mail_notices()
    return [sent.subject for sent in mail.outbox]


class TestSigningIn:
    def test_the_password_alone_signs_nobody_in(self, manager, clock) -> None:
        set_up(manager.user, clock)
        client = give_password(manager.user)
        assert client.get("/me/").url == "/login/?next=/me/"
        assert not Session.objects.filter(user=manager.user).exists()
        assert manager.user.last_login is None

    def test_with_a_code_it_leads_to_where_one_wanted_to_go(self, manager, clock) -> None:
        secret, _codes = set_up(manager.user, clock)
        client = give_password(manager.user, to="/settings/security/", REMOTE_ADDR="203.0.113.7")
        before = client.session.session_key
        assert client.get("/login/code/").status_code == 200
        response = client.post(
            "/login/code/", {"code": code_of(secret)}, headers={"user-agent": "Firefox/130"}
        )
        assert response.url == "/settings/security/"
        assert client.get("/me/").status_code == 200
        session = Session.objects.get(user=manager.user)
        assert session.session_key != before
        assert (session.signed_in_at, session.address, session.browser) == (
            timezone.now(),
            "203.0.113.7",
            "Firefox/130",
        )
        assert "signing_in" not in client.session

    def test_a_session_that_somebody_planted_stays_behind(self, manager, clock) -> None:
        set_up(manager.user, clock)
        client = Client()
        session = client.session
        session["planted"] = True
        session.save()
        client.cookies["sessionid"] = planted = session.session_key
        give_password(manager.user, client)
        assert client.session.session_key != planted
        client.cookies["sessionid"] = planted
        assert client.get("/login/code/").url == "/login/"

    @pytest.mark.parametrize("target", ["https://evil.example.com/", "//evil.example.com", "javascript:x"])
    def test_it_leads_nowhere_else(self, manager, clock, target) -> None:
        secret, _codes = set_up(manager.user, clock)
        client = give_password(manager.user, to=target)
        assert client.post("/login/code/", {"code": code_of(secret)}).url == "/"

    def test_a_wrong_code_is_said_and_the_next_may_be_right(self, manager, clock) -> None:
        _secret, codes = set_up(manager.user, clock)
        client = give_password(manager.user)
        page = client.post("/login/code/", {"code": "000000"})
        assert "This code is wrong" in page.content.decode()
        assert client.get("/me/").status_code == 302
        assert client.post("/login/code/", {"code": codes[0]}).url == "/"
        assert client.get("/me/").status_code == 200

    def test_five_minutes_after_the_password_it_is_asked_for_again(self, manager, clock) -> None:
        secret, _codes = set_up(manager.user, clock)
        client = give_password(manager.user)
        clock.shift(timedelta(seconds=301))
        assert client.post("/login/code/", {"code": code_of(secret)}).url == "/login/"
        assert not Session.objects.filter(user=manager.user).exists()

    @pytest.mark.parametrize("change", ["password", "closed", "reset"])
    def test_what_changed_meanwhile_makes_the_password_worthless(self, manager, clock, change) -> None:
        user = manager.user
        secret, _codes = set_up(user, clock)
        client = give_password(user)
        if change == "password":
            user.set_password("another beacon entirely")
        user.is_active = change != "closed"
        user.save()
        if change == "reset":
            second_factor.turn_off(user=user, by=user)
            set_up(user, clock)
        assert client.post("/login/code/", {"code": code_of(secret)}).url == "/login/"
        assert client.get("/me/").status_code == 302

    def test_nobody_gets_to_the_second_step_without_the_first(self, manager, clock) -> None:
        secret, _codes = set_up(manager.user, clock)
        assert Client().get("/login/code/").url == "/login/"
        assert Client().post("/login/code/", {"code": code_of(secret)}).url == "/login/"

    def test_wrong_codes_lock_out_as_wrong_passwords_do(self, axes, manager, clock) -> None:
        secret, codes = set_up(manager.user, clock)
        mail.outbox.clear()
        client = give_password(manager.user)
        answers = [client.post("/login/code/", {"code": f"00000{n}"}).status_code for n in range(5)]
        assert answers == [200, 200, 200, 200, 429]
        for typed in (code_of(secret), codes[0]):
            assert client.post("/login/code/", {"code": typed}).status_code == 429
        assert (
            client.post("/login/", {"username": manager.user.username, "password": PASSWORD}).status_code
            == 429
        )
        assert second_factor.codes_left(manager.user) == 10
        assert "Somebody knows your password" in subjects()
        clock.shift(timedelta(minutes=15, seconds=1))
        client = give_password(manager.user)
        assert client.post("/login/code/", {"code": code_of(secret)}).url == "/"

    def test_the_right_password_between_them_does_not_begin_the_count_anew(
        self, axes, manager, clock
    ) -> None:
        set_up(manager.user, clock)
        answers = []
        for number in range(5):
            client = give_password(manager.user)
            answers.append(client.post("/login/code/", {"code": f"00000{number}"}).status_code)
        assert answers == [200, 200, 200, 200, 429]

    def test_a_new_password_by_mail_does_not_pass_by_the_code(self, manager, clock) -> None:
        from console.accounts.services import mail_link

        set_up(manager.user, clock)
        mail_link(user=manager.user, base_url="http://testserver")
        client = Client()
        form = client.get(re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1], follow=True)
        words = {"new_password1": "entirely other words", "new_password2": "entirely other words"}
        client.post(form.request["PATH_INFO"], words)
        typed = {"username": manager.user.username, "password": "entirely other words"}
        assert client.post("/login/", typed).url == "/login/code/"
        assert "Your password was changed" in subjects()


class TestPage:
    def test_setting_it_up_shows_picture_secret_and_codes_once(self, manager, sign_in, clock) -> None:
        client, other = sign_in(manager.user), sign_in(manager.user)
        assert "Set it up" in client.get(PAGE).content.decode()
        client.post(PAGE, {"step": "begin"})
        page = client.get(PAGE)
        secret = page.context["secret"]
        assert "<svg" in page.content.decode()
        assert not re.search(r"<svg[^>]*(style|on\w+)=", page.content.decode())
        wrong = client.post(PAGE, {"step": "confirm", "code": "000000"})
        assert (wrong.status_code, wrong.context["secret"]) == (422, secret)
        done = client.post(PAGE, {"step": "confirm", "code": code_of(secret)})
        codes = done.context["codes"]
        assert len(codes) == 10
        assert "no-store" in done["Cache-Control"]
        after = client.get(PAGE).content.decode()
        assert not [shown for shown in (secret, *codes) if shown in after]
        assert other.get("/me/").status_code == 302, "the other sessions end"
        assert subjects() == ["Two-factor sign-in is on"]
        assert list(Session.objects.filter(user=manager.user).values_list("session_key", flat=True)) == [
            client.session.session_key
        ]

    def test_setting_up_can_be_left(self, manager, sign_in) -> None:
        client = sign_in(manager.user)
        client.post(PAGE, {"step": "begin"})
        client.post(PAGE, {"step": "cancel"})
        assert SecondFactor.objects.get().next_secret == ""
        assert client.post(PAGE, {"step": "confirm", "code": "123456"}).status_code == 422
        assert User.objects.get(pk=manager.user_id).second_factor_at is None

    @pytest.mark.parametrize("step", ["off", "move", "codes"])
    def test_it_is_changed_only_with_a_code(self, manager, sign_in, clock, step) -> None:
        set_up(manager.user, clock)
        before = list(manager.user.recovery_codes.values_list("hashed"))
        client = sign_in(manager.user)
        assert client.post(PAGE, {"step": step, "code": "000000"}).status_code == 422
        assert client.post(PAGE, {"step": "begin"}).status_code == 302
        factor = SecondFactor.objects.get()
        assert (factor.next_secret, bool(factor.secret)) == ("", True)
        assert list(manager.user.recovery_codes.values_list("hashed")) == before

    def test_turning_it_off_keeps_this_session_only(self, manager, sign_in, clock) -> None:
        secret, _codes = set_up(manager.user, clock)
        client, other = sign_in(manager.user), sign_in(manager.user)
        client.post(PAGE, {"step": "off", "code": code_of(secret)})
        assert User.objects.get(pk=manager.user_id).second_factor_at is None
        assert (client.get("/me/").status_code, other.get("/me/").status_code) == (200, 302)
        assert subjects() == ["Two-factor sign-in is on", "Two-factor sign-in is off"]

    def test_another_phone_and_new_codes(self, manager, sign_in, clock) -> None:
        secret, old = set_up(manager.user, clock)
        client = sign_in(manager.user)
        fresh = client.post(PAGE, {"step": "codes", "code": code_of(secret)}).context["codes"]
        assert not set(fresh) & set(old)
        client.post(PAGE, {"step": "move", "code": fresh[0]})
        other = client.get(PAGE).context["secret"]
        assert other != secret
        clock.shift(2 * STEP)
        assert len(client.post(PAGE, {"step": "confirm", "code": code_of(other)}).context["codes"]) == 10

    def test_another_phone_is_set_up_only_where_and_when_the_code_was_given(
        self, manager, sign_in, clock
    ) -> None:
        secret, _codes = set_up(manager.user, clock)
        client, other = sign_in(manager.user), sign_in(manager.user)
        client.post(PAGE, {"step": "move", "code": code_of(secret)})
        new = client.get(PAGE).context["secret"]
        held = SecondFactor.objects.get().secret
        clock.shift(2 * STEP)
        for asks in (other, client):
            if asks is client:
                clock.shift(timedelta(minutes=15))
            assert new not in asks.get(PAGE).content.decode()
            assert asks.post(PAGE, {"step": "confirm", "code": code_of(new)}).status_code == 422
        assert SecondFactor.objects.get().secret == held
        client.post(PAGE, {"step": "move", "code": code_of(secret)})
        assert client.get(PAGE).context["secret"] != new

    def test_codes_are_not_guessed_in_a_session_either(self, axes, manager, sign_in, clock) -> None:
        secret, _codes = set_up(manager.user, clock)
        client = sign_in(manager.user)
        answers = [client.post(PAGE, {"step": "off", "code": f"00000{n}"}).status_code for n in range(5)]
        assert answers == [422, 422, 422, 422, 429]
        assert client.post(PAGE, {"step": "off", "code": code_of(secret)}).status_code == 429
        assert User.objects.get(pk=manager.user_id).second_factor_at is not None


class TestDemand:
    def demand(self, organization: Organization) -> None:
        Organization.objects.filter(pk=organization.pk).update(requires_two_factor=True)

    @pytest.mark.parametrize("parts", ["", "?parts=all"])
    def test_no_part_of_the_home_page_passes_by_it(self, manager, sign_in, parts) -> None:
        """The page says which project it shows; the session works in another, which demands nothing."""
        demanding, open_one = MembershipFactory(user=manager.user), manager
        self.demand(demanding.project.organization)
        client = sign_in(manager.user)
        client.post("/switch-project/", {"project": open_one.project_id})

        def ask(project: str) -> list[str]:
            headers = {"hx-request": "true", "x-bongsu-project": project}
            response = client.get(f"/{parts}", headers=headers)
            assert response.status_code == 200
            return [part.key for part in response.context["parts"]]

        assert ask(str(open_one.project_id)) != []
        assert ask(str(demanding.project_id)) == []
        assert ask("9" * 5000) == ask("٣") == ask("0") == ask("x") == []
        set_up_now = second_factor.turn_on(
            user=manager.user,
            code=code_of(second_factor.secret_to_type(second_factor.begin(user=manager.user))),
        )
        assert set_up_now
        client = sign_in(User.objects.get(pk=manager.user_id))
        client.post("/switch-project/", {"project": open_one.project_id})
        assert ask(str(demanding.project_id)) != []

    @pytest.mark.parametrize(
        "path", ["/", "/send/general/", "/keys/", "/search/?q=a", "/badges/", "/accounts/membership/"]
    )
    def test_who_has_none_is_led_to_it_and_opens_nothing_else(self, manager, sign_in, path) -> None:
        self.demand(manager.project.organization)
        client = sign_in(manager.user)
        for method in ("get", "post"):
            response = getattr(client, method)(path)
            assert (response.status_code, response.get("Location")) == (302, PAGE)
        assert client.get(path, headers={"HX-Request": "true"}).status_code == 403
        assert "is demanded here" in client.get(PAGE).content.decode()

    def test_everything_opens_once_it_is_set_up_and_it_stays_on(self, manager, sign_in, clock) -> None:
        self.demand(manager.project.organization)
        client = sign_in(manager.user)
        client.post(PAGE, {"step": "begin"})
        secret = client.get(PAGE).context["secret"]
        client.post(PAGE, {"step": "confirm", "code": code_of(secret)})
        assert client.get("/").status_code == 200
        clock.shift(2 * STEP)
        client.post(PAGE, {"step": "off", "code": code_of(secret)})
        assert User.objects.get(pk=manager.user_id).second_factor_at is not None

    def test_the_projects_of_another_organization_stay_open(self, manager, sign_in) -> None:
        self.demand(manager.project.organization)
        other = MembershipFactory(user=manager.user)
        client = sign_in(manager.user)
        client.post("/switch-project/", {"project": other.project_id})
        assert client.get("/keys/").status_code == 200
        client.post("/switch-project/", {"project": manager.project_id})
        assert client.get("/keys/").url == PAGE

    def test_staff_are_made_to_by_a_setting(self, administrator, sign_in, settings, clock) -> None:
        client = sign_in(administrator)
        assert client.get("/accounts/user/").status_code == 200
        settings.BONGSU_STAFF_TWO_FACTOR = True
        assert [client.get(path).url for path in ("/", "/accounts/user/", "/audit/", "/search/")] == [
            PAGE
        ] * 4
        set_up(administrator, clock)
        assert sign_in(administrator).get("/accounts/user/").status_code == 200

    def test_a_manager_demands_it_who_has_it(self, manager, sign_in, clock) -> None:
        client = sign_in(manager.user)
        assert client.post("/settings/security/", {"is_on": "on"}).status_code == 422
        assert not Organization.objects.get().requires_two_factor
        set_up(manager.user, clock)
        client = sign_in(manager.user)
        assert client.post("/settings/security/", {"is_on": "on"}).status_code == 302
        assert Organization.objects.get().requires_two_factor
        assert client.post("/settings/security/", {}).status_code == 302
        assert not Organization.objects.get().requires_two_factor

    def test_who_has_none_is_named_in_ones_own_project_and_counted_elsewhere(
        self, manager, sign_in, clock
    ) -> None:
        MembershipFactory(project=manager.project, user__name="Without")
        MembershipFactory(project=manager.project, user__name="Closed", user__is_active=False)
        set_up(MembershipFactory(project=manager.project, user__name="Has").user, clock)
        neighbour = ProjectFactory(organization=manager.project.organization)
        MembershipFactory(project=neighbour, user__name="Elsewhere")
        MembershipFactory(user__name="Stranger")
        page = sign_in(manager.user).get("/settings/security/")
        assert {str(person) for person in page.context["here"]} == {"Without", str(manager.user)}
        assert page.context["elsewhere"] == 1
        assert "Elsewhere" not in page.content.decode()


class TestReset:
    def test_an_administrator_resets_and_the_person_is_mailed(
        self, manager, administrator, sign_in, clock
    ) -> None:
        set_up(manager.user, clock)
        client = sign_in(manager.user)
        assert (
            "Turn two-factor sign-in off"
            in sign_in(administrator).get(f"/accounts/user/{manager.user_id}/change/").content.decode()
        )
        sign_in(administrator).post(f"/people/{manager.user_id}/reset-second-factor/")
        assert User.objects.get(pk=manager.user_id).second_factor_at is None
        assert client.get("/me/").status_code == 302, "whoever had got in is out"
        assert subjects() == ["Two-factor sign-in is on", "Two-factor sign-in is off"]
        assert f"{administrator} turned off" in mail.outbox[-1].body

    def test_a_manager_resets_a_member_of_this_organization(self, manager, sign_in, clock) -> None:
        member = MembershipFactory(project=manager.project, role=ProjectRole.SENDER)
        set_up(member.user, clock)
        client = sign_in(manager.user)
        page = client.get(f"/accounts/membership/{member.pk}/change/").content.decode()
        assert "Turn two-factor sign-in off" in page
        assert client.post(f"/members/{member.pk}/reset-second-factor/").status_code == 302
        assert User.objects.get(pk=member.user_id).second_factor_at is None

    @pytest.mark.parametrize("who", ["elsewhere too", "staff", "oneself", "stranger"])
    def test_but_nobody_whose_account_opens_more(self, manager, sign_in, clock, who) -> None:
        member = manager if who == "oneself" else MembershipFactory(project=manager.project)
        if who == "elsewhere too":
            MembershipFactory(user=member.user)
        if who == "stranger":
            member = MembershipFactory()
        if who == "staff":
            User.objects.filter(pk=member.user_id).update(platform_role="REVIEWER")
        set_up(User.objects.get(pk=member.user_id), clock)
        client = sign_in(User.objects.get(pk=manager.user_id))
        status = client.post(f"/members/{member.pk}/reset-second-factor/").status_code
        assert status == (404 if who == "stranger" else 403)
        assert User.objects.get(pk=member.user_id).second_factor_at is not None


class TestPasswordAgain:
    PATHS = (
        "/keys/",
        PAGE,
        "/settings/security/",
        "/members/invite/",
        "/settings/webhooks/add/",
        "/settings/backup/",
    )

    def test_four_hours_after_the_sign_in(self, manager, sign_in, clock) -> None:
        client = sign_in(manager.user)
        clock.shift(timedelta(hours=4) - timedelta(seconds=1))
        assert [client.get(path).status_code for path in self.PATHS] == [200] * 6
        clock.shift(timedelta(seconds=1))
        assert [client.get(path).url for path in self.PATHS] == [
            f"/me/confirm/?next={path.replace('/', '%2F')}" for path in self.PATHS
        ]
        assert client.get("/keys/", headers={"HX-Request": "true"}).status_code == 401
        assert client.get("/me/").status_code == 200, "what is worth less stays open"

    def test_before_roles_and_members_change(self, manager, sign_in, clock) -> None:
        other = MembershipFactory(project=manager.project, role=ProjectRole.SENDER)
        one = f"/accounts/membership/{other.pk}"
        client = sign_in(manager.user)
        clock.shift(timedelta(hours=4))
        answers = [
            client.post(f"{one}/change/", {"role": ProjectRole.MANAGER}),
            client.post(f"{one}/delete/", {"post": "yes"}),
            client.post("/members/invite/", {"email": "a@example.com", "role": ProjectRole.MANAGER}),
        ]
        assert [answer.url.partition("?")[0] for answer in answers] == ["/me/confirm/"] * 3
        other.refresh_from_db()
        assert (other.role, Invitation.objects.count()) == (ProjectRole.SENDER, 0)
        assert client.get("/accounts/membership/").status_code == 200

    def test_the_right_one_leads_back_for_four_more_hours(self, manager, sign_in, clock) -> None:
        client = sign_in(manager.user)
        clock.shift(timedelta(hours=5))
        wrong = client.post("/me/confirm/", {"password": "wrong", "next": "/keys/"})
        assert "The password is wrong" in wrong.content.decode()
        assert client.get("/keys/").status_code == 302
        assert client.post("/me/confirm/", {"password": PASSWORD, "next": "/keys/"}).url == "/keys/"
        clock.shift(timedelta(hours=4) - timedelta(seconds=1))
        assert client.get("/keys/").status_code == 200

    @pytest.mark.parametrize("target", ["https://evil.example.com/", "//evil.example.com"])
    def test_it_leads_nowhere_else(self, manager, sign_in, target) -> None:
        response = sign_in(manager.user).post("/me/confirm/", {"password": PASSWORD, "next": target})
        assert response.url == "/"

    def test_it_is_not_guessed(self, axes, manager, sign_in, clock) -> None:
        client = sign_in(manager.user)
        answers = [client.post("/me/confirm/", {"password": f"{n}"}).status_code for n in range(5)]
        assert answers == [200, 200, 200, 200, 429]
        assert client.post("/me/confirm/", {"password": PASSWORD}).status_code == 429

    def test_a_form_of_staff_leads_back_to_the_page_that_it_was_on(
        self, administrator, sign_in, clock
    ) -> None:
        user = UserFactory()
        client = sign_in(administrator)
        clock.shift(timedelta(hours=5))
        response = client.post(
            f"/people/{user.pk}/mail-link/",
            headers={"referer": f"http://testserver/accounts/user/{user.pk}/change/"},
        )
        assert response.url.startswith("/me/confirm/?next=http%3A%2F%2Ftestserver%2Faccounts%2Fuser%2F")
        assert mail.outbox == []
        for path in ("/accounts/user/", "/accounts/organization/", "/accounts/project/"):
            assert client.get(path).url.startswith("/me/confirm/")
