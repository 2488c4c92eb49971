"""Every kind of file that is no recipient file, through the real child: one problem, and nothing left."""

import io
import struct
import zipfile
import zlib

import openpyxl
import pytest
import xlsxwriter
import xlwt

from messaging.recipients.reader import check_file
from messaging.recipients.results import CheckJob, CheckResult, FileProblem

HEADER = "recipient_no,name\n"
GOOD = HEADER + "01012345678,김민준\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
WORKBOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONSHIPS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)
PACKAGE = RELATIONSHIPS.replace("/worksheet", "/officeDocument", 1).replace(
    "worksheets/sheet1", "xl/workbook"
)


def check(folder, content, **job):
    """Check a file of these bytes for a text with one placeholder; on a refusal nothing else may be left."""
    path = folder / "upload"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    job = {"body": "##name##님", **job}
    outcome = check_file(
        CheckJob(
            path=str(path),
            staging_path=str(folder / "staging"),
            problems_path=str(folder / "problems"),
            **job,
        ),
        timeout=60,
    )
    left = sorted(file.name for file in folder.iterdir())
    assert left == (["problems", "staging", "upload"] if isinstance(outcome, CheckResult) else ["upload"])
    return outcome


def hand_made(sheet_xml, level=zipfile.ZIP_DEFLATED):
    """An .xlsx with this XML as its only sheet."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", level) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("_rels/.rels", PACKAGE)
        archive.writestr("xl/workbook.xml", WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONSHIPS)
        archive.writestr("xl/worksheets/sheet1.xml", sheet_xml)
    return content.getvalue()


def sheet_xml(cells):
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{cells}</sheetData></worksheet>"
    )


def cell(reference, text):
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


GOOD_CELLS = (
    f'<row r="1">{cell("A1", "recipient_no")}{cell("B1", "name")}</row>'
    f'<row r="2">{cell("A2", "01012345678")}{cell("B2", "김")}</row>'
)


def good_xlsx(rows=1):
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["recipient_no", "name"])
    for row in range(1, rows + 1):
        sheet.write_row(row, 0, [f"010{row:08}", f"이름{row}"])
    workbook.close()
    return content.getvalue()


def good_xls(rows=1):
    content = io.BytesIO()
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("S")
    for column, text in enumerate(["recipient_no", "name"]):
        sheet.write(0, column, text)
    for row in range(1, rows + 1):
        sheet.write(row, 0, f"010{row:08}")
        sheet.write(row, 1, f"이름{row}")
    workbook.save(content)
    return content.getvalue()


def archive_of(*names):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


def marked_encrypted():
    content = bytearray(archive_of("xl/workbook.xml"))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def png():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 4))
        + chunk(b"IEND", b"")
    )


def ole_with(stream):
    return OLE + b"\0" * 1016 + stream.encode("utf-16-le") + b"\0" * 512


NOT_SPREADSHEETS = [
    (png(), "png"),
    (b"%PDF-1.7\n%\xe2\xe3", "pdf"),
    (b"\xff\xd8\xff\xe0JFIF", "jpeg"),
    (b"<html><table><tr><td>recipient_no</td></tr></table></html>", "html"),
    (b"\xef\xbb\xbf\r\n<!DOCTYPE html><p>", "html"),
    (b'<?xml version="1.0"?><Workbook/>', "html"),
    (archive_of("a.txt"), "zip"),
    (archive_of(), "zip"),
    (archive_of("word/document.xml"), "docx"),
    (archive_of("ppt/presentation.xml"), "pptx"),
    (archive_of("xl/workbook.bin"), "xlsb"),
    (ole_with("WordDocument"), "doc"),
    (b"\x1f\x8b\x08\0", "gzip"),
    (bytes(range(1, 32)) * 20, "binary"),
]


@pytest.mark.parametrize(("content", "kind"), NOT_SPREADSHEETS, ids=[kind for _, kind in NOT_SPREADSHEETS])
def test_no_spreadsheet(tmp_path, content, kind):
    assert check(tmp_path, content) == FileProblem("not_a_spreadsheet", {"kind": kind})


@pytest.mark.parametrize(
    "content", [b"", b"\xef\xbb\xbf", b"\n\n", b" , ,\r\n", "\ufeff".encode("utf-16-le")]
)
def test_empty(tmp_path, content):
    assert check(tmp_path, content) == FileProblem("empty_file")


def test_empty_workbook(tmp_path):
    assert check(tmp_path, hand_made(sheet_xml(""))) == FileProblem("empty_file")


@pytest.mark.parametrize("content", [HEADER, HEADER + ",\n\n , \n"])
def test_no_data(tmp_path, content):
    assert check(tmp_path, content) == FileProblem("no_data")


@pytest.mark.parametrize("content", [ole_with("EncryptedPackage"), marked_encrypted()])
def test_encrypted(tmp_path, content):
    assert check(tmp_path, content) == FileProblem("encrypted")


@pytest.mark.parametrize("how", [0, 1])  # obfuscated, RC4
def test_encrypted_xls(tmp_path, how):
    content = good_xls()
    bof = content.index(b"\x09\x08\x10\x00")  # the first record of the workbook; a FILEPASS follows it
    filepass = struct.pack("<HHHHH", 0x2F, 6, how, 7, 8)
    spoiled = content[: bof + 20] + filepass + content[bof + 20 + len(filepass) :]
    assert check(tmp_path, spoiled) == FileProblem("encrypted")


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("make", [good_xlsx, good_xls])
def test_truncated(tmp_path, make, keep):
    content = make(500)
    outcome = check(tmp_path, content[: int(len(content) * keep)])
    assert outcome in (FileProblem("damaged"), FileProblem("out_of_memory"), FileProblem("unreadable"))
    if make is good_xlsx:
        assert outcome == FileProblem("damaged")


def test_spoiled_inside(tmp_path):
    content = bytearray(good_xlsx(500))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 60
    content[start : start + 200] = b"\xff" * 200
    assert check(tmp_path, bytes(content)) == FileProblem("damaged")


def test_a_million_columns_in_csv(tmp_path):
    wide = "recipient_no,name" + "," * 1_000_000 + "\n"
    assert check(tmp_path, wide + "01012345678,김\n") == FileProblem("too_many_columns", {"limit": 702})


def test_columns_just_at_the_limit(tmp_path):
    header = "recipient_no,name" + ",x" * 700 + "\n"
    assert check(tmp_path, header + "01012345678,김\n").sendable == 1


def test_columns_just_over_the_limit(tmp_path):
    header = "recipient_no,name" + ",x" * 701 + "\n"
    assert check(tmp_path, header + "01012345678,김\n") == FileProblem("too_many_columns", {"limit": 702})


@pytest.mark.parametrize("reference", ["BDWGN2", "XFD2", "AAA2", "XFD1048576"])
def test_a_million_columns_in_a_workbook(tmp_path, reference):
    far = GOOD_CELLS.replace("</row>", cell(reference, "x") + "</row>", 1)
    assert check(tmp_path, hand_made(sheet_xml(far))) == FileProblem("too_many_columns", {"limit": 702})


def test_a_million_cells_without_a_place(tmp_path):
    wide = hand_made(sheet_xml("<row>" + "<c><v>1</v></c>" * 1000 + "</row>"))
    assert check(tmp_path, wide) == FileProblem("too_many_columns", {"limit": 702})


def test_rows_beyond_any_sheet(tmp_path):
    far = GOOD_CELLS + f'<row r="99999999">{cell("A99999999", "1")}</row>'
    assert check(tmp_path, hand_made(sheet_xml(far))) == FileProblem("damaged")


def test_a_sheet_that_is_mostly_emptiness_is_bounded_by_memory(tmp_path):
    far = GOOD_CELLS + f'<row r="1048576">{cell("ZZ1048576", "1")}</row>'
    assert check(tmp_path, hand_made(sheet_xml(far))) == FileProblem("out_of_memory")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    bomb = hand_made(sheet_xml(GOOD_CELLS + " " * 50_000_000))
    assert len(bomb) < 100_000
    assert check(tmp_path, bomb) == FileProblem("unpacks_to_too_much", {"megabytes": 47})


def test_a_bomb_that_lies_about_its_size(tmp_path):
    bomb = bytearray(hand_made(sheet_xml(GOOD_CELLS + " " * 50_000_000)))
    true_size = struct.pack("<I", len(sheet_xml(GOOD_CELLS + " " * 50_000_000).encode()))
    lying = bytes(bomb).replace(true_size, struct.pack("<I", 1000))
    assert check(tmp_path, lying) == FileProblem("damaged")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (GOOD.encode() + b"01012345679,\xff\xff\n", 3),
        (HEADER.encode() + b"01012345678,\x81\n" + b"x" * 3_000_000, 2),
        ("\ufeffrecipient_no,name\n".encode("utf-16-le") + b"\x00\xd8\x41\x00", 2),
        ("\ufeffrecipient_no,name\n".encode("utf-32-le"), 1),
    ],
)
def test_unknown_encoding(tmp_path, content, line):
    assert check(tmp_path, content) == FileProblem("unknown_encoding", {"line": line})


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (GOOD + '01012345679,"열린\n01012345670,b\n', 3),
        (GOOD + '01012345679,"두\n줄","열린\n01012345670,b\n', 4),
        ('recipient_no,"name\n01012345678,b\n', 1),
        (GOOD + '01012345679,"', 3),
        (GOOD + '01012345679,"열린\r\n' + "01012345670,b\r\n" * 20_000, 3),
    ],
)
def test_a_quote_left_open(tmp_path, content, line):
    assert check(tmp_path, content) == FileProblem("quote_left_open", {"line": line})


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_nul_characters(tmp_path, encoding):
    content = (GOOD + "01012345679,a\0b\n").encode(encoding)
    assert check(tmp_path, content) == FileProblem("nul_character", {"row": 3})


def test_a_cell_without_end(tmp_path):
    assert check(tmp_path, GOOD + "01012345679," + "가" * 32_768 + "\n") == FileProblem(
        "cell_too_long", {"row": 3, "limit": 32_767}
    )
    assert check(tmp_path, GOOD + "01012345679," + "a" * 3_000_000) == FileProblem(
        "cell_too_long", {"row": 3, "limit": 32_767}
    )


def test_a_cell_without_end_in_a_workbook(tmp_path):
    long = GOOD_CELLS + f'<row r="3">{cell("A3", "01012345679")}{cell("B3", "x" * 32_768)}</row>'
    assert check(tmp_path, hand_made(sheet_xml(long))) == FileProblem(
        "cell_too_long", {"row": 3, "limit": 32_767}
    )


def test_too_many_rows(tmp_path):
    content = HEADER + "".join(f"010{n:08},a\n" for n in range(11))
    assert check(tmp_path, content, max_rows=10) == FileProblem("too_many_rows", {"limit": 10})


def test_headers(tmp_path):
    assert check(tmp_path, "phone,name\n010,a\n") == FileProblem(
        "no_recipient_column", {"columns": ["phone", "name"]}
    )
    assert check(tmp_path, "recipient_no\n01012345678\n") == FileProblem(
        "missing_columns", {"columns": ["name"]}
    )
    assert check(tmp_path, "recipient_no,name,name\n") == FileProblem(
        "duplicate_column", {"column": "name", "positions": [2, 3]}
    )


def test_no_visible_sheet(tmp_path):
    content = hand_made(sheet_xml(GOOD_CELLS))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'sheetId="1"', b'sheetId="1" state="hidden"')
    hidden = io.BytesIO()
    with zipfile.ZipFile(hidden, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert check(tmp_path, hidden.getvalue()) == FileProblem("no_visible_sheet")


def test_entities_that_multiply_are_refused(tmp_path):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>' + sheet_xml(GOOD_CELLS.replace("김", "&l9;"))
    assert check(tmp_path, hand_made(xml)) == FileProblem("damaged")


def test_a_workbook_of_another_program(tmp_path):
    content = io.BytesIO()
    workbook = openpyxl.Workbook()
    workbook.active.append(["recipient_no", "name"])
    workbook.active.append([1012345678, "김"])
    workbook.save(content)
    outcome = check(tmp_path, content.getvalue())
    assert (outcome.sendable, outcome.repaired, outcome.encoding) == (1, 1, "xlsx")
