"""`manage.py up` with real processes: all of them start, and none is left, however the run ends."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Run:
    """`manage.py up` over an embedded server in a home of its own."""

    def __init__(self, home: Path) -> None:
        left_out = {"DATABASE_URL", "MAKELEVEL", "BONGSU_TEST_HOME"}
        environment = {name: value for name, value in os.environ.items() if name not in left_out}
        environment |= {
            "BONGSU_HOME": str(home),
            "PORT": str(free_port()),
            "DJANGO_SETTINGS_MODULE": "console.settings.development",
        }
        self.home = home
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-demo"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while not any("is ready at" in line for line in list(self.lines)):
            assert time.monotonic() < deadline, "".join(self.lines)
            assert self.process.poll() is None, "".join(self.lines)
            time.sleep(0.1)

    def processes(self) -> list[psutil.Process]:
        """All that belong to this run: they have its home in their environment or command line."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            in_environment = process.environ().get("BONGSU_HOME") == str(self.home)
            in_command = any(part.startswith(str(self.home)) for part in process.cmdline())
            return (in_environment or in_command) and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def pids_of(self, words: str) -> list[int]:
        return [process.pid for process in self.processes() if words in " ".join(process.cmdline())]

    def wait_for(self, condition: Callable[[], bool], seconds: float = 30) -> bool:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.1)
        return condition()

    def wait_until_gone(self) -> bool:
        return self.wait_for(lambda: not self.processes())


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bongsu-up-") as folder:
        yield Path(folder)


@pytest.fixture
def run(home: Path) -> Iterator[Run]:
    run = Run(home)
    yield run
    for process in run.processes():
        process.kill()
    run.process.wait()


def test_a_killed_run_leaves_nothing_and_starts_again(run: Run, home: Path) -> None:
    run.wait_until_ready()
    commands = " ".join(" ".join(process.cmdline()) for process in run.processes())
    assert [
        name for name in ("gunicorn", "-Q auth", "-Q mass", "beat", "postgres") if name not in commands
    ] == []
    [sweeps] = run.pids_of("-Q reports,sweeps")
    os.kill(sweeps, signal.SIGKILL)
    assert run.wait_for(lambda: run.pids_of("-Q reports,sweeps") not in ([], [sweeps]))
    run.process.kill()
    assert run.wait_until_gone(), run.processes()
    again = Run(home)
    again.wait_until_ready()
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(30) == 0
    assert again.processes() == []
