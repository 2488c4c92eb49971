"""Reading every row of a file of UIDs: `uid,phoneNumber`, a row for each contact.

The guide's example (`sms_uuid1,01012345678`) has no header, so a first row that names no columns is a row
like any other. An ordinary row is settled in the loop of `read_batch`; any other goes to `judge`, which knows
every rule. Lines of the staging file are ready for COPY:

    uid TAB country_code TAB number NEWLINE
"""

import json
from collections.abc import Callable, Sequence
from io import StringIO
from itertools import chain
from typing import Any, TextIO

from messaging.recipients.numbers import KOREA, Number, WrongNumber, read_number
from messaging.recipients.results import Fault, FileRefused, Note
from messaging.recipients.sheet import Sheet
from messaging.recipients.uid_results import UidJob, UidResult, UidSample

UID_COLUMN, NUMBER_COLUMN = "uid", "phoneNumber"
UID_NAMES = frozenset({"uid", "uuid", "userid"})
NUMBER_NAMES = frozenset({"phonenumber", "phone", "mobile", "recipientno", "전화번호", "휴대폰번호"})
MAX_UID = 100
FIRST = 10
SAMPLE = 5
SHOWN = 200  # characters of a cell in the summary; the file of problems has it whole
AROUND = " \t\r\n\ufeff\u200b\xa0"

MISSING_UID = "missing_uid"
UID_TOO_LONG = "uid_too_long"
UID_CHARACTERS = "uid_characters"


class WrongUid(ValueError):
    """Not a UID. `code`: MISSING_UID, UID_TOO_LONG or UID_CHARACTERS; `params` are those of its sentence."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


def read_uid(written: str) -> str:
    """The UID that a cell or a line means: as written, without the blanks around it. Raises WrongUid."""
    uid = written.strip(AROUND)
    if not uid:
        raise WrongUid(MISSING_UID)
    if len(uid) > MAX_UID:
        raise WrongUid(UID_TOO_LONG, length=len(uid), limit=MAX_UID)
    if not uid.isprintable():
        raise WrongUid(UID_CHARACTERS)
    return uid


def uid_line(uid: str, country_code: int, number: str) -> str:
    """One line of the staging file, its newline included. A UID holds no control characters."""
    return "{}\t{}\t{}\n".format(uid.replace("\\", "\\\\"), country_code, number)


class UidReader:
    """Reads the rows of one sheet; those that can be saved go to `staging`, faults to `problems`."""

    def __init__(self, job: UidJob, sheet: Sheet, staging: TextIO, problems: TextIO) -> None:
        self.job = job
        self.sheet = sheet
        self.staging = staging
        self.problems = problems
        self.uid_at, self.number_at, has_header = find_uid_columns(sheet.columns)
        self.width = max(self.uid_at, self.number_at) + 1
        columns = sheet.columns if has_header else [UID_COLUMN, NUMBER_COLUMN]
        self.uid_name, self.number_name = (
            (columns[self.uid_at], columns[self.number_at]) if has_header else columns
        )
        self.result = UidResult(sheet.encoding, columns, has_header, notes=[*sheet.notes, *self.ignored()])
        self.write_problem({"columns": columns})

    def ignored(self) -> list[Note]:
        """The note about columns that are not read."""
        used = {self.uid_at, self.number_at}
        names = [name for at, name in enumerate(self.sheet.columns) if name and at not in used]
        return [Note("ignored_columns", {"columns": names[:20], "count": len(names)})] if names else []

    def run(self, on_batch: Callable[[int, float], None]) -> UidResult:
        """Read every row; `on_batch(rows, fraction)` is called every two thousand. Raises FileRefused."""
        row_number = self.sheet.first_row
        first = [] if self.result.has_header else [[self.sheet.columns]]
        row_number -= len(first)
        for batch in chain(first, self.sheet.batches):
            self.staging.write("".join(self.read_batch(row_number, batch)))
            row_number += len(batch)
            if self.result.total_rows > self.job.max_rows:
                raise FileRefused("too_many_rows", limit=self.job.max_rows)
            on_batch(self.result.total_rows, self.sheet.fraction())
        if not self.result.total_rows:
            raise FileRefused("no_data")
        return self.result

    def read_batch(self, first_row: int, batch: list[list[str]]) -> list[str]:
        """The staging lines of some rows. Ordinary rows are settled here, all others by `judge`."""
        if min(map(len, batch)) < self.width:
            batch = [cells + [""] * (self.width - len(cells)) for cells in batch]
        if len(self.result.sample) < SAMPLE:
            return [self.judge(row_number, cells) for row_number, cells in enumerate(batch, first_row)]
        uid_at, number_at, judge, settled = self.uid_at, self.number_at, self.judge, 0
        lines: list[str] = []
        for row_number, cells in enumerate(batch, first_row):
            uid, number = cells[uid_at], cells[number_at]
            if (
                len(number) == 11
                and number.startswith("010")
                and number.isdigit()
                and number.isascii()
                and 0 < len(uid) <= MAX_UID
                and uid.isprintable()
                and "\\" not in uid
                and uid[0] not in AROUND
                and uid[-1] not in AROUND
            ):
                lines.append(f"{uid}\t82\t{number}\n")
                settled += 1
                continue
            lines.append(judge(row_number, cells))
        self.result.total_rows += settled
        self.result.usable += settled
        return lines

    def judge(self, row_number: int, cells: list[str]) -> str:
        """The staging line of any row; an empty text for one that is blank or cannot be saved."""
        if not any(map(str.strip, cells)):
            return ""
        self.result.total_rows += 1
        uid, faults = self.uid_of(row_number, cells[self.uid_at])
        number, wrong = self.number_of(row_number, cells[self.number_at])
        faults += wrong
        if faults or not number:
            self.refuse(faults, cells)
            return ""
        self.accept(row_number, uid, number, cells)
        return uid_line(uid, number.country_code, number.number)

    def uid_of(self, row_number: int, written: str) -> tuple[str, list[Fault]]:
        """The UID of a row, or the fault in it."""
        try:
            return read_uid(written), []
        except WrongUid as wrong:
            return "", [Fault(row_number, self.uid_name, wrong.code, written[:SHOWN], wrong.params)]

    def number_of(self, row_number: int, written: str) -> tuple[Number | None, list[Fault]]:
        """The number of a row, or the fault in it."""
        try:
            return read_number(written), []
        except WrongNumber as wrong:
            reason = {"reason": wrong.reason} if wrong.reason else {}
            return None, [Fault(row_number, self.number_name, wrong.code, written[:SHOWN], reason)]

    def refuse(self, faults: list[Fault], cells: list[str]) -> None:
        """Count a row that cannot be saved, by its first fault; write all of them."""
        code = faults[0].code
        self.result.problems[code] = self.result.problems.get(code, 0) + 1
        for fault in faults:
            keep_first(self.result.first_problems, fault)
            params = {"params": fault.params} if fault.params else {}
            entry = {"row": fault.row, "column": fault.column, "code": fault.code, **params, "cells": cells}
            self.write_problem(entry)

    def accept(self, row_number: int, uid: str, number: Number, cells: list[str]) -> None:
        """Count a row that can be saved, and what its owner should know about it."""
        result = self.result
        result.usable += 1
        if len(result.sample) < SAMPLE:
            result.sample.append(UidSample(row_number, uid, number.country_code, number.number))
        result.international += number.country_code != KOREA
        if number.repaired:
            result.repaired += 1
            written = cells[self.number_at][:SHOWN]
            params = {"number": number.number}
            keep_first(
                result.first_repaired, Fault(row_number, self.number_name, "repaired", written, params)
            )

    def write_problem(self, entry: dict[str, Any]) -> None:
        """One JSON line; the first one of a file holds its columns."""
        self.problems.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")


def find_uid_columns(first_row: Sequence[str]) -> tuple[int, int, bool]:
    """Where UIDs and numbers stand, and whether the first row is a header. Raises FileRefused.

    A row that holds a phone number is no header, whatever else it holds.
    """
    names = ["".join(filter(str.isalnum, cell)).casefold() for cell in first_row]
    uids = [at for at, name in enumerate(names) if name in UID_NAMES]
    numbers = [at for at, name in enumerate(names) if name in NUMBER_NAMES]
    if not (uids or numbers) or any(map(is_number, first_row)):
        if len(first_row) < 2:
            raise FileRefused("missing_columns", columns=[NUMBER_COLUMN])
        return 0, 1, False
    for name, found in ((UID_COLUMN, uids), (NUMBER_COLUMN, numbers)):
        if not found:
            raise FileRefused("missing_columns", columns=[name])
        if len(found) > 1:
            raise FileRefused("duplicate_column", column=name, positions=[at + 1 for at in found])
    return uids[0], numbers[0], True


def is_number(cell: str) -> bool:
    try:
        read_number(cell)
    except WrongNumber:
        return False
    return True


def keep_first(faults: list[Fault], fault: Fault) -> None:
    """Keep a fault while fewer than ten are kept."""
    if len(faults) < FIRST:
        faults.append(fault)


def read_sheet_of_uids(job: UidJob, sheet: Sheet) -> tuple[UidResult, str, str]:
    """Read a small sheet in memory: (result, staging text, problems text). Raises FileRefused."""
    staging, problems = StringIO(newline="\n"), StringIO(newline="\n")
    result = UidReader(job, sheet, staging, problems).run(lambda rows, fraction: None)
    return result, staging.getvalue(), problems.getvalue()
