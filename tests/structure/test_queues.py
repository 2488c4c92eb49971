"""Every task has a queue, every queue one worker, and the lanes of sending never share one."""

import re
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings

from console.queues import QUEUE_OF_TASK, Queue, TaskName
from console.supervision import lines_of

LINES = lines_of(Path(settings.BASE_DIR) / "Procfile")
WORKERS = {name: command for name, command in LINES.items() if " worker " in command}


def queues_of(command: str) -> list[str]:
    found = re.search(r" -Q (\S+)", command)
    assert found, f"a worker without -Q would take from the default queue only: {command}"
    return found[1].split(",")


def test_every_task_has_a_queue() -> None:
    assert set(QUEUE_OF_TASK) == set(TaskName)


def test_every_queue_is_consumed_by_exactly_one_process() -> None:
    consumed = [queue for command in WORKERS.values() for queue in queues_of(command)]
    assert sorted(consumed) == sorted(queue.value for queue in Queue)


def test_celery_sends_each_task_to_its_queue() -> None:
    router = current_app.amqp.router
    chosen = {task: router.route({}, task.value)["queue"].name for task in TaskName}
    assert chosen == {task: queue.value for task, queue in QUEUE_OF_TASK.items()}


@pytest.mark.parametrize("lane", [Queue.AUTH, Queue.SINGLE, Queue.MASS])
def test_a_lane_of_sending_has_a_process_of_its_own(lane: Queue) -> None:
    [worker] = [command for command in WORKERS.values() if lane.value in queues_of(command)]
    assert queues_of(worker) == [lane.value]


def test_sweeps_never_wait_for_a_file_or_a_mass_send() -> None:
    [worker] = [command for command in WORKERS.values() if Queue.SWEEPS.value in queues_of(command)]
    assert not {Queue.FILES.value, Queue.MASS.value} & set(queues_of(worker))


def test_workers_have_names_of_their_own() -> None:
    names = [re.search(r" worker -n (\S+)", command) for command in WORKERS.values()]
    assert len({found[1] for found in names if found}) == len(WORKERS)


def test_every_task_of_ours_is_named_in_the_table_and_the_other_way_round() -> None:
    current_app.loader.import_default_modules()
    ours = {name for name in current_app.tasks if not name.startswith("celery.")}
    assert ours == {task.value for task in TaskName}


def test_beat_schedules_only_tasks_of_the_table() -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= {task.value for task in TaskName}
