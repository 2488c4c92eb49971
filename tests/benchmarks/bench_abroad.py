"""Handing over to other countries with every rule on, beside the same messages without a look at them.

One worker in this process, in turns. On are: a list of countries, a blocked one among many, a limit that is
counted for each chunk. The texts, the carrier and the numbers are the same.
"""

import time
from pathlib import Path

from django.utils import timezone

from console.accounts.models import Project
from messaging.content.countries import COUNTRIES
from messaging.models import CountryBlock, InternationalSettings, InternationalUsage, Message, SendRequest
from messaging.models.international import MOST_EVER
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.sending.submitting import drain
from messaging.states import Lane
from tests.benchmarks.table import Row, against, at_least
from tests.sends import make_project, mass_command

ROUNDS = 3
GOAL = 1.1
JAPAN = 81


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with `rows` messages a way, in so many rounds."""
    project = make_project()
    settle(project)
    size = max(rows // ROUNDS, 1)
    hand_over(project, max(size // 10, 1), is_looked_at=True)  # the first of all reads what all need
    without, looked_at = 0.0, 0.0
    for _round in range(ROUNDS):
        without += hand_over(project, size, is_looked_at=False)
        looked_at += hand_over(project, size, is_looked_at=True)
    counted = InternationalUsage.objects.get(project=project).sent
    return [
        against("hand-over abroad, countries, blocks and limit", looked_at, "s", floor=without, goal=GOAL),
        at_least("messages abroad counted meanwhile", counted, "", size * ROUNDS),
    ]


def settle(project: Project) -> None:
    InternationalSettings.objects.create(
        project=project, countries=[country.code for country in COUNTRIES], monthly_limit=MOST_EVER
    )
    CountryBlock.objects.create(
        project=project, country_code=84, sent=100, converted=1, blocked_at=timezone.now()
    )


def hand_over(project: Project, size: int, *, is_looked_at: bool) -> float:
    """Send a file of so many numbers in another country; seconds from the first chunk to the last."""
    request = plan_send(mass_command(project, size))
    load_request(request.pk)
    Message.objects.filter(request=request).update(country_code=JAPAN)
    SendRequest.objects.filter(pk=request.pk).update(goes_abroad=is_looked_at)
    started = time.perf_counter()
    while drain(Lane.MASS, 600):
        pass
    return time.perf_counter() - started
