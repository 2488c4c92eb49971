"""What has left the retention goes: requests with all that hangs on them by days, messages by months.

A request is the register of what must stay. One that ended goes MARGIN after its day left the retention,
unless its project backs up and its day's file is not verified yet, or its day was restored and is kept. A
month of messages goes when it holds no request any more: the table of that month is detached, which takes a
moment, and removed afterwards. A detach that would have to wait gives up at once and is tried again later, so
that no send waits for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from messaging.ids import first_id_at, moment_of
from messaging.models import (
    Chunk,
    CountDelta,
    DeliveryReport,
    RequestCount,
    RestoredDay,
    SendBatch,
    SendRequest,
)
from messaging.partitions import detach_month, drop_detached, month_start, months
from messaging.sending.kept import first_day, start_of

# A day stays so long past its retention, so that a storage which fails can be mended.
MARGIN = timedelta(days=3)
REQUESTS_AT_ONCE = 500
REPORTS_AT_ONCE = 10_000

TO_DROP = """
SELECT request.id, request.project_id, request.loaded
FROM messaging_sendrequest request
WHERE request.id < %(end)s AND request.state IN ('COMPLETED', 'CANCELED', 'FAILED')
    AND (
        NOT EXISTS (
            SELECT FROM messaging_backupsettings chosen
            WHERE chosen.project_id = request.project_id AND chosen.is_on
        )
        OR EXISTS (
            SELECT FROM messaging_backupfile file
            WHERE file.project_id = request.project_id AND file.state = 'VERIFIED'
                AND request.id >= file.first_id AND request.id < file.end_id
        )
    )
    AND NOT EXISTS (
        SELECT FROM messaging_restoredday restored
        WHERE restored.project_id = request.project_id AND restored.keep_until > %(now)s
            AND request.id >= restored.first_id AND request.id < restored.end_id
    )
ORDER BY request.id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
"""
NOTE = """
INSERT INTO messaging_historydrop (project_id, dropped_on, dropped_at, since, until, requests, messages)
VALUES (%(project)s, %(today)s, %(now)s, %(since)s, %(until)s, %(requests)s, %(messages)s)
ON CONFLICT (project_id, dropped_on) WHERE project_id IS NOT NULL DO UPDATE SET
    dropped_at = excluded.dropped_at,
    since = least(messaging_historydrop.since, excluded.since),
    until = greatest(messaging_historydrop.until, excluded.until),
    requests = messaging_historydrop.requests + excluded.requests,
    messages = messaging_historydrop.messages + excluded.messages
"""
NOTE_MONTH = """
INSERT INTO messaging_historydrop (dropped_on, dropped_at, since, until, requests, messages)
VALUES (%(today)s, %(now)s, %(since)s, %(until)s, 0, 0)
ON CONFLICT (since) WHERE project_id IS NULL DO UPDATE SET
    dropped_on = excluded.dropped_on, dropped_at = excluded.dropped_at
"""


@dataclass(frozen=True)
class Dropped:
    """How much went: requests, and months of messages by the first moment of each."""

    requests: int
    months: tuple[datetime, ...]


def drop_history() -> Dropped:
    """Drop what is past its retention. Any number of these may run at once."""
    end = first_id_at(end_of_history())
    requests = _drop_requests(end)
    _drop_reports(end)
    RestoredDay.objects.filter(keep_until__lte=timezone.now()).delete()
    dropped = tuple(month for month in months() if drop_month(month))
    drop_detached()
    return Dropped(requests, dropped)


def end_of_history() -> datetime:
    """The moment before which everything may go."""
    return start_of(first_day()) - MARGIN


def _drop_requests(end: UUID) -> int:
    total = 0
    while n := _drop_some_requests(end):
        total += n
    return total


@transaction.atomic
def _drop_some_requests(end: UUID) -> int:
    """One short step: the oldest requests that may go, with their parts, chunks and counts."""
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"end": end, "now": timezone.now(), "limit": REQUESTS_AT_ONCE}
        cursor.execute(TO_DROP, params)
        rows: list[tuple[UUID, int, int]] = cursor.fetchall()
    keys = [key for key, _project, _messages in rows]
    for model in (Chunk, RequestCount, CountDelta, SendBatch):
        model._default_manager.filter(request__in=keys).delete()
    SendRequest.objects.filter(pk__in=keys).delete()
    for project in {project for _key, project, _messages in rows}:
        _note(project, [row for row in rows if row[1] == project])
    return len(keys)


def _note(project: int, rows: list[tuple[UUID, int, int]]) -> None:
    now = timezone.now()
    days = [timezone.localdate(moment_of(key)) for key, *_rest in rows]
    params: dict[str, Any] = {
        "project": project,
        "now": now,
        "today": timezone.localdate(now),
        "since": min(days),
        "until": max(days),
        "requests": len(rows),
        "messages": sum(messages for *_key, messages in rows),
    }
    with connection.cursor() as cursor:
        cursor.execute(NOTE, params)


def _drop_reports(end: UUID) -> None:
    """Reports that moved nothing go with the messages of their time."""
    old = DeliveryReport.objects.filter(message_id__lt=end)
    while old.filter(pk__in=old.values("pk")[:REPORTS_AT_ONCE]).delete()[0]:
        pass


def drop_month(month: datetime) -> bool:
    """Detach the tables of that month where it is over and nothing in it must stay; whether they went."""
    after = month_start(month, 1)
    if after > end_of_history():
        return False
    with transaction.atomic():
        if not detach_month(month, unless=lambda: _is_needed(first_id_at(month), first_id_at(after))):
            return False
        now = timezone.now()
        params = {
            "now": now,
            "today": timezone.localdate(now),
            "since": month.date(),
            "until": (after - timedelta(days=1)).date(),
        }
        with connection.cursor() as cursor:
            cursor.execute(NOTE_MONTH, params)
    return True


def _is_needed(first_id: UUID, end_id: UUID) -> bool:
    """Whether something of the ids must stay: a request, or a day that is being restored."""
    requests = SendRequest.objects.filter(pk__gte=first_id, pk__lt=end_id)
    restored = RestoredDay.objects.filter(end_id__gt=first_id, first_id__lt=end_id)
    return requests.exists() or restored.filter(keep_until__gt=timezone.now()).exists()
