"""The production server over this test's database, for what only the wire shows."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from console.supervision import lines_of

LISTENING = re.compile(r"Listening at: http://127\.0\.0\.1:(\d+)")
READY_SECONDS = 60


@contextmanager
def served() -> Iterator[int]:
    """The port of the Procfile's web line, which ends with the block. For tests with real transactions."""
    root = Path(settings.BASE_DIR)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "console.settings.test",
        "DATABASE_URL": _database_url(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PORT": "0",
        "WEB_WORKERS": "1",
    }
    with tempfile.TemporaryFile("w+") as log:
        line = subprocess.Popen(
            ["/bin/sh", "-c", lines_of(root / "Procfile")["web"]],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield _port(line, log.fileno())
        finally:
            line.terminate()
            line.wait(30)


def _port(line: "subprocess.Popen[bytes]", log: int) -> int:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and line.poll() is None:
        said = os.pread(log, 100_000, 0).decode()
        if found := LISTENING.search(said):
            return int(found[1])
        time.sleep(0.1)
    raise TimeoutError(f"The server does not listen:\n{os.pread(log, 100_000, 0).decode()}")


def _database_url() -> str:
    """The server of this run, with the database of its tests."""
    given = os.environ.get("DATABASE_URL") or settings.EMBEDDED_POSTGRES.url
    return urlunsplit(urlsplit(given)._replace(path=f"/{connection.settings_dict['NAME']}"))
