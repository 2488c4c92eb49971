"""A schedule that is due within the minute, with two beats and two workers; the one that runs it is killed.

`python -m tests.faults.schedule_scenario RESULT`, in the environment of a scratch console. The run is held in
its middle by a lock on the table of runs, its worker is killed there, and the lock is let go. Another
schedule was due an hour ago, while nobody was up. Writes what was found.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django
import psycopg

MESSAGES = 5
SECONDS_AHEAD = 12
SECONDS_TO_RUN = 90
LEFT_OUT = ("web", "worker-auth", "worker-mass", "worker-files", "worker-webhooks")
WAITS = """
SELECT application_name FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
AND query LIKE 'INSERT INTO "messaging_schedulerun"%'
"""


def main(result: Path) -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    processes = two_of_each(dict(os.environ))
    try:
        processes.start()
        found = play(processes)
        found["log"] = processes.end_of_log()
    finally:
        processes.stop()
    found["rung"] = bells()  # a beat writes them down when it ends
    result.write_text(json.dumps(found))


def two_of_each(environment: dict[str, str]) -> Any:
    """Two beats, and two workers that sweep."""
    from tests.scratch import Processes

    processes = Processes(environment, without=LEFT_OUT)
    processes.lines["beat-two"] = processes.lines["beat"]
    processes.lines["worker-sweeps-two"] = processes.lines["worker-sweeps"].replace("-n sweeps", "-n second")
    return processes


def play(processes: Any) -> dict[str, Any]:
    from tests.sends import make_project

    project = make_project(per_second=0, report_delay_ms=0)
    missed = make_schedule(project, "MISSED", now() - timedelta(hours=1))
    look_since(missed, now() - timedelta(hours=23))
    is_marked = wait_for(lambda: missed.runs.exists())
    due = next_minute()
    schedule = make_schedule(project, "DUE", due)
    with psycopg.connect(os.environ["DATABASE_URL"]) as holder:
        time.sleep(max(0.0, (due - now()).total_seconds() - 2))
        holder.execute("LOCK TABLE messaging_schedulerun IN SHARE MODE")
        killed = kill_who_runs(processes)
        halfway = requests_of(project)
        holder.rollback()
    has_run = wait_for(lambda: schedule.runs.exists())
    time.sleep(5)  # for whoever would do it again
    return {
        "is_marked": is_marked,
        "missed": states(missed),
        "killed": killed,
        "halfway": halfway,
        "has_run": has_run,
        "due": states(schedule),
        **look(project, schedule, due),
    }


def make_schedule(project: Any, code: str, due: datetime) -> Any:
    """Every day at the minute of that moment, with messages to send."""
    from zoneinfo import ZoneInfo

    from messaging.schedules.messages import map_message
    from messaging.schedules.services import ScheduleWish, create_schedule
    from messaging.sending.commands import SendCommand
    from messaging.states import MessageType, Purpose
    from tests.factories import MembershipFactory
    from tests.sends import SENDER

    local = due.astimezone(ZoneInfo("Asia/Seoul"))
    wish = ScheduleWish(
        code=code,
        weekdays=0b1111111,
        sends_at=local.time(),
        time_zone="Asia/Seoul",
        starts_on=local.date() - timedelta(days=2),
        ends_on=local.date() + timedelta(days=2),
    )
    user: Any = MembershipFactory(project=project).user  # type: ignore[attr-defined]
    schedule = create_schedule(project=project, user=user, wish=wish)
    for n in range(MESSAGES):
        command = SendCommand(
            project=project,
            actor=user,
            message_type=MessageType.SMS,
            purpose=Purpose.GENERAL,
            sender=SENDER,
            body="Hello",
            recipients=[f"010-1234-000{n}"],
        )
        map_message(schedule, command)
    return schedule


def look_since(schedule: Any, moment: datetime) -> None:
    """As if nobody had looked at the schedule since that moment."""
    type(schedule).objects.filter(pk=schedule.pk).update(looked_until=moment, next_at=moment)


def next_minute() -> datetime:
    """The next full minute that leaves beat the time to hear of it."""
    return (now() + timedelta(seconds=SECONDS_AHEAD + 60)).replace(second=0, microsecond=0)


def kill_who_runs(processes: Any) -> str:
    """`kill -9` the worker that waits with its run half written; its line, or "" where none came."""
    names: list[str] = []

    def is_there() -> bool:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            names[:] = [row[0].removeprefix("bongsu ") for row in connection.execute(WAITS)]
        return bool(names)

    if not wait_for(is_there):
        return ""
    processes.kill(processes.members(names[0])[0], names[0])
    return names[0]


def requests_of(project: Any) -> int:
    from messaging.models import SendRequest

    return SendRequest.objects.filter(project=project).count()


def states(schedule: Any) -> list[str]:
    return list(schedule.runs.order_by("day").values_list("state", flat=True))


def look(project: Any, schedule: Any, due: datetime) -> dict[str, Any]:
    """What was requested, and what the carrier has."""
    from messaging.models import Message, ScheduledSend
    from messaging.states import MessageState
    from tests.sends import simulator_of

    delivered = Message.objects.filter(project=project, state=MessageState.DELIVERED)
    wait_for(lambda: delivered.count() == MESSAGES)
    sends = ScheduledSend.objects.filter(run__schedule=schedule, request__isnull=False)
    run = schedule.runs.get()
    return {
        "requests": requests_of(project),
        "sends": sends.count(),
        "delivered": delivered.count(),
        "at_carrier": simulator_of(project).ledger.counts()["messages"],
        "due_on_time": run.due_at == due,
        "seconds_late": (run.ran_at - due).total_seconds(),
    }


def bells() -> int:
    """How often a beat rang for the schedule, as the last one to end wrote it down."""
    from django_celery_beat.models import PeriodicTask

    from messaging.models import RecurringSchedule

    schedule = RecurringSchedule.objects.get(code="DUE")
    return PeriodicTask.objects.get(name=f"schedule {schedule.pk}").total_run_count


def now() -> datetime:
    from django.utils import timezone

    return timezone.now()


def wait_for(condition: Callable[[], bool], seconds: float = SECONDS_TO_RUN) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
