"""Checking every row of a recipient file against one text.

`RowChecker.run` reads a sheet once. An ordinary row (a mobile number, filled values, nothing to escape) is
settled in the loop of `check_batch`, which is long on purpose: a function call a row would double its time.
Any other row goes to `judge`, which knows every rule; both give the same outcome for the same row, and a
test compares them.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from itertools import count
from typing import Any, TextIO

from messaging.content.length import (
    byte_length,
    compose,
    international_parts,
    normalize_newlines,
    unsendable,
)
from messaging.content.limits import UCS2
from messaging.content.rendering import compile_template, picker
from messaging.content.sender_policy import with_signature
from messaging.recipients.numbers import KOREA, Number, WrongNumber, read_number
from messaging.recipients.ordinary import SEPARATOR, encode_rows
from messaging.recipients.results import CheckJob, CheckResult, Fault, FileRefused, Note, SampleRow
from messaging.recipients.seen import SeenNumbers
from messaging.recipients.sheet import Sheet, find_columns
from messaging.recipients.staging import staging_line

MOBILE = "010"  # with 11 digits, a whole number
FIRST = 10
SAMPLE = 20
SHOWN = 200  # characters of a cell in the summary; the file of problems has it whole

INTERNATIONAL = "international_number"
MISSING_VALUE = "missing_value"
TOO_LONG = "too_long"
SUBJECT_TOO_LONG = "subject_too_long"
UNSENDABLE = "unsendable"
REPLACED = "replaced"


class RowChecker:
    """Checks the rows of one sheet; sendable ones go to `staging`, faults to `problems` (text files)."""

    def __init__(self, job: CheckJob, sheet: Sheet, staging: TextIO, problems: TextIO) -> None:
        self.job = job
        self.sheet = sheet
        self.staging = staging
        self.problems = problems
        self.template = compile_template(job.subject if job.message_type != "SMS" else "", job.body)
        self.at, *self.value_positions = find_columns(sheet.columns, self.template.keys)
        self.pick = picker(self.value_positions)
        # Rows are alike only where there are values, and the subject is the same for all and short.
        subject = self.template.subject
        self.has_fast_path = bool(
            self.template.keys and not subject.keys and subject.static_bytes <= job.subject_bytes
        )
        self.width = max(self.at, *self.value_positions, 0) + 1
        self.seen = SeenNumbers()
        self.result = CheckResult(
            encoding=sheet.encoding,
            columns=sheet.columns,
            keys=list(self.template.keys),
            max_subject_bytes=0 if subject.keys else subject.static_bytes,
            notes=[*sheet.notes, *self.ignored_columns()],
        )
        self.write_problem({"columns": sheet.columns})

    def ignored_columns(self) -> list[Note]:
        """The note about columns that the text does not use."""
        used = {self.at, *self.value_positions}
        names = [name for at, name in enumerate(self.sheet.columns) if name and at not in used]
        return [Note("ignored_columns", {"columns": names[:20], "count": len(names)})] if names else []

    def run(self, on_batch: Callable[[int, float], None]) -> CheckResult:
        """Check every row; `on_batch(rows, fraction)` is called every two thousand. Raises FileRefused."""
        row_number = self.sheet.first_row
        for batch in self.sheet.batches:
            lines = self.check_batch(row_number, batch)
            self.staging.write("".join(lines))
            row_number += len(batch)
            if self.result.total_rows > self.job.max_rows:
                raise FileRefused("too_many_rows", limit=self.job.max_rows)
            on_batch(self.result.total_rows, self.sheet.fraction())
        if not self.result.total_rows:
            raise FileRefused("no_data")
        return self.result

    def check_batch(self, first_row: int, batch: list[list[str]]) -> list[str]:
        """The staging lines of some rows. Ordinary rows are settled here, all others by `judge`."""
        if min(map(len, batch)) < self.width:
            batch = [cells + [""] * (self.width - len(cells)) for cells in batch]
        if not self.has_fast_path or len(self.result.sample) < SAMPLE:
            return [self.judge(row_number, cells) for row_number, cells in enumerate(batch, first_row)]
        at, size_of, add_mobile, judge = self.at, self.body_size(), self.seen.add_mobile, self.judge
        limit, longest, settled = self.job.body_bytes, self.result.max_body_bytes, 0
        joined_rows = list(map(SEPARATOR.join, map(self.pick, batch)))
        encoded_rows = encode_rows(joined_rows, len(self.template.keys))
        lines: list[str] = []
        for row_number, cells, joined, encoded in zip(count(first_row), batch, joined_rows, encoded_rows):
            number = cells[at]
            if (
                encoded
                and len(number) == 11
                and number.startswith(MOBILE)
                and number.isdigit()
                and number.isascii()
            ):
                size = size_of(encoded)
                # A duplicate goes on to judge, which finds its number remembered and nothing else amiss.
                if size <= limit and add_mobile(int(number)):
                    lines.append(f'\t{row_number}\t82\t{number}\t{{"{joined}"}}\n')
                    settled += 1
                    if size > longest:
                        longest = size
                    continue
            lines.append(judge(row_number, cells))
        self.result.total_rows += settled
        self.result.sendable += settled
        self.result.countries[KOREA] = self.result.countries.get(KOREA, 0) + settled
        self.result.max_body_bytes = max(longest, self.result.max_body_bytes)
        return lines

    def body_size(self) -> Callable[[bytes], int]:
        """A function from the encoded values of an ordinary row to the bytes of its body."""
        body, width = self.template.body, len(self.template.keys)
        if len(body.uses) == width and all(times == 1 for _, times in body.uses):
            rest = body.static_bytes - len(SEPARATOR) * (width - 1) - 2
            return lambda encoded: rest + len(encoded)
        separator = SEPARATOR.encode()
        return lambda encoded: body.size([len(value) for value in encoded[1:-1].split(separator)])

    def judge(self, row_number: int, cells: list[str]) -> str:
        """The staging line of any row; an empty text for one that is blank or cannot be sent."""
        if not any(map(str.strip, cells)):
            return ""
        self.result.total_rows += 1
        values = [compose(normalize_newlines(value)) for value in self.pick(cells)]
        number, faults = self.number_of(row_number, cells[self.at])
        faults += self.missing_values(row_number, values)
        if not faults and number:
            faults = self.size_faults(row_number, number, values)
        if faults or not number:
            self.refuse(faults, cells)
            return ""
        return self.accept(row_number, number, values, cells)

    def number_of(self, row_number: int, written: str) -> tuple[Number | None, list[Fault]]:
        """The number of a row, or the fault in it."""
        column = self.sheet.columns[self.at]
        try:
            number = read_number(written)
        except WrongNumber as wrong:
            reason = {"reason": wrong.reason} if wrong.reason else {}
            return None, [Fault(row_number, column, wrong.code, shown(written), reason)]
        if number.country_code != KOREA and not self.job.allow_international:
            params = {"country_code": number.country_code}
            return None, [Fault(row_number, column, INTERNATIONAL, shown(written), params)]
        return number, []

    def missing_values(self, row_number: int, values: list[str]) -> list[Fault]:
        """A fault for every placeholder without a value."""
        return [
            Fault(row_number, key, MISSING_VALUE, "")
            for key, value in zip(self.template.keys, values, strict=True)
            if not value.strip()
        ]

    def size_faults(self, row_number: int, number: Number, values: list[str]) -> list[Fault]:
        """Faults of a text that is too long once rendered, and the longest sizes seen."""
        if number.country_code != KOREA:
            text = with_signature(self.template.body.render(values), number.country_code)
            parts = international_parts(text)
            params = {"parts": parts, "limit": UCS2.max_parts}
            return [Fault(row_number, "", TOO_LONG, "", params)] if parts > UCS2.max_parts else []
        sizes = list(map(byte_length, values))
        body, subject = self.template.body.size(sizes), self.template.subject.size(sizes)
        self.result.max_body_bytes = max(self.result.max_body_bytes, body)
        self.result.max_subject_bytes = max(self.result.max_subject_bytes, subject)
        faults = []
        if body > self.job.body_bytes:
            faults.append(Fault(row_number, "", TOO_LONG, "", {"bytes": body, "limit": self.job.body_bytes}))
        if subject > self.job.subject_bytes:
            params = {"bytes": subject, "limit": self.job.subject_bytes}
            faults.append(Fault(row_number, "", SUBJECT_TOO_LONG, "", params))
        return faults if self.job.replaces_characters else faults + self.odd_values(row_number, values)

    def odd_values(self, row_number: int, values: list[str]) -> list[Fault]:
        """A fault for every value that holds characters which carriers cannot show."""
        return [
            Fault(row_number, key, UNSENDABLE, shown(value), {"characters": characters})
            for key, value in zip(self.template.keys, values, strict=True)
            if (characters := distinct(unsendable(value)))
        ]

    def refuse(self, faults: list[Fault], cells: list[str]) -> None:
        """Count a row that cannot be sent, by its first fault; write all of them."""
        first = faults[0]
        self.result.problems[first.code] = self.result.problems.get(first.code, 0) + 1
        if first.code == MISSING_VALUE:
            self.result.missing[first.column] = self.result.missing.get(first.column, 0) + 1
        if first.code == TOO_LONG and "bytes" in first.params:
            self.result.too_long += 1
            keep_first(self.result.first_too_long, first)
        for fault in faults:
            keep_first(self.result.first_problems, fault)
            self.write_fault(fault, cells)

    def accept(self, row_number: int, number: Number, values: list[str], cells: list[str]) -> str:
        """The staging line of a row that can be sent, or that would be if its number had not come before."""
        column, written = self.sheet.columns[self.at], shown(cells[self.at])
        duplicate = not self.seen.add(number.country_code, number.number)
        if duplicate:
            self.result.duplicates += 1
            add_one(self.result.countries_repeated, number.country_code)
            self.result.unsendable_repeated += number.country_code == KOREA and any(map(unsendable, values))
            keep_first(self.result.first_duplicates, Fault(row_number, column, "duplicate", written))
        else:
            self.count_sendable(row_number, number, values, cells)
        return staging_line(row_number, number.country_code, number.number, values, duplicate=duplicate)

    def count_sendable(self, row_number: int, number: Number, values: list[str], cells: list[str]) -> None:
        """Count a row that can be sent, and what its owner should know about it."""
        result = self.result
        result.sendable += 1
        add_one(result.countries, number.country_code)
        if len(result.sample) < SAMPLE:
            result.sample.append(SampleRow(row_number, number.country_code, number.number, values))
        if number.country_code != KOREA:
            result.international += 1
            return
        if number.repaired:
            result.repaired += 1
            params = {"number": number.number}
            column, written = self.sheet.columns[self.at], shown(cells[self.at])
            keep_first(result.first_repaired, Fault(row_number, column, "repaired", written, params))
        self.note_unsendable(row_number, values, cells)

    def note_unsendable(self, row_number: int, values: list[str], cells: list[str]) -> None:
        """Count a row in whose values a character becomes `?`."""
        if faults := self.odd_values(row_number, values):
            self.result.unsendable += 1
            for fault in faults:
                keep_first(self.result.first_unsendable, fault)
                self.write_fault(replace(fault, code=REPLACED), cells)

    def write_fault(self, fault: Fault, cells: list[str]) -> None:
        """One line of the file of problems."""
        params = {"params": fault.params} if fault.params else {}
        self.write_problem(
            {"row": fault.row, "column": fault.column, "code": fault.code, **params, "cells": cells}
        )

    def write_problem(self, entry: dict[str, Any]) -> None:
        """One JSON line; the first one of a file holds its columns."""
        self.problems.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")


def check_sheet(job: CheckJob, sheet: Sheet) -> tuple[CheckResult, str, str]:
    """Check a small sheet in memory: (result, staging text, problems text). Raises FileRefused."""
    staging, problems = StringIO(newline="\n"), StringIO(newline="\n")
    result = RowChecker(job, sheet, staging, problems).run(lambda rows, fraction: None)
    return result, staging.getvalue(), problems.getvalue()


def add_one(counts: dict[int, int], country_code: int) -> None:
    """Count one more of a country."""
    counts[country_code] = counts.get(country_code, 0) + 1


def keep_first(faults: list[Fault], fault: Fault) -> None:
    """Keep a fault while fewer than ten are kept."""
    if len(faults) < FIRST:
        faults.append(fault)


def shown(text: str) -> str:
    """A cell as the summary keeps it."""
    return text[:SHOWN]


def distinct(found: list[tuple[int, str]]) -> list[str]:
    """The characters of an answer of `unsendable`, each once, ten at most."""
    return list(dict.fromkeys(character for _, character in found))[:FIRST]
