"""A sheet being read: its header, and its rows one after the other, whatever file they come from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from messaging.content.rendering import RECIPIENT_COLUMN
from messaging.recipients.results import FileRefused, Note

MAX_COLUMNS = 702  # A to ZZ
MAX_CELL = 32_767  # characters, as Excel
BATCH = 2000


@dataclass(slots=True)
class Sheet:
    """Lists of rows; a row is a list of texts. The first is row `first_row`, as a spreadsheet numbers it.

    No batch is empty. A row may be shorter or longer than `columns`. `fraction()` tells how much was read,
    0 to 1.
    """

    columns: list[str]
    batches: Iterator[list[list[str]]]
    first_row: int
    encoding: str
    fraction: Callable[[], float]
    notes: list[Note] = field(default_factory=list)


def in_batches(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    """Rows in lists of two thousand."""
    while batch := list(islice(rows, BATCH)):
        yield batch


def column_name(text: str) -> str:
    """A header as it is meant: without the spaces and marks around it."""
    return text.strip().strip("\ufeff\u200b").strip()


def column_names(header: Sequence[str]) -> list[str]:
    """The names of a header's columns."""
    return list(map(column_name, header))


def is_recipient_column(text: str) -> bool:
    """Whether a header is `recipient_no`, in whatever case."""
    return column_name(text).casefold() == RECIPIENT_COLUMN


def find_header(rows: Iterator[list[str]]) -> tuple[list[str], int]:
    """(header as written, number of the row after it): the first row that is not blank."""
    for row_number, row in enumerate(rows, 1):
        if any(map(str.strip, row)):
            if len(row) > MAX_COLUMNS:
                raise FileRefused("too_many_columns", limit=MAX_COLUMNS)
            return row, row_number + 1
    raise FileRefused("empty_file")


def find_columns(columns: Sequence[str], keys: Sequence[str]) -> list[int]:
    """Positions of `recipient_no` and of each key. Raises FileRefused where one is missing or twice."""
    positions = positions_of(RECIPIENT_COLUMN, columns)
    if not positions:
        raise FileRefused("no_recipient_column", columns=[name for name in columns if name][:10])
    found = [positions, *(positions_of(key, columns) for key in keys)]
    missing = [key for key, at in zip(keys, found[1:], strict=True) if not at]
    if missing:
        raise FileRefused("missing_columns", columns=missing)
    for name, at in zip((RECIPIENT_COLUMN, *keys), found, strict=True):
        if len(at) > 1:
            raise FileRefused("duplicate_column", column=name, positions=[position + 1 for position in at])
    return [at[0] for at in found]


def positions_of(name: str, columns: Sequence[str]) -> list[int]:
    """Where a column stands: by its exact name, or else in any case."""
    exact = [at for at, column in enumerate(columns) if column == name]
    folded = name.casefold()
    return exact or [at for at, column in enumerate(columns) if column.casefold() == folded]
