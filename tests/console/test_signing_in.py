"""Wrong passwords: who is kept out, from where, for how long; and what signing in leaves behind."""

import datetime

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.test import Client
from django.utils import timezone

from console.accounts import tasks
from console.accounts.models import AuditEntry, Session, User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
QUARTER = datetime.timedelta(minutes=15)
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def axes(settings):
    settings.AXES_ENABLED = True


@pytest.fixture
def clock():
    with time_machine.travel(
        datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC), tick=False
    ) as traveller:
        yield traveller


def try_once(user: User, address: str, password: str = "wrong") -> int:
    data = {"username": user.username, "password": password}
    return Client(REMOTE_ADDR=address).post("/login/", data).status_code


def guess_from_five_addresses(user: User) -> list[int]:
    """Twenty wrong passwords, four from each."""
    return [try_once(user, f"203.0.113.{number % 5}") for number in range(20)]


def test_twenty_wrong_passwords_from_anywhere_close_a_name_to_strangers(clock) -> None:
    user, other = UserFactory(), UserFactory()
    assert guess_from_five_addresses(user) == [200] * 19 + [429]
    for address in ("203.0.113.1", "198.51.100.9"):
        assert try_once(user, address, PASSWORD) == 429
    assert try_once(other, "203.0.113.1", PASSWORD) == 302


def test_nineteen_do_not(clock) -> None:
    user = UserFactory()
    for number in range(19):
        try_once(user, f"203.0.113.{number % 5}")
    assert try_once(user, "198.51.100.9", PASSWORD) == 302


def test_where_the_person_has_signed_in_before_is_not_closed_by_others(clock) -> None:
    user = UserFactory()
    assert try_once(user, "198.51.100.9", PASSWORD) == 302
    guess_from_five_addresses(user)
    assert try_once(user, "198.51.100.9", PASSWORD) == 302
    assert try_once(user, "203.0.113.1", PASSWORD) == 429


def test_five_close_a_known_address_too(clock) -> None:
    user = UserFactory()
    try_once(user, "198.51.100.9", PASSWORD)
    assert [try_once(user, "198.51.100.9") for _number in range(5)] == [200, 200, 200, 200, 429]
    assert try_once(user, "198.51.100.9", PASSWORD) == 429
    assert try_once(user, "198.51.100.8", PASSWORD) == 302


def test_who_goes_on_guessing_does_not_keep_the_owner_out(clock) -> None:
    user = UserFactory()
    guess_from_five_addresses(user)
    clock.shift(QUARTER - SECOND)
    assert [try_once(user, f"203.0.113.{number}") for number in range(5)] == [429] * 5
    assert try_once(user, "198.51.100.9", PASSWORD) == 429
    clock.shift(2 * SECOND)
    assert try_once(user, "198.51.100.9", PASSWORD) == 302


def test_a_success_forgets_the_failures_of_its_own_address_only(clock) -> None:
    user = UserFactory()
    for address in ("203.0.113.1", "198.51.100.9"):
        try_once(user, address)
    assert try_once(user, "198.51.100.9", PASSWORD) == 302
    assert list(AccessAttempt.objects.values_list("ip_address", flat=True)) == ["203.0.113.1"]


def test_a_form_without_a_name_is_only_wrong(clock) -> None:
    assert Client().post("/login/", {"password": "x"}).status_code == 200


def test_what_is_over_goes_and_the_trail_stays(clock) -> None:
    user = UserFactory()
    try_once(user, "198.51.100.9", PASSWORD)
    try_once(user, "203.0.113.1")
    session, trail = Session.objects.get(), AuditEntry.objects.count()
    assert trail > 0
    clock.move_to(session.expire_date - SECOND)
    tasks.prune_sign_ins()
    assert (Session.objects.count(), AccessLog.objects.count(), AccessAttempt.objects.count()) == (1, 1, 1)
    clock.move_to(session.expire_date + SECOND)
    tasks.prune_sign_ins()
    assert (Session.objects.count(), AccessLog.objects.count(), AccessAttempt.objects.count()) == (0, 1, 1)
    written = AccessLog.objects.get().attempt_time
    clock.move_to(written + datetime.timedelta(days=90))
    tasks.prune_sign_ins()
    assert (AccessLog.objects.count(), AccessAttempt.objects.count()) == (1, 1)
    clock.move_to(timezone.now() + SECOND)
    tasks.prune_sign_ins()
    assert (AccessLog.objects.count(), AccessAttempt.objects.count()) == (0, 0)
    assert AuditEntry.objects.count() >= trail
