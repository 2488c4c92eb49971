"""Bells for queues: whether each is consumed, and how long a bell waits."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from console.queues import Queue
from messaging import tasks
from messaging.health.bells import heard, ring_all
from messaging.health.pulses import Process, pulse
from messaging.health.readings import QueueReading, Wellness, read_processes, read_queues
from messaging.models import QueuePulse

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 0, 0, tzinfo=UTC)


def queue_after(seconds: float) -> QueueReading:
    now = NOW + timedelta(seconds=seconds)
    [found] = [each for each in read_queues(read_processes(now), now) if each.queue == Queue.MASS]
    return found


def a_worker_lives(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        pulse(Process("mass-8000@one", "WORKER", ("mass",)))


def test_a_bell_is_rung_for_every_queue_with_its_time() -> None:
    rung: list[tuple[Queue, str]] = []
    with time_machine.travel(NOW, tick=False):
        ring_all(lambda queue, at: rung.append((queue, at)))
        ring_all(lambda queue, at: None)
    assert rung == [(queue, "2026-11-22T03:00:00+00:00") for queue in Queue]
    assert QueuePulse.objects.filter(heard_at=None, rung_at=NOW).count() == len(Queue)


def test_whoever_hears_a_bell_says_how_long_it_waited() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        ring_all(lambda queue, at: None)
        clock.shift(1.25)
        heard("mass", NOW.isoformat())
    row = QueuePulse.objects.get(queue="mass")
    assert (row.heard_at, row.waited_ms) == (NOW + timedelta(seconds=1.25), 1250)
    assert QueuePulse.objects.get(queue="auth").heard_at is None


def test_clocks_that_disagree_make_no_negative_wait() -> None:
    with time_machine.travel(NOW, tick=False):
        ring_all(lambda queue, at: None)
        heard("mass", (NOW + timedelta(seconds=3)).isoformat())
    assert QueuePulse.objects.get(queue="mass").waited_ms == 0


def test_a_bell_that_is_heard_late_takes_nothing_back() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        ring_all(lambda queue, at: None)
        clock.shift(10)
        heard("mass", NOW.isoformat())
        clock.shift(-5)
        heard("mass", NOW.isoformat())
        ring_all(lambda queue, at: None)
    row = QueuePulse.objects.get(queue="mass")
    assert (row.heard_at, row.waited_ms) == (NOW + timedelta(seconds=10), 10_000)
    assert row.rung_at == NOW + timedelta(seconds=5)


def test_a_bell_of_last_year_can_be_written_down() -> None:
    with time_machine.travel(NOW, tick=False):
        ring_all(lambda queue, at: None)
        heard("mass", (NOW - timedelta(days=365)).isoformat())
    assert QueuePulse.objects.get(queue="mass").waited_ms == 2_000_000_000


def test_a_queue_that_was_never_heard_is_gone_or_late() -> None:
    assert queue_after(0).wellness == Wellness.GONE
    a_worker_lives(NOW)
    assert queue_after(0).wellness == Wellness.LATE
    assert queue_after(15).wellness == Wellness.GONE, "a worker that is late itself serves nothing"


def test_a_queue_that_nobody_takes_from_is_late_and_then_gone() -> None:
    with time_machine.travel(NOW, tick=False):
        ring_all(lambda queue, at: None)
        heard("mass", NOW.isoformat())
    assert [queue_after(seconds).wellness for seconds in (0, 29, 30)] == [
        Wellness.LATE,
        Wellness.LATE,
        Wellness.GONE,
    ]


def test_a_worker_that_is_busy_makes_its_queue_late_and_never_gone() -> None:
    with time_machine.travel(NOW, tick=False):
        ring_all(lambda queue, at: None)
        heard("mass", NOW.isoformat())
    for seconds, expected in (
        (0, Wellness.WELL),
        (29, Wellness.WELL),
        (30, Wellness.LATE),
        (900, Wellness.LATE),
    ):
        a_worker_lives(NOW + timedelta(seconds=seconds))
        assert queue_after(seconds).wellness == expected


def test_the_task_of_beat_rings_for_all_and_a_bell_says_that_it_was_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks, "ring", lambda *args, queue: rung.append((*args, queue)))
    with time_machine.travel(NOW, tick=False) as clock:
        tasks.pulse_task()
        clock.shift(0.5)
        tasks.pulse_task(*[str(word) for word in rung[0][1:3]])
    assert [each[1] for each in rung] == [queue.value for queue in Queue]
    assert {each[3] for each in rung} == set(Queue)
    assert QueuePulse.objects.get(queue=Queue.AUTH.value).waited_ms == 500
