from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from console import formatting

NOW = datetime(2026, 11, 22, 5, 7, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "grouped", "masked"),
    [
        ("01012345678", "010-1234-5678", "010-****-5678"),
        ("0111234567", "011-123-4567", "011-***-4567"),
        ("021234567", "02-123-4567", "02-***-4567"),
        ("0212345678", "02-1234-5678", "02-****-5678"),
        ("0311234567", "031-123-4567", "031-***-4567"),
        ("15881234", "1588-1234", "*****1234"),
        ("050512345678", "0505-1234-5678", "0505-****-5678"),
        ("0801234567", "080-123-4567", "080-***-4567"),
        ("821012345678", "010-1234-5678", "010-****-5678"),
        ("+82 10-1234-5678", "010-1234-5678", "010-****-5678"),
        ("+14155550123", "+14155550123", "********0123"),
        ("", "", ""),
        ("119", "119", "119"),
    ],
)
def test_phone_numbers_are_grouped_and_masked(number: str, grouped: str, masked: str) -> None:
    assert formatting.group_phone_number(number) == grouped
    assert formatting.mask_phone_number(number) == masked


@given(st.from_regex(r"\A0(2|10|31|70|80)[0-9]{7,8}\Z"))
def test_grouping_loses_no_digit_and_is_stable(number: str) -> None:
    grouped = formatting.group_phone_number(number)
    assert grouped.replace("-", "") == number
    assert formatting.group_phone_number(grouped) == grouped


@given(st.from_regex(r"\A010[0-9]{8}\Z"))
def test_a_mask_hides_all_but_the_ends(number: str) -> None:
    assert formatting.mask_phone_number(number) == f"010-****-{number[-4:]}"


@pytest.mark.parametrize(
    ("part", "whole", "hundredths"),
    [(0, 10, 0), (1, 3, 33), (999_999, 1_000_000, 99), (10, 10, 100), (11, 10, 100), (3, 0, 0), (-1, 5, 0)],
)
def test_a_hundred_percent_means_nothing_is_left(part: int, whole: int, hundredths: int) -> None:
    assert formatting.percent(part, whole) == hundredths


@pytest.mark.parametrize(
    ("language", "written"),
    [
        (
            "en",
            [
                "2026-11-02 14:07:31",
                "2026-11-02 14:07",
                "2026-11-02",
                "11-02",
                "14:07",
                "14:07:31",
            ],
        ),
        (
            "ko",
            [
                "2026. 11. 2. 14:07:31",
                "2026. 11. 2. 14:07",
                "2026. 11. 2.",
                "11. 2.",
                "14:07",
                "14:07:31",
            ],
        ),
    ],
)
def test_dates_and_times_are_written_as_the_reader_writes_them(language: str, written: list[str]) -> None:
    """In the project's zone, whatever zone the moment is given in; a day has none."""
    moment = datetime(2026, 11, 2, 5, 7, 31, tzinfo=UTC)
    writers = (
        formatting.absolute_time,
        formatting.minute,
        formatting.day,
        formatting.short_day,
        formatting.clock,
        formatting.clock_second,
    )
    with translation.override(language):
        assert [write(moment) for write in writers] == written
        assert formatting.day(date(2026, 11, 2)) == written[2]
        assert formatting.clock(time(9, 5)) == "09:05"


def test_numbers_have_separators() -> None:
    assert formatting.group_number(1_000_000) == "1,000,000"
    assert formatting.group_number(0) == "0"
    assert formatting.group_number(None) == "–"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=9), "now"),
        (timedelta(seconds=-9), "now"),
        (timedelta(seconds=10), "10 seconds ago"),
        (timedelta(seconds=119), "1 minute ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=-2), "in 2 days"),
        (timedelta(minutes=-30), "in 30 minutes"),
    ],
)
def test_relative_times_name_one_unit(age: timedelta, words: str) -> None:
    assert formatting.relative_time(NOW - age, NOW) == words


def test_absolute_times_are_in_the_zone_of_the_project() -> None:
    assert formatting.absolute_time(NOW) == "2026-11-22 14:07:31"
