"""Whatever is called of the API as described: no mistake of the server's, no answer but those described.

`BONGSU_API_CASES` says how many calls are made up: a few hundred here, thousands on purpose.
"""

import os
from typing import Any

import pytest

from tests.faults.playing import play

pytestmark = pytest.mark.xdist_group("faults")
CASES = int(os.environ.get("BONGSU_API_CASES", "360"))
ROUTES = 9
RATE = "1000000"  # calls a second: how they are counted is looked at elsewhere


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return play("api_scenario", str(CASES), BONGSU_API_RATE=RATE)


def test_no_answer_is_a_mistake_or_undocumented(found: dict[str, Any]) -> None:
    assert found["wrong"] == [], found["log"]


def test_the_calls_reached_what_they_were_about(found: dict[str, Any]) -> None:
    statuses: dict[str, int] = found["statuses"]
    assert sum(statuses.values()) >= CASES * 0.9, statuses
    assert len({name.rpartition(" ")[0].removesuffix(" never") for name in statuses}) == ROUTES, statuses
    of = {
        status: sum(n for name, n in statuses.items() if name.endswith(status)) for status in ("401", "sent")
    }
    assert of["401"] + of["sent"] < CASES * 0.05, statuses
    assert statuses["POST /services/{serviceId}/messages 202"] > 0, statuses
    assert statuses["GET /services/{serviceId}/messages 200"] > 0, statuses
