"""How long a webhook rests after a failure, and when it has failed for too long. Pure."""

import random
from datetime import datetime, timedelta

PAUSES = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600, 1800, 3600, 7200))
JITTER = 0.1
# So that not every receiver of one host is called at the same moment again.
_chance = random.SystemRandom()
GIVES_UP_AFTER = timedelta(days=1)
LONGEST_ASKED = timedelta(hours=6)


def pause_after(failures: int, *, asked: timedelta | None = None) -> timedelta:
    """The rest after so many failures in a row (1 and up), a tenth more or less.

    `asked` is the receiver's Retry-After: never less than that, but six hours at most.
    """
    step = PAUSES[min(max(failures, 1), len(PAUSES)) - 1]
    pause = step * _chance.uniform(1 - JITTER, 1 + JITTER)
    return max(pause, min(asked, LONGEST_ASKED)) if asked is not None else pause


def gives_up(*, failing_since: datetime, now: datetime) -> bool:
    """Whether it failed for a day."""
    return now - failing_since >= GIVES_UP_AFTER
