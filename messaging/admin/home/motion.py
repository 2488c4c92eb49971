"""What runs now, how fast and until when, and what is due next: the requests of both lists read together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from console.accounts.models import Project
from console.accounts.scoping import Scope
from messaging.admin.deliveries.lists import with_parts
from messaging.admin.deliveries.shown import IN_MOTION, RequestRow, rows_of
from messaging.ids import first_id_at
from messaging.models import SendRequest
from messaging.sending.lookups import LATEST_RESULT, scheduled_requests
from messaging.states import DeliveryKind, RequestState
from messaging.statistics.queries import handled_since

MOST_RUNNING = 5
MOST_DUE = 5
RUNNING = sorted(IN_MOTION - {RequestState.SCHEDULED})
SPEED_WINDOW = timedelta(minutes=2)


@dataclass(frozen=True)
class RunningRow:
    """A request that moves: messages handed over or refused a minute lately, and when it will be done."""

    row: RequestRow
    per_minute: int
    ends_at: datetime | None


@dataclass(frozen=True)
class Motion:
    running: Sequence[RunningRow]
    due: Sequence[RequestRow]


def motion_of(scope: Scope, now: datetime) -> Motion:
    """The newest that run, and the next that are due."""
    if scope.project is None:
        return Motion([], [])
    running = list(_running(scope.project, now))
    due = list(_due(scope.project, now))
    rows = with_parts(rows_of([*running, *due], scope))
    return Motion(_with_speed(rows[: len(running)], now), rows[len(running) :])


def _running(project: Project, now: datetime) -> QuerySet[SendRequest]:
    recent = SendRequest.objects.filter(project=project, pk__gte=first_id_at(now - LATEST_RESULT))
    # What tags meet is looked up when it is due; until then it is due next, and does not run.
    to_come = Q(kind=DeliveryKind.TAG, state=RequestState.WAITING, due_at__gt=now)
    running = recent.filter(~to_come, state__in=RUNNING)
    return running.select_related("recipient_file", "template_version__template").order_by("-pk")[
        :MOST_RUNNING
    ]


def _due(project: Project, now: datetime) -> QuerySet[SendRequest]:
    requests = scheduled_requests(project=project, now=now)
    with_names = requests.select_related("recipient_file", "template_version__template")
    return with_names.order_by("due_at", "pk")[:MOST_DUE]


def _with_speed(rows: Sequence[RequestRow], now: datetime) -> list[RunningRow]:
    since = (now - SPEED_WINDOW).replace(second=0, microsecond=0)
    sending = [row.request.pk for row in rows if row.request.state == RequestState.SENDING]
    handled = handled_since(sending, since)
    return [_running_row(row, handled.get(row.request.pk, 0), since, now) for row in rows]


def _running_row(row: RequestRow, handled: int, since: datetime, now: datetime) -> RunningRow:
    request = row.request
    begun = max(filter(None, (since, request.due_at, request.loaded_at, request.released_at)))
    per_minute = int(handled * 60 / max((now - begun).total_seconds(), 1))
    if not per_minute or not row.not_sent or row.parts_waiting:
        return RunningRow(row, per_minute, None)
    return RunningRow(row, per_minute, now + timedelta(minutes=row.not_sent / per_minute))
