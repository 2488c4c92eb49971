"""The pauses between attempts: they grow, are never less than was asked, and end with a day of failures."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.webhooks.pauses import GIVES_UP_AFTER, LONGEST_ASKED, PAUSES, gives_up, pause_after

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
failures = st.integers(min_value=1, max_value=10_000)


def test_the_steps() -> None:
    assert [each.total_seconds() for each in PAUSES] == [5, 30, 120, 600, 1800, 3600, 7200]


@given(failures)
def test_a_pause_is_its_step_a_tenth_more_or_less(n: int) -> None:
    step = PAUSES[min(n, len(PAUSES)) - 1]
    assert step * 0.9 <= pause_after(n) <= step * 1.1


@given(failures)
def test_pauses_grow_whatever_chance_says(n: int) -> None:
    if n < len(PAUSES):
        assert pause_after(n) < pause_after(n + 1)


@given(failures, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_what_the_receiver_asks_for_is_kept_up_to_six_hours(n: int, asked: timedelta) -> None:
    pause = pause_after(n, asked=asked)
    assert pause >= min(asked, LONGEST_ASKED)
    assert pause <= max(PAUSES[-1] * 1.1, LONGEST_ASKED)


@pytest.mark.parametrize(("hours", "expected"), [(0, False), (23.99, False), (24, True), (30, True)])
def test_a_day_is_enough(hours: float, expected: bool) -> None:
    assert gives_up(failing_since=NOW - timedelta(hours=hours), now=NOW) is expected


def test_a_day_of_failures_has_more_than_a_dozen_attempts() -> None:
    """From the first failure to the last attempt of the day, with the longest pauses chance may choose."""
    at, attempts = timedelta(0), 1
    while at < GIVES_UP_AFTER:
        at += PAUSES[min(attempts, len(PAUSES)) - 1] * 1.1
        attempts += 1
    assert attempts >= 15
