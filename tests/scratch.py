"""A console of its own for what must not touch anybody's data: a folder, a database, a broker, real
processes.

It runs over whatever `DATABASE_URL` and `CELERY_BROKER_URL` name (in a database of its own), or over an
embedded server and a broker of files. Benchmarks and fault tests begin a child process with
`environment()` and work there.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
from psycopg import sql

from console.embedded import EmbeddedPostgres
from console.supervision import lines_of

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60


@contextmanager
def environment(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a console below `folder`, with a database that is dropped at the end."""
    left_out = {"MAKELEVEL", "BONGSU_TEST_HOME", "BONGSU_READY_FOLDER"}
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    ours = {
        "BONGSU_HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "console.settings.development",
        "PYTHONPATH": str(ROOT),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PORT": str(20_000 + secrets.randbelow(20_000)),
    }
    with _database(folder) as url:
        yield {**inherited, **ours, "DATABASE_URL": url}


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if not given:
        server = EmbeddedPostgres(folder / "postgres")
        server.start()
        try:
            yield server.url
        finally:
            server.stop()
        return
    name = f"bongsu_scratch_{secrets.token_hex(4)}"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(given, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class Processes:
    """Lines of the Procfile as our processes, each in a session of its own; all of them end with `stop`."""

    def __init__(self, environment: Mapping[str, str], *, without: tuple[str, ...] = ("web",)) -> None:
        lines = lines_of(ROOT / "Procfile")
        self.lines = {name: line for name, line in lines.items() if name not in without}
        self.ready = Path(environment["BONGSU_HOME"]) / "ready"
        self.ready.mkdir(parents=True, exist_ok=True)
        self.log = Path(environment["BONGSU_HOME"]) / "processes.log"
        self.environment = {**environment, "BONGSU_READY_FOLDER": str(self.ready)}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start every line and wait until each says that it is ready."""
        for name in self.lines:
            self.start_line(name)
        deadline = time.monotonic() + READY_SECONDS
        while missing := [name for name in self.lines if name != "web" and not (self.ready / name).exists()]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Not ready: {missing}\n{self.end_of_log()}")
            time.sleep(0.1)

    def start_line(self, name: str) -> None:
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(
                ["/bin/sh", "-c", self.lines[name]],
                cwd=ROOT,
                env={**self.environment, "BONGSU_PROCESS": name},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def members(self, name: str) -> list[psutil.Process]:
        """The processes of a line: its own, and those of its pool."""
        try:
            leader = psutil.Process(self.running[name].pid)
            return [leader, *leader.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill(self, process: psutil.Process, name: str) -> None:
        """`kill -9` one process of a line. A line whose own process that was starts again, as under
        `manage.py up`.
        """
        process.kill()
        if process.pid == self.running[name].pid:
            self._end_session(name)
            self.start_line(name)

    def end_line(self, name: str) -> None:
        """`kill -9` a line and all that it started; it stays away until it is started."""
        self._end_session(name)

    def _end_session(self, name: str) -> None:
        line = self.running[name]
        try:
            os.killpg(line.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        line.wait()

    def stop(self) -> None:
        """End every line, politely for ten seconds."""
        for line in self.running.values():
            line.terminate()
        deadline = time.monotonic() + 10
        for line in self.running.values():
            try:
                line.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
        for name in list(self.running):
            self._end_session(name)

    def end_of_log(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
