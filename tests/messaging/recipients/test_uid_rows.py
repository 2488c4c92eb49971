"""Rows of a file of UIDs: what a header is, what is wrong with a row, and that every row is counted once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.recipients.reader import check_file
from messaging.recipients.results import Fault, FileProblem, FileRefused
from messaging.recipients.sheet import Sheet
from messaging.recipients.uid_results import UidJob, UidResult, UidSample
from messaging.recipients.uid_rows import find_uid_columns, read_sheet_of_uids, uid_line

JOB = UidJob(path="", staging_path="", problems_path="")
HEADER = ["uid", "phoneNumber"]


def read(rows, header=HEADER, size=2000, job=JOB):
    batches = [rows[at : at + size] for at in range(0, len(rows), size)]
    sheet = Sheet(list(header), iter(batches), 2, "utf-8", lambda: 1.0)
    result, staging, problems = read_sheet_of_uids(job, sheet)
    return result, staging.split("\n")[:-1], [json.loads(line) for line in problems.split("\n")[:-1]]


def ordinary(count):
    return [[f"uid{n}", f"010{n:08}"] for n in range(count)]


def test_rows_become_lines_ready_for_copy():
    result, lines, problems = read([["sms_uuid1", "01012345678"], [" a b ", "+1 650-253-0000"]])
    assert lines == ["sms_uuid1\t82\t01012345678", "a b\t1\t6502530000"]
    assert (result.total_rows, result.usable, result.problems) == (2, 2, {})
    assert (result.international, result.repaired) == (1, 0)
    assert result.sample == [
        UidSample(2, "sms_uuid1", 82, "01012345678"),
        UidSample(3, "a b", 1, "6502530000"),
    ]
    assert problems == [{"columns": HEADER}]


def test_the_example_of_the_guide_has_no_header():
    result, lines, problems = read([["sms_uuid2", "01087654321"]], header=["sms_uuid1", "01012345678"])
    assert lines == ["sms_uuid1\t82\t01012345678", "sms_uuid2\t82\t01087654321"]
    assert (result.has_header, result.columns) == (False, HEADER)
    assert [each.row for each in result.sample] == [1, 2]
    assert problems == [{"columns": HEADER}]


@pytest.mark.parametrize(
    ("first_row", "found"),
    [
        (["uid", "phoneNumber"], (0, 1, True)),
        (["Phone Number", "UID"], (1, 0, True)),
        (["name", "phone_number", "uid"], (2, 1, True)),
        (["sms_uuid1", "01012345678"], (0, 1, False)),
        (["uid", "01012345678"], (0, 1, False)),
        (["고객", "번호"], (0, 1, False)),
    ],
)
def test_what_a_header_is(first_row, found):
    assert find_uid_columns(first_row) == found


@pytest.mark.parametrize(
    ("first_row", "code", "params"),
    [
        (["uid"], "missing_columns", {"columns": ["phoneNumber"]}),
        (["uid", "name"], "missing_columns", {"columns": ["phoneNumber"]}),
        (["name", "phone"], "missing_columns", {"columns": ["uid"]}),
        (["sms_uuid1"], "missing_columns", {"columns": ["phoneNumber"]}),
        (["uid", "phone", "mobile"], "duplicate_column", {"column": "phoneNumber", "positions": [2, 3]}),
    ],
)
def test_a_header_that_cannot_be_used(first_row, code, params):
    with pytest.raises(FileRefused) as refused:
        find_uid_columns(first_row)
    assert (refused.value.code, refused.value.params) == (code, params)


def test_each_fault_is_counted_once_a_row_and_written_once_a_fault():
    long = "x" * 101
    rows = [
        ["", "0101234"],
        [long, "01012345678"],
        ["a\x07b", "01012345678"],
        ["a", ""],
        ["a", "01012345678"],
    ]
    result, lines, problems = read(rows)
    assert lines == ["a\t82\t01012345678"]
    assert result.problems == {"missing_uid": 1, "uid_too_long": 1, "uid_characters": 1, "missing_number": 1}
    assert result.first_problems == [
        Fault(2, "uid", "missing_uid", ""),
        Fault(2, "phoneNumber", "wrong_number", "0101234", {"reason": "too_short"}),
        Fault(3, "uid", "uid_too_long", long, {"length": 101, "limit": 100}),
        Fault(4, "uid", "uid_characters", "a\x07b"),
        Fault(5, "phoneNumber", "missing_number", ""),
    ]
    assert [(entry["row"], entry["code"], entry["cells"]) for entry in problems[1:]] == [
        (2, "missing_uid", ["", "0101234"]),
        (2, "wrong_number", ["", "0101234"]),
        (3, "uid_too_long", [long, "01012345678"]),
        (4, "uid_characters", ["a\x07b", "01012345678"]),
        (5, "missing_number", ["a", ""]),
    ]


def test_only_ten_faults_are_kept_and_all_are_counted_and_written():
    result, _, problems = read([["a", "1"]] * 25)
    assert (result.problems, len(result.first_problems), len(problems)) == ({"wrong_number": 25}, 10, 26)


def test_short_rows_and_blank_rows():
    result, lines, _ = read([["a"], ["", ""], [], ["b", "01012345678", "more"]])
    assert (result.total_rows, result.problems, lines) == (2, {"missing_number": 1}, ["b\t82\t01012345678"])


def test_a_number_without_its_zero_is_repaired():
    result, lines, _ = read([["a", "1012345678"]])
    assert lines == ["a\t82\t01012345678"]
    assert (result.repaired, result.first_repaired[0].params) == (1, {"number": "01012345678"})


def test_the_fast_way_and_the_careful_way_give_the_same():
    rows = [*ordinary(10), ["a\\b", "01000000001"], [" c", "01000000002"], ["d", "010-0000-0003"]]
    fast, fast_lines, _ = read(rows, size=5)
    careful, careful_lines, _ = read(rows, size=len(rows))
    assert fast_lines == careful_lines
    assert (fast.total_rows, fast.usable) == (careful.total_rows, careful.usable) == (13, 13)
    assert fast_lines[10:] == ["a\\\\b\t82\t01000000001", "c\t82\t01000000002", "d\t82\t01000000003"]


def test_more_rows_than_may_be_and_none():
    job = UidJob(path="", staging_path="", problems_path="", max_rows=3)
    with pytest.raises(FileRefused, match="too_many_rows"):
        read(ordinary(4), job=job)
    with pytest.raises(FileRefused, match="no_data"):
        read([["", ""]])


CELLS = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.one_of(CELLS, st.integers(0, 10**8 - 1).map(lambda n: f"010{n:08}"), st.just("+16502530000"))


@given(st.lists(st.lists(st.one_of(CELLS, NUMBERS), max_size=3), min_size=1, max_size=30), st.integers(1, 7))
def test_every_row_ends_in_exactly_one_count(rows, size):
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        with pytest.raises(FileRefused, match="no_data"):
            read(rows, size=size)
        return
    result, lines, problems = read(rows, size=size)
    assert result.total_rows == len(filled) == result.usable + sum(result.problems.values())
    assert len(lines) == result.usable
    assert all(line.count("\t") == 2 for line in lines)
    assert len({entry["row"] for entry in problems[1:]}) == sum(result.problems.values())


@given(st.lists(st.tuples(CELLS, NUMBERS), min_size=8, max_size=30))
def test_both_ways_agree_about_any_row(rows):
    rows = [*ordinary(5), *map(list, rows)]
    fast, careful = read(rows, size=5), read(rows, size=len(rows))
    assert fast == careful


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20))
def test_a_line_is_read_back_by_copy_as_it_was(uid):
    written = uid_line(uid, 82, "01012345678").split("\t")[0]
    assert written.replace("\\\\", "\\") == uid


@pytest.mark.parametrize(
    ("encoding", "bom"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("cp949", b""), ("utf-16", b"")]
)
def test_a_file_is_read_in_a_child(tmp_path, encoding, bom):
    path = tmp_path / "upload"
    path.write_bytes(bom + "uid,phoneNumber\n고객1,01012345678\n고객2,0101\n".encode(encoding))
    job = UidJob(str(path), str(tmp_path / "rows"), str(tmp_path / "problems"))
    result = check_file(job)
    assert isinstance(result, UidResult)
    assert (result.total_rows, result.usable, result.problems) == (2, 1, {"wrong_number": 1})
    assert (tmp_path / "rows").read_text() == "고객1\t82\t01012345678\n"
    assert UidResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_what_is_no_spreadsheet_leaves_nothing(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    job = UidJob(str(path), str(tmp_path / "rows"), str(tmp_path / "problems"))
    assert check_file(job) == FileProblem("not_a_spreadsheet", {"kind": "png"})
    assert [each.name for each in tmp_path.iterdir()] == ["upload"]
