"""Counts by the hour up to now: by lane, by project, and the means that are made of them."""

from datetime import UTC, datetime, timedelta

import pytest

from console.accounts.models import Project
from messaging.models import CountDelta, SendRequest
from messaging.states import Counter, Lane
from messaging.statistics.counting import Delta, add_deltas, fold
from messaging.statistics.hours import (
    delivery_rate,
    read_hours,
    read_projects,
    seconds_to_phone,
)
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 20, 0, tzinfo=UTC)
HOUR = NOW.replace(minute=0)


def a_request(project: Project, **fields: object) -> SendRequest:
    given = {"kind": "GENERAL", "message_type": "SMS", "purpose": "GENERAL", "lane": "SINGLE", **fields}
    made = NOW - timedelta(days=6)
    return SendRequest.objects.create(
        project=project, sender="021234567", body="Hello", due_at=made, created_at=made, **given
    )


def count(request: SendRequest, counter: Counter, n: int, *, ago: timedelta = timedelta(0), code: str = ""):
    add_deltas([Delta(request.pk, 1, counter, code, 82, n)], at=NOW - ago)


@pytest.mark.parametrize("is_folded", [False, True])
def test_an_hour_is_that_in_which_it_happened_and_older_days_are_one_sum(is_folded: bool) -> None:
    project = ProjectFactory()
    request = a_request(project)
    count(request, Counter.SENT, 7)
    count(request, Counter.SENT, 5, ago=timedelta(hours=1))
    count(request, Counter.SENT, 30, ago=timedelta(days=3))
    count(request, Counter.DELIVERED, 28, ago=timedelta(days=3))
    count(request, Counter.SENT, 900, ago=timedelta(days=5))
    count(a_request(ProjectFactory()), Counter.SENT, 1000)
    if is_folded:
        fold()
        assert not CountDelta.objects.exists()
    hours = read_hours(project, since=HOUR - timedelta(hours=2), now=NOW)
    assert hours.between(HOUR, HOUR + timedelta(hours=1)).sent == 7
    assert hours.between(HOUR - timedelta(hours=2), HOUR).sent == 5
    assert hours.between(HOUR - timedelta(days=9), HOUR + timedelta(hours=1)).sent == 12
    assert hours.waiting_for_result == 7 + 5 + 30 - 28


@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize(
    ("fields", "lane"),
    [
        ({"purpose": "AUTH", "kind": "GENERAL"}, Lane.AUTH),
        ({"purpose": "AUTH", "kind": "MASS"}, Lane.AUTH),
        ({"kind": "GENERAL"}, Lane.SINGLE),
        ({"kind": "MASS"}, Lane.MASS),
        ({"kind": "TAG", "purpose": "AD"}, Lane.MASS),
    ],
)
def test_a_lane_is_the_one_that_the_plan_chose(fields: dict[str, str], lane: Lane, is_folded: bool) -> None:
    project = ProjectFactory()
    count(a_request(project, **fields), Counter.REQUESTED, 3)
    if is_folded:
        fold()
    hours = read_hours(project, since=HOUR, now=NOW)
    by_lane = {each: hours.between(HOUR, NOW, lane=each.value).requested for each in Lane}
    assert by_lane == {each: 3 if each == lane else 0 for each in Lane}


def test_causes_are_counted_from_a_moment_on() -> None:
    project = ProjectFactory()
    request = a_request(project)
    count(request, Counter.SEND_FAILED, 2, code="1001")
    count(request, Counter.DELIVERY_FAILED, 3, code="2003", ago=timedelta(hours=1))
    count(request, Counter.DELIVERY_FAILED, 4, code="2003", ago=timedelta(hours=2))
    count(request, Counter.UNKNOWN, 5, code="B007")
    hours = read_hours(project, since=HOUR - timedelta(days=1), now=NOW)
    failed = frozenset({Counter.SEND_FAILED, Counter.DELIVERY_FAILED})
    assert hours.codes(HOUR - timedelta(hours=1), failed) == {"1001": 2, "2003": 3}


@pytest.mark.parametrize("is_folded", [False, True])
def test_every_project_is_counted_in_one_statement(is_folded: bool, django_assert_num_queries) -> None:
    one, other, quiet = ProjectFactory.create_batch(3)
    count(a_request(one), Counter.SENT, 7)
    count(a_request(one), Counter.DELIVERED, 4)
    count(a_request(one), Counter.HANDSET_SECONDS, 4000)
    count(a_request(other), Counter.SENT, 5, ago=timedelta(days=2))
    if is_folded:
        fold()
    with django_assert_num_queries(1):
        found = read_projects(since=HOUR, now=NOW)
    assert set(found) == {one.pk, other.pk}
    assert (found[one.pk].today.sent, found[one.pk].waiting_for_result) == (7, 3)
    assert (found[other.pk].today.sent, found[other.pk].waiting_for_result) == (0, 5)
    assert quiet.pk not in found


def test_means_are_of_what_ended() -> None:
    counts: dict[str, int] = {Counter.DELIVERED: 8, Counter.DELIVERY_FAILED: 1, Counter.SEND_FAILED: 1}
    assert delivery_rate(counts) == 0.8
    assert seconds_to_phone({**counts, Counter.HANDSET_SECONDS: 20}) == 2.5
    assert seconds_to_phone(counts) == 0.0
    assert delivery_rate({Counter.SENT: 3}) is None
    assert seconds_to_phone({Counter.SENT: 3}) is None


def test_seconds_of_very_many_are_no_overflow() -> None:
    project = ProjectFactory()
    request = a_request(project)
    for _n in range(2):
        count(request, Counter.HANDSET_SECONDS, 2_100_000_000)
    fold()
    count(request, Counter.HANDSET_SECONDS, 2_100_000_000)
    hours = read_hours(project, since=HOUR, now=NOW)
    assert hours.between(HOUR, NOW).counts == {Counter.HANDSET_SECONDS: 6_300_000_000}
    assert not request.counts.exists()
