"""The staging file: the rows of a checked file, ready for COPY.

One line a row that can be sent or is a duplicate, UTF-8, in the text format of PostgreSQL's COPY:

    flag TAB row_number TAB country_code TAB recipient TAB values NEWLINE

`flag` is empty for a row to send and `D` for a number seen before in the file. `values` is the literal of a
`text[]` in the order of the template's keys. Every line that `read_staging` yields begins with the TAB
after the flag, so a loader writes `prefix + line` where the prefix is its own columns ("id TAB request"),
and COPY lists `(…its columns…, row_number, country_code, recipient, values)`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

DUPLICATE = "D"

# A character goes through two parsers: COPY first, then the array literal, where every element is quoted.
ESCAPES = str.maketrans({"\\": "\\\\\\\\", '"': '\\\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r"})
ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
COPY_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ARRAY_ESCAPE = COPY_ESCAPE
COPY_LETTERS = {"t": "\t", "n": "\n", "r": "\r"}


class StagedRow(NamedTuple):
    """One line, read back."""

    row_number: int
    country_code: int
    recipient: str
    values: list[str]
    duplicate: bool


def array_literal(values: Sequence[str]) -> str:
    """A `text[]` of the values, escaped for COPY. No value may hold NUL, which PostgreSQL cannot store."""
    if not values:
        return "{}"
    return '{"' + '","'.join(value.translate(ESCAPES) for value in values) + '"}'


def staging_line(
    row_number: int, country_code: int, recipient: str, values: Sequence[str], *, duplicate: bool = False
) -> str:
    """One line of the file, its newline included."""
    flag = DUPLICATE if duplicate else ""
    return f"{flag}\t{row_number}\t{country_code}\t{recipient}\t{array_literal(values)}\n"


def read_staging(
    path: str | Path, start_line: int = 0, limit: int | None = None, include_duplicates: bool = False
) -> Iterator[bytes]:
    """Lines `[start_line : start_line + limit]` of those asked for, without their flag, with newline."""
    stop = None if limit is None else start_line + limit
    with open(path, "rb", buffering=1 << 20) as file:
        yield from islice(chosen_lines(file, include_duplicates), start_line, stop)


def chosen_lines(file: Iterable[bytes], include_duplicates: bool) -> Iterator[bytes]:
    """Every line from its first TAB on; those of duplicates only where asked for."""
    if include_duplicates:
        return (line.removeprefix(b"D") for line in file)
    return (line for line in file if line[0] == 9)  # 9: a TAB, so no flag


def parse_line(line: bytes) -> StagedRow:
    """A line of the file, or one that `read_staging` yielded. Raises ValueError when it is neither."""
    flag, row_number, country_code, recipient, literal = line.decode().removesuffix("\n").split("\t")
    array = COPY_ESCAPE.sub(copy_character, literal)
    values = [ARRAY_ESCAPE.sub(r"\1", element) for element in ELEMENT.findall(array)]
    return StagedRow(int(row_number), int(country_code), recipient, values, flag == DUPLICATE)


def copy_character(match: re.Match[str]) -> str:
    """What COPY reads for a backslash and a character."""
    return COPY_LETTERS.get(match[1], match[1])
