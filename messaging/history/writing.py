"""Rows of history as lines of a CSV or of JSON, compressed as they come; and how such a file is counted.

The same rows make the same bytes, so that a file written anew is the file that was there. In a CSV, what
people wrote and what looks like a formula to a spreadsheet begins with a quote; what begins with a quote gets
another, so that it can be read back as it was.
"""

import csv
import hashlib
import io
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO

from messaging.history.columns import COLUMNS, WRITTEN_BY_PEOPLE
from messaging.models.backup import BackupFormat
from messaging.recipients.export_safety import DANGEROUS

LEVEL = 1  # gzip's quickest: texts repeat, so that more effort gains little
GZIP = 16 + zlib.MAX_WBITS
BLOCK = 1 << 20
QUOTED = ("'", *DANGEROUS)
LINE_END = b"\r\n"
SUFFIXES = {BackupFormat.CSV: ".csv.gz", BackupFormat.JSON_LINES: ".jsonl.gz"}


@dataclass(frozen=True)
class Written:
    """What was written: how many rows, how many bytes on the disk, and their SHA-256 as hexadecimal."""

    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows that are lines of the file already."""

    rows: int
    content: bytes


Block = Lines | Sequence[Sequence[str]]


def write_rows(file: IO[bytes], file_format: str, blocks: Iterable[Block]) -> Written:
    """Write blocks of rows (`messaging.history.columns`), compressed; memory holds one block at a time."""
    compress = zlib.compressobj(LEVEL, wbits=GZIP)
    digest, rows, size = hashlib.sha256(), 0, 0
    lines = LINES[BackupFormat(file_format)]

    def out(content: bytes) -> int:
        digest.update(content)
        return file.write(content)

    if file_format == BackupFormat.CSV:
        size += out(compress.compress(csv_lines([COLUMNS])))
    for block in blocks:
        made = block if isinstance(block, Lines) else Lines(len(block), lines(block))
        rows += made.rows
        size += out(compress.compress(made.content))
    size += out(compress.flush())
    return Written(rows, size, digest.hexdigest())


def csv_lines(block: Iterable[Sequence[str]]) -> bytes:
    """The rows as CSV."""
    text = io.StringIO(newline="")
    write = csv.writer(text, lineterminator="\r\n")
    write.writerows(block)
    return text.getvalue().encode()


def quoted(cells: list[str]) -> list[str]:
    """The cells of a row with a quote before what must not look like a formula."""
    for at in WRITTEN_BY_PEOPLE:
        cells[at] = quoted_cell(cells[at])
    return cells


def quoted_cell(cell: str) -> str:
    return "'" + cell if cell.startswith(QUOTED) else cell


def safe_csv_lines(block: Iterable[Sequence[str]]) -> bytes:
    return csv_lines(quoted(list(cells)) for cells in block)


def json_lines(block: Iterable[Sequence[str]]) -> bytes:
    """The rows as JSON lines; what is empty is left out."""
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
    named = ({name: cell for name, cell in zip(COLUMNS, cells, strict=True) if cell} for cells in block)
    return "".join(f"{dump(row)}\n" for row in named).encode()


LINES: dict[BackupFormat, Callable[[Iterable[Sequence[str]]], bytes]] = {
    BackupFormat.CSV: safe_csv_lines,
    BackupFormat.JSON_LINES: json_lines,
}


class NotThatFile(ValueError):
    """What is read back is no whole file of ours."""


def count_back(file: IO[bytes], file_format: str) -> Written:
    """Read a file back: its rows, bytes and SHA-256. Raises NotThatFile where it is no whole gzip file."""
    unpack = zlib.decompressobj(wbits=GZIP)
    count = _CsvCounter() if file_format == BackupFormat.CSV else _LineCounter()
    digest, size = hashlib.sha256(), 0
    try:
        while content := file.read(BLOCK):
            digest.update(content)
            size += len(content)
            while content:
                count.add(unpack.decompress(content, 4 * BLOCK))
                content = unpack.unconsumed_tail
        count.add(unpack.flush())
    except zlib.error as error:
        raise NotThatFile(str(error)) from error
    if not unpack.eof or unpack.unused_data:
        raise NotThatFile("cut short")
    return Written(count.rows, size, digest.hexdigest())


class _LineCounter:
    """Counts the lines of JSON."""

    rows = 0

    def add(self, content: bytes) -> None:
        self.rows += content.count(b"\n")


class _CsvCounter:
    """Counts the rows of a CSV, without its header: ends of lines that stand outside of quotes."""

    def __init__(self) -> None:
        self.rows = -1
        self.is_quoted = False
        self.held = b""

    def add(self, content: bytes) -> None:
        content = self.held + content
        self.held = content[-1:] if content.endswith(b"\r") else b""
        parts = content[: len(content) - len(self.held)].split(b'"')
        outside = parts[1::2] if self.is_quoted else parts[::2]
        self.rows += b'"'.join(outside).count(LINE_END)
        self.is_quoted ^= len(parts) % 2 == 0
