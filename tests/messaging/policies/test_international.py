"""Countries, months, shares of the limit and conversion rates: the rules alone."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.policies.international import (
    ConversionRule,
    countries_allowed,
    forecast,
    month_of,
    places_left,
    reached,
)


@pytest.mark.parametrize(
    ("is_on", "code", "expected"),
    [(True, 81, None), (True, 1939, None), (True, 84, "B021"), (True, 44, "B013"), (False, 81, "B020")],
)
def test_where_messages_may_go(is_on: bool, code: int, expected: str | None) -> None:
    rules = countries_allowed(is_on=is_on, allowed=frozenset({81, 84, 1787}), blocked=frozenset({84}))
    assert rules.refusal(code) == expected


def test_a_country_is_allowed_and_blocked_with_all_its_codes() -> None:
    rules = countries_allowed(is_on=True, allowed=frozenset({1787}), blocked=frozenset({1787}))
    assert [rules.refusal(code) for code in (1787, 1939)] == ["B021", "B021"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 11, 30, 15, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 31, 15, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_month_is_the_consoles(at: datetime, expected: date) -> None:
    assert month_of(at) == expected


@pytest.mark.parametrize(
    ("sent", "expected"), [(0, 0), (699, 0), (700, 70), (999, 70), (1000, 100), (1001, 100)]
)
def test_what_is_reached(sent: int, expected: int) -> None:
    assert reached(sent, 1000) == expected


@given(st.integers(0, 30), st.integers(1, 20))
def test_places_are_left_until_all_are_reached(sent: int, limit: int) -> None:
    assert (places_left(sent, limit) == 0) == (reached(sent, limit) == 100)
    assert sent + places_left(sent, limit) == max(sent, limit)


def test_the_forecast_goes_on_as_it_did() -> None:
    tenth = datetime(2026, 11, 9, 15, tzinfo=UTC)  # nine of thirty days have passed in Seoul
    assert forecast(90, tenth) == 300
    assert forecast(0, tenth) == 0
    assert forecast(5, datetime(2026, 10, 31, 15, tzinfo=UTC)) == 5  # the month begins
    assert forecast(7, datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC)) == 7  # and ends
    assert forecast(10, datetime(2026, 11, 1, 3, tzinfo=UTC)) == 600  # at noon of its first day


@pytest.mark.parametrize(
    ("sent", "converted", "is_blocked"),
    [(49, 0, False), (50, 24, True), (50, 25, False), (1000, 499, True), (1000, 500, False)],
)
def test_a_country_is_blocked_below_the_rate(sent: int, converted: int, is_blocked: bool) -> None:
    assert ConversionRule(rate=50, minimum=50, hours=24).blocks(sent, converted) is is_blocked


def test_a_rate_of_a_hundred_blocks_unless_all_convert() -> None:
    rule = ConversionRule(rate=100, minimum=1, hours=1)
    assert [rule.blocks(100, 99), rule.blocks(100, 100)] == [True, False]
