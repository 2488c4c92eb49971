"""The pulse of processes: who lives, who is late, who took whose place."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError

from messaging.health import pulses
from messaging.health.pulses import Process, keep_beating, prune_pulses, pulse, stop
from messaging.health.readings import Wellness, has_beat, read_processes, wellness_of
from messaging.models import Pulse

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 0, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def a_worker(name: str = "auth-8000@one", **said: object) -> Process:
    given = {"kind": "WORKER", "queues": ("auth",), "host": "one", "pid": 7, "started_at": NOW, **said}
    return Process(name, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "WELL"), (14.9, "WELL"), (15, "LATE"), (59.9, "LATE"), (60, "GONE"), (86_000, "GONE")],
)
def test_who_is_not_seen_is_late_after_fifteen_seconds_and_gone_after_sixty(
    seconds: float, expected: str
) -> None:
    assert wellness_of(NOW - timedelta(seconds=seconds), NOW) == Wellness(expected)


def test_a_process_has_one_row_however_often_it_says_that_it_lives(clock: time_machine.Traveller) -> None:
    pulse(a_worker())
    clock.shift(5)
    pulse(a_worker())
    row = Pulse.objects.get()
    assert (row.name, row.kind, row.queues, row.host, row.pid) == (
        "auth-8000@one", "WORKER", ["auth"], "one", 7,
    )  # fmt: skip
    assert (row.started_at, row.seen_at) == (NOW, NOW + timedelta(seconds=5))


def test_what_takes_the_place_of_a_killed_process_takes_its_row(clock: time_machine.Traveller) -> None:
    pulse(a_worker())
    clock.shift(70)
    assert [each.wellness for each in read_processes(NOW + timedelta(seconds=70))] == [Wellness.GONE]
    pulse(a_worker(pid=8))
    [found] = read_processes(NOW + timedelta(seconds=70))
    assert (found.pulse.pid, found.wellness) == (8, Wellness.WELL)


def test_a_process_that_ends_on_purpose_takes_only_its_own_row_away() -> None:
    pulse(a_worker())
    pulse(a_worker("mass-8000@one", pid=9))
    stop(a_worker(pid=8))
    stop(a_worker(host="two"))
    assert Pulse.objects.count() == 2
    stop(a_worker())
    assert list(Pulse.objects.values_list("name", flat=True)) == ["mass-8000@one"]


def test_beat_is_told_from_workers_and_stands_last() -> None:
    pulse(a_worker())
    now = Pulse.objects.get().seen_at
    assert not has_beat(read_processes(now))
    pulse(a_worker("beat@one", kind="BEAT", queues=()))
    now = Pulse.objects.get(name="beat@one").seen_at
    processes = read_processes(now)
    assert [each.pulse.name for each in processes] == ["auth-8000@one", "beat@one"]
    assert has_beat(processes)
    assert not has_beat(read_processes(now + timedelta(seconds=15)))


def test_a_process_that_is_gone_for_a_day_is_forgotten(clock: time_machine.Traveller) -> None:
    pulse(a_worker())
    clock.shift(timedelta(days=1))
    pulse(a_worker("mass-8000@one"))
    assert prune_pulses() == 0
    clock.shift(1)
    assert prune_pulses() == 1
    assert Pulse.objects.get().name == "mass-8000@one"


def test_a_database_that_is_away_for_a_while_stops_no_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    both, ended = threading.Event(), threading.Event()

    def once_away(process: Process) -> None:
        said.append(process.name)
        if len(said) == 1:
            raise DatabaseError("away")
        both.set()

    monkeypatch.setattr(pulses, "pulse", once_away)
    monkeypatch.setattr(pulses, "stop", lambda process: ended.set())
    ending = keep_beating(a_worker(), seconds=0.01)
    assert both.wait(10)
    ending.set()
    assert said[:2] == ["auth-8000@one", "auth-8000@one"]
    assert ended.wait(10), "one that ends takes its row away"


def test_a_name_that_is_too_long_is_cut_and_still_its_own() -> None:
    process = a_worker("w" * 130, host="h" * 130)
    pulse(process)
    row = Pulse.objects.get()
    assert (row.name, row.host) == ("w" * 120, "h" * 120)
    stop(process)
    assert not Pulse.objects.exists()
