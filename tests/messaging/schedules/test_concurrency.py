"""Bells, sweeps and people at once, in threads with connections of their own: each day is sent once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction

from console.accounts.models import Project, User
from messaging.models import RecurringSchedule, ScheduledMessage, ScheduleRun, SendRequest
from messaging.schedules.messages import map_message
from messaging.schedules.periodic import reconcile
from messaging.schedules.running import run_due, run_schedule
from messaging.schedules.services import (
    ScheduleRefused,
    change_schedule,
    create_schedule,
    delete_schedule,
)
from tests.messaging.schedules.conftest import NOW, MakeCommand, wish
from tests.messaging.sending.test_concurrency import at_once
from tests.waiting import until_it_waits

pytestmark = pytest.mark.django_db(transaction=True)
DUE = NOW + timedelta(hours=1)


def test_bells_and_sweeps_at_once_send_once(
    schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    for n in range(3):
        map_message(schedule, command(recipients=[f"010-1234-000{n}"]))
    clock.move_to(DUE)
    at_once(*[lambda: run_schedule(schedule.pk)] * 4, *[run_due] * 4)
    assert list(ScheduleRun.objects.values_list("state", flat=True)) == ["DONE"]
    assert SendRequest.objects.count() == 3


def sweep() -> int:
    try:
        return run_due()
    finally:
        connection.close()


def test_who_finds_another_at_it_goes_on(
    schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    clock.move_to(DUE)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        assert run_schedule(schedule.pk) == 1
        assert pool.submit(sweep).result(timeout=10) == 0
    assert SendRequest.objects.count() == 1


def test_a_run_and_a_delete_at_once_are_one_after_the_other(
    schedule: RecurringSchedule, command: MakeCommand, person: User, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    clock.move_to(DUE)

    def delete() -> None:
        try:
            delete_schedule(schedule, user=person, typed_code="WEEKLY")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            run_schedule(schedule.pk)
            work = pool.submit(delete)
            until_it_waits(work)
        work.result(timeout=20)
    assert list(ScheduleRun.objects.values_list("state", flat=True)) == ["DONE"]
    assert not ScheduledMessage.objects.filter(removed_at=None).exists()


def test_of_two_changes_at_once_one_is_refused(
    schedule: RecurringSchedule, person: User, clock: time_machine.Traveller
) -> None:
    clock.shift(1)
    refused: list[ScheduleRefused] = []

    def change(description: str) -> None:
        new = wish(description=description)
        try:
            change_schedule(schedule, user=person, wish=new, seen=NOW)
        except ScheduleRefused as error:
            refused.append(error)

    at_once(lambda: change("first"), lambda: change("second"))
    schedule.refresh_from_db()
    assert len(refused) == 1
    assert schedule.description in ("first", "second")


def test_of_two_of_one_code_at_once_one_is_refused(project: Project, person: User) -> None:
    refused: list[ScheduleRefused] = []

    def create() -> None:
        try:
            create_schedule(project=project, user=person, wish=wish())
        except ScheduleRefused as error:
            refused.append(error)

    at_once(*[create] * 4)
    assert (RecurringSchedule.objects.count(), len(refused)) == (1, 3)


def test_reconciling_at_once_makes_one_task(schedule: RecurringSchedule) -> None:
    from django_celery_beat.models import CrontabSchedule, PeriodicTask

    PeriodicTask.objects.all().delete()
    at_once(*[lambda: reconcile(NOW)] * 4)
    assert PeriodicTask.objects.filter(name=f"schedule {schedule.pk}").count() == 1
    assert CrontabSchedule.objects.count() == 1
