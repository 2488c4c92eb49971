"""Playing a scenario in a scratch console, as a process of its own."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests import scratch


def play(scenario: str, *arguments: str, **variables: str) -> dict[str, Any]:
    """What `python -m tests.faults.SCENARIO RESULT ARGUMENTS` found, with these variables set beside."""
    with tempfile.TemporaryDirectory(prefix="bongsu-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # an embedded server has an account of its own
        result = folder / "result.json"
        with scratch.environment(folder / "home") as environment:
            done = subprocess.run(
                [sys.executable, "-m", f"tests.faults.{scenario}", str(result), *arguments],
                env={**environment, **variables},
                cwd=scratch.ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(result.read_text())
        return found
