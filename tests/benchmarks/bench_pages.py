"""How long the server takes for each page of the console, over a project of three busy months.

Every page of the menu and one of each kind below it, as a manager, a sender, a viewer and an administrator
get them: median and worst of several times, and how many statements each asks the database.
"""

import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.management.commands.up import collect_static
from console.translations import compile_catalogs
from tests.benchmarks.large_project import LargeProject, build
from tests.benchmarks.page_probes import probes
from tests.benchmarks.probing import Probe
from tests.benchmarks.table import Row, at_most

WORST_GOAL_MS = 300.0
TIMES = 5
SLOWEST = 10
LANGUAGES = ("en", "ko")


@dataclass
class Timing:
    """What one address took: milliseconds of every time and person, and the most statements."""

    probe: Probe
    milliseconds: list[float] = field(default_factory=list)
    statements: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def worst(self) -> float:
        return max(self.milliseconds)


def run(rows: int, folder: Path) -> list[Row]:
    """Measure over a project with `rows` messages; a row of the table each page."""
    compile_catalogs(settings.BASE_DIR / "locale")
    collect_static()
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    started = time.perf_counter()
    large = build(rows)
    sys.stderr.write(f"{rows:,} messages and what belongs to them: {time.perf_counter() - started:.0f} s\n")
    timings = measure(large)
    sys.stderr.write(slowest(timings))
    return [
        at_most(
            f"page: {each.probe.name}, worst (median {each.median:.0f}, {each.statements} statements)",
            each.worst,
            "ms",
            WORST_GOAL_MS,
        )
        for each in timings
    ]


def measure(large: LargeProject) -> list[Timing]:
    """Every probe as everybody who may see it; the first time of each person is not counted."""
    clients = [signed_in(large, name) for name in large.people]
    return [timing for probe in probes(large) if (timing := time_probe(probe, clients)).milliseconds]


def signed_in(large: LargeProject, name: str) -> Client:
    client = Client(headers={"accept-language": LANGUAGES[len(name) % 2]})
    client.force_login(large.people[name])
    return client


def time_probe(probe: Probe, clients: list[Client]) -> Timing:
    """One address, asked for by each person. Raises RuntimeError where it fails."""
    timing = Timing(probe)
    for client in clients:
        with CaptureQueriesContext(connection) as asked:
            status = ask(client, probe)
        if status >= 500:
            raise RuntimeError(f"{probe.url} answered {status}")
        if status != 200:
            continue
        timing.statements = max(timing.statements, len(asked))
        for _ in range(TIMES):
            started = time.perf_counter()
            ask(client, probe)
            timing.milliseconds.append((time.perf_counter() - started) * 1000)
    return timing


def ask(client: Client, probe: Probe) -> int:
    headers = {"hx-request": "true"} if probe.is_partial else {}
    if probe.data is None:
        response = client.get(probe.url, headers=headers)
    else:
        response = client.post(probe.url, probe.data, headers=headers)
    if getattr(response, "streaming", False):
        b"".join(response.streaming_content)
    return int(response.status_code)


def slowest(timings: list[Timing]) -> str:
    """The ten slowest as a table, in milliseconds."""
    lines = [f"{'the slowest pages':<58}{'median':>9}{'worst':>9}{'statements':>12}"]
    for each in sorted(timings, key=lambda timing: -timing.worst)[:SLOWEST]:
        lines.append(f"{each.probe.name[:57]:<58}{each.median:>9.0f}{each.worst:>9.0f}{each.statements:>12}")
    return "\n".join([*lines, ""])
