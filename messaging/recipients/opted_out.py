"""How many rows of a checked file go to people who refuse its project's advertising.

The figure is kept on the file's result with how many opt-outs there were (entered, removed) and the newest
one's id. While all three are the same the figure is exact: those of a stopped 080 line are deleted, and what
is entered afterwards is newer. Else it is counted once more.
"""

from collections.abc import Iterator
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Count, Max

from messaging.models import RecipientFile
from messaging.policies.advertising import OPENING
from messaging.recipients.results import CheckResult
from messaging.states import FileState
from senders.models import OptOut

BLOCK = 250_000  # opt-outs that are looked for in one reading of the file
BLOCK_OF_REFUSED = """
SELECT id, country_code || E'\\t' || number FROM senders_optout
WHERE project_id = %s AND removed_at IS NULL AND id > %s ORDER BY id LIMIT %s
"""


def count_in_file(file: RecipientFile, *, include_duplicates: bool = False) -> int:
    """Rows of a CHECKED file that advertising would be refused for, as it is now; 0 for any other file.

    Takes about a second a million rows where opt-outs were entered or removed since it was counted.
    `include_duplicates`: numbers that occur twice are sent to twice.
    """
    if file.state != FileState.CHECKED or not file.result:
        return 0
    result = CheckResult.from_json(file.result)
    if result.opt_outs_seen != opt_outs_of(file.project_id) and file.staging_name:
        count_into(result, project_id=file.project_id, path=default_storage.path(file.staging_name))
        file.result = result.to_json()
        file.save(update_fields=["result"])
    return _rows_of(result, include_duplicates)


def last_counted(file: RecipientFile, *, include_duplicates: bool = False) -> int:
    """The same as it was when it was counted last, at the check at the latest: nothing is read anew."""
    if file.state != FileState.CHECKED or not file.result:
        return 0
    return _rows_of(CheckResult.from_json(file.result), include_duplicates)


def _rows_of(result: CheckResult, include_duplicates: bool) -> int:
    return result.opted_out + (result.opted_out_repeated if include_duplicates else 0)


def count_if_advertising(result: CheckResult, *, file: RecipientFile, path: str | Path) -> None:
    """Count while a file is checked, where its text is advertising: no other text asks."""
    if file.body.startswith(OPENING):
        count_into(result, project_id=file.project_id, path=path)


def count_into(result: CheckResult, *, project_id: int, path: str | Path) -> None:
    """Write into the result how many rows of its staging file are refused."""
    entered, removed, _newest = seen = opt_outs_of(project_id)
    result.opted_out = result.opted_out_repeated = 0
    for refused in _blocks_of_refused(project_id) if entered > removed else ():
        once, repeated = _count(path, refused)
        result.opted_out += once
        result.opted_out_repeated += repeated
    result.opt_outs_seen = seen


def opt_outs_of(project_id: int) -> list[int]:
    """How many opt-outs a project has, how many of them were removed, and the newest one's id or 0."""
    rows = OptOut.objects.filter(project=project_id)
    counted = rows.aggregate(entered=Count("pk"), removed=Count("removed_at"), newest=Max("pk"))
    return [counted["entered"], counted["removed"], counted["newest"] or 0]


def _blocks_of_refused(project_id: int) -> Iterator[set[bytes]]:
    """Who refuses the project's advertising, as a staging file has them: country code, TAB, number."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(BLOCK_OF_REFUSED, [project_id, last, BLOCK])
            rows = cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield {written.encode() for _id, written in rows}


def _count(path: str | Path, refused: set[bytes]) -> tuple[int, int]:
    """Rows to them: those to be sent, and those of numbers that were in the file before."""
    counted = {True: 0, False: 0}
    with open(path, "rb", buffering=1 << 20) as file:
        for line in file:
            flag, _row_number, country_code, number, _values = line.split(b"\t", 4)
            if country_code + b"\t" + number in refused:
                counted[not flag] += 1
    return counted[True], counted[False]
