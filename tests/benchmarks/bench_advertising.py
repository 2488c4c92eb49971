"""The main job with 50,000 opt-outs, advertising rules and an event key in force, beside the same without.

Both send texts of the same length to the same file, in turns, in one project; one recipient of a hundred
refuses advertising.
"""

import csv
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from console.accounts.models import Project
from messaging.models import AdvertisingHours, StatisticsKey
from messaging.policies.hours import Hours, closed_until
from messaging.states import Purpose
from senders.models import OptOut, OptOutLine
from senders.models.opt_out import OptOutSource
from tests.benchmarks.bench_check import write_csv
from tests.benchmarks.bench_sending import environment, send, upload
from tests.benchmarks.table import Row, against, at_least
from tests.factories import OptOutLineFactory
from tests.scratch import Processes
from tests.sends import make_project

OPT_OUTS = 50_000
ONE_OF = 100  # recipients refuses
ROUNDS = 2
GOAL = 1.1
LINE = "0801234567"
TEXT = "({word})##name##님 ##order## ##amount##\n무료거부 " + LINE
GENERAL, ADVERTISING = TEXT.format(word="공고"), TEXT.format(word="광고")


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with a file of half of `rows` made in `folder`, twice each."""
    project = make_project()
    path = folder / "advertising.csv"
    write_csv(path, max(rows // ROUNDS, 1))
    wish = rules(project, path)
    seconds: dict[str, list[float]] = {"ready": [0, 0], "sent": [0, 0]}
    processes = Processes(environment())
    try:
        processes.start()
        for _round in range(ROUNDS):
            for number, (body, changes) in enumerate([(GENERAL, {}), (ADVERTISING, wish)]):
                request, to_ready = upload(project, path, body=body, **changes)
                seconds["ready"][number] += to_ready
                seconds["sent"][number] += request.total / send(project, request).rate
    finally:
        processes.stop()
    refused = OptOut.objects.filter(project=project).count()
    return [
        _beside("upload to Ready, advertising beside general", seconds["ready"]),
        _beside("Ready to Delivery Completed, advertising beside general", seconds["sent"]),
        at_least("opt-outs meanwhile", refused, "", None),
    ]


def _beside(name: str, seconds: list[float]) -> Row:
    return against(name, seconds[1], "s", floor=seconds[0], goal=GOAL)


def rules(project: Project, path: Path) -> dict[str, Any]:
    """All that a send can meet: opt-outs, an open line, hours that are not now, an event key."""
    now = timezone.now()
    numbers = {number for _row, number in zip(range(OPT_OUTS), refusing(path), strict=False)}
    strangers = (f"0199{number:07d}" for number in range(OPT_OUTS))
    since = {"created_at": now, "last_refused_at": now}
    OptOut.objects.bulk_create(
        OptOut(project=project, number=number, source=OptOutSource.FILE, **since)
        for number in [*numbers, *islice(strangers, OPT_OUTS - len(numbers))]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE senders_optout")  # what the server does within a minute
    hours = AdvertisingHours(project=project)
    hours.is_on = closed_until(Hours(hours.starts_at, hours.ends_at), now) is None
    hours.save()
    line: OptOutLine = OptOutLineFactory(project=project, opened=True, number=LINE)
    key = StatisticsKey.objects.create(
        project=project, name="Autumn", starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1)
    )
    return {"purpose": Purpose.ADVERTISING, "opt_out_line": line, "statistics_key": key}


def refusing(path: Path) -> Iterator[str]:
    """Every hundredth number of the file."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = islice(csv.reader(file), 1, None)
        yield from (row[0].replace("-", "") for row in islice(rows, 0, None, ONE_OF))
