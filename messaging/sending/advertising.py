"""What the law and its project ask of advertising at the moment of sending, a chunk at a time.

Whether it may go now (`ruling_of`): its 080 line is open, and these are not the hours in which its project
sends none. Recipients who refused (`opted_out_ids`) are taken out before anything of the chunk is handed over
(`messaging.sending.screening`), and looked for again where it was cut short.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from messaging.models import AdvertisingHours, SendRequest
from messaging.policies.hours import Hours, closed_until, closes_at, open_since
from messaging.result_codes import ADVERTISING_HOURS, LINE_CLOSED
from messaging.sending.outbound import Row
from messaging.sending.outcomes import array_of
from messaging.states import HoursAction
from senders.models.opt_out import LineState

# The numbers stand in the statement, so that it reads nothing but the index of those who refuse: as a join
# with the messages it reads, without statistics, all that a project has for each of them.
WHO_REFUSES = """
SELECT country_code, number FROM senders_optout
WHERE project_id = %(project)s AND removed_at IS NULL AND number = ANY(%(numbers)s::text[])
"""
HOLD_BACK = """
UPDATE messaging_chunk SET not_before = %(until)s, attempts = 0
WHERE id IN (
    SELECT id FROM messaging_chunk
    WHERE request_id = %(request)s AND state = 'READY' AND claimed_by IS NULL
    ORDER BY id FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a chunk of advertising may now: fail for good with `code`, wait `until` then, or else go.

    It may go until `closes_at`, where its project keeps hours, and might have gone since `allowed_since`.
    """

    code: str = ""
    until: datetime | None = None
    closes_at: datetime | None = None
    allowed_since: datetime | None = None


def ruling_of(request: SendRequest, now: datetime) -> Ruling:
    """The ruling for an advertising request at a moment, by its line and its project's hours as it holds
    them.
    """
    if request.opt_out_line is None or request.opt_out_line.state != LineState.OPEN:
        return Ruling(LINE_CLOSED)
    kept: AdvertisingHours | None = getattr(request.project, "advertising_hours", None)
    if kept is None:
        return Ruling()
    if not kept.is_on:
        return Ruling(allowed_since=kept.updated_at)
    hours = Hours(kept.starts_at, kept.ends_at)
    until = closed_until(hours, now)
    if until is None:
        since = max(open_since(hours, now), kept.updated_at)
        return Ruling(closes_at=closes_at(hours, now), allowed_since=since)
    return Ruling(until=until) if kept.action == HoursAction.WAIT else Ruling(ADVERTISING_HOURS)


def opted_out_ids(rows: Sequence[Row], *, project_id: int) -> list[str]:
    """Ids of the messages among `rows` whose recipients refuse the project's advertising."""
    numbers = array_of(recipient for _id, _country, recipient, _values in rows)
    with connection.cursor() as cursor:
        cursor.execute(WHO_REFUSES, {"project": project_id, "numbers": numbers})
        refusing = set(cursor.fetchall())
    if not refusing:
        return []
    return [row[0] for row in rows if (row[1], row[2]) in refusing]


def hold_back(request_id: UUID, until: datetime) -> int:
    """Let every chunk that nobody has touched wait, so that none is claimed before; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD_BACK, {"request": request_id, "until": until})
        return cursor.rowcount
