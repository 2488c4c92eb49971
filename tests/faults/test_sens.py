"""20,000 messages out through a second console's SENS API and back, while that one is killed and restarted.

Nothing is lost and nothing is sent twice: neither where the service honours our keys, nor where it does not.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests import scratch
from tests.faults.sens_scenario import KEYED, KEYLESS, KILLS

pytestmark = pytest.mark.xdist_group("faults")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bongsu-sens-", ignore_cleanup_errors=True) as name:
        return run_scenario(Path(name))


def run_scenario(folder: Path) -> dict[str, Any]:
    folder.chmod(0o711)  # an embedded server has an account of its own
    result = folder / "result.json"
    with scratch.environment(folder / "home") as ours, scratch.environment(folder / "other") as theirs:
        # Two consoles never share a broker: each would take the other's bells.
        theirs.pop("CELERY_BROKER_URL", None)
        theirs["BONGSU_LEASE_SECONDS"] = "6"
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.sens_scenario", "send", str(result)],
            env={**ours, "OTHER_CONSOLE": json.dumps(theirs)},
            cwd=scratch.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(result.read_text())
    return read


def said_of(found: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in found.items() if key != "log"}) + "\n" + found["log"]


def test_the_other_console_was_killed_while_messages_were_on_their_way(found: dict[str, Any]) -> None:
    assert found["killed"] == KILLS, said_of(found)
    assert found["is_final"], said_of(found)


def test_under_keys_every_message_arrives_once(found: dict[str, Any]) -> None:
    keyed = found["keyed"]
    assert keyed["states"] == {"DELIVERED": KEYED}, said_of(found)
    assert keyed["counts"] == {"REQUESTED": KEYED, "SENT": KEYED, "DELIVERED": KEYED}, said_of(found)
    assert (keyed["at_the_other"], keyed["at_their_carrier"]) == (KEYED, KEYED), said_of(found)
    assert (keyed["twice"], keyed["their_states"]) == (0, {"DELIVERED": KEYED}), said_of(found)
    assert keyed["references"] == KEYED, said_of(found)


def test_without_keys_what_was_taken_is_known_and_nothing_is_sent_again(found: dict[str, Any]) -> None:
    keyless = found["keyless"]
    assert set(keyless["states"]) <= {"DELIVERED", "FAILED"}, said_of(found)
    assert sum(keyless["states"].values()) == KEYLESS, said_of(found)
    assert set(keyless["codes"]) <= {"B010"}, said_of(found)
    told_apart = ("twice", "delivered_but_not_there", "there_but_not_delivered")
    assert [keyless[name] for name in told_apart] == [0, 0, 0], said_of(found)
    assert keyless["at_the_other"] == keyless["states"]["DELIVERED"] == keyless["at_their_carrier"]
