"""The `PeriodicTask` of each schedule: a bell that beat rings at its time, and nothing else.

What is due, and whether it ran, is read from the schedule (docs/adr/0022). So a bell that rings twice, late
or never changes nothing but the second at which a run begins: the sweep finds it too.
"""

import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from console.queues import BELL_SECONDS, QUEUE_OF_TASK, TaskName
from messaging.models import RecurringSchedule
from messaging.schedules.rules import days_of, is_every_day, rule_of

NAME = "schedule %s"


def keep_in_step(schedule: RecurringSchedule, now: datetime) -> bool:
    """Write what beat knows of the schedule, where it is not what it should be; whether anything was.

    In the transaction of whoever holds the schedule's row.
    """
    task = PeriodicTask.objects.filter(name=name_of(schedule)).select_related("crontab").first()
    if schedule.removed_at is not None:
        return _take_away(schedule, task)
    wanted = fields_of(schedule, now)
    has_clock = task is not None and _clock_of(task) == clock_of(schedule)
    if task is not None and has_clock and _is_so(task, wanted) and schedule.periodic_task_id == task.pk:
        return False
    _write(schedule, task, wanted, has_clock=has_clock)
    return True


def reconcile(now: datetime) -> int:
    """Mend what a person or a beat changed, and turn bells on and off with their periods; return how many."""
    schedules = RecurringSchedule.objects.filter(Q(removed_at=None) | Q(periodic_task__isnull=False))
    rows = schedules.select_related("periodic_task__crontab")
    astray = [row.pk for row in rows.iterator() if not is_in_step(row, now)]
    return sum(_mend(pk, now) for pk in astray)


def is_in_step(schedule: RecurringSchedule, now: datetime) -> bool:
    """Whether its task, read with it, is as it should be. No query where both were joined."""
    task = schedule.periodic_task
    if task is None or schedule.removed_at is not None:
        return task is None and schedule.removed_at is not None
    return _clock_of(task) == clock_of(schedule) and _is_so(task, fields_of(schedule, now))


@transaction.atomic
def _mend(pk: int, now: datetime) -> bool:
    row = RecurringSchedule.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk).first()
    return row is not None and keep_in_step(row, now)


# --- what it should be ---------------------------------------------------------------------------


def name_of(schedule: RecurringSchedule) -> str:
    return NAME % schedule.pk


def fields_of(schedule: RecurringSchedule, now: datetime) -> dict[str, Any]:
    """The fields of its task that are ours; those of beat (when it rang last) are not among them."""
    return {
        "task": TaskName.RUN_SCHEDULE.value,
        "args": json.dumps([schedule.pk]),
        "kwargs": "{}",
        "queue": QUEUE_OF_TASK[TaskName.RUN_SCHEDULE].value,
        "expire_seconds": BELL_SECONDS,
        "enabled": rings(schedule, now),
        "one_off": False,
    }


def rings(schedule: RecurringSchedule, now: datetime) -> bool:
    """Whether its period has begun and is not over, by the calendar of its zone."""
    today = now.astimezone(rule_of(schedule).zone).date()
    return schedule.starts_on <= today <= schedule.ends_on


def clock_of(schedule: RecurringSchedule) -> dict[str, str]:
    """Its time as cron writes it, where Sunday is 0."""
    days = sorted((day + 1) % 7 for day in days_of(schedule.weekdays))
    return {
        "minute": str(schedule.sends_at.minute),
        "hour": str(schedule.sends_at.hour),
        "day_of_week": "*" if is_every_day(schedule.weekdays) else ",".join(map(str, days)),
        "day_of_month": "*",
        "month_of_year": "*",
        "timezone": schedule.time_zone,
    }


def _clock_of(task: PeriodicTask) -> dict[str, str]:
    crontab = task.crontab
    if crontab is None:
        return {}
    names = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year", "timezone")
    return {name: str(getattr(crontab, name)) for name in names}


def _is_so(task: PeriodicTask, wanted: dict[str, Any]) -> bool:
    return all(getattr(task, name) == value for name, value in wanted.items())


# --- writing -------------------------------------------------------------------------------------


def _write(
    schedule: RecurringSchedule, task: PeriodicTask | None, wanted: dict[str, Any], *, has_clock: bool
) -> None:
    task = task or PeriodicTask(name=name_of(schedule))
    old = task.crontab_id
    for name, value in wanted.items():
        setattr(task, name, value)
    if not has_clock:
        task.crontab = _crontab(clock_of(schedule))
        task.interval = task.solar = task.clocked = None
    task.save()  # tells beat to read its tasks anew
    _forget_crontab(old, but=task.crontab_id)
    if schedule.periodic_task_id != task.pk:
        schedule.periodic_task = task
        schedule.save(update_fields=["periodic_task"])


def _crontab(clock: dict[str, str]) -> CrontabSchedule:
    """A row that no other task has: one that was left behind, or a new one."""
    unused = CrontabSchedule.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        periodictask=None, **clock
    )
    return unused.first() or CrontabSchedule.objects.create(**clock)


def _take_away(schedule: RecurringSchedule, task: PeriodicTask | None) -> bool:
    if task is None and schedule.periodic_task_id is None:
        return False
    schedule.periodic_task = None
    schedule.save(update_fields=["periodic_task"])
    if task is not None:
        crontab_id = task.crontab_id
        task.delete()
        _forget_crontab(crontab_id)
    return True


def _forget_crontab(crontab_id: int | None, *, but: int | None = None) -> None:
    if crontab_id is not None and crontab_id != but:
        CrontabSchedule.objects.filter(pk=crontab_id, periodictask=None).delete()
