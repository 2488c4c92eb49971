"""Where a person is signed in: seen and ended by them; changed passwords and addresses are told."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from console.accounts import notice_mail
from console.accounts.models import Notice, Session, User
from console.accounts.notices import notify_members, notify_person
from console.accounts.pruning import prune_sign_ins
from console.browsers import browser_in_words
from tests.factories import PASSWORD, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
PAGE = "/me/sign-ins/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


def signed_in(user: User, **options: str) -> Client:
    client = Client(**options)
    assert client.post("/login/", {"username": user.username, "password": PASSWORD}).status_code == 302
    return client


def test_a_session_says_whose_it_is_since_when_and_from_where(manager) -> None:
    with time_machine.travel(NOW, tick=False):
        signed_in(manager.user, REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT=FIREFOX)
    row = Session.objects.get()
    assert (row.user, row.signed_in_at, row.address, row.browser) == (
        manager.user,
        NOW,
        "203.0.113.7",
        FIREFOX,
    )


def test_another_is_ended_and_the_own_is_not(manager) -> None:
    own, lost = signed_in(manager.user), signed_in(manager.user, HTTP_USER_AGENT=FIREFOX)
    page = own.get(PAGE)
    rows = {browser: (name, is_own) for _row, name, browser, is_own in page.context["sessions"]}
    assert rows["Firefox · Windows"][1] is False
    assert not [row.session_key for row in Session.objects.all() if row.session_key in page.content.decode()]
    for name, _is_own in rows.values():
        own.post(PAGE, {"session": name})
    assert (own.get("/me/").status_code, lost.get("/me/").status_code) == (200, 302)


def test_all_others_are_ended(manager) -> None:
    own, *others = (signed_in(manager.user) for _each in range(3))
    stranger = signed_in(MembershipFactory().user)
    assert "2 sign-ins were ended" in own.post(PAGE, {"session": "others"}, follow=True).content.decode()
    assert [client.get("/me/").status_code for client in (own, *others, stranger)] == [200, 302, 302, 200]


def test_nobody_ends_anothers(manager) -> None:
    mine, theirs = signed_in(manager.user), signed_in(MembershipFactory().user)
    for _row, name, _browser, _is_own in theirs.get(PAGE).context["sessions"]:
        mine.post(PAGE, {"session": name})
    mine.post(PAGE, {"session": theirs.session.session_key})
    assert theirs.get("/me/").status_code == 200


def test_the_last_sign_ins_are_ones_own(manager, settings) -> None:
    settings.AXES_ENABLED = True
    signed_in(MembershipFactory().user, REMOTE_ADDR="198.51.100.9")
    page = signed_in(manager.user, REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT=FIREFOX).get(PAGE)
    [(row, browser)] = page.context["past"]
    assert (row.ip_address, browser) == ("203.0.113.7", "Firefox · Windows")


def test_a_new_password_ends_the_others_and_is_told(manager) -> None:
    own, other = signed_in(manager.user), signed_in(manager.user)
    words = {"old_password": PASSWORD, "new_password1": "other words now", "new_password2": "other words now"}
    assert own.post("/password_change/", {**words, "old_password": "wrong"}).status_code == 200
    assert Session.objects.count() == 2
    assert own.post("/password_change/", words).status_code == 302
    assert (own.get("/me/").status_code, other.get("/me/").status_code) == (200, 302)
    assert Session.objects.filter(user=manager.user).count() == 1
    notice_mail.mail_notices()
    assert [sent.subject for sent in mail.outbox] == ["Your password was changed"]


def test_what_was_mailed_of_an_account_is_forgotten_after_ninety_days(manager) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        notify_person(user=manager.user, kind="second_factor_on")
        notify_members(project_id=manager.project_id, kind="test", key="one", context={})
        clock.shift(timedelta(days=90))
        prune_sign_ins()
        assert Notice.objects.count() == 2
        clock.shift(timedelta(seconds=1))
        prune_sign_ins()
    assert Notice.objects.get().key == "one"


def test_a_new_address_is_told_at_both(administrator, sign_in) -> None:
    user = UserFactory(email="old@example.com")
    typed = {
        "username": user.username,
        "name": user.name,
        "email": "new@example.com",
        "phone_number": user.phone_number,
        "platform_role": "",
        "is_active": "on",
        **{f"memberships-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")},
    }
    assert sign_in(administrator).post(f"/accounts/user/{user.pk}/change/", typed).status_code == 302
    notice_mail.mail_notices()
    assert sorted(sent.to[0] for sent in mail.outbox) == ["new@example.com", "old@example.com"]
    assert {sent.subject for sent in mail.outbox} == {"Your mail address was changed"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX, "Firefox · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Safari/604",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537 Chrome/130.0 Safari/537 Edg/130", "Edge · Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Chrome/120 Whale/3.24 Safari/537", "Whale · macOS"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_in_two_words(said, words) -> None:
    assert browser_in_words(said) == words
