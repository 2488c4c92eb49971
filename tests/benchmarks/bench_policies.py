"""The main job with every policy switched on, beside the same with none: the same file, in turns.

On are: unsendable characters replaced, repeated messages blocked for an hour, the hours of advertising,
limits abroad, 50,000 opt-outs and an event key. A third turn has only repeated messages blocked. At the end
the last send is sent once more: every message of it is looked up, and fails.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.accounts.models import Project
from messaging.models import CharacterSettings, DuplicateSettings, InternationalSettings, Message, SendRequest
from messaging.result_codes import DUPLICATE, OPTED_OUT
from tests.benchmarks.bench_advertising import LINE, rules
from tests.benchmarks.bench_check import write_csv
from tests.benchmarks.bench_sending import environment, send, upload
from tests.benchmarks.table import Row, against, at_least
from tests.scratch import Processes
from tests.sends import make_project

ROUNDS = 2
GOAL = 1.1
MINUTES = 60
# Each send says something of its own from its first line on; all are of the same length.
TEXT = "({word}){number:02} ##name##님 ##order## ##amount##\n무료거부 " + LINE


@dataclass
class Turns:
    """Seconds of all sends of one kind, and how many there were."""

    ready: float = 0.0
    sent: float = 0.0
    requests: list[SendRequest] = field(default_factory=list)


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with a file of half of `rows` made in `folder`, twice each."""
    project = make_project()
    path = folder / "policies.csv"
    write_csv(path, max(rows // ROUNDS, 1))
    wish = rules(project, path)
    InternationalSettings.objects.create(project=project)
    off, repeats, everything = Turns(), Turns(), Turns()
    processes = Processes(environment())
    try:
        processes.start()
        take_turn(project, path, Turns(), number=0)  # the first of all reads the templates of everything
        for number in range(1, ROUNDS + 1):
            switch(project, repeats=False, characters=False)
            take_turn(project, path, off, number=number)
            switch(project, repeats=True, characters=False)
            take_turn(project, path, repeats, number=number + 30)
            switch(project, repeats=True, characters=True)
            take_turn(project, path, everything, number=number + 60, **wish)
        again = Turns()
        take_turn(project, path, again, number=ROUNDS + 60, **wish)
    finally:
        processes.stop()
    return [
        against("upload to Ready, every policy on", everything.ready, "s", floor=off.ready, goal=GOAL),
        against(
            "Ready to Delivery Completed, every policy on", everything.sent, "s", floor=off.sent, goal=GOAL
        ),
        against("Ready to Delivery Completed, repeats blocked", repeats.sent, "s", floor=off.sent, goal=GOAL),
        at_least("of a send that repeats another, failed as such", failed_as_repeated(again), "", 1),
        at_least("and so many a second", again.requests[0].total / again.sent, "messages/s", None),
    ]


def take_turn(project: Project, path: Path, turns: Turns, *, number: int, **wish: Any) -> None:
    word = "광고" if wish else "공고"
    request, to_ready = upload(project, path, body=TEXT.format(word=word, number=number), **wish)
    turns.ready += to_ready
    turns.sent += request.total / send(project, request).rate
    turns.requests.append(request)


def switch(project: Project, *, repeats: bool, characters: bool) -> None:
    DuplicateSettings.objects.update_or_create(
        project=project, defaults={"is_on": repeats, "minutes": MINUTES}
    )
    CharacterSettings.objects.update_or_create(project=project, defaults={"replaces": characters})


def failed_as_repeated(turns: Turns) -> float:
    """The part of the messages that failed because they repeat others, of those who may be written to."""
    messages = Message.objects.filter(request__in=turns.requests)
    repeated = messages.filter(result_code=DUPLICATE).count()
    return repeated / max(1, messages.exclude(result_code=OPTED_OUT).count())
