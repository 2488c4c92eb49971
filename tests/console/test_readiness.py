"""What a monitor is told, and what it is not."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import DatabaseError
from django.test import Client

from console import readiness
from console.queues import Queue
from messaging.health.bells import heard, ring_all
from messaging.health.pulses import Process, pulse

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 0, 0, tzinfo=UTC)


def test_it_is_ready_where_beat_and_a_worker_of_every_queue_live(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        pulse(Process("beat@secret-host", "BEAT", host="secret-host"))
        pulse(Process("worker@secret-host", "WORKER", tuple(queue.value for queue in Queue)))
        ring_all(lambda queue, at: heard(queue.value, at))
        answer = client.get("/healthz/ready/")
    assert (answer.status_code, answer["Cache-Control"]) == (
        200,
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    assert answer.json() == {
        "ready": True,
        "database": True,
        "beat": True,
        "queues": {queue.value: {"well": True, "waited": 0.0} for queue in Queue},
    }


def test_it_is_not_ready_without_them_and_names_no_machine(client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        pulse(Process("beat@secret-host", "BEAT", host="secret-host"))
        clock.shift(61)
        answer = client.get("/healthz/ready/")
    assert answer.status_code == 503
    assert (answer.json()["ready"], answer.json()["beat"]) == (False, False)
    assert b"secret-host" not in answer.content


def test_a_queue_without_a_worker_is_enough(client: Client) -> None:
    others = tuple(queue.value for queue in Queue if queue != Queue.MASS)
    with time_machine.travel(NOW, tick=False):
        pulse(Process("beat@one", "BEAT"))
        pulse(Process("worker@one", "WORKER", others))
        ring_all(lambda queue, at: heard(queue.value, at) if queue != Queue.MASS else None)
        answer = client.get("/healthz/ready/")
    said = answer.json()
    assert (answer.status_code, said["ready"], said["beat"]) == (503, False, True)
    assert [name for name, queue in said["queues"].items() if not queue["well"]] == ["mass"]


def test_a_busy_worker_is_no_missing_one(client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        ring_all(lambda queue, at: heard(queue.value, at))
        clock.shift(30)
        pulse(Process("beat@one", "BEAT"))
        pulse(Process("worker@one", "WORKER", tuple(queue.value for queue in Queue)))
        answer = client.get("/healthz/ready/")
    said = answer.json()
    assert (answer.status_code, said["ready"]) == (200, True)
    assert {queue["well"] for queue in said["queues"].values()} == {False}


def test_a_database_that_is_away_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(now: datetime) -> None:
        raise DatabaseError("at 10.0.0.1")

    monkeypatch.setattr(readiness, "read_processes", away)
    answer = client.get("/healthz/ready/")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "database": False})
