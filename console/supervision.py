"""Runs the lines of `Procfile` side by side, and lets none of them outlive the run.

honcho starts a helper process for each line and the line in a session of its own. Here, besides:
- a line that is killed, by a person or for want of memory, is started again; one that ends by itself ends
  all of them;
- to end is asked of the line's own process only (a Celery worker then lets its pool finish); after ten
  seconds it is killed, and what a line leaves behind in its session is killed with it;
- should we be killed, the kernel tells the helpers, and they end their lines in the same way (Linux).
"""

import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import honcho.manager
from honcho.compat import ProcessManager
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.process import Popen, Process

from console.embedded import die_with_parent

SECONDS_TO_END = 10
SECONDS_BEFORE_RESTART = 1


class Line(Process):
    """A line of the Procfile, in its helper process."""

    ending: Event
    _again = False

    def run(self, events: "Queue[Any] | None" = None, ignore_signals: bool = False) -> None:
        signal.signal(signal.SIGHUP, lambda *_: threading.Thread(target=self._end).start())
        die_with_parent(signal.SIGHUP)
        self._child_ctor = start_session
        super().run(events, ignore_signals)
        while self._again:
            self._again = False
            time.sleep(SECONDS_BEFORE_RESTART)
            super().run(events, ignore_signals)

    def _end(self) -> None:
        """The supervisor is gone: end the line, and with it this helper, which nobody hears any more."""
        self.ending.set()
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                pass
            ProcessManager().kill(self._child.pid)
        os._exit(1)

    def _send_message(self, data: Any, type: str = "line") -> None:
        """Tell the supervisor of a line of output, a start or an end; not of an end that is made good."""
        if type == "stop" and data["returncode"] < 0 and not self.ending.is_set():
            self._again = True
            reason = signal.Signals(-data["returncode"]).name
            data, type = f"{self.name} was ended by {reason}; starting it again\n".encode(), "line"
        super()._send_message(data, type)


def start_session(*args: Any, **options: Any) -> Popen:
    """Start a process that ends with us, and whose end is the end of its session.

    honcho reads its output to the end, which a pool that outlives its parent would hold open.
    """
    leader = Popen(*args, preexec_fn=lambda: die_with_parent(signal.SIGTERM), **options)

    def end_session() -> None:
        leader.wait()
        ProcessManager().kill(leader.pid)

    threading.Thread(target=end_session, daemon=True).start()
    return leader


class Sessions(ProcessManager):
    """Asks a session's leader to end; kills all of a session."""

    def terminate(self, pid: int) -> None:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass


class Supervisor(Manager):
    """Runs lines until one ends by itself or a signal comes, then ends them all."""

    def __init__(self) -> None:
        multiprocessing.set_start_method("fork", force=True)  # a fork has us for its parent, as it must
        super().__init__()
        self._process_ctor = Line
        self._procmgr = Sessions()
        self._ending = multiprocessing.Event()
        honcho.manager.KILL_WAIT = SECONDS_TO_END

    def add_process(self, *args: Any, **options: Any) -> Line:
        line: Line = super().add_process(*args, **options)
        line.ending = self._ending
        return line

    def terminate(self) -> None:
        self._ending.set()
        super().terminate()

    def run(self) -> int:
        """Run all lines; returns 0 after a signal, else the exit code of the line that ended first."""
        self.loop()
        return 0 if self.returncode in (130, 143) else self.returncode or 1


def lines_of(procfile: Path) -> dict[str, str]:
    """The commands of a Procfile by name."""
    return dict(parse_procfile(procfile.read_text()).processes)


def supervisor_for(lines: Mapping[str, str], *, environment: Mapping[str, str], folder: Path) -> Supervisor:
    """A supervisor of these lines; each one's name is in its environment as `BONGSU_PROCESS`."""
    supervisor = Supervisor()
    for name, command in lines.items():
        own = {**environment, "BONGSU_PROCESS": name}
        supervisor.add_process(name, command, env=own, cwd=str(folder))
    return supervisor
