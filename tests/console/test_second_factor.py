"""Codes of an authenticator app and on paper: each once, and no secret in clear."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction

from console.accounts import notice_mail, second_factor
from console.accounts.models import AuditEntry, Notice, RecoveryCode, SecondFactor, User
from tests.console.authenticator import code_of
from tests.factories import UserFactory
from tests.waiting import until_it_waits

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
STEP = timedelta(seconds=30)
pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def user():
    return UserFactory()


def set_up(user: User) -> tuple[str, list[str]]:
    """The app's secret in Base32, and the recovery codes."""
    secret = second_factor.secret_to_type(second_factor.begin(user=user))
    codes = second_factor.turn_on(user=user, code=code_of(secret))
    assert codes is not None
    return secret, codes


def said_of(user: User) -> list[str]:
    """What the trail says was done by the person."""
    rows = AuditEntry.objects.filter(action=AuditEntry.Action.DEED, actor=user).order_by("pk")
    return [row.additional_data["said"]["key"] for row in rows]


def test_the_app_computes_what_the_rfc_says() -> None:
    """Appendix B, SHA1, the last six of eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    times = (59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000)
    shown = [code_of(secret, at) for at in times]
    assert shown == ["287082", "081804", "050471", "005924", "279037", "353130"]
    as_hex = b"12345678901234567890".hex()
    for at, code in zip(times, shown, strict=True):
        with time_machine.travel(datetime.fromtimestamp(at, UTC), tick=False):
            assert second_factor._step_of(as_hex, code, after=-1) == at // 30


def test_it_counts_when_a_code_was_given(clock, user) -> None:
    factor = second_factor.begin(user=user)
    assert second_factor.begin(user=user).next_secret == factor.next_secret
    secret = second_factor.secret_to_type(factor)
    assert second_factor.turn_on(user=user, code="000000") is None
    assert second_factor.check(user=user, typed=code_of(secret)) is False
    assert User.objects.get(pk=user.pk).second_factor_at is None
    codes = second_factor.turn_on(user=user, code=code_of(secret))
    assert len(set(codes)) == 10
    assert User.objects.get(pk=user.pk).second_factor_at == NOW
    assert [notice.kind for notice in Notice.objects.all()] == ["second_factor_on"]


def test_a_secret_that_nobody_confirmed_lets_nobody_in(clock, user) -> None:
    second_factor.begin(user=user)
    for secret in ("", second_factor.secret_to_type(SecondFactor.objects.get())):
        assert not second_factor.check(user=user, typed=code_of(secret))


def test_the_code_of_the_setting_up_lets_nobody_in(clock, user) -> None:
    secret, _codes = set_up(user)
    assert not second_factor.check(user=user, typed=code_of(secret))
    clock.shift(STEP)
    assert second_factor.check(user=user, typed=code_of(secret))
    assert not second_factor.check(user=user, typed=code_of(secret))


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(clock, user, steps, is_taken) -> None:
    secret, _codes = set_up(user)
    clock.shift(10 * STEP)
    shown = code_of(secret, (NOW + (10 + steps) * STEP).timestamp())
    assert second_factor.check(user=user, typed=f"{shown[:3]} {shown[3:]}") is is_taken


def test_no_code_from_before_one_that_was_taken(clock, user) -> None:
    secret, _codes = set_up(user)
    clock.shift(10 * STEP)
    later, now = (code_of(secret, (NOW + number * STEP).timestamp()) for number in (11, 10))
    assert second_factor.check(user=user, typed=later)
    assert not second_factor.check(user=user, typed=now)


@pytest.mark.parametrize("typed", ["", " ", "12345", "1234567", "١٢٣٤٥٦", "a\x00b", "x" * 40, "-"])
def test_what_is_no_code_is_only_wrong(clock, user, typed) -> None:
    set_up(user)
    assert second_factor.check(user=user, typed=typed) is False
    assert second_factor.check(user=UserFactory(), typed=typed) is False
    assert second_factor.turn_on(user=user, code=typed) is None


def test_a_recovery_code_works_once_and_is_told(clock, user) -> None:
    _secret, codes = set_up(user)
    assert second_factor.check(user=user, typed=f" {codes[3].upper()} ")
    assert not second_factor.check(user=user, typed=codes[3])
    assert second_factor.codes_left(user) == 9
    assert Notice.objects.get(kind="recovery_code_used").context == {"left": 9}
    assert said_of(user) == ["recovery_code_used"]
    assert not second_factor.check(user=UserFactory(), typed=codes[4])
    assert second_factor.codes_left(user) == 9


def test_nothing_stands_in_clear_in_the_tables(clock, user) -> None:
    secret, codes = set_up(user)
    as_hex = SecondFactor.objects.get().secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, next_secret FROM accounts_secondfactor")
        assert as_hex not in str(cursor.fetchall())
        cursor.execute("SELECT name, hashed FROM accounts_recoverycode")
        written = str(cursor.fetchall())
    assert secret.replace(" ", "") not in written
    assert not [code for code in codes if code.replace("-", "") in written]
    assert {row.hashed.count("$") >= 2 for row in RecoveryCode.objects.all()} == {True}


def test_new_recovery_codes_take_the_place_of_the_old(clock, user) -> None:
    _secret, codes = set_up(user)
    fresh = second_factor.renew_codes(user=user)
    assert not set(codes) & set(fresh)
    assert Notice.objects.filter(kind="recovery_codes_new").count() == 1
    assert said_of(user) == ["recovery_codes_renewed"]
    assert not second_factor.check(user=user, typed=codes[0])
    assert second_factor.check(user=user, typed=fresh[0])


def test_what_one_person_does_leaves_anothers_alone(clock, user) -> None:
    other = UserFactory()
    _secret, kept = set_up(other)
    _secret, codes = set_up(user)
    assert second_factor.check(user=user, typed=codes[0])
    second_factor.renew_codes(user=user)
    assert second_factor.turn_off(user=user, by=user)
    assert SecondFactor.objects.get().user == other
    assert (second_factor.codes_left(user), second_factor.codes_left(other)) == (0, 10)
    assert second_factor.check(user=other, typed=kept[0])
    assert Notice.objects.get(kind="second_factor_off").context == {"by": ""}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_renew_at_once_the_later_codes_are_the_only_ones() -> None:
    user = UserFactory()

    def renew() -> list[str]:
        try:
            return second_factor.renew_codes(user=user)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = second_factor.renew_codes(user=user)
            other = pool.submit(renew)
            until_it_waits(other)
        second = other.result(timeout=20)
    assert second_factor.codes_left(user) == 10
    assert not second_factor.check(user=user, typed=first[0])
    assert second_factor.check(user=user, typed=second[0])


def test_another_app_takes_the_place_of_the_old_when_it_is_confirmed(clock, user) -> None:
    secret, _codes = set_up(user)
    clock.shift(10 * STEP)
    other = second_factor.secret_to_type(second_factor.begin(user=user))
    assert not second_factor.check(user=user, typed=code_of(other))
    assert second_factor.check(user=user, typed=code_of(secret))
    assert second_factor.turn_on(user=user, code=code_of(other)) is not None
    clock.shift(STEP)
    assert not second_factor.check(user=user, typed=code_of(secret))
    assert second_factor.check(user=user, typed=code_of(other))


def test_turning_it_off_leaves_nothing_and_is_told_with_who_did_it(clock, user) -> None:
    _secret, codes = set_up(user)
    administrator = UserFactory(administrator=True, name="Kim")
    assert second_factor.turn_off(user=user, by=administrator)
    assert not second_factor.turn_off(user=user, by=administrator)
    assert (SecondFactor.objects.count(), RecoveryCode.objects.count()) == (0, 0)
    assert User.objects.get(pk=user.pk).second_factor_at is None
    assert not second_factor.check(user=user, typed=codes[0])
    assert Notice.objects.get(kind="second_factor_off").context == {"by": "Kim"}
    assert notice_mail.mail_notices() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "paper"])
def test_of_two_who_give_one_code_at_once_one_is_let_in(clock, kind) -> None:
    user = UserFactory()
    secret, codes = set_up(user)
    clock.shift(10 * STEP)
    typed = code_of(secret) if kind == "app" else codes[0]

    def give(_number: int) -> bool:
        try:
            return second_factor.check(user=user, typed=typed)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(give, range(4))) == [False, False, False, True]
