"""The file of the simulator's ledger: its schema, and who has it open. One SQLite file in a folder.

Durability: WAL with synchronous=NORMAL. A commit is in the operating system's hands when it returns, so no
kill of a process loses it; a power cut may lose the last commits, never the file's integrity. That is what a
simulated carrier owes, and it saves a disk flush for every chunk.

Concurrency: any number of processes and threads, each with its own connection; a writer waits up to
`BUSY_SECONDS`. SQLite keeps lock state per process, so a connection must not be open across a fork: all are
closed just before one and opened again on next use, on both sides.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_NAME = "simulator.sqlite3"
BUSY_SECONDS = 30.0
VERSION = 3

_SCHEMA = """
CREATE TABLE submission (
    seq INTEGER PRIMARY KEY, scope TEXT NOT NULL, sender TEXT NOT NULL, message_type TEXT NOT NULL,
    purpose TEXT NOT NULL, subject TEXT NOT NULL, attachments TEXT NOT NULL, accepted_at REAL NOT NULL,
    first_id TEXT NOT NULL, last_id TEXT NOT NULL
) STRICT;
CREATE INDEX submission_by_scope ON submission (scope, seq);
CREATE TABLE message (
    id TEXT PRIMARY KEY, submission INTEGER NOT NULL, country_code INTEGER NOT NULL, recipient TEXT NOT NULL,
    subject TEXT NOT NULL, text TEXT NOT NULL, outcome TEXT NOT NULL, arrived_at REAL,
    attempts INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;
CREATE TABLE refusal (
    id TEXT PRIMARY KEY, scope TEXT NOT NULL, recipient TEXT NOT NULL, outcome TEXT NOT NULL,
    refused_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;
CREATE TABLE report (
    seq INTEGER PRIMARY KEY, due_at REAL NOT NULL, code TEXT NOT NULL, telco TEXT NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0, ids TEXT NOT NULL
) STRICT;
CREATE INDEX report_by_due ON report (due_at, seq);
CREATE TABLE pace (one INTEGER PRIMARY KEY CHECK (one = 1), free_at REAL NOT NULL) STRICT;
"""
# What each version added to the one before it; the first is the whole of what there was.
_CALLS = """
-- AUTOINCREMENT: an acknowledged number is never given again, so a late acknowledgement harms nothing.
CREATE TABLE call (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, line_number TEXT NOT NULL, caller TEXT NOT NULL,
    called_at REAL NOT NULL
) STRICT;
"""
# AUTOINCREMENT here too: what was deleted last left its number to the next report, which a late
# acknowledgement of the first then deleted unread.
_REPORTS_NUMBERED_ONCE = """
CREATE TABLE numbered (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, due_at REAL NOT NULL, code TEXT NOT NULL, telco TEXT NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0, ids TEXT NOT NULL
) STRICT;
INSERT INTO numbered SELECT seq, due_at, code, telco, taken, ids FROM report;
DROP TABLE report;
ALTER TABLE numbered RENAME TO report;
CREATE INDEX report_by_due ON report (due_at, seq);
"""
_STEPS = (_SCHEMA, _CALLS, _REPORTS_NUMBERED_ONCE)


class _Connection:
    """An SQLite connection of one thread, with a lock so that a fork never cuts into its work."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.Lock()
        self.database: sqlite3.Connection | None = _open(path)

    def close(self) -> None:
        with self.lock:
            if self.database is not None:
                self.database.close()
            self.database = None


_connections: dict[tuple[int, Path], _Connection] = {}


def close_connections() -> None:
    """Close every connection of this process; each opens again when next used."""
    for key in list(_connections):
        connection = _connections.pop(key, None)
        if connection is not None:
            connection.close()


os.register_at_fork(before=close_connections)


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    # The change to WAL does not wait for a busy file, so the first openers take turns.
    with open(path.with_suffix(".lock"), "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            path.chmod(0o600)  # texts of messages: one-time codes, names
            database.executescript("PRAGMA page_size=8192; PRAGMA journal_mode=WAL")
        if version < VERSION:
            steps = "".join(_STEPS[version:])
            database.executescript(f"BEGIN; {steps} PRAGMA user_version={VERSION}; COMMIT")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("PRAGMA wal_autocheckpoint=2000")  # 16 MB
    database.execute("PRAGMA cache_size=-8000")  # 8 MB
    return database


class LedgerFile:
    """The file in `folder`. Raises `sqlite3.Error`."""

    def __init__(self, folder: Path) -> None:
        self.path = Path(folder).absolute() / FILE_NAME

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, held for the block."""
        key = (threading.get_ident(), self.path)
        while True:
            connection = _connections.get(key)
            if connection is None:
                connection = _connections[key] = _Connection(self.path)
            with connection.lock:
                if connection.database is None:  # closed by a fork between the two lines above
                    _connections.pop(key, None)
                    continue
                yield connection.database
                return

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The same within one write transaction: all of the block, or nothing."""
        with self.reading() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
