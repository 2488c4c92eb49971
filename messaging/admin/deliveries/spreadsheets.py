"""Rows as a CSV or an XLSX file, made while they are sent: memory stays bounded.

An XLSX file is a ZIP archive of XML. openpyxl builds its archive on a disk and hands it out when all is done;
here the few parts that a plain sheet needs leave as they are made. Every text is a cell of type text, and one
that looks like a formula is marked as text for good (`quotePrefix`), so that editing does not run it either.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from xml.sax.saxutils import escape

from messaging.recipients.export_safety import safe_cell

Cell = str | int | None
Row = Sequence[Cell]

ROWS_AT_ONCE = 500
LONGEST_CELL = 32_767
# What one sheet of Excel holds less its header, and what a ZIP entry holds without the 64-bit extension.
ROWS_OF_SHEET = 1_000_000
BYTES_OF_SHEET = 1_500_000_000

_EXCEL_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PLAIN, _HEADER, _TEXT_FOR_GOOD = 0, 1, 2
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill'
    ' patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1">'
    '<border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf'
    ' numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
)
_SHEET_START = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1"'
    ' topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<sheetFormatPr defaultRowHeight="15"/><sheetData>'
)
_SHEET_END = "</sheetData></worksheet>"


def csv_file(header: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows as CSV in UTF-8 with a byte order mark, which Excel needs to read Korean."""
    text = io.StringIO()
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow(header)
    rows = iter(rows)
    while True:
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
        batch = list(islice(rows, ROWS_AT_ONCE))
        if not batch:
            return
        writer.writerows([["" if cell is None else _safe(cell) for cell in row] for row in batch])


def _safe(cell: str | int) -> str | int:
    return safe_cell(cell) if isinstance(cell, str) else cell


class _Pipe(io.RawIOBase):
    """What the archive writes into and the response reads out of. It cannot seek: sizes follow."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self.parts)
        self.parts.clear()
        return taken


def xlsx_file(
    header: Row, rows: Iterable[Row], *, title: str, rows_of_sheet: int = ROWS_OF_SHEET
) -> Iterator[bytes]:
    """The rows as a workbook; past what one sheet holds they go on in another."""
    pipe = _Pipe()
    rows = iter(rows)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        sheets, first = 0, next(rows, None)
        while first is not None or sheets == 0:
            sheets += 1
            limited = _Limited(first, rows, rows_of_sheet)
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                sheet.write((_SHEET_START + _row_xml(header, _HEADER)).encode())
                while xml := limited.next_xml():
                    sheet.write(xml)
                    yield pipe.take()
                sheet.write(_SHEET_END.encode())
            first = next(rows, None)
        for name, content in _package(title, sheets):
            archive.writestr(name, content)
    yield pipe.take()


class _Limited:
    """The rows of one sheet as XML, some at once, until the sheet is full."""

    def __init__(self, first: Row | None, rest: Iterator[Row], limit: int) -> None:
        self.first = first
        self.rest = rest
        self.left = limit
        self.bytes_left = BYTES_OF_SHEET

    def next_xml(self) -> bytes:
        if self.left <= 0 or self.bytes_left <= 0:
            return b""
        batch = [] if self.first is None else [self.first]
        self.first = None
        batch += islice(self.rest, min(ROWS_AT_ONCE, self.left) - len(batch))
        self.left -= len(batch)
        xml = "".join(map(_row_xml, batch)).encode()
        self.bytes_left -= len(xml)
        return xml


def _row_xml(row: Row, style: int = _PLAIN) -> str:
    return f"<row>{''.join([_cell_xml(cell, style) for cell in row])}</row>"


def _cell_xml(cell: Cell, style: int) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, int):
        return f"<c><v>{cell}</v></c>"
    if safe_cell(cell) != cell:
        style = _TEXT_FOR_GOOD
    mark = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{mark}><is><t xml:space="preserve">{_written(cell)}</t></is></c>'


def _written(text: str) -> str:
    """The text as XML can hold it: without control characters, and without what Excel reads as an escape."""
    if not text.isprintable():
        text = "".join(c if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff") else " " for c in text)
    return _EXCEL_ESCAPE.sub("_x005F_", escape(text[:LONGEST_CELL]))


def _package(title: str, sheets: int) -> list[tuple[str, str]]:
    """The parts of the archive that name the sheets."""
    numbers = range(1, sheets + 1)
    named = _written(title[:25]).translate(str.maketrans("", "", "[]:*?/\\'\""))
    entries = "".join(f'<sheet name="{named} {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    targets = "".join(_relationship(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
    targets += _relationship("rIdStyles", "styles", "styles.xml")
    kinds = "".join(_override(f"worksheets/sheet{n}", "worksheet") for n in numbers)
    kinds += _override("workbook", "sheet.main") + _override("styles", "styles")
    start = f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    return [
        ("xl/workbook.xml", f"{start}<sheets>{entries}</sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", _relationships(targets)),
        ("xl/styles.xml", _STYLES),
        ("_rels/.rels", _relationships(_relationship("rId1", "officeDocument", "xl/workbook.xml"))),
        ("[Content_Types].xml", f"{_CONTENT_TYPES}{kinds}</Types>"),
    ]


def _relationships(inner: str) -> str:
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def _relationship(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _override(part: str, kind: str) -> str:
    return f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
