"""Opening a recipient file of any kind that people make: CSV, .xlsx, .xls."""

from pathlib import Path

from messaging.recipients.delimited import open_delimited
from messaging.recipients.sheet import Sheet
from messaging.recipients.sniffing import kind_of


def open_sheet(path: str | Path, kind: str | None = None) -> Sheet:
    """Open a file by content (`kind`: what `kind_of` said). Raises FileRefused, also from its rows."""
    kind = kind or kind_of(path)
    if kind == "text":
        return open_delimited(path)
    from messaging.recipients.workbooks import open_workbook  # the reader of workbooks, only where needed

    return open_workbook(path, kind)
