"""What `manage.py up` does without its processes; with them it is in `tests/faults/test_up.py`."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management.base import CommandError

from console.management.commands.up import refuse_taken_port, sign_ins


def test_a_killed_line_starts_again_and_a_deaf_one_is_killed(tmp_path: Path) -> None:
    code = f"""
import sys; sys.path.insert(0, {str(settings.BASE_DIR)!r})
import console.supervision as supervision
supervision.SECONDS_TO_END = 1
run = supervision.Supervisor()
run.add_process("deaf", "trap '' TERM; echo deaf is here; while true; do sleep 0.1; done")
run.add_process("short", "sleep 1.5; exit 3")
run.add_process("killed", "echo killed is here; sleep 0.2; sleep 600 & kill -9 $$")
sys.exit(run.run())
"""
    environment = os.environ | {
        "BONGSU_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "console.settings.test",
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert "deaf is here" in done.stdout
    assert done.stdout.count("killed is here") >= 2
    assert "sending SIGKILL to deaf" in done.stdout
    assert done.returncode == 3


def test_a_taken_port_is_refused_in_plain_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is taken by another program"):
            refuse_taken_port("127.0.0.1", port)
    refuse_taken_port("127.0.0.1", port)


def test_the_demos_people_are_told_at_every_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BONGSU_HOME", tmp_path)
    assert sign_ins() == ""
    people = {"users": [{"username": "mina", "password": "secret", "role": "Manager"}]}
    (tmp_path / "demo.json").write_text(json.dumps(people))
    assert sign_ins().split() == ["Sign", "in", "to", "the", "demo", "as", "mina", "secret", "Manager"]
