"""Workbooks (.xlsx, .xls): the first visible sheet, its stored values as a person sees them."""

import datetime
import html
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import python_calamine as calamine

from messaging.recipients.results import FileRefused, Note
from messaging.recipients.sheet import MAX_CELL, MAX_COLUMNS, Sheet, column_names, find_header, in_batches

CHUNK = 1 << 20
OVERLAP = 64  # what a pattern may straddle between two chunks
SHEET_ELEMENT = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
RELATIONSHIP = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
BEYOND_ZZ = re.compile(rb'\br="[A-Z]{3,}\d')
BEYOND_ROWS = re.compile(rb'\br="[A-Z]{1,3}(?:\d{8,}|[2-9]\d{6})"')
MAX_INTEGER = 10**17
MIDNIGHT = datetime.time(0, 0)


def open_workbook(path: str | Path, kind: str) -> Sheet:
    """Open a workbook as a sheet. Raises FileRefused. Reading it takes about 120 bytes of memory a cell."""
    workbook = load(path)
    name, notes = first_visible(workbook)
    if kind == "xlsx" and scan_part(path, name):
        notes.append(Note("formulas"))
    worksheet = load_sheet(workbook, name)
    workbook.close()
    if worksheet.merged_cell_ranges:
        notes.append(Note("merged_cells", {"count": len(worksheet.merged_cell_ranges)}))
    counter = Counter(max(worksheet.total_height, 1))
    rows = counter.count(text_rows(worksheet))
    header, first_row = find_header(rows)
    return Sheet(column_names(header), in_batches(rows), first_row, kind, counter.fraction, notes)


def guarded(read: Callable[[], Any]) -> Any:
    """Call the reader; each of its ways to fail becomes one refusal. It panics past Exception."""
    try:
        return read()
    except calamine.PasswordError as error:
        raise FileRefused("encrypted") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise FileRefused("damaged") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise FileRefused("damaged") from error
        raise


def load(path: str | Path) -> calamine.CalamineWorkbook:
    """Open by content: given a path, the reader would believe the name's ending."""
    return guarded(lambda: calamine.CalamineWorkbook.from_filelike(io.BytesIO(Path(path).read_bytes())))


def load_sheet(workbook: calamine.CalamineWorkbook, name: str) -> calamine.CalamineSheet:
    """The cells of a sheet. Raises FileRefused, also where it is wider than any recipient file."""
    worksheet = guarded(lambda: workbook.get_sheet_by_name(name))
    if worksheet.total_width > MAX_COLUMNS:
        raise FileRefused("too_many_columns", limit=MAX_COLUMNS)
    return worksheet


def first_visible(workbook: calamine.CalamineWorkbook) -> tuple[str, list[Note]]:
    """The first visible sheet of cells, and what to say about the others."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible]
    if not visible:
        raise FileRefused("no_visible_sheet")
    notes = []
    if len(visible) > 1:
        notes.append(Note("several_sheets", {"sheet": visible[0], "count": len(visible)}))
    if hidden := len(sheets) - len(visible):
        notes.append(Note("hidden_sheets", {"count": hidden}))
    return visible[0], notes


def scan_part(path: str | Path, name: str) -> bool:
    """Whether a sheet of an .xlsx has formulas, from its XML as a stream; the reader does not tell.

    Raises FileRefused for cells beyond any real sheet, for which the reader would ask for memory without
    bound.
    """
    formulas = False
    try:
        with zipfile.ZipFile(path) as archive:
            part = part_of(archive, name)
            if part is None:
                return False
            for window in windows(archive, part):
                formulas = formulas or FORMULA.search(window) is not None
                refuse_beyond(window)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        NotImplementedError,
        OSError,
    ) as error:
        raise FileRefused("damaged") from error
    return formulas


def windows(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The unpacked bytes of a part, a megabyte at a time, each with the end of the one before."""
    tail = b""
    with archive.open(part) as file:
        while chunk := file.read(CHUNK):
            yield tail + chunk
            tail = chunk[-OVERLAP:]


def refuse_beyond(window: bytes) -> None:
    """Raise FileRefused at a cell right of column ZZ or below the last row of Excel."""
    if BEYOND_ZZ.search(window):
        raise FileRefused("too_many_columns", limit=MAX_COLUMNS)
    if BEYOND_ROWS.search(window):
        raise FileRefused("damaged")


def part_of(archive: zipfile.ZipFile, name: str) -> str | None:
    """The path in the archive of the sheet with this name; None where the layout is uncommon."""
    targets = {}
    for element in RELATIONSHIP.findall(read_small(archive, "xl/_rels/workbook.xml.rels")):
        found = attributes(element)
        targets[found.get("Id")] = found.get("Target", "")
    for element in SHEET_ELEMENT.findall(read_small(archive, "xl/workbook.xml")):
        found = attributes(element)
        if found.get("name") == name:
            target = targets.get(next((v for k, v in found.items() if k.endswith(":id")), None), "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return part if part in archive.namelist() else None
    return None


def read_small(archive: zipfile.ZipFile, part: str) -> str:
    """At most a megabyte of a part that describes the workbook; nothing when it is not there."""
    if part not in archive.namelist():
        return ""
    with archive.open(part) as file:
        return file.read(CHUNK).decode("utf-8", "replace")


def attributes(element: str) -> dict[str, str]:
    """The attributes of one XML tag."""
    return {name: html.unescape(double or single) for name, double, single in ATTRIBUTE.findall(element)}


class Counter:
    """Counts rows as they pass, for the progress of a sheet whose height is known."""

    def __init__(self, height: int) -> None:
        self.height = height
        self.passed = 0

    def count(self, rows: Iterator[list[str]]) -> Iterator[list[str]]:
        """The same rows."""
        for self.passed, row in enumerate(rows, 1):
            yield row

    def fraction(self) -> float:
        """How much has passed, 0 to 1."""
        return min(self.passed / self.height, 1.0)


def text_rows(worksheet: calamine.CalamineSheet) -> Iterator[list[str]]:
    """The rows as texts, from row 1 of the sheet on. Raises FileRefused at a NUL or an endless cell."""
    for number, cells in enumerate(worksheet.iter_rows(), 1):
        row = [cell if cell.__class__ is str else cell_text(cell) for cell in cells]
        whole = "".join(row)
        if "\0" in whole:
            raise FileRefused("nul_character", row=number)
        if len(whole) > MAX_CELL and max(map(len, row)) > MAX_CELL:
            raise FileRefused("cell_too_long", row=number, limit=MAX_CELL)
        yield row


def cell_text(cell: Any) -> str:
    """A stored value as a person sees it: 1.0 is "1", dates are ISO, a truth value is TRUE or FALSE."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return number_text(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == MIDNIGHT else f"{cell.date()} {clock(cell.time())}"
    if isinstance(cell, datetime.time):
        return clock(cell)
    if isinstance(cell, datetime.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return str(cell)  # int and date


def number_text(number: float) -> str:
    """A number with the 15 digits that a spreadsheet keeps."""
    if number.is_integer() and abs(number) < MAX_INTEGER:
        return str(int(number))
    return format(number, ".15g")


def clock(time: datetime.time) -> str:
    """Hours and minutes, seconds only where there are any."""
    return time.strftime("%H:%M:%S" if time.second else "%H:%M")
