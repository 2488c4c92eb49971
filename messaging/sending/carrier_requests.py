"""Which of a carrier's requests have messages without a result: written with the outcome that tells of them.

A carrier that pushes no reports and queues none is asked by its own id of a request, for up to a hundred
messages at once. What it is asked for lies in a narrow table, one row a request, so that choosing what to ask
next costs nothing at any size. A row without an id is messages in doubt: they are looked for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

SOON = timedelta(seconds=2)
# What is in doubt may be written just now: by the carrier, and by us of another message to the same number.
LOOKED_FOR_AFTER = timedelta(seconds=20)
LONGEST_PAUSE = timedelta(hours=6)

NOTE = """
INSERT INTO messaging_carrierrequest AS noted
    (account_id, carrier_id, first_id, last_id, since, until, next_at, asked)
SELECT %(account)s, carrier_id, first_id, last_id, %(since)s, %(until)s, %(next_at)s, 0
FROM unnest(%(carrier_ids)s::text[], %(first_ids)s::uuid[], %(last_ids)s::uuid[])
    AS given(carrier_id, first_id, last_id)
ON CONFLICT (account_id, carrier_id) WHERE NOT carrier_id = '' DO UPDATE SET
    first_id = least(noted.first_id, excluded.first_id), last_id = greatest(noted.last_id, excluded.last_id),
    next_at = excluded.next_at
"""


class Between(NamedTuple):
    """The moments between which something was handed over."""

    since: datetime
    until: datetime


def note_requests(account_id: int, carrier_ids: Mapping[str, str], handed_over: Between) -> None:
    """Ask for these messages' results by the carrier's ids of them. Within the transaction of the outcome."""
    bounds: dict[str, tuple[str, str]] = {}
    for message_id, carrier_id in carrier_ids.items():
        first, last = bounds.get(carrier_id, (message_id, message_id))
        bounds[carrier_id] = min(first, message_id), max(last, message_id)
    _note(account_id, bounds, handed_over, SOON)


def note_lost(account_id: int, ids: Sequence[str], handed_over: Between) -> None:
    """Look for these messages. Within the transaction of the outcome."""
    if ids:
        _note(account_id, {"": (min(ids), max(ids))}, handed_over, LOOKED_FOR_AFTER)


def pause_of(age: timedelta) -> timedelta:
    """How long to leave a request alone that is so old: a fifth of its age."""
    return min(max(age / 5, SOON), LONGEST_PAUSE)


def _note(
    account_id: int, bounds: Mapping[str, tuple[str, str]], handed_over: Between, after: timedelta
) -> None:
    if not bounds:
        return
    params: dict[str, Any] = {
        "account": account_id,
        **handed_over._asdict(),
        "next_at": handed_over.until + after,
        "carrier_ids": sorted(bounds),
        "first_ids": [bounds[each][0] for each in sorted(bounds)],
        "last_ids": [bounds[each][1] for each in sorted(bounds)],
    }
    with connection.cursor() as cursor:
        cursor.execute(NOTE, params)
