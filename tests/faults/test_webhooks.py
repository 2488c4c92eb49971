"""10,000 results to a receiver that is slow, then fails, then is well again, with workers killed meanwhile.

Nothing is lost, and of each message the receiver hears the results in their order.
"""

import json
from typing import Any

import pytest

from tests.faults.playing import play
from tests.faults.webhook_scenario import KILLS_FAILING, KILLS_SLOW, ROWS

pytestmark = pytest.mark.xdist_group("faults")
LEASE = {"BONGSU_LEASE_SECONDS": "6", "BONGSU_WEBHOOK_LEASE_SECONDS": "4"}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return play("webhook_scenario", **LEASE)


def test_nothing_is_lost_and_the_order_holds(found: dict[str, Any]) -> None:
    said = json.dumps({key: value for key, value in found.items() if key != "log"}) + "\n" + found["log"]
    assert found["is_final"], said
    assert found["state"] == "ACTIVE", said
    assert (found["missing"], found["wrong_last"], found["went_back"]) == (0, 0, 0), said
    assert found["taken"] >= ROWS, said


def test_the_faults_happened(found: dict[str, Any]) -> None:
    assert found["killed"] == KILLS_SLOW + KILLS_FAILING
    assert found["with_two_results"] > 500
    assert set(found["calls"]) == {"slow", "failing", "well"}
