"""Two at once, in one order: the second is begun while the first holds what it locked."""

import time
from concurrent.futures import Future
from typing import Any

import pytest
from django.db import connection

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def until_it_waits(work: "Future[Any]", seconds: float = 20) -> None:
    """Return when the work, in a thread of its own, waits for a lock; the test fails where it never does."""
    deadline = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while not work.done() and time.monotonic() < deadline:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
    pytest.fail("it waits for nobody")
