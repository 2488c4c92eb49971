"""What a worker has in hand, and how it is recorded: while the claim holds, with its counts, at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from messaging.gateways.base import Gateway
from messaging.models import GatewayAccount, SendBatch, SendRequest
from messaging.sending.advertising import Ruling
from messaging.sending.claiming import ClaimedChunk
from messaging.sending.completing import complete_batch
from messaging.sending.international import give_back
from messaging.sending.moves import CHUNK
from messaging.sending.outbound import Row
from messaging.sending.outcomes import Outcome, move_range, write_outcome
from messaging.sending.parts import parts_of_rows
from messaging.sending.retrying import once_more_on_deadlock
from messaging.states import ChunkState, Counter, MessageState
from messaging.statistics.counting import Delta, add_deltas

MOST_ATTEMPTS = 5
RETRY_FOR = timedelta(minutes=10)
LONGEST_PAUSE = 60  # seconds


class ClaimLost(Exception):
    """The lease ran out and another worker has the chunk; it does the rest."""


@dataclass(slots=True)
class Work:
    """A claimed chunk with all that its messages share."""

    chunk: ClaimedChunk
    request: SendRequest
    batch: SendBatch
    account: GatewayAccount
    gateway: Gateway
    attachments: tuple[Path, ...] = ()
    ruling: Ruling = field(default_factory=Ruling)

    @property
    def gives_up(self) -> bool:
        """Whether this was tried so often and so long that what fails now fails for good."""
        since = max(filter(None, (started_at(self.batch), self.ruling.allowed_since)))
        return self.chunk.attempts >= MOST_ATTEMPTS and timezone.now() - since > RETRY_FOR

    @property
    def may_go_on(self) -> bool:
        """Whether the hours without advertising did not begin meanwhile."""
        closes_at = self.ruling.closes_at
        return closes_at is None or timezone.now() < closes_at


def started_at(batch: SendBatch) -> datetime:
    """Since when the messages of a batch may go."""
    return batch.released_at or batch.due_at


@once_more_on_deadlock
def record(work: Work, outcome: Outcome, at: datetime, *, is_done: bool, is_unscreened: bool = False) -> None:
    """Write what came of a group, and that the chunk is done with it, while the claim holds.

    `is_unscreened`: whoever claims the chunk next takes nothing of it for handed over, and screens it again.
    """
    with transaction.atomic():
        if not work.chunk.lock():
            raise ClaimLost
        deltas = write_outcome(
            outcome,
            request_id=work.request.pk,
            batch_number=work.batch.number,
            account_id=work.account.pk,
            at=at,
        )
        give_back(chunk_id=work.chunk.id, deltas=deltas)
        add_deltas(deltas, at=at)
        if is_done:
            _close(work.chunk, at)
        elif is_unscreened:
            CHUNK.advance(work.chunk.rows(), ChunkState.CLAIMED, screened_at=None)


def _close(chunk: ClaimedChunk, at: datetime) -> None:
    CHUNK.advance(chunk.rows(), ChunkState.DONE, lease_until=None, done_at=at)


@once_more_on_deadlock
def fail_all(chunk: ClaimedChunk, batch: SendBatch, code: str) -> None:
    """Nothing that is left of the chunk may go."""
    at = timezone.now()
    with transaction.atomic():
        if not chunk.lock():
            raise ClaimLost
        moved = move_range(chunk.first_id, chunk.last_id, state=MessageState.FAILED, code=code, at=at)
        deltas = [Delta(batch.request_id, batch.number, Counter.SEND_FAILED, *counted) for counted in moved]
        give_back(chunk_id=chunk.id, deltas=deltas)
        add_deltas(deltas, at=at)
        _close(chunk, at)
    complete_batch(batch_id=batch.pk, request_id=batch.request_id)


def record_unknown(work: Work, rows: Sequence[Row], *, is_unscreened: bool = False) -> None:
    """These may have been handed over, and nobody will ask again."""
    if rows:
        outcome = Outcome(
            unknown=[row[0] for row in rows],
            parts=parts_of_rows(work.request, rows),
            is_asked_for=work.gateway.polls_results,
            since=started_at(work.batch),
        )
        record(work, outcome, timezone.now(), is_done=False, is_unscreened=is_unscreened)


def put_back(chunk: ClaimedChunk, *, may_be_handed_over: bool) -> None:
    pause = min(2 ** min(chunk.attempts, 10), LONGEST_PAUSE)
    chunk.put_back(
        not_before=timezone.now() + timedelta(seconds=pause), may_be_handed_over=may_be_handed_over
    )
