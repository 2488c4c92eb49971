"""The rules for rows, and that the fast way and the careful way come to the same."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.recipients import validation
from messaging.recipients.results import CheckJob, CheckResult, Fault, FileRefused, Note
from messaging.recipients.sheet import Sheet
from messaging.recipients.staging import parse_line
from messaging.recipients.validation import RowChecker, check_sheet

HEADER = ["recipient_no", "name", "order"]
BODY = "##name##님 ##order##"


def sheet_of(rows, header=HEADER, size=2000):
    batches = [rows[at : at + size] for at in range(0, len(rows), size)]
    return Sheet(list(header), iter(batches), 2, "utf-8", lambda: 1.0)


def check(rows, header=HEADER, **job):
    job = {"body": BODY, **job}
    result, staging, problems = check_sheet(
        CheckJob(path="", staging_path="", problems_path="", **job), sheet_of(rows, header)
    )
    lines = [parse_line(line.encode()) for line in staging.splitlines(keepends=True)]
    return result, lines, [json.loads(line) for line in problems.splitlines()]


def ordinary(count, start=0):
    return [[f"010{start + n:08}", f"이름{n}", f"A-{n}"] for n in range(count)]


def test_a_row_is_staged_with_its_place_number_and_values():
    result, lines, problems = check([["010-1234-5678", "김민준", 'a"\\b']])
    assert lines == [(2, 82, "01012345678", ["김민준", 'a"\\b'], False)]
    assert (result.total_rows, result.sendable, result.max_body_bytes) == (1, 1, 6 + 3 + 4)
    assert result.sample[0].values == ["김민준", 'a"\\b']
    assert problems == [{"columns": HEADER}]


def test_each_fault_is_counted_once_a_row_and_written_once_a_fault():
    rows = [["", "", "1"], ["0101234", "a", "1"], ["01012345678", " ", "1"], ["01012345678", "a", "1"]]
    result, lines, problems = check(rows)
    assert result.problems == {"missing_number": 1, "wrong_number": 1, "missing_value": 1}
    assert result.first_problems == [
        Fault(2, "recipient_no", "missing_number", ""),
        Fault(2, "name", "missing_value", ""),
        Fault(3, "recipient_no", "wrong_number", "0101234", {"reason": "too_short"}),
        Fault(4, "name", "missing_value", ""),
    ]
    assert [line.row_number for line in lines] == [5]  # a refused row does not make the next one a duplicate
    assert [(entry["row"], entry["code"], entry["cells"]) for entry in problems[1:]] == [
        (2, "missing_number", ["", "", "1"]),
        (2, "missing_value", ["", "", "1"]),
        (3, "wrong_number", ["0101234", "a", "1"]),
        (4, "missing_value", ["01012345678", " ", "1"]),
    ]


def test_only_ten_faults_are_kept_and_all_are_counted_and_written():
    result, _, problems = check([["1", "a", "b"]] * 25)
    assert result.problems == {"wrong_number": 25}
    assert len(result.first_problems) == 10
    assert len(problems) == 26


def test_duplicates_are_staged_with_their_flag():
    result, lines, _ = check(
        [["01012345678", "a", "1"], ["+82 10-1234-5678", "b", "2"], ["1012345678", "c", "3"]]
    )
    assert [line.duplicate for line in lines] == [False, True, True]
    assert (result.sendable, result.duplicates, result.repaired) == (1, 2, 0)
    assert result.first_duplicates[0] == Fault(3, "recipient_no", "duplicate", "+82 10-1234-5678")


def test_numbers_of_other_countries_are_kept_apart_and_may_be_refused():
    rows = [["+16502530000", "a", "1"], ["+1 650 253 0000", "a", "1"], ["01012345678", "a", "1"]]
    result, lines, _ = check(rows)
    assert [(line.country_code, line.recipient, line.duplicate) for line in lines] == [
        (1, "6502530000", False),
        (1, "6502530000", True),
        (82, "01012345678", False),
    ]
    assert result.international == 1
    refused, lines, _ = check(rows, allow_international=False)
    assert refused.problems == {"international_number": 2}
    assert len(lines) == 1


def test_a_repaired_number_is_counted_and_shown():
    result, _, _ = check([["1012345678", "a", "1"]])
    assert result.repaired == 1
    assert result.first_repaired == [
        Fault(2, "recipient_no", "repaired", "1012345678", {"number": "01012345678"})
    ]


def test_a_text_too_long_is_counted_with_its_bytes():
    fits, over = "가" * 43, "가" * 43 + "a"  # with 님, a space and one letter: 90 and 91 bytes
    result, lines, _ = check([["01012345678", fits, "a"], ["01012345679", over, "a"]])
    assert [line.row_number for line in lines] == [2]
    assert (result.too_long, result.problems, result.max_body_bytes) == (1, {"too_long": 1}, 91)
    assert result.first_too_long == [Fault(3, "", "too_long", "", {"bytes": 91, "limit": 90})]


def test_the_subject_has_its_own_limit():
    result, lines, _ = check(
        [["01012345678", "가" * 20, "1"], ["01012345679", "가" * 20 + "a", "1"]],
        subject="##name##",
        message_type="LMS",
        body_bytes=2000,
    )
    assert [line.row_number for line in lines] == [2]
    assert result.first_problems == [Fault(3, "", "subject_too_long", "", {"bytes": 41, "limit": 40})]
    assert result.max_subject_bytes == 41


def test_an_sms_has_no_subject():
    result, _, _ = check([["01012345678", "a", "1"]], subject="##not_there##")
    assert result.keys == ["name", "order"]


def test_only_domestic_rows_are_counted_as_too_long_for_an_sms():
    result, _, _ = check([["+16502530000", "가" * 336, "1"], ["01012345678", "가" * 46, "1"]])
    assert (result.problems, result.too_long) == ({"too_long": 2}, 1)
    assert [fault.row for fault in result.first_too_long] == [3]


def test_international_texts_are_measured_in_parts():
    rows = [
        ["+16502530000", "가" * 331, "1"],
        ["+16502530001", "가" * 333, "1"],
    ]  # and 님, a space, one digit
    result, lines, _ = check(rows)
    assert [line.row_number for line in lines] == [2]
    assert result.first_problems == [Fault(3, "", "too_long", "", {"parts": 6, "limit": 5})]
    assert result.too_long == 0
    assert result.max_body_bytes == 0


ODD = [["01012345678", "뷁뷁😀", "1"], ["+16502530000", "뷁", "1"]]
ODD_FAULT = Fault(2, "name", "unsendable", "뷁뷁😀", {"characters": ["뷁", "😀"]})


def test_a_row_with_characters_that_cannot_be_sent_is_left_out():
    result, lines, problems = check(ODD)
    assert [line.values for line in lines] == [["뷁", "1"]]  # abroad they can
    assert (result.sendable, result.unsendable, result.problems) == (1, 0, {"unsendable": 1})
    assert result.first_problems == [ODD_FAULT]
    assert problems[1]["code"] == "unsendable"


def test_where_they_are_replaced_the_row_is_kept_and_counted():
    result, lines, problems = check([*ODD, ["010-1234-5678", "😀", "2"]], replaces_characters=True)
    assert [line.values for line in lines] == [["뷁뷁😀", "1"], ["뷁", "1"], ["😀", "2"]]
    assert (result.sendable, result.duplicates, result.problems) == (2, 1, {})
    assert (result.unsendable, result.unsendable_repeated) == (1, 1)
    assert result.first_unsendable == [ODD_FAULT]
    assert [entry.get("code") for entry in problems] == [None, "replaced"]


def test_the_first_ten_rows_that_change_are_named():
    rows = [[f"010123456{n:02}", "😀", "1"] for n in range(12)]
    result, _, _ = check(rows, replaces_characters=True)
    assert result.unsendable == 12
    assert [fault.row for fault in result.first_unsendable] == list(range(2, 12))


def test_rows_are_counted_by_country():
    abroad = ["+16502530000", "a", "1"]
    result, _, _ = check([*ordinary(2500), abroad, abroad, ["+819012345678", "a", "1"]])
    assert (result.countries, result.countries_repeated) == ({82: 2500, 1: 1, 81: 1}, {1: 1})
    assert result.sent_to(include_duplicates=False) == {82: 2500, 1: 1, 81: 1}
    assert result.sent_to(include_duplicates=True) == {82: 2500, 1: 2, 81: 1}
    assert CheckResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_values_of_a_mac_are_composed_and_line_ends_are_one():
    _, lines, _ = check([["01012345678", "\u1112\u1161\u11ab글", "a\r\nb"]])
    assert lines[0].values == ["한글", "a\nb"]


def test_blank_rows_are_skipped_and_rows_keep_their_numbers():
    result, lines, _ = check([[], ["", " ", ""], ["01012345678", "a", "1"], []])
    assert (result.total_rows, [line.row_number for line in lines]) == (1, [4])


@pytest.mark.parametrize("rows", [[], [[], ["", ""], [" "]]])
def test_nothing_below_the_header_is_refused(rows):
    with pytest.raises(FileRefused) as refused:
        check(rows)
    assert refused.value.code == "no_data"


def test_too_many_rows_are_refused():
    with pytest.raises(FileRefused) as refused:
        check(ordinary(11), max_rows=10)
    assert (refused.value.code, refused.value.params) == ("too_many_rows", {"limit": 10})
    assert check(ordinary(10), max_rows=10)[0].sendable == 10


@pytest.mark.parametrize(
    ("header", "code", "params"),
    [
        (["phone", "name", "order"], "no_recipient_column", {"columns": ["phone", "name", "order"]}),
        (["recipient_no", "name"], "missing_columns", {"columns": ["order"]}),
        (
            ["recipient_no", "name", "order", "name"],
            "duplicate_column",
            {"column": "name", "positions": [2, 4]},
        ),
        (
            ["recipient_no", "name", "order", "Recipient_No", "recipient_no"],
            "duplicate_column",
            {"column": "recipient_no", "positions": [1, 5]},
        ),
    ],
)
def test_headers_that_cannot_be_used(header, code, params):
    with pytest.raises(FileRefused) as refused:
        check([["01012345678", "a", "1"]], header=header)
    assert (refused.value.code, refused.value.params) == (code, params)


def test_columns_in_any_order_and_case_and_the_unused_ones_are_named():
    result, lines, _ = check(
        [["x", "1", "01012345678", "김"]], header=["memo", "ORDER", "Recipient_NO", "name"]
    )
    assert lines == [(2, 82, "01012345678", ["김", "1"], False)]
    assert result.notes == [Note("ignored_columns", {"columns": ["memo"], "count": 1})]


def test_a_text_without_placeholders_needs_numbers_only():
    result, lines, _ = check([[f"0101234{n:04}"] for n in range(30)], header=["recipient_no"], body="안내")
    assert (result.sendable, len(result.sample), result.max_body_bytes) == (30, 20, 4)
    assert lines[29] == (31, 82, "01012340029", [], False)


def test_the_result_crosses_as_json():
    result, _, _ = check([["1012345678", "뷁", "1"], ["1", "a", ""], ["01012345678", "가" * 50, "1"]])
    assert CheckResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize("garbage", [{}, {"encoding": 1}, [], None, "x"])
def test_anything_else_is_not_a_result(garbage):
    with pytest.raises(ValueError, match="not the result"):
        CheckResult.from_json(garbage)


CELLS = st.sampled_from(
    [
        "김",
        "a",
        "",
        " ",
        " a",
        "a ",
        'q"q',
        "b\\b",
        "뷁",
        "é",
        "t\tt",
        "n\nn",
        '","',
        '""',
        "\u3000",
        "가" * 30,
        "가" * 50,
    ]
)
NUMBERS = st.sampled_from(
    [
        "01012345678",
        "01012345679",
        "1012345678",
        "+821012345678",
        "0101234",
        "",
        "０１０１２３４５６７８",
        "010１２３４５６７８",
        "+16502530000",
    ]
)
ROWS = st.lists(
    st.lists(st.one_of(NUMBERS, CELLS), max_size=4) | st.tuples(NUMBERS, CELLS, CELLS).map(list), max_size=12
)
TEXTS = st.sampled_from(
    [BODY, "##name####name## ##order##", "##order## 고정 ##name##", "##name##", "##order##"]
)


@settings(max_examples=300, deadline=None)
@given(ROWS, TEXTS)
def test_the_fast_way_and_the_careful_way_agree(rows, body):
    rows = (
        ordinary(validation.SAMPLE, start=90_000_000) + rows
    )  # the first twenty are always judged one by one
    outcomes = []
    for size in (validation.SAMPLE, 10**6):  # the second has all rows in the first batch: all are judged
        job = CheckJob(path="", staging_path="", problems_path="", body=body)
        outcomes.append(check_sheet(job, sheet_of(rows, size=size)))
    assert outcomes[0] == outcomes[1]


def test_ordinary_rows_are_not_judged(monkeypatch):
    judged: list[int] = []
    judge = RowChecker.judge

    def watched(self, row, cells):
        judged.append(row)
        return judge(self, row, cells)

    monkeypatch.setattr(RowChecker, "judge", watched)
    rows = ordinary(4000)
    rows[3000][1] = "뷁"
    result, _, _ = check(rows, replaces_characters=True)
    assert result.sendable == 4000
    assert judged == [*range(2, 2002), 3002]
