"""POST messages for 1 and for 100 recipients, under the server line of the Procfile, beside two floors.

The first floor is the same server answering an empty signed view; the second the same rows, inserted by a
bare psycopg client in one transaction a call. All three have as many clients at once, in turns, so that
whatever else the machine does is the same for all. A call may take three times the slower floor.
"""

import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from messaging.ids import new_request_id
from tests.benchmarks.table import Row, against, at_least
from tests.factories import AccessKeyFactory
from tests.messaging.api.sens.client import Signer, signature
from tests.scratch import Processes
from tests.sends import SENDER, make_project

CLIENTS = 8
ROUNDS = 4
GOAL = 3.0
RECIPIENTS = (1, 100)
Call = Callable[[], None]


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with about a call for every 500 `rows`, at least a few, at most 2,000."""
    calls = min(max(rows // 500, CLIENTS * ROUNDS), 2_000)
    environment = dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.sens_server",
        "BONGSU_API_RATE": "1000000",
    }
    server = Processes(environment, without=())
    project = make_project()
    key = AccessKeyFactory(project=project)
    program = Program(project.service_id, Signer(key.access_key, key.secret), int(environment["PORT"]))
    try:
        server.start_line("web")
        program.wait()
        return [row for n in RECIPIENTS for row in measure(program, n, calls)]
    finally:
        server.stop()


class Program:
    """Calls over one connection a thread, signed as programs do."""

    def __init__(self, service_id: str, signer: Signer, port: int) -> None:
        self.root, self.signer, self.port = f"/sms/v2/services/{service_id}", signer, port
        self.own, self.lock, self.last = threading.local(), threading.Lock(), 0

    def headers(self, target: str) -> dict[str, str]:
        """Signed at a millisecond of its own: two calls of one millisecond would have one signature."""
        with self.lock:
            self.last = max(int(time.time() * 1000), self.last + 1)
            timestamp = str(self.last)
        key = self.signer.access_key
        return {
            "Content-Type": "application/json; charset=utf-8",
            "x-ncp-apigw-timestamp": timestamp,
            "x-ncp-iam-access-key": key,
            "x-ncp-apigw-signature-v2": signature(self.signer.secret, f"POST {target}\n{timestamp}\n{key}"),
        }

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.post("/empty", b"{}")
            except (OSError, http.client.HTTPException, AssertionError):
                self.own.connection = None
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def post(self, path: str, body: bytes) -> Any:
        """One call. Raises AssertionError where it is not taken."""
        if getattr(self.own, "connection", None) is None:
            self.own.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        target = self.root + path
        self.own.connection.request("POST", target, body, self.headers(target))
        answer = self.own.connection.getresponse()
        said = answer.read()
        assert answer.status == 202, said
        return json.loads(said)


def measure(program: Program, recipients: int, calls: int) -> list[Row]:
    body = body_of(recipients)
    program.own.connection = None  # the server closed it meanwhile
    rows = SameRows(program.post("/messages", body)["requestId"])
    kinds: dict[str, Call] = {
        "call": lambda: program.post("/messages", body),
        "empty": lambda: program.post("/empty", body),
        "rows": rows.insert,
    }
    took: dict[str, list[float]] = {name: [] for name in kinds}
    passed = dict.fromkeys(kinds, 0.0)
    for call in kinds.values():
        at_once(call, CLIENTS * 2)  # whatever is only done once is done
    for _round in range(ROUNDS):
        for name, call in kinds.items():
            seconds, each = at_once(call, calls // ROUNDS)
            passed[name] += seconds
            took[name] += each
    return table(recipients, took, passed)


def body_of(recipients: int) -> bytes:
    """Texts of their own for all but the first, as programs that send to many have."""
    many: list[dict[str, str]] = [
        {"to": f"010{n:08}", "content": f"Your order {n} is on its way."} for n in range(recipients)
    ]
    del many[0]["content"]
    return json.dumps(
        {"type": "SMS", "from": SENDER, "content": "It is on its way.", "messages": many}
    ).encode()


def at_once(call: Call, calls: int) -> tuple[float, list[float]]:
    """So many calls by CLIENTS threads: seconds from the first to the last, and of each."""
    each: list[float] = []
    errors: list[BaseException] = []
    share = -(-calls // CLIENTS)
    begin = threading.Barrier(CLIENTS + 1)

    def work() -> None:
        begin.wait()
        try:
            for _n in range(share):
                started = time.perf_counter()
                call()
                each.append(time.perf_counter() - started)
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=work) for _n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    begin.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return time.perf_counter() - started, each


def table(recipients: int, took: dict[str, list[float]], passed: dict[str, float]) -> list[Row]:
    name = f"POST messages, {recipients} recipient{'s' if recipients > 1 else ''}"
    a_call = {kind: passed[kind] / len(took[kind]) * 1000 for kind in took}
    floor = max(a_call["empty"], a_call["rows"])
    percent = statistics.quantiles(took["call"], n=100)
    return [
        against(f"{name}: a call", a_call["call"], "ms", floor=floor, goal=GOAL),
        at_least(f"{name}: calls", 1000 / a_call["call"], "/s", None),
        at_least(f"{name}: floor, an empty signed view", 1000 / a_call["empty"], "/s", None),
        at_least(f"{name}: floor, the same rows by psycopg", 1000 / a_call["rows"], "/s", None),
        at_least(f"{name}: p50", percent[49] * 1000, "ms", None),
        at_least(f"{name}: p99", percent[98] * 1000, "ms", None),
    ]


class SameRows:
    """What one call wrote, to be written again under other ids: a transaction each, a connection a thread."""

    ONE = ("messaging_sendrequest", "messaging_sendbatch", "messaging_chunk", "messaging_countdelta")

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.own = threading.local()
        with psycopg.connect(os.environ["DATABASE_URL"]) as database:
            self.rows = {name: self._read(database, name) for name in self.ONE}
            self.messages = self._copied(database)

    def _read(self, database: Any, name: str) -> dict[str, str | None]:
        """The one row of a table, as texts; without a number that the table gives."""
        column = "id" if name == "messaging_sendrequest" else "request_id"
        found = database.execute(
            sql.SQL("SELECT * FROM {} WHERE {} = %s").format(sql.Identifier(name), sql.Identifier(column)),
            [self.request_id],
        )
        names = [each.name for each in found.description if column == "id" or each.name != "id"]
        texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(each)) for each in names)
        (row,) = database.execute(
            sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(
                texts, sql.Identifier(name), sql.Identifier(column)
            ),
            [self.request_id],
        ).fetchall()
        return dict(zip(names, row, strict=True))

    def _copied(self, database: Any) -> bytes:
        statement = "COPY (SELECT * FROM messaging_message WHERE request_id = '{}' ORDER BY id) TO STDOUT"
        with database.cursor().copy(statement.format(self.request_id)) as copy:
            return b"".join(map(bytes, copy))

    def insert(self) -> None:
        if getattr(self.own, "database", None) is None:
            self.own.database = psycopg.connect(os.environ["DATABASE_URL"])
        database, head = self.own.database, str(new_request_id())[:-8]
        old = self.request_id[:-8]

        def write(name: str, suffix: str = "", **changes: object) -> Any:
            row = {
                key: value.replace(old, head) if value else value for key, value in self.rows[name].items()
            }
            row |= changes
            return database.execute(
                f"INSERT INTO {name} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))}){suffix}",
                list(row.values()),
            )

        with database.transaction():
            write("messaging_sendrequest")
            (batch,) = write("messaging_sendbatch", " RETURNING id").fetchone()
            with database.cursor().copy("COPY messaging_message FROM STDIN") as copy:
                copy.write(self.messages.replace(old.encode(), head.encode()))
            write("messaging_chunk", batch_id=batch)
            write("messaging_countdelta")
            database.execute("INSERT INTO messaging_seensignature VALUES (%s, now())", [uuid4()])
