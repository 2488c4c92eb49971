"""Sends of 20,000 rows with real workers and beat, while something is broken on purpose: one send a fault.

`python -m tests.faults.scenario RESULT [FAULT …]`, in the environment of a scratch console. Writes what was
found.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import psycopg

from console.embedded import EmbeddedPostgres

ROWS = 20_000
PER_SECOND = 2_000
# Milliseconds. While workers are killed, longer than a lease: no report is to save a chunk.
REPORT_DELAYS = {
    "workers": 15_000,
    "advertising": 15_000,
    "duplicates": 15_000,
    "tags": 200,
    "broker": 200,
    "database": 200,
}
REFUSING = 10  # of so many recipients of advertising one refuses it
KILLS = 12
PURGES = 12
RESTARTS = 3
LOADERS = 3
SECONDS_TO_FINISH = 180
SECONDS_TO_CLAIM = 20


def main(result: Path, *names: str) -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from tests.scratch import Processes

    processes = Processes(dict(os.environ))
    found = {}
    try:
        processes.start()
        for name in names or FAULTS:
            found[name] = send_while(name, processes)
            found[name]["log"] = processes.end_of_log()
    finally:
        processes.stop()
    result.write_text(json.dumps(found))


def send_while(name: str, processes: object) -> dict[str, object]:
    """Send, break, wait until every message is final; then what the database, the counts and the carrier
    say.
    """
    from messaging.models import SendRequest
    from messaging.sending.planning import plan_send
    from messaging.states import RequestState
    from tests.sends import make_project

    project = make_project(per_second=PER_SECOND, report_delay_ms=REPORT_DELAYS[name])
    requests = [plan_send(command) for command in commands_of(name, project)]
    started = time.monotonic()
    broken = 0
    for _once in FAULTS[name](processes):
        broken += 1

    def is_over() -> bool:
        found = SendRequest.objects.filter(pk__in=[each.pk for each in requests])
        is_done = all(each.state == RequestState.COMPLETED for each in found)
        return is_done and not any(open_messages(each.pk) for each in requests)

    is_final = wait_for(is_over)
    return {
        "broken": broken,
        "is_final": is_final,
        "seconds": time.monotonic() - started,
        **(look_at_both(requests, project) if len(requests) > 1 else look(requests[0].pk, project)),
    }


def commands_of(name: str, project: Any) -> list[Any]:
    """What is sent meanwhile: with repeated messages blocked, the same twice at once."""
    from messaging.models import DuplicateSettings
    from tests.sends import advertising_command, mass_command, tag_command

    if name == "advertising":
        return [advertising_command(project, ROWS, refusing=REFUSING)]
    if name == "tags":
        return [tag_command(project, ROWS)]
    if name == "duplicates":
        DuplicateSettings.objects.create(project=project, is_on=True, minutes=60)
        return [mass_command(project, ROWS), mass_command(project, ROWS)]
    return [mass_command(project, ROWS)]


def look_at_both(requests: list[Any], project: object) -> dict[str, object]:
    """What became of two like sends."""
    from messaging.models import Chunk, Message
    from tests.sends import simulator_of

    messages = Message.objects.filter(request__in=requests)
    went = messages.filter(submitted_at__isnull=False).values_list("recipient", flat=True)
    ledger = simulator_of(project).ledger  # type: ignore[arg-type]
    return {
        "endings": {f"{state} {code}": n for (state, code), n in Tally(endings(messages)).items()},
        "times_a_number": dict(Tally(Tally(went).values())),
        "at_carrier": ledger.counts()["messages"],
        "chunks_taken_again": Chunk.objects.filter(request__in=requests, attempts__gt=1).count(),
        "from_each": [messages.filter(request=each, state="DELIVERED").count() for each in requests],
    }


def endings(messages: Any) -> Iterator[tuple[str, str]]:
    yield from messages.values_list("state", "result_code").iterator()


def look(request_id: object, project: object) -> dict[str, object]:
    from messaging.models import DeliveryReport, Message, SendRequest
    from messaging.result_codes import OPTED_OUT
    from messaging.statistics.queries import progress_of
    from tests.sends import simulator_of

    ledger = simulator_of(project).ledger  # type: ignore[arg-type]
    request = SendRequest.objects.get(pk=request_id)
    messages = Message.objects.filter(request=request)
    to_hand_over = messages.exclude(result_code=OPTED_OUT).order_by("id")
    ids = [str(each) for each in to_hand_over.values_list("id", flat=True)]
    return {
        "request": request.state,
        "opted_out": messages.filter(state="FAILED", result_code=OPTED_OUT).count(),
        "states": dict(Tally(messages.values_list("state", flat=True))),
        "counts": progress_of([request.pk])[request.pk].counts,
        "at_carrier_once": ledger.ids() == ids,
        "submitted_twice": ledger.counts()["submitted_twice"],
        "idle_reports": DeliveryReport.objects.count(),
        "chunks_taken_again": request.chunks.filter(attempts__gt=1).count(),
    }


def open_messages(request_id: object) -> bool:
    from messaging.models import Message

    return Message.objects.filter(request=request_id, state__in=["READY", "SENT"]).exists()


def claims() -> set[object]:
    """The tokens of all claims; those of killed workers stay until their lease is over."""
    from messaging.models import Chunk

    return set(Chunk.objects.filter(state="CLAIMED").values_list("claimed_by", flat=True))


def wait_for(
    condition: Callable[[], bool], seconds: float = SECONDS_TO_FINISH, *, pause: float = 0.2
) -> bool:
    """Whether it came true in time. The database may be gone meanwhile."""
    from django.db import OperationalError, connection

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return True
        except OperationalError:
            connection.close()
        time.sleep(pause)
    return False


# --- what is broken ------------------------------------------------------------------------------


def kill_workers(processes) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """`kill -9` a worker's process at a random moment: every second time the one that sends, back at work."""
    chosen = random.Random()
    workers = [name for name in processes.lines if name.startswith("worker-")]
    dead: set[object] = set()
    for number in range(KILLS):
        name = "worker-mass" if number % 2 else chosen.choice(workers)
        if name == "worker-mass":
            wait_for(lambda: bool(claims() - dead), SECONDS_TO_CLAIM)
            dead.update(claims())
        time.sleep(chosen.uniform(0.1, 0.9))
        members = processes.members(name)
        if members:
            processes.kill(chosen.choice(members), name)
            yield


def kill_loaders(processes) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """`kill -9` the worker that loads a tag send, while its messages are being written."""
    for _number in range(LOADERS):
        if not wait_for(is_writing_messages, SECONDS_TO_CLAIM, pause=0.005):
            return
        processes.kill(processes.members("worker-files")[0], "worker-files")
        yield


def is_writing_messages() -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
            " AND pid <> pg_backend_pid() AND query LIKE '%%INSERT INTO messaging_message %%'",
            [],
        )
        return bool(cursor.fetchone()[0])


def empty_the_broker(processes) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Delete every task that waits, again and again."""
    from celery import current_app

    from console.queues import Queue

    for _number in range(PURGES):
        time.sleep(0.5)
        with current_app.connection_for_write() as connection:
            for queue in Queue:
                connection.default_channel.queue_purge(queue.value)
        yield


def restart_the_database(processes) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """An embedded server is ended at once and starts again; on another one our sessions are ended."""
    pid_file = Path(os.environ["BONGSU_HOME"]) / "postgres" / "data" / "postmaster.pid"
    for _number in range(RESTARTS):
        time.sleep(2)
        if pid_file.parent.exists():
            EmbeddedPostgres(pid_file.parent.parent).start()  # where it has not come up again yet, wait
            os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT)
        else:
            with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        yield


FAULTS: dict[str, Callable[..., Iterator[None]]] = {
    "workers": kill_workers,
    "advertising": kill_workers,
    "duplicates": kill_workers,
    "tags": kill_loaders,
    "broker": empty_the_broker,
    "database": restart_the_database,
}

if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
