"""UIDs as people paste them, one a line, or send them as a small CSV file: (line, UID) pairs. No database."""

import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from console.formatting import group_number
from messaging.audience.errors import AudienceRefused
from messaging.recipients.delimited import open_delimited
from messaging.recipients.problems import file_sentence
from messaging.recipients.results import FileProblem, FileRefused
from messaging.recipients.sniffing import kind_of
from messaging.recipients.uid_rows import AROUND, MAX_UID, UID_NAMES

MOST_LINES = 100_000
MOST_BYTES = 8 << 20

Line = tuple[int, str]

TOO_MANY = _("At most %(limit)s UIDs at once. Take the rest in a second go.")
TOO_LARGE = _("The file is larger than %(megabytes)s MB. Split it.")
NO_CSV = _("Only CSV files are read here. Save the list as .csv, or paste it.")
NOTHING = _("Enter UIDs, one a line, or choose a file.")


def lines_of_text(text: str) -> list[Line]:
    """The UIDs of a text, one a line. Raises AudienceRefused for more than are taken at once."""
    return limited("uids", ((line, uid.strip(AROUND)) for line, uid in enumerate(text.splitlines(), 1)))


def lines_of_file(upload: UploadedFile) -> list[Line]:
    """The UIDs in the first column of a CSV file, a header left out. Raises AudienceRefused.

    It is read here and now: text of a few megabytes in one pass, nothing that unpacks.
    """
    if (upload.size or 0) > MOST_BYTES:
        raise AudienceRefused({"file": str(TOO_LARGE) % {"megabytes": MOST_BYTES >> 20}})
    with tempfile.NamedTemporaryFile() as file:
        for piece in upload.chunks():
            file.write(piece)
        file.flush()
        try:
            if kind_of(file.name) != "text":
                raise AudienceRefused({"file": NO_CSV})
            return limited("file", first_cells(file.name))
        except FileRefused as refused:
            problem = FileProblem(refused.code, refused.params)
            raise AudienceRefused({"file": file_sentence(problem)}) from refused


def first_cells(path: str) -> Iterator[Line]:
    """The first cell of every row, with the number of its row."""
    sheet = open_delimited(path)
    header = "".join(filter(str.isalnum, sheet.columns[0])).casefold()
    if header not in UID_NAMES:
        yield sheet.first_row - 1, sheet.columns[0].strip(AROUND)
    row = sheet.first_row
    for batch in sheet.batches:
        for cells in batch:
            yield row, cells[0].strip(AROUND) if cells else ""
            row += 1


def limited(field: str, lines: Iterable[Line]) -> list[Line]:
    """The lines that hold anything. Raises AudienceRefused, about that field, for too many."""
    found: list[Line] = []
    for line, written in lines:
        uid = written.replace("\0", "")  # which PostgreSQL cannot compare with
        if uid:
            found.append((line, uid[: MAX_UID + 1]))  # a longer one is no UID, and is listed as missing
        if len(found) > MOST_LINES:
            given: dict[str, Any] = {"limit": group_number(MOST_LINES)}
            raise AudienceRefused({field: str(TOO_MANY) % given})
    return found
