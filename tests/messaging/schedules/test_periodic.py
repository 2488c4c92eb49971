"""What beat knows of a schedule: in step with every change, and mended where somebody else changed it."""

import json
from datetime import date, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from console.accounts.models import Project, User
from messaging.models import RecurringSchedule
from messaging.schedules.periodic import reconcile
from messaging.schedules.services import change_schedule, create_schedule, delete_schedule
from tests.messaging.schedules.conftest import MONDAY, NOW, wish

pytestmark = pytest.mark.django_db
SUNDAY = 0b1000000


def task_of(schedule: RecurringSchedule) -> PeriodicTask:
    return PeriodicTask.objects.get(name=f"schedule {schedule.pk}")


def cron(schedule: RecurringSchedule) -> str:
    crontab = task_of(schedule).crontab
    assert crontab is not None
    said = f"{crontab.minute} {crontab.hour} {crontab.day_of_month} {crontab.month_of_year}"
    return f"{said} {crontab.day_of_week} {crontab.timezone}"


def test_a_schedule_has_its_task(schedule: RecurringSchedule) -> None:
    task = task_of(schedule)
    assert (task.task, json.loads(task.args)) == ("messaging.run_schedule", [schedule.pk])
    assert (task.queue, task.expire_seconds, task.enabled, task.one_off) == ("sweeps", 60, True, False)
    assert cron(schedule) == "0 10 * * 1,4 Asia/Seoul"
    schedule.refresh_from_db()
    assert schedule.periodic_task == task


def test_days_as_cron_counts_them(project: Project, person: User) -> None:
    sunday = create_schedule(project=project, user=person, wish=wish(code="S", weekdays=SUNDAY | MONDAY))
    daily = create_schedule(
        project=project, user=person, wish=wish(code="D", weekdays=127, time_zone="America/New_York")
    )
    assert cron(sunday) == "0 10 * * 0,1 Asia/Seoul"
    assert cron(daily) == "0 10 * * * America/New_York"


def test_a_change_moves_it_and_leaves_nothing_behind(person: User, schedule: RecurringSchedule) -> None:
    before = task_of(schedule)
    new = wish(sends_at=time(18, 5), weekdays=MONDAY, time_zone="Europe/Berlin")
    change_schedule(schedule, user=person, wish=new, seen=schedule.changed_at)
    assert task_of(schedule).pk == before.pk
    assert cron(schedule) == "5 18 * * 1 Europe/Berlin"
    assert not CrontabSchedule.objects.filter(pk=before.crontab_id).exists()


def test_beat_is_told(person: User, schedule: RecurringSchedule) -> None:
    from django_celery_beat.models import PeriodicTasks

    PeriodicTasks.objects.update(last_update=NOW - timedelta(days=1))
    change_schedule(schedule, user=person, wish=wish(sends_at=time(11, 0)), seen=schedule.changed_at)
    assert PeriodicTasks.objects.get().last_update >= NOW


def test_it_rings_within_the_period_alone(
    project: Project, person: User, clock: time_machine.Traveller
) -> None:
    later = create_schedule(
        project=project, user=person, wish=wish(starts_on=date(2026, 3, 5), ends_on=date(2026, 3, 12))
    )
    assert task_of(later).enabled is False
    clock.move_to(NOW + timedelta(days=2, hours=14, minutes=59))  # 23:59 of the day before, in Seoul
    assert (reconcile(NOW + timedelta(days=2, hours=14, minutes=59)), task_of(later).enabled) == (0, False)
    assert (reconcile(NOW + timedelta(days=2, hours=15)), task_of(later).enabled) == (1, True)
    assert (reconcile(NOW + timedelta(days=10)), task_of(later).enabled) == (0, True)
    assert (reconcile(NOW + timedelta(days=10, hours=15)), task_of(later).enabled) == (1, False)


def test_what_somebody_changed_is_mended(schedule: RecurringSchedule, person: User) -> None:
    assert reconcile(NOW) == 0
    task_of(schedule).delete()
    assert (reconcile(NOW), cron(schedule)) == (1, "0 10 * * 1,4 Asia/Seoul")
    CrontabSchedule.objects.filter(periodictask__name=f"schedule {schedule.pk}").update(hour="3")
    assert (reconcile(NOW), cron(schedule)) == (1, "0 10 * * 1,4 Asia/Seoul")
    PeriodicTask.objects.filter(name=f"schedule {schedule.pk}").update(enabled=False, args="[0]")
    assert reconcile(NOW) == 1
    assert (task_of(schedule).enabled, task_of(schedule).args) == (True, f"[{schedule.pk}]")
    assert reconcile(NOW) == 0
    schedule.refresh_from_db()
    assert schedule.periodic_task == task_of(schedule)
    assert not CrontabSchedule.objects.filter(periodictask=None).exists()


def test_a_crontab_that_others_use_stays(schedule: RecurringSchedule, person: User) -> None:
    crontab = task_of(schedule).crontab
    other = PeriodicTask.objects.create(name="another", task="another", crontab=crontab)
    delete_schedule(schedule, user=person, typed_code="WEEKLY")
    other.refresh_from_db()
    assert other.crontab == crontab


def test_looking_for_what_is_astray_is_one_query(project: Project, person: User) -> None:
    for code in ("A", "B", "C"):
        create_schedule(project=project, user=person, wish=wish(code=code))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert reconcile(NOW) == 0
    assert len(queries) == 1


def test_the_task_of_a_deleted_schedule_is_taken_away(schedule: RecurringSchedule, person: User) -> None:
    delete_schedule(schedule, user=person, typed_code="WEEKLY")
    schedule.refresh_from_db()
    assert schedule.periodic_task is None
    assert reconcile(NOW) == 0
