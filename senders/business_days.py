"""Business days in Korea, Monday to Friday, as far as a calendar without public holidays can tell. Pure."""

from datetime import date, datetime, timedelta

SATURDAY = 5
# The guide: "It takes 3 to 4 business days to open the rejection of receiving 080-number service."
OPENING_DAYS = (3, 4)
# SENS: a request with documents is approved within "1 to 2 business days", and a stopped 080 line is gone
# after "2 to 3".
REVIEW_DAYS = (1, 2)
PURGE_DAYS = 3


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


def review_days(submitted_on: date) -> tuple[date, date]:
    """The first and the last day on which a number submitted on that day is expected to be decided."""
    first, last = (after_business_days(submitted_on, days) for days in REVIEW_DAYS)
    return first, last


def purge_moment(stopped_at: datetime) -> datetime:
    """When the numbers of a line stopped then, local time, are deleted: three business days later, at the
    same time of day.
    """
    day = after_business_days(stopped_at.date(), PURGE_DAYS)
    return datetime.combine(day, stopped_at.time(), tzinfo=stopped_at.tzinfo)
