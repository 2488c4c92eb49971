"""What happened in a project, for the programs that want to hear of it.

Whoever makes something happen writes it down in the same transaction; webhooks, a higher layer, hand it on.
What happens to many at once is written by the statement that does it, in sets: see `TELL_IN_SETS`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from console.accounts.models import EventName, ProjectEvent

SET_SIZE = 500
# The part of a statement that writes events of one project, kind and time down, a row a set. It follows a
# `to_tell` that gives `place` (1, 2, …) and `payload` (jsonb), and takes what `parameters_of_sets` gives.
TELL_IN_SETS = f""", told AS (
    INSERT INTO accounts_projectevent (project_id, name, payload, happened_at)
    SELECT %(told_of)s, %(told_name)s, jsonb_agg(payload ORDER BY place), %(told_at)s
    FROM to_tell GROUP BY (place - 1) / {SET_SIZE} ORDER BY (place - 1) / {SET_SIZE}
)"""  # noqa: S608 (a constant)


def record_events(
    *, project_id: int, name: EventName, payloads: Iterable[Mapping[str, Any]], at: datetime
) -> None:
    """Write events of one kind down, in the caller's transaction. A payload holds plain values for JSON.

    Nothing is rung for: they are collected every second.
    """
    ProjectEvent.objects.bulk_create(
        ProjectEvent(project_id=project_id, name=name, payload=dict(payload), happened_at=at)
        for payload in payloads
    )


def parameters_of_sets(*, project_id: int, name: EventName, at: datetime) -> dict[str, Any]:
    """What a statement with `TELL_IN_SETS` needs besides its own."""
    return {"told_of": project_id, "told_name": name.value, "told_at": at}


def moment(at: datetime) -> str:
    """A time as payloads hold it: yyyy-MM-dd'T'HH:mm:ss.SSSXXX on the console's clock."""
    return timezone.localtime(at).isoformat(timespec="milliseconds")
