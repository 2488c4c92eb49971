"""The file that an operator downloads, fills in and uploads: `recipient_no` and each placeholder.

It has a header and nothing else: an example row that is left in would be sent.
"""

import csv
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from messaging.content.rendering import RECIPIENT_COLUMN

TEXT_FORMAT = "@"  # Excel keeps what is typed, leading zeros included
WIDTH = 22
HEADER_FONT = Font(bold=True)
HEADER_FILL = PatternFill("solid", start_color="FFE2E8F0")


def template_csv(keys: Sequence[str]) -> bytes:
    """The template as CSV: UTF-8 with BOM, which Excel needs to read Korean."""
    text = StringIO(newline="")
    csv.writer(text).writerow(columns_of(keys))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def template_xlsx(keys: Sequence[str]) -> bytes:
    """The template as a workbook: every column is text, the header stays in sight."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("recipients")
    sheet.freeze_panes = "A2"
    columns = columns_of(keys)
    format_columns(sheet, len(columns))
    sheet.append(header_cells(sheet, columns))
    written = BytesIO()
    workbook.save(written)
    return written.getvalue()


def columns_of(keys: Sequence[str]) -> list[str]:
    """The header, exactly as an upload is matched against it."""
    return [RECIPIENT_COLUMN, *keys]


def format_columns(sheet: Any, count: int) -> None:
    """Make whole columns text, the cells that are still empty included."""
    for number in range(1, count + 1):
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = WIDTH
        dimension.number_format = TEXT_FORMAT


def header_cells(sheet: Any, columns: Iterable[str]) -> list[WriteOnlyCell]:
    """The styled header. A key that begins like a formula stays a text."""
    cells = []
    for name in columns:
        cell = WriteOnlyCell(sheet)
        cell.value = name
        cell.data_type = "s"
        cell.font, cell.fill, cell.number_format = HEADER_FONT, HEADER_FILL, TEXT_FORMAT
        cells.append(cell)
    return cells
