"""Reading a backup file: one row after the other, each checked, none believed.

A file comes back from a storage that others write to, or from somebody's disk. It is read as a stream, so
that its size costs time and no memory, and every line, field and list has a limit. Pure: what it says of
other rows of the database is for `messaging.history.restoring` to look up.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from messaging.history.columns import COLUMNS, VERSION, WRITTEN_BY_PEOPLE, Row
from messaging.history.writing import QUOTED
from messaging.ids import MAX_ORDINAL, ordinal_of, request_of
from messaging.models.backup import BackupFormat
from messaging.states import MessageState

MOST_CHARACTERS = 16 << 20  # of a line, which may hold all that was counted of a request
MOST_VALUES = 1000
DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)
STATES = frozenset(MessageState.values)


class WrongFile(ValueError):
    """The file is not what it should be: in which row (from 1, 0 for the whole file), and what is wrong."""

    def __init__(self, row: int, what: str) -> None:
        super().__init__(f"row {row:,}: {what}" if row else what)
        self.row = row
        self.what = what


@dataclass(frozen=True, slots=True)
class Entry:
    """One checked row: `message` is what the table of messages takes, or None; `details` of a first row."""

    request_id: UUID
    message: tuple[Any, ...] | None
    details: dict[str, Any] | None


MESSAGE_COLUMNS = (
    "id",
    "request_id",
    "country_code",
    "recipient",
    "state",
    "result_code",
    "telco",
    "submitted_at",
    "finished_at",
    "reported_at",
    "converted_at",
    "row_number",
    "uid",
    "values",
)


def entries(file: IO[bytes], file_format: str) -> Generator[Entry, None, None]:
    """The rows of the file, whose ids must rise. Raises WrongFile."""
    number, last = 0, (UUID(int=0), UUID(int=0))
    try:
        for number, row in enumerate(rows_of(file, file_format), 1):  # noqa: B007 - for what is raised
            entry = _entry(row, is_first=row.request_id != str(last[0]))
            here = (entry.request_id, entry.message[0] if entry.message else entry.request_id)
            if here <= last:
                raise ValueError("rows must come in the order of their ids, each once")
            yield entry
            last = here
    except WrongFile:
        raise
    except (ValueError, TypeError, KeyError, csv.Error, RecursionError) as error:
        raise WrongFile(number, str(error)[:200]) from error
    except (OSError, EOFError, zlib.error) as error:
        raise WrongFile(0, f"the file is damaged: {error}"[:200]) from error


def rows_of(file: IO[bytes], file_format: str) -> Iterator[Row]:
    """The rows as text. Raises ValueError and what reading raises."""
    is_packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    content: Any = gzip.GzipFile(fileobj=file, mode="rb") if is_packed else file
    read = _csv_rows if file_format == BackupFormat.CSV else _json_rows
    text = io.TextIOWrapper(content, encoding="utf-8", newline="")
    try:
        yield from read(text)
    finally:
        text.detach()  # whoever opened the file closes it


def _lines(text: IO[str]) -> Iterator[str]:
    while line := text.readline(MOST_CHARACTERS):
        if len(line) == MOST_CHARACTERS:
            raise ValueError("a line is too long")
        yield line


def _csv_rows(text: IO[str]) -> Iterator[Row]:
    with _long_fields():
        rows = csv.reader(_lines(text), strict=True)
        if next(rows, None) != list(COLUMNS):
            raise WrongFile(0, "the first line does not name the columns of a backup file")
        for cells in rows:
            if len(cells) != len(COLUMNS):
                raise ValueError("a row has another number of columns than the first line")
            for at in WRITTEN_BY_PEOPLE:
                cells[at] = _unquoted(cells[at])
            yield Row(*cells)


@contextmanager
def _long_fields() -> Iterator[None]:
    before = csv.field_size_limit(MOST_CHARACTERS)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _unquoted(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(QUOTED) else cell


def _json_rows(text: IO[str]) -> Iterator[Row]:
    for line in _lines(text):
        found = json.loads(line)
        if not isinstance(found, dict) or not all(isinstance(cell, str) for cell in found.values()):
            raise ValueError("a line is no object of texts")
        yield Row(**found)


def _entry(row: Row, *, is_first: bool) -> Entry:
    if any("\0" in cell for cell in row):
        raise ValueError("a character that no text has")
    request_id = UUID(row.request_id)
    if request_of(request_id) != request_id:
        raise ValueError("request_id is no id of a request")
    if bool(row.request) != is_first:
        raise ValueError("what belongs to a request stands on its first row")
    message = _message(row, request_id) if row.message_id else None
    return Entry(request_id, message, _details(row.request) if is_first else None)


def _message(row: Row, request_id: UUID) -> tuple[Any, ...]:
    """In the order of MESSAGE_COLUMNS."""
    message_id = UUID(row.message_id)
    if request_of(message_id) != request_id or not 0 < ordinal_of(message_id) <= MAX_ORDINAL:
        raise ValueError("message_id is no id of a message of the request")
    if not DIGITS.fullmatch(row.recipient) or row.state not in STATES:
        raise ValueError("recipient or state cannot be")
    return (
        message_id,
        request_id,
        _number(row.country, 32_767),
        row.recipient,
        row.state,
        _short(row.code, 8),
        _short(row.network, 10),
        _moment(row.handed_over_at),
        _moment(row.finished_at),
        _moment(row.reported_at),
        _moment(row.converted_at),
        _number(row.row, 2**31 - 1) if row.row else None,
        _short(row.uid, 100),
        _values(row.values),
    )


def _number(written: str, most: int) -> int:
    if not (written.isascii() and written.isdigit()) or len(written) > 10 or int(written) > most:
        raise ValueError("a number cannot be")
    return int(written)


def _short(written: str, most: int) -> str | None:
    if len(written) > most:
        raise ValueError("a text is too long")
    return written or None


def _moment(written: str) -> datetime | None:
    if not written:
        return None
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError("a time has no zone")
    return moment


def _values(written: str) -> list[str] | None:
    if not written:
        return None
    values = json.loads(written)
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        raise ValueError("values are no list")
    if not all(isinstance(value, str) and "\0" not in value for value in values):
        raise ValueError("values are no texts")
    return values


def _details(written: str) -> dict[str, Any]:
    details = json.loads(written)
    if not isinstance(details, dict) or details.get("version") != VERSION:
        raise ValueError("what belongs to the request is of another version")
    kinds = {"service": str, "fields": dict, "parts": list, "counts": list}
    if not all(isinstance(details.get(name), kind) for name, kind in kinds.items()):
        raise ValueError("what belongs to the request is not complete")
    return details
