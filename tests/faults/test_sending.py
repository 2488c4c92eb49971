"""A send of 20,000 rows, while workers are killed (also while a tag is loaded, and while the same is sent
twice at once), the broker is emptied, the database is restarted.

Every row ends in a final state, the carrier has each message exactly once, and the counts are exact.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests import scratch
from tests.faults.scenario import LOADERS, PURGES, REFUSING, RESTARTS, ROWS

pytestmark = pytest.mark.xdist_group("faults")

LEASE = {"BONGSU_LEASE_SECONDS": "6"}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, Any]]:
    """What every fault ended in. One scratch console serves all: its start takes longer than a send."""
    with tempfile.TemporaryDirectory(prefix="bongsu-faults-", ignore_cleanup_errors=True) as name:
        return run_scenario(Path(name))


def run_scenario(folder: Path) -> dict[str, dict[str, Any]]:
    folder.chmod(0o711)  # an embedded server has an account of its own
    result = folder / "result.json"
    with scratch.environment(folder / "home") as environment:
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.scenario", str(result)],
            env={**environment, **LEASE},
            cwd=scratch.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(result.read_text())
    return found


@pytest.mark.parametrize(
    ("fault", "times"), [("workers", 10), ("tags", LOADERS), ("broker", PURGES), ("database", RESTARTS)]
)
def test_a_send_survives(outcomes: dict[str, dict[str, Any]], fault: str, times: int) -> None:
    found = outcomes[fault]
    said = json.dumps({key: value for key, value in found.items() if key != "log"}) + "\n" + found["log"]
    assert found["broken"] >= times, said
    assert found["is_final"], said
    assert found["request"] == "COMPLETED", said
    assert found["states"] == {"DELIVERED": ROWS}, said
    assert found["at_carrier_once"], said
    assert found["counts"] == {"REQUESTED": ROWS, "SENT": ROWS, "DELIVERED": ROWS}, said


def test_advertising_survives_and_reaches_nobody_who_refused_it(outcomes: dict[str, dict[str, Any]]) -> None:
    found = outcomes["advertising"]
    said = json.dumps({key: value for key, value in found.items() if key != "log"}) + "\n" + found["log"]
    refusing = ROWS // REFUSING
    reached = ROWS - refusing
    assert found["broken"] >= 10, said
    assert found["is_final"], said
    assert found["request"] == "COMPLETED", said
    assert found["states"] == {"DELIVERED": reached, "FAILED": refusing}, said
    assert found["opted_out"] == refusing, said
    assert found["at_carrier_once"], said
    expected = {"REQUESTED": ROWS, "SENT": reached, "DELIVERED": reached, "SEND_FAILED": refusing}
    assert found["counts"] == expected, said
    assert found["chunks_taken_again"] > 0, said


def test_of_two_like_sends_each_number_gets_the_text_once(outcomes: dict[str, dict[str, Any]]) -> None:
    found = outcomes["duplicates"]
    said = json.dumps({key: value for key, value in found.items() if key != "log"}) + "\n" + found["log"]
    assert found["broken"] >= 10, said
    assert found["is_final"], said
    assert found["endings"] == {"DELIVERED 0": ROWS, "FAILED B003": ROWS}, said
    assert found["times_a_number"] == {"1": ROWS}, said
    assert found["at_carrier"] == ROWS, said
    assert sum(found["from_each"]) == ROWS, said
    assert found["chunks_taken_again"] > 0, said


def test_kills_hit_messages_in_flight(outcomes: dict[str, dict[str, Any]]) -> None:
    assert outcomes["workers"]["chunks_taken_again"] > 0
    assert outcomes["workers"]["submitted_twice"] > 0  # by us, and noticed by the carrier
