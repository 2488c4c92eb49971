"""A schedule with two beats and two workers, of which the one that runs it is killed in the middle.

Each message is requested and sent once; what fell due while nobody was up is marked, and not sent.
"""

import json
from typing import Any

import pytest

from tests.faults.playing import play
from tests.faults.schedule_scenario import MESSAGES

pytestmark = pytest.mark.xdist_group("faults")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return play("schedule_scenario")


def test_a_day_is_sent_once(found: dict[str, Any]) -> None:
    said = json.dumps(found)
    assert found["has_run"], said
    assert found["due"] == ["DONE"], said
    assert found["due_on_time"], said
    once = {"requests": MESSAGES, "sends": MESSAGES, "delivered": MESSAGES, "at_carrier": MESSAGES}
    assert {name: found[name] for name in once} == once, said


def test_the_worker_was_killed_in_the_middle(found: dict[str, Any]) -> None:
    assert found["killed"] in ("worker-sweeps", "worker-sweeps-two"), json.dumps(found)
    assert found["halfway"] == 0, json.dumps(found)
    assert found["rung"] >= 1, json.dumps(found)


def test_a_missed_day_is_marked_and_not_sent(found: dict[str, Any]) -> None:
    assert found["is_marked"], json.dumps(found)
    assert found["missed"] == ["STALE"], json.dumps(found)
