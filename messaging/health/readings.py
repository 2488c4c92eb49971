"""What the pulses say now: who lives, who is late, who is gone; what waits for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from console.choices import ColouredChoices
from console.queues import Queue
from messaging.models import CarrierHealth, GatewayAccount, Pulse, QueuePulse, Route
from messaging.models.health import ProcessKind
from messaging.states import Lane

# A bell is rung every ten seconds, and a worker that is busy hears it when it has done what it is at.
QUEUE_LATE = timedelta(seconds=30)


class Wellness(ColouredChoices):
    WELL = "WELL", _("Well"), "green"
    LATE = "LATE", _("Late"), "amber"
    GONE = "GONE", _("Gone"), "red"
    DOWN = "DOWN", _("Down"), "red"
    PAUSED = "PAUSED", _("Paused"), "amber"
    IDLE = "IDLE", _("Not used yet"), "grey"


@dataclass(frozen=True)
class ProcessReading:
    """A worker or beat, and how it is."""

    pulse: Pulse
    wellness: Wellness


@dataclass(frozen=True)
class QueueReading:
    """A queue: when a bell of it was heard last, and how long that one had waited, in seconds."""

    queue: Queue
    wellness: Wellness
    heard_at: datetime | None
    waited: float


@dataclass(frozen=True)
class CarrierReading:
    """A carrier account; `said` is what it said when it failed last, where it still fails."""

    account: GatewayAccount
    wellness: Wellness
    taken_at: datetime | None
    failed_at: datetime | None
    reported_at: datetime | None
    said: str


@dataclass(frozen=True)
class LaneReading:
    """What of a lane is ready to be handed over: messages, and since when the oldest waits."""

    lane: Lane
    waiting: int
    oldest: datetime | None


def wellness_of(seen_at: datetime, now: datetime) -> Wellness:
    """How a process is that was seen then."""
    age = (now - seen_at).total_seconds()
    if age < settings.BONGSU_LATE_SECONDS:
        return Wellness.WELL
    return Wellness.LATE if age < settings.BONGSU_GONE_SECONDS else Wellness.GONE


def read_processes(now: datetime) -> list[ProcessReading]:
    """Every worker and beat that was seen in the last day, in the order of their names."""
    pulses = Pulse.objects.order_by("-kind", "name")
    return [ProcessReading(pulse, wellness_of(pulse.seen_at, now)) for pulse in pulses]


def has_beat(processes: Sequence[ProcessReading]) -> bool:
    """Whether a beat lives."""
    return any(each.pulse.kind == ProcessKind.BEAT and each.wellness == Wellness.WELL for each in processes)


def read_queues(processes: Sequence[ProcessReading], now: datetime) -> list[QueueReading]:
    """Every queue. Where a worker of it lives, a bell that nobody heard yet only says that it is busy."""
    found = {row.queue: row for row in QueuePulse.objects.all()}
    served = {queue for each in processes if each.wellness == Wellness.WELL for queue in each.pulse.queues}
    return [_queue(queue, found.get(queue.value), queue.value in served, now) for queue in Queue]


def _queue(queue: Queue, row: QueuePulse | None, is_served: bool, now: datetime) -> QueueReading:
    heard_at = row.heard_at if row else None
    is_late = heard_at is None or now - heard_at >= QUEUE_LATE
    wellness = Wellness.WELL
    if not is_served:
        wellness = Wellness.GONE if is_late else Wellness.LATE
    elif is_late:
        wellness = Wellness.LATE
    return QueueReading(queue, wellness, heard_at, (row.waited_ms if row else 0) / 1000)


def read_carriers(*, project_id: int | None = None) -> list[CarrierReading]:
    """The carrier accounts that are in use: all of them, or the one of a project."""
    accounts = GatewayAccount.objects.select_related("health").order_by("name")
    if project_id is not None:
        routes = Route.objects.filter(project_id=project_id) or Route.objects.filter(project=None)
        accounts = accounts.filter(pk__in=[route.account_id for route in routes])
    return [carrier_reading(account) for account in accounts]


def carrier_reading(account: GatewayAccount) -> CarrierReading:
    """How an account is, from what it answered last."""
    health = getattr(account, "health", None) or CarrierHealth()
    refused = _is_later(health.refused_at, health.taken_at)
    mute = _is_later(health.mute_at, health.reported_at)
    if account.is_paused:
        wellness = Wellness.PAUSED
    elif refused or mute:
        wellness = Wellness.DOWN
    elif health.taken_at is None and health.reported_at is None:
        wellness = Wellness.IDLE
    else:
        wellness = Wellness.WELL
    failures = [moment for moment in (health.refused_at, health.mute_at) if moment]
    said = health.refusal if refused else health.silence if mute else ""
    failed_at = max(failures) if failures else None
    return CarrierReading(account, wellness, health.taken_at, failed_at, health.reported_at, said)


def _is_later(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and (other is None or moment > other)


# How many messages a chunk has left is not known without reading them: those in work count whole. Each of the
# two states has an index of its own.
LANES = """
SELECT chunk.lane,
    sum(('x' || right(chunk.last_id::text, 8))::bit(32)::bigint
        - ('x' || right(chunk.first_id::text, 8))::bit(32)::bigint + 1)::bigint,
    min(greatest(coalesce(batch.released_at, batch.due_at), chunk.not_before))
        FILTER (WHERE chunk.not_before IS NULL OR chunk.not_before <= %(now)s)
FROM (
    SELECT * FROM messaging_chunk WHERE state = 'READY'
    UNION ALL SELECT * FROM messaging_chunk WHERE state = 'CLAIMED'
) AS chunk
JOIN messaging_sendbatch batch ON batch.id = chunk.batch_id
JOIN messaging_sendrequest request ON request.id = chunk.request_id
WHERE %(project)s::bigint IS NULL OR request.project_id = %(project)s
GROUP BY 1
"""


def read_lanes(now: datetime, *, project_id: int | None = None) -> list[LaneReading]:
    """What waits in each lane, of one project or of all: from the database, which is the truth."""
    with connection.cursor() as cursor:
        cursor.execute(LANES, {"now": now, "project": project_id})
        found = {lane: (int(n), oldest) for lane, n, oldest in cursor.fetchall()}
    return [LaneReading(lane, *found.get(lane.value, (0, None))) for lane in Lane]
