"""What became of handing messages over, written in sets: by ranges of ids, grouped counts in the same
transaction.

Every statement moves only what is still READY, in the order of ids, so that a report that came first is
kept and no two statements wait for each other in a circle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from messaging.result_codes import OUTCOME_UNKNOWN
from messaging.sending.carrier_requests import Between, note_lost, note_requests
from messaging.sending.telling import TELL_RESULT
from messaging.states import Counter
from messaging.statistics.counting import Delta

RETURNING = " RETURNING message.id, message.result_code, message.country_code)"
# What is final is told to webhooks too.
RETURNING_TOLD = (
    " RETURNING message.id, message.project_id, message.result_code, message.country_code,"
    f" message.finished_at){TELL_RESULT}"
)
# Each returns (result code, country code, how many).
COUNTED = """
SELECT coalesce(result_code, ''), country_code, count(*) FROM moved GROUP BY 1, 2
"""
# And the parts that those to other countries went in.
COUNTED_WITH_PARTS = """
SELECT coalesce(result_code, ''), country_code, count(*), coalesce(sum(parts.n), 0)::int
FROM moved LEFT JOIN unnest(%(part_ids)s::uuid[], %(parts)s::int[]) AS parts(id, n) USING (id) GROUP BY 1, 2
"""
MOVE_SENT = """
WITH moved AS (
    UPDATE messaging_message message SET state = 'SENT', submitted_at = %(at)s
    WHERE id BETWEEN %(first)s AND %(last)s AND state = 'READY'
"""
EXCEPT = " AND id <> ALL(%(left)s::uuid[])"
MOVE_FAILED = """
WITH moved AS (
    UPDATE messaging_message message
    SET state = 'FAILED', result_code = failed.code, finished_at = %(at)s
    FROM (SELECT * FROM unnest(%(ids)s::uuid[], %(codes)s::text[]) AS failed(id, code) ORDER BY id) failed
    WHERE message.id = failed.id AND message.state = 'READY'
"""
MOVE_RANGE = """
WITH moved AS (
    UPDATE messaging_message message SET state = %(state)s, result_code = %(code)s, finished_at = %(at)s
    WHERE id BETWEEN %(first)s AND %(last)s AND state = 'READY'
"""
MOVE_UNKNOWN = """
WITH moved AS (
    UPDATE messaging_message message
    SET state = 'UNKNOWN', result_code = %(code)s, submitted_at = %(at)s, finished_at = %(at)s
    WHERE id = ANY(%(ids)s::uuid[]) AND state = 'READY'
"""
KEEP_REFERENCES = """
INSERT INTO messaging_carrierreference (message_id, account_id, carrier_id)
SELECT id, %(account)s, carrier_id
FROM unnest(%(ids)s::uuid[], %(carrier_ids)s::text[]) AS given(id, carrier_id)
ON CONFLICT (message_id) DO NOTHING
"""

Moved = list[tuple[str, int, int]]
HandedOver = list[tuple[str, int, int, int]]


@dataclass(slots=True)
class Outcome:
    """What is known of a group of messages, given by its first and last id.

    Those in `failed` (id, code) were refused, `unknown` may have been taken, `left` stay READY for another
    try, all others were accepted; without ids nothing was. `carrier_ids` are the carrier's own ids where
    it has some. `parts` are those of messages to other countries by id, `answered_at` is when the carrier
    answered. `is_asked_for`: the carrier is asked for the results (`messaging.sending.carrier_requests`);
    what is unknown may have been handed over from `since` on.
    """

    first_id: str = ""
    last_id: str = ""
    failed: Sequence[tuple[str, str]] = ()
    unknown: Sequence[str] = ()
    left: Sequence[str] = ()
    carrier_ids: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    answered_at: datetime | None = None
    is_asked_for: bool = False
    since: datetime | None = None


def write_outcome(
    outcome: Outcome, *, request_id: UUID, batch_number: int, account_id: int | None, at: datetime
) -> list[Delta]:
    """Move the messages of a group and return what is to be counted. Within a transaction of the caller."""
    failed_at = outcome.answered_at or at
    failed = move_failed(outcome.failed, failed_at)
    handed_over = [*move_unknown(outcome.unknown, at, outcome.parts), *move_sent(outcome, at)]
    keep_references(outcome.carrier_ids, account_id)
    if outcome.is_asked_for and account_id is not None:
        handed_over_at = Between(outcome.since or at, outcome.answered_at or at)
        note_requests(account_id, outcome.carrier_ids, handed_over_at)
        note_lost(account_id, outcome.unknown, handed_over_at)
    deltas = [
        Delta(request_id, batch_number, Counter.SEND_FAILED, *counted, at=failed_at) for counted in failed
    ]
    for code, country, n, parts in handed_over:
        deltas.append(Delta(request_id, batch_number, Counter.SENT, "", country, n))
        deltas.append(Delta(request_id, batch_number, Counter.PARTS, "", country, parts))
        if code == OUTCOME_UNKNOWN:  # A message that may have been handed over is counted as both.
            deltas.append(Delta(request_id, batch_number, Counter.UNKNOWN, code, country, n))
    return deltas


def move_sent(outcome: Outcome, at: datetime) -> HandedOver:
    """READY to SENT, the whole range but those left."""
    if not outcome.first_id:
        return []
    statement = MOVE_SENT + (EXCEPT if outcome.left else "") + RETURNING
    params = {"first": outcome.first_id, "last": outcome.last_id, "at": at, "left": array_of(outcome.left)}
    return _move_handed_over(statement, params, outcome.parts)


def move_failed(failed: Iterable[tuple[str, str]], at: datetime) -> Moved:
    """READY to FAILED, each with its own code."""
    rows = sorted(failed)
    if not rows:
        return []
    ids, codes = zip(*rows, strict=True)
    return _move(
        MOVE_FAILED + RETURNING_TOLD, {"ids": array_of(ids), "codes": list(codes), "at": at, "now": at}
    )


def move_unknown(ids: Sequence[str], at: datetime, parts: Mapping[str, int]) -> HandedOver:
    """READY to UNKNOWN: they may have been handed over."""
    if not ids:
        return []
    params = {"ids": array_of(sorted(ids)), "code": OUTCOME_UNKNOWN, "at": at, "now": at}
    return _move_handed_over(MOVE_UNKNOWN + RETURNING_TOLD, params, parts)


def move_range(first_id: UUID, last_id: UUID, *, state: str, code: str, at: datetime) -> Moved:
    """READY to FAILED or CANCELED with one code, a whole range."""
    params = {"first": first_id, "last": last_id, "state": state, "code": code, "at": at, "now": at}
    return _move(MOVE_RANGE + RETURNING_TOLD, params)


def keep_references(carrier_ids: Mapping[str, str], account_id: int | None) -> None:
    """Remember the carrier's own ids, by which its reports name messages."""
    if not carrier_ids:
        return
    params = {
        "ids": array_of(carrier_ids.keys()),
        "carrier_ids": list(carrier_ids.values()),
        "account": account_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP_REFERENCES, params)


def array_of(ids: Iterable[str]) -> str:
    """Ids as the literal of a PostgreSQL array, which costs nothing to adapt."""
    return "{" + ",".join(ids) + "}"


def text_array(values: Sequence[object]) -> str:
    """The literal of an array of few different values, each quoted once."""
    quoted = {each: '"' + str(each).replace("\\", "\\\\").replace('"', '\\"') + '"' for each in set(values)}
    return "{" + ",".join([quoted[each] for each in values]) + "}"


def _move_handed_over(statement: str, params: dict[str, Any], parts: Mapping[str, int]) -> HandedOver:
    """(result code, country code, how many, in how many parts)."""
    if not parts:
        return [(*counted, 0) for counted in _move(statement, params)]
    params |= {"part_ids": array_of(parts), "parts": list(parts.values())}
    with connection.cursor() as cursor:
        cursor.execute(statement + COUNTED_WITH_PARTS, params)
        moved: HandedOver = cursor.fetchall()
        return moved


def _move(statement: str, params: dict[str, Any]) -> Moved:
    with connection.cursor() as cursor:
        cursor.execute(statement + COUNTED, params)
        moved: Moved = cursor.fetchall()
        return moved
