"""When a rule is due: every day of it exactly once, whatever the clocks of its zone do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.schedules.rules import (
    Rule,
    bits_of,
    comes_twice,
    days_of,
    due_at,
    is_every_day,
    latest_end,
    moment_of,
    next_due,
    occurrences,
    time_zones,
)

EVERY_DAY = 0b1111111
# On both halves of the globe, by an hour, by half an hour, at midnight, by two hours, and never.
ZONES = (
    "Asia/Seoul",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/St_Johns",
    "Pacific/Apia",
)


def rule(**changes: Any) -> Rule:
    told: dict[str, Any] = {
        "weekdays": EVERY_DAY,
        "sends_at": time(2, 30),
        "zone": ZoneInfo("Europe/Berlin"),
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
    }
    return Rule(**told | changes)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("zone", "clock", "moment"),
    [
        ("Asia/Seoul", datetime(2026, 3, 29, 2, 30), utc(2026, 3, 28, 17, 30)),
        # The clocks jump from 02:00 to 03:00: the moment of the jump.
        ("Europe/Berlin", datetime(2026, 3, 29, 2, 30), utc(2026, 3, 29, 1, 0)),
        ("Europe/Berlin", datetime(2026, 3, 29, 2, 0), utc(2026, 3, 29, 1, 0)),
        ("Europe/Berlin", datetime(2026, 3, 29, 1, 59), utc(2026, 3, 29, 0, 59)),
        ("Europe/Berlin", datetime(2026, 3, 29, 3, 0), utc(2026, 3, 29, 1, 0)),
        # They are put back from 03:00 to 02:00: the first of the two.
        ("Europe/Berlin", datetime(2026, 10, 25, 2, 30), utc(2026, 10, 25, 0, 30)),
        ("America/New_York", datetime(2026, 3, 8, 2, 15), utc(2026, 3, 8, 7, 0)),
        ("America/New_York", datetime(2026, 11, 1, 1, 15), utc(2026, 11, 1, 5, 15)),
        # At midnight, and by half an hour.
        ("Asia/Beirut", datetime(2026, 3, 29, 0, 10), utc(2026, 3, 28, 22, 0)),
        ("Australia/Lord_Howe", datetime(2026, 10, 4, 2, 10), utc(2026, 10, 3, 15, 30)),
    ],
)
def test_the_moment_of_a_clock(zone: str, clock: datetime, moment: datetime) -> None:
    assert moment_of(clock, ZoneInfo(zone)) == moment


def test_a_time_that_comes_twice_is_known() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert comes_twice(datetime(2026, 10, 25, 2, 30), berlin)
    assert not comes_twice(datetime(2026, 10, 25, 3, 0), berlin)
    assert not comes_twice(datetime(2026, 3, 29, 2, 30), berlin)


def test_only_days_of_the_week_and_the_period_are_due() -> None:
    mondays = rule(weekdays=bits_of([0]), starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 9))
    days = [date(2026, 2, 23) + timedelta(days=n) for n in range(22)]
    assert [day for day in days if due_at(mondays, day)] == [date(2026, 3, 2), date(2026, 3, 9)]


def test_occurrences_begin_after_one_moment_and_end_with_another() -> None:
    daily = rule(sends_at=time(9, 0), zone=ZoneInfo("Asia/Seoul"))
    midnight = utc(2026, 3, 2)  # 09:00 in Seoul
    found = [due for _day, due in occurrences(daily, midnight, midnight + timedelta(days=2))]
    assert found == [utc(2026, 3, 3), utc(2026, 3, 4)]
    assert next_due(daily, midnight - timedelta(seconds=1)) == (date(2026, 3, 2), midnight)
    assert next_due(daily, midnight) == (date(2026, 3, 3), utc(2026, 3, 3))


def test_days_are_those_of_the_zone() -> None:
    samoa = rule(sends_at=time(8, 0), zone=ZoneInfo("Pacific/Apia"), weekdays=bits_of([0]))
    # A Monday morning there is a Sunday in UTC.
    assert next_due(samoa, utc(2026, 3, 1)) == (date(2026, 3, 2), utc(2026, 3, 1, 19, 0))


def test_nothing_is_due_after_the_period() -> None:
    assert next_due(rule(), utc(2026, 12, 31, 23)) is None
    assert list(occurrences(rule(), utc(2027, 1, 1))) == []


zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(date(2024, 1, 1), date(2028, 12, 31))
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


@given(zone=zones, day=days, clock=clocks)
def test_a_due_moment_shows_the_clock_or_is_the_end_of_a_jump(zone: ZoneInfo, day: date, clock: time) -> None:
    wanted = datetime.combine(day, clock)
    moment = moment_of(wanted, zone)
    shown = moment.astimezone(zone).replace(tzinfo=None)
    if shown != wanted:
        before = (moment - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        assert before < wanted < shown
    else:
        # No earlier moment of the day before shows it too.
        earlier = [moment - timedelta(minutes=n) for n in (30, 60, 120)]
        assert all(each.astimezone(zone).replace(tzinfo=None) != wanted for each in earlier)


@given(
    zone=zones,
    clock=clocks,
    first=days,
    weekdays=st.integers(1, EVERY_DAY),
    cuts=st.lists(st.integers(0, 60 * 24 * 200), max_size=20),
)
def test_looking_piece_by_piece_finds_every_day_once(
    zone: ZoneInfo, clock: time, first: date, weekdays: int, cuts: list[int]
) -> None:
    """However the time is cut into looks, what they find together is every day of the rule, once."""
    last = first + timedelta(days=180)
    told = rule(zone=zone, sends_at=clock, weekdays=weekdays, starts_on=first, ends_on=last)
    begin = datetime.combine(first, time(), tzinfo=UTC) - timedelta(days=3)
    ends = [begin + timedelta(minutes=cut) for cut in sorted(cuts)] + [begin + timedelta(days=190)]
    found, after = [], begin
    for until in ends:
        found += list(occurrences(told, after, until))
        after = until
    expected = [first + timedelta(days=n) for n in range(181)]
    expected = [day for day in expected if day.weekday() in days_of(weekdays)]
    assert [day for day, _due in found] == expected
    dues = [due for _day, due in found]
    assert dues == sorted(set(dues))
    assert list(islice(occurrences(told, begin), 3)) == found[:3]


@given(bits=st.integers(0, EVERY_DAY))
def test_bits_and_days_go_both_ways(bits: int) -> None:
    assert bits_of(days_of(bits)) == bits
    assert is_every_day(bits) == (len(days_of(bits)) == 7)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 3, 2), date(2026, 9, 2)),
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2026, 7, 1), date(2027, 1, 1)),
        (date(2026, 6, 30), date(2026, 12, 30)),
    ],
)
def test_a_period_is_six_months_at_most(first: date, last: date) -> None:
    assert latest_end(first) == last


def test_zones_are_places_and_offsets() -> None:
    assert {"Asia/Seoul", "UTC", "America/New_York"} <= set(time_zones())
    assert not {"Factory", "localtime", "posixrules"} & set(time_zones())
    assert list(time_zones()) == sorted(time_zones())
