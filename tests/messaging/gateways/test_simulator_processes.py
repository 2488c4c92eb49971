"""The ledger among processes: killed in the middle of submitting, and two that submit the same messages."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uuid_utils

from messaging.gateways.base import OutboundMessage, Submission
from messaging.gateways.simulator import Simulator

ROOT = Path(__file__).resolve().parents[3]
CHUNK = 50
SUBMITTER = f"""
import sys
from pathlib import Path
from messaging.gateways.base import OutboundMessage, Submission
from messaging.gateways.simulator import Simulator, SimulatorSettings
folder, ids = Path(sys.argv[1]), Path(sys.argv[2]).read_text().split()
simulator = Simulator(SimulatorSettings(ledger_path=folder, report_delay_ms=0))
sys.stdin.read(1)
for start in range(0, len(ids), {CHUNK}):
    messages = [OutboundMessage(each, 82, "01012345678", "hello") for each in ids[start:start + {CHUNK}]]
    simulator.submit(Submission("p1", "021234567", "SMS", "NORMAL", messages))
    print(start + {CHUNK}, flush=True)
"""


def start(folder: Path, ids: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SUBMITTER, str(folder), str(ids)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("g")
    process.stdin.close()


def made_ids(tmp_path: Path, count: int) -> tuple[Path, list[str]]:
    path, made = tmp_path / "ids", [str(uuid_utils.uuid7()) for _ in range(count)]
    path.write_text("\n".join(made))
    return path, made


@pytest.fixture
def ids(tmp_path: Path) -> tuple[Path, list[str]]:
    return made_ids(tmp_path, 5000)


def reported(simulator: Simulator) -> "Counter[str | None]":
    """How often each message is reported once everything is acknowledged."""
    found: Counter[str | None] = Counter()
    while (batch := simulator.fetch_reports(1000)).reports:
        found.update(each.message_id for each in batch.reports)
        simulator.acknowledge(batch.token)
    return found


def test_a_kill_loses_nothing_that_was_answered_and_a_retry_repeats_nothing(
    folder: Path, tmp_path: Path, build: Callable[..., Simulator]
) -> None:
    # So many that a machine under load still kills it long before its end.
    path, made = made_ids(tmp_path, 50_000)
    victim = start(folder, path)
    go(victim)
    assert victim.stdout is not None
    answered = 0
    while answered < 500:
        answered = int(victim.stdout.readline())
    victim.send_signal(signal.SIGKILL)
    answered = max([answered, *(int(line) for line in victim.stdout if line.endswith("\n"))])
    assert victim.wait() == -signal.SIGKILL
    victim.stdout.close()

    simulator = build()
    held = simulator.ledger.ids()
    assert set(made[:answered]) <= set(held)
    assert len(held) % CHUNK == 0, "a call is taken whole or not at all"
    assert len(held) < len(made), "it was killed in the middle"

    messages = [OutboundMessage(each, 82, "01012345678", "hello") for each in made]
    simulator.submit(Submission("p1", "021234567", "SMS", "NORMAL", messages))
    assert simulator.ledger.ids() == sorted(made)
    assert simulator.ledger.counts()["submitted_twice"] == len(held)
    assert reported(simulator) == Counter(made)


def test_two_processes_submitting_the_same_messages_deliver_each_once(
    folder: Path, ids: tuple[Path, list[str]], build: Callable[..., Simulator]
) -> None:
    path, made = ids
    both = [start(folder, path), start(folder, path)]
    for each in both:
        go(each)
    for each in both:
        assert each.stdout is not None
        assert each.stdout.read().splitlines()[-1] == "5000"
        assert each.wait() == 0
        each.stdout.close()
    simulator = build()
    assert simulator.ledger.ids() == sorted(made)
    assert simulator.ledger.counts()["submitted_twice"] == 5000
    assert reported(simulator) == Counter(made)


def test_threads_share_a_simulator(build: Callable[..., Simulator], ids: tuple[Path, list[str]]) -> None:
    simulator, (_, made) = build(), ids

    def submit(begin: int) -> None:
        messages = [OutboundMessage(each, 82, "0101", "hello") for each in made[begin : begin + CHUNK]]
        simulator.submit(Submission("p1", "021234567", "SMS", "NORMAL", messages))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(submit, list(range(0, 1000, CHUNK)) * 4))
    assert simulator.ledger.counts()["submitted_twice"] == 1000
    assert reported(simulator) == Counter(made[:1000])
