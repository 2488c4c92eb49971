"""Making, changing and deleting a schedule: what is refused, and that a refusal changes nothing."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from auditlog.models import LogEntry
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from console.accounts.models import AuditEntry, Project, User
from messaging.models import RecurringSchedule, ScheduledMessage, ScheduleRun, SendRequest
from messaging.schedules.messages import map_message
from messaging.schedules.services import (
    MAX_SCHEDULES,
    ScheduleRefused,
    change_schedule,
    create_schedule,
    delete_schedule,
)
from tests.factories import ProjectFactory
from tests.messaging.schedules.conftest import MONDAY, NOW, MakeCommand, wish

pytestmark = pytest.mark.django_db


def refused(project: Project, user: User, **changes: Any) -> dict[str, str]:
    before = RecurringSchedule.objects.count(), PeriodicTask.objects.count()
    with pytest.raises(ScheduleRefused) as error:
        create_schedule(project=project, user=user, wish=wish(**changes))
    assert (RecurringSchedule.objects.count(), PeriodicTask.objects.count()) == before
    return {field: str(said) for field, said in error.value.problems.items()}


def test_a_schedule_is_made(project: Project, person: User, schedule: RecurringSchedule) -> None:
    schedule.refresh_from_db()
    assert schedule.code == "WEEKLY"
    assert schedule.created_by == person
    assert (schedule.created_at, schedule.changed_at, schedule.looked_until) == (NOW, NOW, NOW)
    assert schedule.next_at == NOW + timedelta(hours=1)
    assert AuditEntry.objects.get(action=LogEntry.Action.CREATE, object_repr="WEEKLY").project == project


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"code": " "}, {"code": "Give the schedule a code."}),
        ({"code": "x" * 51}, {"code": "At most 50 characters."}),
        ({"code": "a b"}, {"code": "A code has letters without accents, digits, “-” and “_” only."}),
        ({"code": "주간"}, {"code": "A code has letters without accents, digits, “-” and “_” only."}),
        ({"code": "A\n"}, None),
        ({"weekdays": 0}, {"weekdays": "Choose at least one day."}),
        ({"weekdays": 128}, {"weekdays": "Choose at least one day."}),
        ({"sends_at": None}, {"sends_at": "Enter the time as HH:mm, from 00:00 to 23:59."}),
        ({"time_zone": "Mars/Olympus"}, {"time_zone": "Choose a time zone of the list."}),
        ({"starts_on": None}, {"starts_on": "Enter the first day."}),
        ({"starts_on": date(9999, 12, 31)}, {"starts_on": "The first day is at most a year ahead."}),
        ({"ends_on": None}, {"ends_on": "Enter the last day."}),
        ({"ends_on": date(2026, 3, 1)}, {"ends_on": "This day has passed. Choose a later one."}),
        (
            {"starts_on": date(2026, 4, 1), "ends_on": date(2026, 3, 31)},
            {"ends_on": "The last day is before the first."},
        ),
        (
            {"ends_on": date(2026, 9, 3)},
            {"ends_on": "A schedule runs for at most 6 months: until 2026-09-02."},
        ),
        (
            {"starts_on": date(2026, 3, 3), "ends_on": date(2026, 3, 4)},
            {"ends_on": "No run is left within this period. Choose other days, another time or a later end."},
        ),
        ({"description": "x" * 201}, {"description": "At most 200 characters."}),
    ],
)
def test_what_is_wrong_is_said_by_field(
    project: Project, person: User, changes: dict[str, Any], problems: dict[str, str] | None
) -> None:
    if problems is None:
        assert create_schedule(project=project, user=person, wish=wish(**changes)).code == "A"
        return
    assert refused(project, person, **changes) == problems


def test_all_problems_are_said_at_once(project: Project, person: User) -> None:
    found = refused(project, person, code="", weekdays=0, sends_at=None, starts_on=None, ends_on=None)
    assert list(found) == ["code", "weekdays", "sends_at", "starts_on", "ends_on"]


def test_six_months_to_the_day(project: Project, person: User) -> None:
    made = create_schedule(project=project, user=person, wish=wish(ends_on=date(2026, 9, 2)))
    assert made.ends_on == date(2026, 9, 2)


def test_the_last_day_is_judged_by_the_calendar_of_the_zone(
    project: Project, person: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 3, 2, 22, 0, tzinfo=UTC))  # Tuesday in Seoul, Monday in New York
    monday = {"weekdays": MONDAY, "sends_at": time(23, 0), "ends_on": date(2026, 3, 2)}
    assert refused(project, person, **monday) == {"ends_on": "This day has passed. Choose a later one."}
    made = create_schedule(project=project, user=person, wish=wish(time_zone="America/New_York", **monday))
    assert made.next_at == datetime(2026, 3, 3, 4, 0, tzinfo=UTC)


def test_a_code_is_once_a_project(project: Project, person: User, schedule: RecurringSchedule) -> None:
    said = "This project has a schedule of this code already. Choose another code."
    assert refused(project, person) == {"code": said}
    other: Project = ProjectFactory()  # type: ignore[assignment]
    assert create_schedule(project=other, user=person, wish=wish()).code == "WEEKLY"
    delete_schedule(schedule, user=person, typed_code="WEEKLY")
    assert create_schedule(project=project, user=person, wish=wish()).pk != schedule.pk


def test_a_project_has_a_bounded_number(
    project: Project, person: User, schedule: RecurringSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.schedules.services.MAX_SCHEDULES", 1)
    said = "A project has at most 1 recurring schedules. Delete one that is over."
    assert refused(project, person, code="OTHER") == {"__all__": said}
    assert MAX_SCHEDULES == 200


def test_a_change_counts_from_now_on(
    person: User, schedule: RecurringSchedule, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOW + timedelta(minutes=30))
    seen = schedule.changed_at
    own = change_schedule(schedule, user=person, wish=wish(sends_at=time(9, 15)), seen=seen)
    own.refresh_from_db()
    # 09:15 of today has passed: it is due on Thursday.
    assert own.next_at == datetime(2026, 3, 5, 0, 15, tzinfo=UTC)
    assert own.looked_until == own.changed_at == NOW + timedelta(minutes=30)
    assert not ScheduleRun.objects.exists()


def test_a_change_of_what_somebody_else_changed_is_refused(
    person: User, schedule: RecurringSchedule, clock: time_machine.Traveller
) -> None:
    seen = schedule.changed_at
    clock.shift(1)
    change_schedule(schedule, user=person, wish=wish(description="first"), seen=seen)
    with pytest.raises(ScheduleRefused) as error:
        change_schedule(schedule, user=person, wish=wish(description="second"), seen=seen)
    assert list(error.value.problems) == ["__all__"]
    schedule.refresh_from_db()
    assert schedule.description == "first"


def test_what_was_due_before_a_change_is_run_as_it_was(
    person: User, schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    clock.move_to(NOW + timedelta(hours=1, seconds=1))
    own = change_schedule(schedule, user=person, wish=wish(sends_at=time(18, 0)), seen=schedule.changed_at)
    assert [(run.day, run.state) for run in ScheduleRun.objects.all()] == [(date(2026, 3, 2), "DONE")]
    assert SendRequest.objects.count() == 1
    # Today ran: the next is Thursday's.
    assert own.next_at == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


def test_deleting_takes_the_code_as_it_stands(person: User, schedule: RecurringSchedule) -> None:
    for typed in ("weekly", "WEEKLY ", ""):
        with pytest.raises(ScheduleRefused) as error:
            delete_schedule(schedule, user=person, typed_code=typed)
        assert str(error.value) == "Type the code exactly as it stands above: WEEKLY."
    schedule.refresh_from_db()
    assert schedule.removed_at is None
    assert PeriodicTask.objects.filter(name=f"schedule {schedule.pk}", enabled=True).exists()


def test_a_deleted_schedule_sends_nothing(
    person: User, schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    clock.move_to(NOW + timedelta(hours=1, seconds=1))  # due, and nobody came yet
    delete_schedule(schedule, user=person, typed_code="WEEKLY")
    schedule.refresh_from_db()
    assert (schedule.removed_by, schedule.next_at) == (person, None)
    assert not ScheduledMessage.objects.filter(removed_at=None).exists()
    assert list(ScheduleRun.objects.values_list("state", flat=True)) == ["STALE"]
    assert not SendRequest.objects.exists()
    assert not PeriodicTask.objects.filter(name__startswith="schedule ").exists()
    assert not CrontabSchedule.objects.filter(periodictask=None).exists()
    with pytest.raises(ScheduleRefused) as error:
        delete_schedule(schedule, user=person, typed_code="WEEKLY")
    assert str(error.value) == "This schedule was deleted meanwhile."
