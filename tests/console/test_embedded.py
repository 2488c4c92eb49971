"""The embedded server's life, with real processes: who starts it, who stops it, and what survives."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from console import embedded
from console.embedded import EmbeddedPostgres

USER = """
import sys, time
from pathlib import Path
from console.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print("using", flush=True)
time.sleep(60)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """Not pytest's folder: every run of pytest closes that one to other accounts, as root's server has."""
    with tempfile.TemporaryDirectory(prefix="bongsu-embedded-") as folder:
        yield Path(folder)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home / "postgres")
    yield server
    server.stop()


def another_user(server: EmbeddedPostgres) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", USER, str(server.root)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(embedded.__file__).parents[1]
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "using\n"
    return process


def ask(server: EmbeddedPostgres, sql: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def server_pid(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def answers(server: EmbeddedPostgres) -> bool:
    try:
        return ask(server, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def test_data_survives_a_stop_and_a_stop_leaves_no_process(server: EmbeddedPostgres) -> None:
    server.start()
    ask(server, "CREATE TABLE kept AS SELECT 42 AS number")
    pid = server_pid(server)
    server.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    server.start()
    assert ask(server, "SELECT number FROM kept") == 42


def test_it_is_durable_and_listens_to_no_network(server: EmbeddedPostgres) -> None:
    server.start()
    found = {
        name: ask(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "listen_addresses")
    }
    assert found == {"fsync": "on", "synchronous_commit": "on", "listen_addresses": ""}
    assert server.socket_folder.stat().st_mode & 0o077 == 0


def test_the_last_user_stops_it_even_when_killed(server: EmbeddedPostgres) -> None:
    first = another_user(server)
    server.start()
    first.kill()
    first.wait()
    assert ask(server, "SELECT 1") == 1
    second = another_user(server)
    server.stop()
    assert ask(server, "SELECT 1") == 1
    second.kill()
    second.wait()
    assert eventually(lambda: not server.is_ready())


def test_a_killed_server_is_started_again(server: EmbeddedPostgres) -> None:
    server.start()
    ask(server, "CREATE TABLE kept AS SELECT 42 AS number")
    killed = server_pid(server)
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: answers(server) and server_pid(server) != killed)
    assert ask(server, "SELECT number FROM kept") == 42


def test_a_start_that_fails_says_why(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    (server.data / "global" / "pg_control").unlink()
    with pytest.raises(embedded.EmbeddedPostgresError, match="pg_control"):
        server.start()


def test_a_path_too_long_for_a_socket_uses_the_temporary_folder(home: Path) -> None:
    server = EmbeddedPostgres(home / ("long" * 25), throwaway=True)
    assert home not in server.socket_folder.parents
    server.start()
    assert ask(server, "SELECT 1") == 1
    server.stop()
    assert not server.root.exists()
    assert not server.socket_folder.exists()
