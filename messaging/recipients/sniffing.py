"""What a file really is, from its bytes and never from its name."""

import mmap
import re
import zipfile
from pathlib import Path

from messaging.recipients.results import FileRefused

HEAD = 4096
MAX_ENTRIES = 10_000
MAX_UNPACKED = 1536 * 1024 * 1024
MAX_RATIO = 200
SMALL = 16 * 1024 * 1024  # unpacks to so little that its ratio does not matter
MAX_CONTROL_SHARE = 0.05

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "rar"),
    (b"\x7fELF", "program"),
    (b"MZ\x90", "program"),
    (b"SQLite format 3", "database"),
)
MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|table|\?xml|svg|meta|script)", re.IGNORECASE
)
# The first record of a workbook stream, and the one that says that all after it is encrypted.
FILEPASS = re.compile(rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)
CONTROL = bytes(set(range(32)) - set(b"\t\r\n\0\x1a"))


def kind_of(path: str | Path) -> str:
    """ "xlsx", "xls" or "text". Raises FileRefused for all that is none of them."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
    if not head:
        raise FileRefused("empty_file")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return archive_kind(path)
    if head.startswith(OLE):
        return ole_kind(path)
    for magic, kind in MAGIC:
        if head.startswith(magic):
            raise FileRefused("not_a_spreadsheet", kind=kind)
    if MARKUP.match(head):
        raise FileRefused("not_a_spreadsheet", kind="html")
    if is_binary(head):
        raise FileRefused("not_a_spreadsheet", kind="binary")
    return "text"


def is_binary(head: bytes) -> bool:
    """Whether control characters are too many for any text; NUL is looked for later, with its row."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return len(head) - len(head.translate(None, CONTROL)) > MAX_CONTROL_SHARE * len(head)


def archive_kind(path: str | Path) -> str:
    """What a ZIP archive is; refused before anything is unpacked where its own list shows a bomb."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise FileRefused("damaged") from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileRefused("encrypted")
    refuse_bomb(entries)
    names = {entry.filename.lower().replace("\\", "/").lstrip("/") for entry in entries}
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise FileRefused("not_a_spreadsheet", kind=other_archive(names))


def refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    """Raise FileRefused where an archive claims to unpack to more than any recipient file needs."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    too_much = unpacked > MAX_UNPACKED or len(entries) > MAX_ENTRIES
    if too_much or (unpacked > SMALL and unpacked > MAX_RATIO * max(packed, 1)):
        raise FileRefused("unpacks_to_too_much", megabytes=unpacked >> 20)


def other_archive(names: set[str]) -> str:
    """What an archive without a workbook is, for the sentence."""
    for name, kind in (
        ("xl/workbook.bin", "xlsb"),
        ("word/document.xml", "docx"),
        ("ppt/presentation.xml", "pptx"),
        ("meta-inf/manifest.xml", "ods"),
    ):
        if name in names:
            return kind
    return "zip"


def ole_kind(path: str | Path) -> str:
    """What an OLE compound file is, by the names of the streams inside it."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if holds(content, "EncryptedPackage") or FILEPASS.search(content):
            raise FileRefused("encrypted")
        if holds(content, "Workbook") or holds(content, "Book"):
            return "xls"
        kind = "doc" if holds(content, "WordDocument") else "ppt" if holds(content, "PowerPoint") else "ole"
    raise FileRefused(
        "damaged" if kind == "ole" else "not_a_spreadsheet", **({} if kind == "ole" else {"kind": kind})
    )


def holds(content: mmap.mmap, stream: str) -> bool:
    """Whether an OLE file has a stream of this name (its directory is UTF-16, wherever it lies)."""
    return content.find(stream.encode("utf-16-le")) >= 0
