"""From an upload to the last report, with the processes of the Procfile, beside the bare reader and a bare
COPY.
"""

import csv
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import python_calamine as calamine
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection

from console.accounts.models import Project
from messaging.ids import message_id, new_request_id
from messaging.models import RecipientFile, SendRequest
from messaging.policies.settings import replaces_characters
from messaging.recipients.importing import receive_file
from messaging.sending.commands import SendCommand
from messaging.sending.planning import plan_send
from messaging.sending.releasing import release_request
from messaging.states import DeliveryKind, FileState, MessageType, Purpose, RequestState
from messaging.statistics.queries import progress_of
from tests.benchmarks.bench_check import BODY, write_csv, write_xlsx
from tests.benchmarks.table import Row, against, at_least, at_most
from tests.factories import UserFactory
from tests.scratch import Processes
from tests.sends import SENDER, make_project, simulator_of

POLL_SECONDS = 0.05
LONGEST_SECONDS = 1800
BETWEEN_SINGLES = 0.25
LOAD_GOAL, RATE_GOAL, SINGLE_GOAL, MEMORY_GOAL, MB_GOAL, READER_GOAL = 3.0, 20_000, 1.0, 1.2, 300.0, 700.0
READER = "messaging.recipients.child"


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with files of `rows` rows made in `folder`."""
    project = make_project()
    files = [folder / "tenth.csv", folder / "all.csv", folder / "all.xlsx"]
    write_csv(files[0], max(rows // 10, 1))
    write_csv(files[1], rows)
    write_xlsx(files[2], rows)
    csv_floor, xlsx_floor = (floor(rows_of_csv(files[1])), floor(rows_of_xlsx(files[2])))
    processes = Processes(environment())
    try:
        processes.start()
        tenth, large, xlsx = Memory(processes), Memory(processes), Memory(processes)
        with tenth:
            small_request, _seconds = upload(project, files[0])
            send(project, small_request)
        with large:
            request, csv_seconds = upload(project, files[1])
            sent = send(project, request)
        with xlsx:
            _request, xlsx_seconds = upload(project, files[2])
    finally:
        processes.stop()
    biggest, ratio = grown(tenth, large)
    return [
        against("upload to Ready, CSV", csv_seconds, "s", floor=csv_floor, goal=LOAD_GOAL),
        against("upload to Ready, XLSX", xlsx_seconds, "s", floor=xlsx_floor, goal=LOAD_GOAL),
        at_least("Ready to Delivery Completed, reports too", sent.rate, "messages/s", RATE_GOAL),
        at_most("single send to gateway meanwhile, p99", sent.percentile(0.99), "s", SINGLE_GOAL),
        at_least("single sends meanwhile", len(sent.singles), "", None),
        at_most("memory of the largest process", large.largest, "MB", MB_GOAL),
        at_most(f"memory of {biggest}, against a tenth of the rows", ratio, "×", MEMORY_GOAL),
        at_most("memory of the reader of an XLSX", xlsx.reader, "MB", READER_GOAL),
    ]


def environment() -> dict[str, str]:
    """What the processes inherit: this scratch console."""
    return {**os.environ, "BONGSU_HOME": str(settings.BONGSU_HOME)}


# --- floors --------------------------------------------------------------------------------------


def rows_of_csv(path: Path) -> Iterator[list[str]]:
    with open(path, newline="", encoding="utf-8-sig") as file:
        yield from csv.reader(file)


def rows_of_xlsx(path: Path) -> Iterator[list[str]]:
    yield from calamine.load_workbook(str(path)).get_sheet_by_index(0).iter_rows()


def floor(rows: Iterable[list[str]]) -> float:
    """Seconds to read the rows and COPY them into a table with the columns and indexes of messages."""
    request_id = new_request_id()
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE floor (LIKE messaging_message INCLUDING ALL)")
        with cursor.copy(
            "COPY floor (id, request_id, project_id, state, row_number, country_code, recipient, values)"
            " FROM STDIN"
        ) as copy:
            for number, row in enumerate(rows):
                if number:
                    first = f"{message_id(request_id, number)}\t{request_id}\t1\tREADY\t{number}"
                    copy.write(f"{first}\t82\t{row[0]}\t{{{','.join(row[1:])}}}\n")
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE floor")
    return seconds


# --- the path ------------------------------------------------------------------------------------


def upload(project: Project, path: Path, *, body: str = BODY, **wish: Any) -> tuple[SendRequest, float]:
    """Upload, check and load a file as an operator does; the held request, and the seconds that took.

    `wish` is what else is asked of the send.
    """
    user = UserFactory()
    with open(path, "rb") as content:
        uploaded = UploadedFile(content, name=path.name, size=path.stat().st_size)
        started = time.perf_counter()
        file = receive_file(
            project=project,
            user=user,
            upload=uploaded,
            subject="",
            body=body,
            message_type=MessageType.SMS,
            replaces_characters=replaces_characters(project),
        )
    wait_for(lambda: RecipientFile.objects.get(pk=file.pk).state == FileState.CHECKED)
    given: dict[str, Any] = {
        "project": project,
        "actor": user,
        "message_type": MessageType.SMS,
        "purpose": Purpose.GENERAL,
        "sender": SENDER,
        "body": body,
        "kind": DeliveryKind.MASS,
        "recipient_file": RecipientFile.objects.get(pk=file.pk),
        "needs_release": True,
    }
    request = plan_send(SendCommand(**given | wish))
    wait_for(lambda: state_of(request.pk) == RequestState.HELD)
    return SendRequest.objects.get(pk=request.pk), time.perf_counter() - started


@dataclass
class Sent:
    """How a mass send went: messages a second, and the seconds that each single send meanwhile took."""

    rate: float = 0.0
    singles: list[float] = field(default_factory=list)

    def percentile(self, part: float) -> float:
        ordered = sorted(self.singles)
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def send(project: Project, request: SendRequest) -> Sent:
    """Release a loaded request and wait for its last report, with single sends meanwhile."""
    asked: dict[UUID, float] = {}
    stop = threading.Event()
    singles = threading.Thread(target=send_singles, args=(project, stop, asked))
    singles.start()
    started = time.perf_counter()
    try:
        release_request(request=request, actor=None)
        wait_for(lambda: state_of(request.pk) == RequestState.COMPLETED and is_reported(request))
        seconds = time.perf_counter() - started
    finally:
        stop.set()
        singles.join()
    return Sent(request.total / seconds, latencies(project, asked))


def is_reported(request: SendRequest) -> bool:
    progress = progress_of([request.pk])[request.pk]
    return progress.delivered + progress.failed == request.total


def send_singles(project: Project, stop: threading.Event, asked: dict[UUID, float]) -> None:
    """A person's general sends, one after the other and each its own; when each was accepted."""
    while not stop.is_set():
        request = plan_send(
            SendCommand(
                project=project,
                actor=None,
                message_type=MessageType.SMS,
                purpose=Purpose.GENERAL,
                sender=SENDER,
                body=f"Number {time.time_ns()}",
                recipients=["01012345678"],
            )
        )
        asked[request.pk] = time.time()
        stop.wait(BETWEEN_SINGLES)
    connection.close()


def latencies(project: Project, asked: dict[UUID, float]) -> list[float]:
    """From acceptance to the carrier's ledger, for every single send."""
    wait_for(lambda: all(state_of(request_id) == RequestState.COMPLETED for request_id in asked))
    ledger = simulator_of(project).ledger
    at_carrier = (
        "SELECT s.accepted_at FROM message m JOIN submission s ON s.seq = m.submission WHERE m.id = ?"
    )
    with ledger.reading() as database:
        return [
            database.execute(at_carrier, (str(message_id(request_id, 1)),)).fetchone()[0] - accepted_at
            for request_id, accepted_at in asked.items()
        ]


def state_of(request_id: UUID) -> str:
    return SendRequest.objects.values_list("state", flat=True).get(pk=request_id)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(POLL_SECONDS)


# --- memory --------------------------------------------------------------------------------------


class Memory(threading.Thread):
    """The most memory (MB, resident) that each line's processes had while this was watching."""

    def __init__(self, processes: Processes) -> None:
        super().__init__(daemon=True)
        self.processes = processes
        self.peaks: dict[str, float] = {}
        self.reader = 0.0
        self.over = threading.Event()

    def __enter__(self) -> "Memory":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()

    def run(self) -> None:
        while not self.over.wait(0.25):
            for name in self.processes.lines:
                for process in self.processes.members(name):
                    self.look(name, process)

    def look(self, name: str, process: psutil.Process) -> None:
        try:
            megabytes = process.memory_info().rss / 2**20
            is_reader = READER in process.cmdline()
        except psutil.NoSuchProcess:
            return
        if is_reader:
            self.reader = max(self.reader, megabytes)
        else:
            self.peaks[name] = max(self.peaks.get(name, 0), megabytes)

    @property
    def largest(self) -> float:
        return max(self.peaks.values())


def grown(small: Memory, large: Memory) -> tuple[str, float]:
    """The line whose memory grew most with the rows, and how much."""
    ratios = {name: large.peaks[name] / small.peaks[name] for name in small.peaks if name in large.peaks}
    name = max(ratios, key=lambda each: ratios[each])
    return name, ratios[name]
