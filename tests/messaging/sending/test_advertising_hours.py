"""Changing the hours in which no advertising goes, and what waits for their end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from console.accounts.models import Project, User
from messaging.models import AdvertisingHours, Chunk, SendRequest
from messaging.sending import submitting
from messaging.sending.advertising_hours import (
    HoursRefused,
    HoursWish,
    change_hours,
    hours_of,
    waiting_until,
)
from messaging.sending.planning import plan_send
from messaging.sending.submitting import drain
from messaging.states import HoursAction, Lane, Purpose
from tests.factories import OptOutLineFactory, ProjectFactory, UserFactory
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.test_submitting import states

pytestmark = pytest.mark.django_db

SEOUL = ZoneInfo("Asia/Seoul")
TEN_AT_NIGHT = datetime(2026, 11, 22, 22, tzinfo=SEOUL)
EIGHT = datetime(2026, 11, 23, 8, tzinfo=SEOUL)
NIGHT = HoursWish(is_on=True, starts_at=time(21), ends_at=time(8), action=HoursAction.WAIT)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(TEN_AT_NIGHT, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def user(db: None) -> User:
    return UserFactory()


@pytest.fixture
def advertising(command: MakeCommand, project: Project) -> Any:
    line = OptOutLineFactory(project=project, opened=True)
    body = f"(광고)Sale\n무료거부 {line.number}"

    def plan(**changes: Any) -> SendRequest:
        return plan_send(command(purpose=Purpose.ADVERTISING, body=body, opt_out_line=line, **changes))

    return plan


def wish_over(project: Project, **changes: Any) -> HoursWish:
    return replace(NIGHT, seen=hours_of(project).updated_at, **changes)


def test_a_project_begins_without_hours(project: Project) -> None:
    hours = hours_of(project)
    assert (hours.is_on, hours.starts_at, hours.ends_at, hours.action) == (
        False,
        time(21),
        time(8),
        HoursAction.WAIT,
    )
    assert not AdvertisingHours.objects.exists()


def test_hours_are_kept_with_who_changed_them(project: Project, user: User) -> None:
    wish = HoursWish(is_on=True, starts_at=time(18), ends_at=time(12), action=HoursAction.FAIL)
    change_hours(project=project, user=user, wish=wish)
    kept = AdvertisingHours.objects.get()
    assert (kept.project, kept.is_on, kept.starts_at, kept.ends_at) == (project, True, time(18), time(12))
    assert (kept.action, kept.updated_by) == (HoursAction.FAIL, user)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "wrong"),
    [
        (time(18), time(12), set()),
        (time(21), time(8), set()),
        (time(17, 59), time(8), {"starts_at"}),
        (time(21, 1), time(8), {"starts_at"}),
        (time(21), time(7, 59), {"ends_at"}),
        (time(21), time(12, 1), {"ends_at"}),
        (time(0), time(0), {"starts_at", "ends_at"}),
    ],
)
def test_hours_have_limits(
    project: Project, user: User, starts_at: time, ends_at: time, wrong: set[str]
) -> None:
    wish = replace(NIGHT, starts_at=starts_at, ends_at=ends_at)
    if not wrong:
        change_hours(project=project, user=user, wish=wish)
        return
    with pytest.raises(HoursRefused) as refused:
        change_hours(project=project, user=user, wish=wish)
    assert refused.value.problems.keys() == wrong
    assert not AdvertisingHours.objects.exists()


def test_of_two_people_the_second_sees_what_the_first_did(project: Project, user: User) -> None:
    change_hours(project=project, user=user, wish=NIGHT)
    with pytest.raises(HoursRefused) as refused:
        change_hours(project=project, user=UserFactory(), wish=replace(NIGHT, is_on=False))
    assert refused.value.problems.keys() == {""}
    kept = AdvertisingHours.objects.get()
    assert (kept.is_on, kept.updated_by) == (True, user)


@pytest.mark.parametrize("changes", [{"is_on": False}, {"starts_at": time(20), "ends_at": time(9)}])
def test_what_waits_goes_by_the_new_hours(
    advertising: Any, project: Project, user: User, clock: time_machine.Traveller, changes: dict[str, Any]
) -> None:
    change_hours(project=project, user=user, wish=NIGHT)
    request = advertising()
    drain(Lane.SINGLE)
    assert Chunk.objects.get(request=request).not_before == EIGHT
    clock.shift(timedelta(minutes=1))
    change_hours(project=project, user=user, wish=wish_over(project, **changes))
    drain(Lane.SINGLE)
    if changes.get("is_on") is False:
        assert states(request) == ["SENT"]
    else:
        assert Chunk.objects.get(request=request).not_before == EIGHT + timedelta(hours=1)


def test_what_another_project_waits_for_stays(
    advertising: Any, project: Project, user: User, clock: time_machine.Traveller
) -> None:
    change_hours(project=project, user=user, wish=NIGHT)
    request = advertising()
    drain(Lane.SINGLE)
    change_hours(project=ProjectFactory(), user=user, wish=NIGHT)
    assert Chunk.objects.get(request=request).not_before == EIGHT


def test_hours_that_end_while_a_worker_looks_at_them_make_nothing_wait(
    advertising: Any,
    project: Project,
    user: User,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change_hours(project=project, user=user, wish=NIGHT)
    request = advertising()
    lock = submitting.lock_hours

    def switched_off_before(project_id: int) -> None:
        monkeypatch.setattr(submitting, "lock_hours", lock)
        clock.shift(1)
        change_hours(project=project, user=user, wish=wish_over(project, is_on=False))
        lock(project_id)

    monkeypatch.setattr(submitting, "lock_hours", switched_off_before)
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"]


def test_until_when_a_request_waits(
    advertising: Any, project: Project, user: User, clock: time_machine.Traveller
) -> None:
    change_hours(project=project, user=user, wish=NIGHT)
    now = TEN_AT_NIGHT
    running = advertising()
    night_later = advertising(due_at=now + timedelta(days=1))
    by_day = advertising(due_at=EIGHT)
    requests = SendRequest.objects.filter(pk__in=[running.pk, night_later.pk, by_day.pk])
    assert waiting_until(requests, now) == {
        running.pk: EIGHT,
        night_later.pk: EIGHT + timedelta(days=1),
    }
    assert waiting_until(requests, EIGHT) == {night_later.pk: EIGHT + timedelta(days=1)}
    clock.shift(1)
    change_hours(project=project, user=user, wish=wish_over(project, action=HoursAction.FAIL))
    assert waiting_until(requests, now) == {}


def test_where_nothing_advertises_nothing_is_asked(
    command: MakeCommand, django_assert_num_queries: Any
) -> None:
    request = plan_send(command())
    with django_assert_num_queries(0):
        assert waiting_until([request], TEN_AT_NIGHT) == {}
