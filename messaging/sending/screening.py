"""What a chunk's policies take out of it before anything of it is handed over, in one transaction.

A policy is asked with the chunk's READY messages and names those that may not go, each with our result
code. Of a chunk whose `screened_at` is not set nothing was handed over: whoever claims it after a crash
screens it. One that no policy concerns is marked by the claim itself (`messaging.sending.claiming`), which
costs no statement.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from messaging.models import SendBatch, SendRequest
from messaging.result_codes import OPTED_OUT
from messaging.sending.advertising import opted_out_ids
from messaging.sending.claiming import ClaimedChunk
from messaging.sending.duplicates import repeated
from messaging.sending.international import refused_abroad
from messaging.sending.moves import CHUNK
from messaging.sending.outbound import Row
from messaging.sending.outcomes import move_failed
from messaging.sending.retrying import once_more_on_deadlock
from messaging.states import ChunkState, Counter, Purpose
from messaging.statistics.counting import Delta, add_deltas


class ScreenedElsewhere(Exception):
    """The lease ran out and another worker has the chunk; nothing was written."""


@dataclass(frozen=True, slots=True)
class Screened:
    """A chunk in this worker's hands, with its READY messages in order of their ids."""

    chunk: ClaimedChunk
    request: SendRequest
    rows: Sequence[Row]
    at: datetime


# Ids of the messages that may not go, each with our result code.
Refused = dict[str, str]
Policy = Callable[[Screened], Refused]


def opted_out(screened: Screened) -> Refused:
    """Advertising to people who refuse it."""
    if screened.request.purpose != Purpose.ADVERTISING:
        return {}
    ids = opted_out_ids(screened.rows, project_id=screened.request.project_id)
    return dict.fromkeys(ids, OPTED_OUT)


def duplicates(screened: Screened) -> Refused:
    """Messages that repeat another one of the last minutes, where the project blocks them."""
    return repeated(screened.chunk, screened.request, screened.rows, screened.at)


def abroad(screened: Screened) -> Refused:
    """Messages to countries that the project does not send to, or past its month's limit."""
    return refused_abroad(screened.chunk, screened.request, screened.rows, screened.at)


# In this order; a message that one refused is not shown to the next. Abroad is the last: what it lets go
# takes a place in the month.
POLICIES: tuple[Policy, ...] = (opted_out, duplicates, abroad)


@once_more_on_deadlock
def screen(chunk: ClaimedChunk, batch: SendBatch, rows: Sequence[Row]) -> list[Row]:
    """Fail what may not go and return the rest of the rows. Raises ScreenedElsewhere."""
    at = timezone.now()
    left = list(rows)
    with transaction.atomic():
        if not CHUNK.advance(chunk.rows(), ChunkState.CLAIMED, screened_at=at):
            raise ScreenedElsewhere
        refused: Refused = {}
        for policy in POLICIES:
            if named := policy(Screened(chunk, batch.request, left, at)):
                refused |= named
                left = [row for row in left if row[0] not in named]
        moved = move_failed(refused.items(), at)
        deltas = [Delta(batch.request_id, batch.number, Counter.SEND_FAILED, *counted) for counted in moved]
        add_deltas(deltas, at=at)
    return left
