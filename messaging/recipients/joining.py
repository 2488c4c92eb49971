"""What of a checked file joins a list of typed numbers: each number once, and what is wrong as it stands in
the file, to be mended there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from messaging.recipients.numbers import Number
from messaging.recipients.one_number import as_written
from messaging.recipients.staging import parse_line, read_staging
from messaging.recipients.typed import MAX_TYPED, TypedRecipients, entries_of


@dataclass(frozen=True, slots=True)
class Joining:
    """Entries for the list. `known` numbers of the file stand there already, and are left out."""

    entries: list[str]
    known: int


def joining(*, typed: TypedRecipients, staging: Path, problems: Path) -> Joining:
    """What joins the list that holds `typed`. Raises OSError where what the check wrote is gone."""
    there = {(each.country_code, each.number) for each in typed.numbers}
    found = list(_numbers(staging))
    new = [each for each in found if (each.country_code, each.number) not in there]
    return Joining([*map(as_written, new), *_wrong_cells(problems)], len(found) - len(new))


def _numbers(staging: Path) -> Iterator[Number]:
    for line in read_staging(staging, limit=MAX_TYPED):
        row = parse_line(line)
        yield Number(row.country_code, row.recipient)


def _wrong_cells(problems: Path) -> Iterator[str]:
    """The cells of numbers that are none; a row without one has nothing to mend."""
    with open(problems, encoding="utf-8", newline="\n") as lines:
        columns = json.loads(next(lines, '{"columns": []}'))["columns"]
        for line in islice(lines, MAX_TYPED):
            fault = json.loads(line)
            at = columns.index(fault["column"]) if fault["column"] in columns else len(fault["cells"])
            yield from entries_of(" ".join(fault["cells"][at : at + 1]))
