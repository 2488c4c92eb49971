"""Whether each queue is consumed: a bell is rung for it every few seconds, and whoever hears it writes so.

A bell says when it was rung, so hearing it says how long a bell of that queue waits now.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils import timezone

from console.queues import Queue
from messaging.models import QueuePulse

Ring = Callable[[Queue, str], None]


def ring_all(ring: Ring, queues: Iterable[Queue] = Queue) -> None:
    """Ring for every queue, by a function that takes the queue and the time in words."""
    now = timezone.now()
    rows = [QueuePulse(queue=queue.value, rung_at=now) for queue in queues]
    QueuePulse.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["queue"], update_fields=["rung_at"]
    )
    for row in rows:
        ring(Queue(row.queue), now.isoformat())


def heard(queue: str, rung_at: str) -> None:
    """A worker of that queue heard the bell that was rung then. One that came late takes nothing back."""
    now = timezone.now()
    waited = max(int((now - datetime.fromisoformat(rung_at)).total_seconds() * 1000), 0)
    rows = QueuePulse.objects.filter(queue=queue).exclude(heard_at__gt=now)
    rows.update(heard_at=now, waited_ms=min(waited, 2_000_000_000))
