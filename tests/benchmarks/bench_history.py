"""A day of history, backed up and verified, beside a bare COPY of its messages; and how long a send waits
while a month is dropped.
"""

import threading
import time
import tracemalloc
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone

from console.accounts.models import Project
from messaging.history.backing_up import back_up
from messaging.history.dropping import drop_history
from messaging.ids import first_id_at, new_request_id
from messaging.models import BackupFile, BackupSettings, SendRequest
from messaging.partitions import ensure_month, ensure_partitions
from tests.benchmarks.table import Row, against, at_most
from tests.sends import make_project

GOAL, MEMORY_GOAL, STALL_GOAL = 3.0, 64.0, 250.0
AGE = timedelta(days=240)

WRITE = """
INSERT INTO messaging_message (id, request_id, project_id, row_number, country_code, recipient, values, state,
    result_code, telco, submitted_at, finished_at, reported_at)
SELECT encode(set_byte(set_byte(set_byte(set_byte(decode(replace(%(request)s, '-', ''), 'hex'),
        12, n >> 24), 13, n >> 16 & 255), 14, n >> 8 & 255), 15, n & 255), 'hex')::uuid,
    %(request)s::uuid, %(project)s, n, 82, '010' || lpad(n::text, 8, '0'), ARRAY['name ' || n], 'DELIVERED',
    '1000', 'SKT', %(moment)s, %(moment)s, %(moment)s
FROM generate_series(1, %(rows)s) AS n
"""
TOUCH = "INSERT INTO messaging_carrierreference (message_id, account_id, carrier_id) VALUES (%s, 0, %s)"
LOOK = "SELECT count(*) FROM (SELECT 1 FROM messaging_message WHERE id >= %s LIMIT 1) AS found"


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with a day of `rows` messages."""
    measured = []
    for file_format in ("CSV", "JSONL"):
        project = make_past(rows)
        BackupSettings.objects.create(project=project, is_on=True, file_format=file_format)
        bare = floor(project)
        started = time.perf_counter()
        back_up(seconds=3600)
        seconds = time.perf_counter() - started
        file = BackupFile.objects.get(project=project)
        if (file.state, file.rows) != ("VERIFIED", rows):
            raise RuntimeError(
                f"the file is {file.state} with {file.rows} rows: {file.problem} {file.detail}"
            )
        name = f"history backed up and verified as {file_format}, {rows:,} rows"
        measured.append(against(name, seconds, "s", floor=bare, goal=GOAL))
    measured.append(at_most("memory of a backup, above the start", memory(project), "MB", MEMORY_GOAL))
    measured.append(at_most("longest wait of a send while a month goes", longest_wait(), "ms", STALL_GOAL))
    return measured


def make_past(rows: int) -> Project:
    project = make_project()
    moment = timezone.now() - AGE
    ensure_month(moment)
    request = SendRequest.objects.create(
        id=new_request_id(moment),
        project=project,
        kind="MASS",
        message_type="SMS",
        purpose="GENERAL",
        lane="MASS",
        sender="0212345678",
        body="Dear ##name##, your order is on its way.",
        placeholders=["name"],
        state="COMPLETED",
        due_at=moment,
        created_at=moment,
        total=rows,
        loaded=rows,
    )
    with connection.cursor() as cursor:
        params = {"request": str(request.pk), "project": project.pk, "rows": rows, "moment": moment}
        cursor.execute(WRITE, params)
        cursor.execute("ANALYZE messaging_message")
    return project


def floor(project: Project) -> float:
    """Seconds of a bare COPY of the project's messages in the order of their ids."""
    rows = f"SELECT * FROM messaging_message WHERE project_id = {project.pk} ORDER BY id"
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({rows}) TO STDOUT") as copy:
        while copy.read():
            pass
    return time.perf_counter() - started


def memory(project: Project) -> float:
    """The most that Python held while it wrote the file once more, in megabytes."""
    BackupFile.objects.filter(project=project).delete()
    tracemalloc.start()
    back_up(seconds=3600)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def longest_wait() -> float:
    """Milliseconds of the slowest of many small writes and reads while everything old is dropped."""
    ensure_partitions()
    waits, is_over = [0.0], threading.Event()

    def use() -> None:
        now = timezone.now()
        while not is_over.is_set():
            started = time.perf_counter()
            with connection.cursor() as cursor:
                key = new_request_id(timezone.now())
                cursor.execute(TOUCH, [key, str(key)])
                cursor.execute(LOOK, [first_id_at(now)])
            waits.append((time.perf_counter() - started) * 1000)
        connection.close()

    users = [threading.Thread(target=use) for _ in range(3)]
    for user in users:
        user.start()
    try:
        for _once in range(20):
            drop_history()
    finally:
        is_over.set()
        for user in users:
            user.join()
    return max(waits)
