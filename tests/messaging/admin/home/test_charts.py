"""The charts of the home page: drawn by the server, and the same in words."""

from datetime import UTC, datetime, timedelta

import pytest

from messaging.admin.home.charts import charts_of, percent
from messaging.admin.home.drawing import Bar, Point, bars_of, lines_of, round_scale
from messaging.states import Counter
from messaging.statistics.hours import Counted, Hours

NOW = datetime(2026, 11, 22, 3, 20, 0, tzinfo=UTC)  # 12:20 in Seoul
HOUR = NOW.replace(minute=0)


def counted(ago: int, counter: Counter, n: int) -> Counted:
    return Counted(HOUR - timedelta(hours=ago), counter, "", "MASS", n)


def hours(*rows: Counted) -> Hours:
    return Hours(rows)


def test_bars_stand_side_by_side_and_are_never_too_low_to_be_seen() -> None:
    assert bars_of([0, 100, 1, None]) == (Bar(280, 0, 190, 100), Bar(530, 97, 190, 3))


def test_bars_of_a_scale_of_their_own() -> None:
    assert bars_of([5], most=10) == (Bar(120, 50, 760, 50),)


def test_a_line_is_broken_where_there_is_no_number() -> None:
    assert lines_of([0.5, 1.0, None, 0.75], 0.5, 1) == (
        (Point(125, 100), Point(375, 0)),
        (Point(875, 50),),
    )


@pytest.mark.parametrize(
    ("most", "scale"), [(0, 1), (0.4, 1), (1, 1), (1.1, 2), (4, 5), (7, 10), (11, 20), (3600, 5000)]
)
def test_an_axis_ends_at_a_number_that_people_can_read(most: float, scale: float) -> None:
    assert round_scale(most) == scale


@pytest.mark.parametrize(
    ("part", "shown"), [(1, "100.0%"), (0.99999, "99.9%"), (0.974, "97.4%"), (0, "0.0%")]
)
def test_what_is_not_all_is_never_rounded_up_to_all(part: float, shown: str) -> None:
    assert percent(part) == shown


def test_both_charts_say_in_a_sentence_what_they_show() -> None:
    charts = charts_of(
        hours(
            counted(0, Counter.DELIVERED, 90),
            counted(0, Counter.SEND_FAILED, 10),
            counted(0, Counter.HANDSET_SECONDS, 180),
            counted(2, Counter.DELIVERED, 100),
            counted(2, Counter.HANDSET_SECONDS, 700),
            counted(30, Counter.DELIVERY_FAILED, 1000),
        ),
        NOW,
    )
    assert charts.rate is not None
    assert charts.seconds is not None
    assert charts.rate.sentence == "95.0% of 200 messages were delivered; the lowest hour had 90.0%."
    assert (charts.rate.top, charts.rate.bottom) == ("100%", "90%")
    assert charts.seconds.sentence == "4.6 seconds on average; the slowest hour, 10:00, took 7.0."
    assert (charts.seconds.top, charts.seconds.bottom) == ("10 s", "0")
    assert [slot.words for slot in charts.rate.slots] == [
        "10:00: 100.0% (100 delivered)",
        "12:00: 90.0% (90 delivered)",
    ]
    assert [
        (row.label, row.delivered, row.failed, row.rate_in_words, row.seconds_in_words) for row in charts.rows
    ] == [
        ("12:00", 90, 10, "90.0%", "2.0"),
        ("10:00", 100, 0, "100.0%", "7.0"),
    ]
    assert charts.labels == ["13:00", "19:00", "01:00", "07:00"]


def test_the_mean_is_of_the_hours_whose_time_is_known() -> None:
    found = hours(
        counted(0, Counter.DELIVERED, 10),
        counted(0, Counter.HANDSET_SECONDS, 20),
        counted(1, Counter.SEND_FAILED, 5),
        counted(23, Counter.DELIVERED, 30),
        counted(23, Counter.HANDSET_SECONDS, 180),
        counted(24, Counter.DELIVERED, 1000),
    )
    charts = charts_of(found, NOW)
    assert len(charts.hours) == 24
    assert charts.seconds is not None
    assert charts.seconds.sentence == "5.0 seconds on average; the slowest hour, 13:00, took 6.0."
    assert [row.label for row in charts.rows] == ["12:00", "11:00", "13:00"]


@pytest.mark.parametrize(
    ("failed", "bottom"), [(5, "95%"), (6, "90%"), (10, "90%"), (11, "80%"), (50, "50%"), (51, "0%")]
)
def test_the_axis_of_rates_begins_below_them_all(failed: int, bottom: str) -> None:
    found = hours(counted(0, Counter.DELIVERED, 100 - failed), counted(0, Counter.SEND_FAILED, failed))
    charts = charts_of(found, NOW)
    assert charts.rate is not None
    assert charts.rate.bottom == bottom


def test_bars_of_nothing_are_none() -> None:
    assert bars_of([]) == bars_of([None, 0]) == ()
    assert lines_of([1.0], 1, 1) == ((Point(500, 0),),)


def test_where_all_failed_there_is_no_time_to_a_phone() -> None:
    charts = charts_of(hours(counted(0, Counter.SEND_FAILED, 1)), NOW)
    assert charts.rate is not None
    assert charts.rate.sentence == "0.0% of 1 message was delivered; the lowest hour had 0.0%."
    assert charts.seconds is None


def test_where_nothing_ended_nothing_is_drawn() -> None:
    charts = charts_of(hours(counted(0, Counter.REQUESTED, 5)), NOW)
    assert (charts.rate, charts.seconds, charts.rows) == (None, None, [])
