"""Business days in Korea, Monday to Friday, as far as a calendar without public holidays can tell. Pure."""

from datetime import date, timedelta

SATURDAY = 5
# The guide: "It takes 3 to 4 business days to open the rejection of receiving 080-number service."
OPENING_DAYS = (3, 4)


def after_business_days(start: date, days: int) -> date:
    """The day on which so many business days after `start` have passed; `start` itself does not count."""
    day = start
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return day


def opening_days(applied_on: date) -> tuple[date, date]:
    """The first and the last day on which an 080 line applied for on that day is expected to open."""
    first, last = (after_business_days(applied_on, days) for days in OPENING_DAYS)
    return first, last
