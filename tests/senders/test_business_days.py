"""Business days: Monday to Friday, the start not counted."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from senders.business_days import after_business_days, opening_days

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
