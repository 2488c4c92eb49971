"""Files as programs make them: encodings, delimiters, sheets and the values a person sees."""

import datetime
import io

import pytest
import xlsxwriter
import xlwt

from messaging.recipients.results import FileRefused, Note
from messaging.recipients.spreadsheet import open_sheet
from messaging.recipients.workbooks import cell_text

ROWS = [["recipient_no", "name"], ["01012345678", "김민준"], ["", ""], ["01012345679", 'a,"b"\nc']]
CSV = 'recipient_no,name\r\n01012345678,김민준\r\n,\r\n01012345679,"a,""b""\nc"\r\n'


def read(path):
    sheet = open_sheet(path)
    rows = [row for batch in sheet.batches for row in batch]
    return sheet, rows


def write(tmp_path, content):
    path = tmp_path / "upload.png"  # a name tells nothing
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("codec", "mark", "name"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("cp949", b"", "cp949"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
    ],
)
def test_every_encoding_reads_the_same(tmp_path, codec, mark, name):
    sheet, rows = read(write(tmp_path, mark + CSV.encode(codec)))
    assert (sheet.encoding, sheet.columns, sheet.first_row) == (name, ROWS[0], 2)
    assert rows == ROWS[1:]
    assert sheet.fraction() == 1.0


def test_korean_after_the_first_megabyte_is_still_found(tmp_path):
    content = b"recipient_no,name\n" + b"01012345678,a\n" * 100_000 + "01012345679,똠방\n".encode("cp949")
    sheet, rows = read(write(tmp_path, content))
    assert (sheet.encoding, rows[-1]) == ("cp949", ["01012345679", "똠방"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_ends_of_lines(tmp_path, delimiter, end):
    content = end.join(
        [delimiter.join(["name", "recipient_no", "a"]), delimiter.join(["x", "01012345678", "y"]), ""]
    )
    sheet, rows = read(write(tmp_path, content.encode()))
    assert sheet.columns == ["name", "recipient_no", "a"]
    assert rows == [["x", "01012345678", "y"]]


def test_the_delimiter_is_the_one_that_sets_the_number_apart(tmp_path):
    sheet, _ = read(write(tmp_path, b'recipient_no;"a,b,c,d"\n1;2\n'))
    assert sheet.columns == ["recipient_no", "a,b,c,d"]


@pytest.mark.parametrize(
    "name", ["Recipient_No ", " RECIPIENT_NO", "\ufeffrecipient_no", "recipient_no\u200b"]
)
def test_the_header_is_trimmed(tmp_path, name):
    sheet, _ = read(write(tmp_path, f"{name},x\n1,2\n".encode()))
    assert sheet.columns[0].casefold() == "recipient_no"


def test_blank_lines_before_the_header_are_counted(tmp_path):
    sheet, rows = read(write(tmp_path, b"\n ;\nrecipient_no;x\n1;2\n"))
    assert (sheet.first_row, rows) == (4, [["1", "2"]])


@pytest.mark.parametrize("count", [1999, 2000, 2001, 4000])
def test_every_row_is_read_at_the_edges_of_batches(tmp_path, count):
    content = b"recipient_no\n" + b"".join(b"%d\n" % n for n in range(count))
    _, rows = read(write(tmp_path, content))
    assert rows == [[str(n)] for n in range(count)]


@pytest.mark.parametrize("count", [1998, 1999, 2000, 2001])
def test_an_open_quote_is_found_at_the_edges_of_batches(tmp_path, count):
    content = b"recipient_no\n" + b"1\n" * count + b'"open'
    with pytest.raises(FileRefused) as refused:
        read(write(tmp_path, content))
    assert (refused.value.code, refused.value.params) == ("quote_left_open", {"line": count + 2})


def workbook_bytes(fill):
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content)
    fill(workbook)
    workbook.close()
    return content.getvalue()


def test_a_workbook_is_read_by_its_first_visible_sheet(tmp_path):
    def fill(workbook):
        hidden = workbook.add_worksheet("Hidden & <first>")
        shown = workbook.add_worksheet("보이는 '시트' & <b>")
        workbook.add_worksheet("Another")
        hidden.hide()
        hidden.write(0, 0, "wrong")
        shown.activate()
        shown.write_row("A1", ["recipient_no", "name"])
        shown.write_row("A2", ["01012345678", "김"])
        shown.write_formula("B2", '="김"&"민준"', None, "김민준")
        shown.merge_range("A4:B4", "memo")

    sheet, rows = read(write(tmp_path, workbook_bytes(fill)))
    assert sheet.notes == [
        Note("several_sheets", {"sheet": "보이는 '시트' & <b>", "count": 2}),
        Note("hidden_sheets", {"count": 1}),
        Note("formulas"),
        Note("merged_cells", {"count": 1}),
    ]
    assert rows == [["01012345678", "김민준"], ["", ""], ["memo", ""]]
    assert (sheet.encoding, sheet.fraction()) == ("xlsx", 1.0)


def test_a_plain_workbook_has_no_notes(tmp_path):
    def fill(workbook):
        workbook.add_worksheet("S").write_row("A1", ["recipient_no", "formula"])

    sheet, rows = read(write(tmp_path, workbook_bytes(fill)))
    assert (sheet.notes, rows) == ([], [])


def test_rows_above_and_columns_left_of_a_table(tmp_path):
    def fill(workbook):
        sheet = workbook.add_worksheet("S")
        sheet.write_row("C4", ["recipient_no", "name"])
        sheet.write_row("C5", ["01012345678", "김"])

    sheet, rows = read(write(tmp_path, workbook_bytes(fill)))
    assert (sheet.columns, sheet.first_row) == (["recipient_no", "name"], 5)
    assert rows == [["01012345678", "김"]]


def test_values_are_as_a_person_sees_them(tmp_path):
    def fill(workbook):
        sheet = workbook.add_worksheet("S")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row("A1", ["recipient_no"] + ["x"] * 6)
        sheet.write_row("A2", [1012345678, 1.0, 0.1 + 0.2, True])
        sheet.write_datetime("E2", datetime.datetime(2026, 11, 22), day)
        sheet.write_datetime("F2", datetime.datetime(2026, 11, 22, 9, 5), moment)
        sheet.write_formula("G2", "=1/0", None, "#DIV/0!")

    _, rows = read(write(tmp_path, workbook_bytes(fill)))
    assert rows == [["1012345678", "1", "0.3", "TRUE", "2026-11-22", "2026-11-22 09:05", ""]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (-2.0, "-2"),
        (1e15, "1000000000000000"),
        (1e20, "1e+20"),
        (1.25, "1.25"),
        (False, "FALSE"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.time(9, 5), "09:05"),
        (datetime.time(9, 5, 7), "09:05:07"),
        (datetime.timedelta(hours=30, minutes=5), "30:05"),
        (datetime.timedelta(seconds=61), "0:01:01"),
    ],
)
def test_one_value(value, text):
    assert cell_text(value) == text


def test_xls(tmp_path):
    content = io.BytesIO()
    workbook = xlwt.Workbook()
    hidden = workbook.add_sheet("hidden")
    hidden.visibility = 1
    page = workbook.add_sheet("S")
    for at, title in enumerate(["recipient_no", "name", "n"]):
        page.write(0, at, title)
    for at, value in enumerate([1012345678, "김", 2.5]):
        page.write(1, at, value)
    page.write_merge(3, 3, 0, 1, "memo")
    workbook.active_sheet = 1
    workbook.save(content)
    sheet, rows = read(write(tmp_path, content.getvalue()))
    assert (sheet.encoding, rows) == ("xls", [["1012345678", "김", "2.5"], ["", "", ""], ["memo", "", ""]])
    assert sheet.notes == [Note("hidden_sheets", {"count": 1}), Note("merged_cells", {"count": 1})]
