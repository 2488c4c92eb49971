from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.policies.hours import Hours, closed_until, closes_at, is_night, open_since

SEOUL = ZoneInfo("Asia/Seoul")
WIDE = Hours(time(18), time(12))

minutes = st.integers(0, 59)
starts = st.one_of(st.builds(time, st.integers(18, 20), minutes), st.just(time(21)))
ends = st.one_of(st.builds(time, st.integers(8, 11), minutes), st.just(time(12)))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


def at(day: int, hour: int, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, microsecond, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at(22, 17, 59, 59, 999999), None),
        (at(22, 18), at(23, 12)),
        (at(22, 23, 59, 59), at(23, 12)),
        (at(23, 0), at(23, 12)),
        (at(23, 11, 59, 59, 999999), at(23, 12)),
        (at(23, 12), None),
        # The last day of a month, and the same moment given in another zone.
        (at(30, 18), datetime(2026, 12, 1, 12, tzinfo=SEOUL)),
        (at(22, 18).astimezone(UTC), at(23, 12)),
        (at(22, 17, 59, 59).astimezone(UTC), None),
    ],
)
def test_closed_from_its_first_moment_to_the_end_of_the_next_morning(
    now: datetime, until: datetime | None
) -> None:
    assert closed_until(WIDE, now) == until


@given(starts, ends, moments)
def test_it_is_closed_exactly_within_its_hours(starts_at: time, ends_at: time, now: datetime) -> None:
    clock = now.astimezone(SEOUL).time()
    until = closed_until(Hours(starts_at, ends_at), now)
    assert (until is not None) == (clock >= starts_at or clock < ends_at)
    if until is not None:
        assert timedelta(0) < until - now <= timedelta(hours=18)
        assert until.astimezone(SEOUL).time() == ends_at
        assert closed_until(Hours(starts_at, ends_at), until) is None
        assert closed_until(Hours(starts_at, ends_at), until - timedelta(microseconds=1)) == until


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(22, 20, 59, 59, 999999), False),
        (at(22, 21), True),
        (at(23, 7, 59, 59, 999999), True),
        (at(23, 8), False),
    ],
)
def test_the_night_of_the_law(now: datetime, expected: bool) -> None:
    assert is_night(now) is expected


@pytest.mark.parametrize("now", [at(22, 12), at(22, 17, 59, 59, 999999), at(22, 12).astimezone(UTC)])
def test_while_it_is_open_the_hours_before_and_after_are_known(now: datetime) -> None:
    assert (open_since(WIDE, now), closes_at(WIDE, now)) == (at(22, 12), at(22, 18))


@given(starts, ends, moments)
def test_it_closes_when_the_hours_begin_and_opened_when_they_ended(
    starts_at: time, ends_at: time, now: datetime
) -> None:
    hours = Hours(starts_at, ends_at)
    if closed_until(hours, now) is None:
        assert open_since(hours, now) <= now < closes_at(hours, now)
        assert closed_until(hours, closes_at(hours, now)) is not None
        assert closed_until(hours, open_since(hours, now) - timedelta(microseconds=1)) is not None
