"""Sentences for the codes of a check, and the file of everything that is wrong with a recipient file.

The check itself knows only codes with parameters: it runs without Django and in no language.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import IO, Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from console.formatting import group_number
from messaging.recipients.export_safety import safe_cell
from messaging.recipients.results import Fault, FileProblem, Note

BATCH = 500
MAX_SHEET_CELL = 32_767

KINDS: dict[str, Promise] = {
    "png": _("a PNG picture"),
    "jpeg": _("a JPEG picture"),
    "gif": _("a GIF picture"),
    "pdf": _("a PDF document"),
    "html": _("a web page"),
    "rtf": _("a text document"),
    "doc": _("a Word document"),
    "docx": _("a Word document"),
    "ppt": _("a presentation"),
    "pptx": _("a presentation"),
    "ods": _("an OpenDocument file"),
    "xlsb": _("a binary workbook (.xlsb)"),
    "zip": _("a ZIP archive"),
    "gzip": _("a compressed file"),
    "7z": _("a compressed file"),
    "rar": _("a compressed file"),
    "program": _("a program"),
    "database": _("a database"),
    "binary": _("a binary file"),
}

FILE_PROBLEMS: dict[str, Promise] = {
    "empty_file": _("The file is empty. Add a header row with recipient_no and one row for each recipient."),
    "not_a_spreadsheet": _("The file is %(kind)s, not a spreadsheet. Save it as .xlsx, .xls or .csv."),
    "encrypted": _("The file is protected with a password. Remove the password and upload it again."),
    "damaged": _("The file is damaged or was cut off. Open it, save it again and upload the new file."),
    "unpacks_to_too_much": _(
        "The file unpacks to %(megabytes)s MB, which is too much. Save it as .csv and upload that."
    ),
    "too_many_columns": _(
        "The file has more than %(limit)s columns. Keep only the columns that the message uses."
    ),
    "too_many_rows": _(
        "The file has more than %(limit)s rows. Split it and send the parts one after the other."
    ),
    "unknown_encoding": _(
        "Line %(line)s cannot be read in any known encoding. Save the file as CSV UTF-8 or as .xlsx."
    ),
    "quote_left_open": _(
        "The quotation mark opened on line %(line)s is never closed. Close it or remove it."
    ),
    "nul_character": _(
        "Row %(row)s holds NUL characters, which no text has. Save the file again as .csv or .xlsx."
    ),
    "cell_too_long": _("A cell in row %(row)s has more than %(limit)s characters. Shorten it."),
    "no_visible_sheet": _(
        "The workbook has no visible sheet with cells. Show the sheet with the recipients."
    ),
    "no_recipient_column": _(
        "There is no recipient_no column. The first row must name it; found were: %(columns)s."
    ),
    "missing_columns": _("The file has no column for %(columns)s. Add it, or change the message."),
    "duplicate_column": _(
        "The column %(column)s is there more than once (columns %(positions)s). Keep one of them."
    ),
    "no_data": _("There is no data below the header row. Add one row for each recipient."),
    "out_of_memory": _(
        "The file needs more memory than a recipient file may. Save it as .csv and upload that."
    ),
    "timed_out": _("Reading the file took too long. Save it as .csv, or split it, and upload that."),
    "output_too_large": _("The file is too large. Split it and send the parts one after the other."),
    "file_too_large": _("The file is larger than %(megabytes)s MB. Split it, or save it as .xlsx."),
    "no_space": _("The server has no room for the file at the moment. Please try again later."),
    "check_kept_failing": _("The file could not be checked after several attempts. Please upload it again."),
    "unreadable": _(
        "The file could not be read. Open it, save it again as .xlsx or .csv and upload the new file."
    ),
}

FAULTS: dict[str, Promise] = {
    "missing_number": _("The number is missing."),
    "wrong_number": _("This is not a phone number."),
    "wrong_number:too_short": _("The number is too short."),
    "wrong_number:too_long": _("The number is too long."),
    "wrong_number:characters": _("The number holds characters that are not digits."),
    "wrong_number:of_country": _(
        "This is no number of the chosen country. Choose its country, or write it with + and its code."
    ),
    "lost_digits": _(
        "The spreadsheet rounded this number and lost digits. Format the column as text and enter it again."
    ),
    "missing_uid": _("The UID is missing."),
    "uid_too_long": _("The UID is %(length)s characters long; at most %(limit)s are allowed."),
    "uid_characters": _("The UID holds characters that cannot be seen. Enter it again."),
    "international_number": _(
        "The number belongs to another country (+%(country_code)s), where only SMS can be sent. "
        "Choose SMS, or take the row out."
    ),
    "missing_value": _("The value is missing."),
    "too_long": _("The message is %(bytes)s bytes long; at most %(limit)s are allowed."),
    "too_long:parts": _("The message needs %(parts)s parts; at most %(limit)s are allowed."),
    "subject_too_long": _("The subject is %(bytes)s bytes long; at most %(limit)s are allowed."),
    "unsendable": _("These characters cannot be shown by phones: %(characters)s"),
    "replaced": _("These characters are sent as ?: %(characters)s"),
    "duplicate": _("The number was in the file before; it is sent once."),
    "repaired": _("The leading zero was missing; the number is read as %(number)s."),
}

NOTES: dict[str, Promise] = {
    "several_sheets": _("The workbook has %(count)s visible sheets; only the first one, %(sheet)s, is read."),
    "hidden_sheets": _("Hidden sheets of the workbook are not read (%(count)s)."),
    "formulas": _("The sheet has formulas; their stored results are used."),
    "merged_cells": _(
        "The sheet has merged areas (%(count)s); each counts as its first cell, the others are empty."
    ),
    "ignored_columns": _("Columns that the message does not use are ignored (%(count)s): %(columns)s."),
}


class Shown(dict[str, str]):
    """Parameters as they stand in a sentence; one that is missing is left blank."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__({name: shown(name, value) for name, value in params.items()})

    def __missing__(self, name: str) -> str:
        return ""


def shown(name: str, value: Any) -> str:
    """One parameter for a person: lists with commas, counts with separators, kinds of files by name."""
    if name == "kind":
        return str(KINDS.get(str(value), _("of another kind")))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, int) and name in ("limit", "count"):
        return group_number(value)
    return str(value)


def file_sentence(problem: FileProblem) -> str:
    """Why a file was refused, and what to do."""
    return str(FILE_PROBLEMS.get(problem.code, FILE_PROBLEMS["unreadable"])) % Shown(problem.params)


def fault_sentence(code: str, params: Mapping[str, Any]) -> str:
    """What is wrong in one cell. An unknown code, of an older file, is shown as it is."""
    refined = f"{code}:parts" if "parts" in params else f"{code}:{params.get('reason', '')}"
    sentence = FAULTS.get(refined, FAULTS.get(code))
    return code if sentence is None else str(sentence) % Shown(params)


def describe(fault: Fault) -> str:
    """What is wrong in one cell, for the first ten on a page."""
    return fault_sentence(fault.code, fault.params)


def note_sentence(note: Note) -> str:
    """Something about the file that its owner should know."""
    sentence = NOTES.get(note.code)
    return note.code if sentence is None else str(sentence) % Shown(note.params)


def problem_rows(path: str | Path) -> Iterator[list[str]]:
    """The rows of the downloadable file of all problems, header first, read as they are asked for.

    Each has the row in the upload, the column, what is wrong, and the original cells; none can be a formula.
    """
    with open(path, encoding="utf-8", newline="\n") as file:
        columns = json.loads(next(file, '{"columns": []}'))["columns"]
        yield [gettext("Row"), gettext("Column"), gettext("What is wrong"), *map(safe_cell, columns)]
        for line in file:
            yield problem_row(json.loads(line))


def problem_row(entry: dict[str, Any]) -> list[str]:
    """One row of that file, from its line of JSON."""
    wrong = fault_sentence(entry["code"], entry.get("params", {}))
    cells = [str(entry["row"]), entry["column"], wrong, *entry["cells"]]
    return list(map(safe_cell, cells))


def problems_csv(path: str | Path) -> Iterator[bytes]:
    """The file of all problems as CSV (UTF-8 with BOM, so that Excel reads Korean), in pieces."""
    yield b"\xef\xbb\xbf"
    text = StringIO(newline="")
    writer = csv.writer(text)
    for count, row in enumerate(problem_rows(path), 1):
        writer.writerow(row)
        if count % BATCH == 0:
            yield take(text)
    yield take(text)


def take(text: StringIO) -> bytes:
    """What was written so far; the text is empty afterwards."""
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written


def write_problems_xlsx(path: str | Path, file: IO[bytes]) -> None:
    """Write the file of all problems as a workbook. Every cell is text; Excel has room for 1,048,576 rows."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("problems")
    for row in problem_rows(path):
        sheet.append(text_cells(sheet, row))
    workbook.save(file)


def text_cells(sheet: Any, row: Iterable[str]) -> list[WriteOnlyCell]:
    """Cells of the type text, whatever they hold."""
    cells = []
    for text in row:
        cell = WriteOnlyCell(sheet)
        cell.value = without_controls(text)[:MAX_SHEET_CELL]
        cell.data_type = "s"
        cells.append(cell)
    return cells


def without_controls(text: str) -> str:
    """A text as a workbook can hold it: XML has no control characters."""
    if text.isprintable():
        return text
    return "".join(c if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff") else " " for c in text)
