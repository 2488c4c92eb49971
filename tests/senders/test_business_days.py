"""Business days: Monday to Friday, the start not counted."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senders.business_days import after_business_days, opening_days, purge_moment, review_days

SUNDAY = date(2026, 11, 22)


def test_an_application_of_each_day_of_a_week() -> None:
    days = [opening_days(SUNDAY + timedelta(days=n)) for n in range(7)]
    assert days == [
        (date(2026, 11, 25), date(2026, 11, 26)),  # Sunday: Wednesday, Thursday
        (date(2026, 11, 26), date(2026, 11, 27)),  # Monday
        (date(2026, 11, 27), date(2026, 11, 30)),  # Tuesday
        (date(2026, 11, 30), date(2026, 12, 1)),  # Wednesday
        (date(2026, 12, 1), date(2026, 12, 2)),  # Thursday
        (date(2026, 12, 2), date(2026, 12, 3)),  # Friday
        (date(2026, 12, 2), date(2026, 12, 3)),  # Saturday
    ]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 30))
def test_so_many_weekdays_lie_between(start: date, days: int) -> None:
    end = after_business_days(start, days)
    passed = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(day.weekday() < 5 for day in passed) == days
    assert end.weekday() < 5


def test_a_review_and_a_purge_count_business_days() -> None:
    friday = date(2026, 11, 27)
    assert review_days(friday) == (date(2026, 11, 30), date(2026, 12, 1))


@pytest.mark.parametrize(
    ("stopped", "purged"),
    [
        ("2026-11-22T12:00", "2026-11-25T12:00"),  # on a Sunday
        ("2026-11-23T09:30", "2026-11-26T09:30"),
        ("2026-11-26T23:59", "2026-12-01T23:59"),
        ("2026-11-27T00:00", "2026-12-02T00:00"),
        ("2026-11-28T10:00", "2026-12-02T10:00"),
    ],
)
def test_a_stopped_line_is_purged_three_business_days_later(stopped: str, purged: str) -> None:
    seoul = timezone(timedelta(hours=9))
    moment = datetime.fromisoformat(stopped).replace(tzinfo=seoul)
    assert purge_moment(moment) == datetime.fromisoformat(purged).replace(tzinfo=seoul)
