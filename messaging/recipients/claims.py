"""A worker's right to work on an uploaded file: a lease, and the lease's own time is the proof.

For every model of a file that has `state`, `lease_until`, `attempts`, `rows_read`, `fraction_read`,
`checked_at`, `problem_code` and `problem_params`.
Whoever no longer holds the lease writes nothing.
"""

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from console.transitions import Transitions
from messaging.recipients.results import FileProblem
from messaging.states import FileState

LEASE = timedelta(seconds=60)  # a workbook of a million rows says nothing for some ten seconds
PROGRESS_EVERY = 0.5  # seconds
MAX_DEATHS = 3  # of the child, before the file itself is to blame
MAX_CLAIMS = 10  # of workers that were never heard of again
LOST_BELL_AFTER = timedelta(seconds=5)
REFUSED = FileState.REFUSED  # a file of UIDs has the same word for it
MAY_BE_CHANCE = frozenset({"out_of_memory", "unreadable", "no_space"})  # how a killed child ends


class LeaseLost(Exception):
    """Another worker is at this file by now."""


@dataclass(slots=True)
class Claim:
    """A worker's right to a file, until `lease_until`. It ends when another worker finds it stale."""

    model: type[Model]
    moves: Transitions
    state: str
    pk: uuid.UUID
    lease_until: datetime
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    written_at: float = 0.0

    def held(self) -> QuerySet[Any]:
        """The file's row, while this claim holds."""
        return self.model._default_manager.filter(pk=self.pk, lease_until=self.lease_until)

    def report(self, rows: int, fraction: float) -> None:
        """Write progress and stay in possession, at most twice a second. Raises LeaseLost."""
        now = time.monotonic()
        if now - self.written_at < PROGRESS_EVERY:
            return
        self.renew(rows_read=rows, fraction_read=min(fraction, 1.0))
        self.written_at = now

    def renew(self, **fields: Any) -> None:
        """Stay in possession, and write those fields of the row. Raises LeaseLost."""
        until = timezone.now() + LEASE
        if not self.moves.advance(self.held(), self.state, lease_until=until, **fields):
            raise LeaseLost
        self.lease_until = until

    def fail(self, problem: FileProblem, *, attempts: int) -> bool:
        """Give the file up for its problem; or leave it to be read once more, and say so with True, where
        chance may have ended its child.
        """
        if problem.code in MAY_BE_CHANCE and attempts < MAX_DEATHS:
            return bool(self.moves.advance(self.held(), self.state, lease_until=None))
        self.refuse(problem)
        return False

    def refuse(self, problem: FileProblem) -> None:
        """End the work: the file as a whole cannot be used, and this is why."""
        said: dict[str, Any] = {"problem_code": problem.code, "problem_params": dict(problem.params)}
        self.moves.advance(self.held(), REFUSED, checked_at=timezone.now(), lease_until=None, **said)


def take(
    files: QuerySet[Any], *, moves: Transitions, waiting: str = "", state: str, from_start: bool = True
) -> Claim | None:
    """Claim the one file of the queryset that is `waiting`, or in `state` with no lease or a stale one.

    It is in `state` then, to be read from the start, or from where it was left. Of two workers one gets it,
    the other None.
    """
    now = timezone.now()
    free = Q(state=waiting) | Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    begun: dict[str, Any] = {"rows_read": 0, "fraction_read": 0} if from_start else {}
    with transaction.atomic():
        rows = files.select_for_update(skip_locked=True).filter(free)
        found = rows.values_list("pk", "attempts").first()
        if found is None:
            return None
        pk, attempts = found
        claim = Claim(files.model, moves, state, pk, now + LEASE)
        fields = {"lease_until": claim.lease_until, "attempts": attempts + 1, **begun}
        moved = moves.advance(files, state, **fields)
    return claim if moved else None
