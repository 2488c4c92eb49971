"""What the page shows, as an Excel file or as CSV: the same rows and columns, in the same order."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils import timezone
from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from console.accounts.roles import Permission
from console.formatting import minute
from console.pages import ConsoleView, page_url, register_page
from messaging.admin.deliveries.exports import XLSX
from messaging.admin.deliveries.spreadsheets import csv_file
from messaging.admin.statistics.forms import StatisticsForm
from messaging.admin.statistics.shown import Line, countries_of, failures_of, lines_of, numbers_of
from messaging.recipients.export_safety import safe_cell
from messaging.statistics.series import Bucket, Series, read

Cell = str | int | datetime
LABEL_WIDTH, NUMBER_WIDTH = 26, 16
NUMBER_FORMAT = "#,##0"
BOLD = Font(bold=True)


@register_page
class StatisticsExport(ConsoleView):
    """The file of what an address of the statistics page shows. It holds counts and nobody's data."""

    path = "statistics/export/"
    name = "statistics_export"
    permission = Permission.LOOK_UP

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = StatisticsForm(request.GET, self.project)
        if not form.is_valid():
            return HttpResponseRedirect(page_url("statistics") + form.address())
        series = read(form.wanted())
        name = f"statistics-{timezone.localtime():%Y%m%d-%H%M}"
        if request.GET.get("format") == "csv":
            content = csv_file(header(series), csv_rows(series))
            disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
            return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=disposition)
        file = workbook(series, form.conditions())
        return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def header(series: Series) -> list[str]:
    """The first row of the table."""
    first = gettext("Hour") if series.wanted.bucket == Bucket.HOUR else gettext("Day")
    return [first, *(str(column.label) for column in series.columns)]


def csv_rows(series: Series) -> Iterator[list[str | int]]:
    yield [gettext("Total"), *numbers_of(series.columns, series.totals)]
    for line in lines_of(series):
        yield [line.label, *line.numbers]


def workbook(series: Series, conditions: Iterable[tuple[str, str]]) -> IO[bytes]:
    """A file on a disk, at its beginning: what was asked, then the table, the causes, the countries."""
    book = Workbook(write_only=True)
    columns = [str(column.label) for column in series.columns]
    made = [*conditions, (gettext("Made"), minute(timezone.now()))]
    _sheet(book, gettext("Conditions"), [], made, text_columns=2)
    total = [gettext("Total"), *numbers_of(series.columns, series.totals)]
    is_hour = series.wanted.bucket == Bucket.HOUR
    rows = [_dated(line, is_hour=is_hour) for line in lines_of(series)]
    _sheet(book, gettext("Statistics"), header(series), [total, *rows])
    causes = [(each.result.code, str(each.result.meaning), each.n) for each in failures_of(series)]
    named = [gettext("Result code"), gettext("Meaning"), gettext("Messages")]
    _sheet(book, gettext("Failures"), named, causes, text_columns=2)
    countries = [(line.label, *line.numbers) for line in countries_of(series)]
    _sheet(book, gettext("Countries"), [gettext("Country"), *columns], countries)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return file


def _dated(line: Line, *, is_hour: bool) -> Sequence[Any]:
    """The row with its hour or day as a date that Excel can reckon with."""
    start = timezone.localtime(line.start).replace(tzinfo=None)
    return [start if is_hour else start.date(), *line.numbers]


def _sheet(
    book: Workbook, title: str, head: Sequence[str], rows: Iterable[Sequence[Any]], *, text_columns: int = 1
) -> None:
    sheet = book.create_sheet(title[:31])
    if head:
        sheet.freeze_panes = "A2"
    for number in range(1, max(len(head), text_columns) + 1):
        width = LABEL_WIDTH if number <= text_columns else NUMBER_WIDTH
        sheet.column_dimensions[get_column_letter(number)].width = width
    if head:
        sheet.append([_cell(sheet, each, is_bold=True) for each in head])
    for row in rows:
        sheet.append([_cell(sheet, each) for each in row])


def _cell(sheet: Any, value: Any, *, is_bold: bool = False) -> WriteOnlyCell:
    """A cell of the value's own type; a text that looks like a formula is text for good."""
    cell = WriteOnlyCell(sheet)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = safe_cell(value) != value
    elif isinstance(value, int):
        cell.number_format = NUMBER_FORMAT
    else:
        cell.number_format = "yyyy-mm-dd hh:mm" if isinstance(value, datetime) else "yyyy-mm-dd"
    if is_bold:
        cell.font = BOLD
    return cell
