"""The pulse of each worker and of beat: a row a process, renewed every few seconds by a thread of its own.

The thread lives as long as its process, so a row that is not renewed is of a process that is gone, frozen, or
cut off from the database. Whether a queue is consumed is another question: bells ask it (`bells`).
"""

import logging
import os
import socket
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from messaging.models import Pulse
from messaging.models.health import ProcessKind

logger = logging.getLogger(__name__)

SECONDS = 5.0
# Long enough to be seen by whoever looks the next morning.
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Process:
    """What a process says of itself. `name` is one line of a Procfile on one machine."""

    name: str
    kind: str
    queues: tuple[str, ...] = ()
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    started_at: datetime = field(default_factory=timezone.now)


def worker(name: str, queues: tuple[str, ...]) -> Process:
    """This process, a worker; Celery's own name of it has the machine in it."""
    return Process(name, ProcessKind.WORKER, tuple(sorted(queues)))


def beat() -> Process:
    """This process, beat."""
    return Process(f"beat@{socket.gethostname()}", ProcessKind.BEAT)


def keep_beating(process: Process, seconds: float = SECONDS) -> threading.Event:
    """Renew the process's row for as long as it lives, or until the event that is returned is set."""
    ending = threading.Event()
    threading.Thread(target=_beat, args=(process, seconds, ending), name="pulse", daemon=True).start()
    return ending


def _beat(process: Process, seconds: float, ending: threading.Event) -> None:
    while True:
        try:
            pulse(process)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The pulse of %s was not written: %s", process.name, error)
            connection.close()
        if ending.wait(seconds):
            _say_goodbye(process)
            return


def _say_goodbye(process: Process) -> None:
    try:
        stop(process)
    except (DatabaseError, InterfaceError):
        pass  # then it is late, and gone
    finally:
        connection.close()


def pulse(process: Process) -> None:
    """Write down that the process lives. One that takes another's place takes its row."""
    row = Pulse(
        name=process.name[:120],
        kind=process.kind,
        queues=list(process.queues),
        host=process.host[:120],
        pid=process.pid,
        started_at=process.started_at,
        seen_at=timezone.now(),
    )
    Pulse.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["kind", "queues", "host", "pid", "started_at", "seen_at"],
    )


def stop(process: Process) -> None:
    """Take the process's row away: it ends because it was told to. Of another that has its place, nothing."""
    Pulse.objects.filter(name=process.name[:120], pid=process.pid, host=process.host[:120]).delete()


def prune_pulses() -> int:
    """Forget processes that are gone for long; return how many."""
    return Pulse.objects.filter(seen_at__lt=timezone.now() - KEPT).delete()[0]
