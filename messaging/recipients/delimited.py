"""CSV in the encodings and with the delimiters that Korean spreadsheet programs write."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from messaging.recipients.results import FileRefused
from messaging.recipients.sheet import (
    MAX_CELL,
    MAX_COLUMNS,
    Sheet,
    column_names,
    find_header,
    in_batches,
    is_recipient_column,
)

if TYPE_CHECKING:
    from _csv import Reader

CHUNK = 1 << 20
DELIMITERS = ",;\t"
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Comes after the last line: alone when every quote is closed, otherwise at the end of the open cell.
SENTINEL = "\x01\x02 end of file \x02\x01"


def open_delimited(path: str | Path) -> Sheet:
    """Open a text file as a sheet. Raises FileRefused, also while its rows are read."""
    encoding = find_encoding(path)
    size = max(Path(path).stat().st_size, 1)
    raw = open(path, "rb", buffering=0)  # noqa: SIM115 (lives as long as the sheet)
    text = io.TextIOWrapper(io.BufferedReader(raw, CHUNK), encoding=encoding, newline="")
    if encoding.startswith("utf-16"):
        skip_bom(text)
    reader = open_reader(text)
    try:
        header, first_row = find_header(reader)
    except csv.Error as error:
        raise endless_cell(path, encoding) from error
    if is_end(header, reader):
        raise FileRefused("empty_file")

    def fraction() -> float:
        return min(text.buffer.tell() / size, 1.0)  # by way of `text`, which would close the file when let go

    return Sheet(column_names(header), safe_batches(reader, path, encoding), first_row, encoding, fraction)


def skip_bom(text: io.TextIOWrapper) -> None:
    """Step over the byte order mark of UTF-16, which the decoders with a named order leave in the text."""
    if text.read(1) != "\ufeff":
        text.seek(0)


def find_encoding(path: str | Path) -> str:
    """The encoding in which the whole file can be read. Raises FileRefused where none can, or at a NUL.

    UTF-8 is tried first: a CP949 text is practically never valid UTF-8, the other way about it may be.
    """
    with open(path, "rb") as file:
        head = file.read(256)
    marked = next((name for bom, name in BOMS if head.startswith(bom)), None) or unmarked_utf16(head)
    tried = [marked] if marked else ["utf-8", "cp949"]
    failures = []
    for encoding in tried:
        failed_at = undecodable_line(path, encoding) if encoding != "utf-32" else 1
        if failed_at is None:
            return encoding
        failures.append(failed_at)
    raise FileRefused("unknown_encoding", line=max(failures))


def unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without its mark shows as NUL in every other byte of the header."""
    even, odd, half = head[::2].count(0), head[1::2].count(0), max(len(head) // 2, 1)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def undecodable_line(path: str | Path, encoding: str) -> int | None:
    """The first line that cannot be read in an encoding; None when all can.

    Raises FileRefused for what no encoding mends: NUL, or a megabyte without an end of line.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            refuse_hopeless(text, line)
            line += text.count("\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return None


def refuse_hopeless(text: str, line: int) -> None:
    """Raise FileRefused where a stretch of text holds a NUL or is one endless line."""
    if "\0" in text:
        raise FileRefused("nul_character", row=line + text[: text.index("\0")].count("\n"))
    if len(text) >= CHUNK // 2 and "\n" not in text and "\r" not in text:
        if max(map(text.count, DELIMITERS)) > MAX_COLUMNS:
            raise FileRefused("too_many_columns", limit=MAX_COLUMNS)
        raise FileRefused("cell_too_long", row=line, limit=MAX_CELL)


def find_delimiter(line: str) -> str:
    """The delimiter of a header line: the one that sets `recipient_no` apart, else the most frequent one."""
    for delimiter in DELIMITERS:
        cells = next(csv.reader([line], delimiter=delimiter), [])
        if len(cells) > 1 and any(map(is_recipient_column, cells)):
            return delimiter
    return max(DELIMITERS, key=line.count)


def open_reader(text: Iterable[str]) -> "Reader":
    """A reader of a text with the sentinel after its last line."""
    lines = iter(text)
    first = leading_lines(lines)
    csv.field_size_limit(MAX_CELL)
    return csv.reader(chain(first, lines, [SENTINEL]), delimiter=find_delimiter(first[-1]))


def safe_batches(reader: "Reader", path: str | Path, encoding: str) -> Iterator[list[list[str]]]:
    """The rows after the header. Raises FileRefused at a quote never closed and at a cell without end."""
    try:
        for batch in in_batches(reader):
            if is_end(batch[-1], reader):
                batch.pop()
            if batch:
                yield batch
    except csv.Error as error:
        raise endless_cell(path, encoding) from error


def is_end(row: list[str], reader: "Reader") -> bool:
    """Whether a row is the sentinel alone. Raises FileRefused where an open cell swallowed it."""
    if not row or not row[-1].endswith(SENTINEL):
        return False
    if row != [SENTINEL]:
        raise FileRefused("quote_left_open", line=opened_at(row[-1].removesuffix(SENTINEL), reader.line_num))
    return True


def leading_lines(lines: Iterator[str]) -> list[str]:
    """The lines up to the first with anything in its cells; never none."""
    leading = []
    for line in lines:
        leading.append(line)
        if line.strip(DELIMITERS + " \r\n"):
            break
    return leading or [""]


def opened_at(cell: str, lines: int) -> int:
    """The line on which a cell began that runs to the end of a text, where the sentinel is its last line."""
    breaks = cell.count("\n") + cell.count("\r") - cell.count("\r\n")
    return lines - breaks - (not cell.endswith(("\n", "\r")))


def endless_cell(path: str | Path, encoding: str) -> FileRefused:
    """What to say of a cell over the limit, found by reading once more row by row.

    Where the cell runs over several lines a quote was left open and swallowed them.
    """
    line = 0
    with open(path, encoding=encoding, newline="") as text:
        reader = open_reader(text)
        try:
            for _ in reader:
                line = reader.line_num
        except csv.Error:
            pass
    if reader.line_num > line + 1:
        return FileRefused("quote_left_open", line=line + 1)
    return FileRefused("cell_too_long", row=line + 1, limit=MAX_CELL)
