"""How long a file of UIDs takes, from its upload to the last contact, and the pages and tags over its rows.

Saving is measured beside the least that anybody could do: the same UIDs, and the same contacts in the order
of the file, by COPY into copies of both tables with all their indexes, nothing looked up and nothing counted.
"""

import csv
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from console.accounts.models import Project, User
from messaging.audience.bulk import BulkAction, begin, go_on
from messaging.audience.importing import Outcome, check_uid_file, receive_uid_file, start_saving
from messaging.audience.saving import save_uid_file
from messaging.audience.tags import add_tag, counts_of
from messaging.audience.uids import UidSearch, contacts_of, count_uids, tags_of, uid_page
from messaging.models import Tag, UidImport
from tests.benchmarks.table import Row, against, at_most
from tests.factories import ProjectFactory, UserFactory

CONTACTS_OF_A_UID = 3
SAVE_GOAL = 3.0
MS_GOAL = 300.0
BARE = """
CREATE TABLE bare_uid (LIKE messaging_uid INCLUDING ALL);
CREATE TABLE bare_contact (LIKE messaging_contact INCLUDING ALL);
"""


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with a file of `rows` rows; entries as the table of benchmarks keeps them."""
    project, user = ProjectFactory(), UserFactory()
    path = folder / "uids.csv"
    write_csv(path, rows)
    floor = bare_copy(project, rows)
    file = receive(project, user, path)
    checking = timed(lambda: check_uid_file(file.pk))
    saving = timed(lambda: save(file))
    again = receive(project, user, path)
    check_uid_file(again.pk)
    saving_again = timed(lambda: save(again))
    tag = add_tag(project=project, name="everybody")
    tagging = timed(lambda: tag_all(project, tag))
    return [
        at_most("read and count a file of UIDs", checking, "s", 60.0),
        against("save a file of UIDs", saving, "s", floor=floor, goal=SAVE_GOAL),
        against("save the same file once more", saving_again, "s", floor=floor, goal=SAVE_GOAL),
        against("put a tag on all of them, in steps", tagging, "s", floor=floor, goal=None),
        *(at_most(name, worst(query), "ms", MS_GOAL) for name, query in queries(project, tag).items()),
    ]


def made_rows(rows: int) -> Iterator[tuple[str, str]]:
    """UIDs with three numbers each, in no order."""
    chosen = random.Random(2)
    order = list(range(rows))
    chosen.shuffle(order)
    for n in order:
        yield f"member-{n // CONTACTS_OF_A_UID:08}", f"010{n:08}"


def write_csv(path: Path, rows: int) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["uid", "phoneNumber"])
        writer.writerows(made_rows(rows))


def bare_copy(project: Project, rows: int) -> float:
    """Seconds of the bare COPY of as many UIDs and contacts."""
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        started = time.perf_counter()
        with cursor.copy("COPY bare_uid (id, project_id, uid, created_at) FROM STDIN") as copy:
            for n in range(-(-rows // CONTACTS_OF_A_UID)):
                copy.write(f"{n}\t{project.pk}\tmember-{n:08}\t2026-11-22 00:00+00\n")
        columns = "(project_id, uid_id, kind, country_code, value, created_at)"
        with cursor.copy(f"COPY bare_contact {columns} FROM STDIN") as copy:
            for uid, number in made_rows(rows):
                uid_id = int(uid.removeprefix("member-"))
                copy.write(f"{project.pk}\t{uid_id}\tPHONE\t82\t{number}\t2026-11-22 00:00+00\n")
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE bare_uid, bare_contact")
    return seconds


def receive(project: Project, user: User, path: Path) -> UidImport:
    upload = SimpleUploadedFile(path.name, path.read_bytes())
    return receive_uid_file(project=project, user=user, upload=upload)


def save(file: UidImport) -> None:
    """Save a checked file. Raises RuntimeError where not all was saved: nothing was measured then."""
    start_saving(file=file, tag_ids=[])
    save_uid_file(file.pk)
    file.refresh_from_db()
    outcome = Outcome.from_json(file.result or {})
    if file.state != "SAVED" or outcome.saved.contacts != outcome.found.new_contacts:
        raise RuntimeError(file.state, file.problem_code, outcome.saved)


def tag_all(project: Project, tag: Tag) -> None:
    """Put a tag on every UID, in steps as a page does."""
    progress = begin(project=project, search=UidSearch())
    while not progress.is_done:
        progress = go_on(
            project=project, search=UidSearch(), action=BulkAction.TAG, tag=tag, progress=progress
        )


def queries(project: Project, tag: Tag) -> dict[str, Callable[[], Any]]:
    """What a page of UIDs asks, by the search that it shows."""

    def page(search: UidSearch, cursor: str = "") -> Callable[[], Any]:
        def shown() -> None:
            found = uid_page(project=project, search=search, cursor=cursor)
            contacts_of(found.rows, most=3), tags_of(found.rows)
            count_uids(project=project, search=search)

        return shown

    return {
        "UIDs, the first page": page(UidSearch()),
        "UIDs, a page far down": page(UidSearch(), f">{tag.project_id + 50}"),
        "UIDs that begin with what all begin with": page(UidSearch("member")),
        "UIDs that begin rarely": page(UidSearch("member-0000001")),
        "UIDs of one number": page(UidSearch(number=(82, "01000000001"))),
        "UIDs of a tag": page(UidSearch(tag_id=tag.pk)),
        "UIDs of a tag that begin rarely": page(UidSearch("member-00001", tag_id=tag.pk)),
        "UIDs of every tag, counted": lambda: counts_of([tag]),
    }


def worst(query: Callable[[], Any]) -> float:
    """The slowest of three times, in milliseconds, after one that fills the caches."""
    query()
    return max(timed(query) for _ in range(3)) * 1000


def timed(work: Callable[[], None]) -> float:
    """Seconds that a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
