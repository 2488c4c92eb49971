import csv
import io
import json
from dataclasses import asdict

import openpyxl
import pytest
from django.utils import translation

from messaging.recipients import problems
from messaging.recipients.problems import (
    describe,
    fault_sentence,
    file_sentence,
    note_sentence,
    problem_rows,
    problems_csv,
    write_problems_xlsx,
)
from messaging.recipients.results import Fault, FileProblem, Note


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def written(tmp_path):
    entries = [
        {"columns": ["recipient_no", "=name"]},
        {
            "row": 2,
            "column": "recipient_no",
            "code": "wrong_number",
            "params": {"reason": "too_short"},
            "cells": ["010", "=1+1"],
        },
        {"row": 3, "column": "=name", "code": "missing_value", "cells": ["+821012345678", ""]},
        {
            "row": 4,
            "column": "",
            "code": "too_long",
            "params": {"bytes": 91, "limit": 90},
            "cells": ["@x", "-3\x01"],
        },
    ]
    path = tmp_path / "problems"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


EXPECTED = [
    ["Row", "Column", "What is wrong", "recipient_no", "'=name"],
    ["2", "recipient_no", "The number is too short.", "010", "'=1+1"],
    ["3", "'=name", "The value is missing.", "+821012345678", ""],
    ["4", "", "The message is 91 bytes long; at most 90 are allowed.", "'@x", "'-3\x01"],
]


def test_the_rows_of_the_file_of_all_problems(written):
    assert list(problem_rows(written)) == EXPECTED


def test_as_csv_that_excel_reads(written, monkeypatch):
    monkeypatch.setattr(problems, "BATCH", 2)
    pieces = list(problems_csv(written))
    assert len(pieces) == 4
    assert list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig")))) == EXPECTED


def test_as_a_workbook_of_texts(written):
    content = io.BytesIO()
    write_problems_xlsx(written, content)
    sheet = openpyxl.load_workbook(content).active
    rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    assert rows == [[cell.replace("\x01", " ") for cell in row] for row in EXPECTED]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}


def test_an_empty_file_of_problems_has_only_its_header(tmp_path):
    path = tmp_path / "problems"
    path.write_text("", encoding="utf-8")
    assert list(problem_rows(path)) == [["Row", "Column", "What is wrong"]]


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (
            FileProblem("not_a_spreadsheet", {"kind": "png"}),
            "The file is a PNG picture, not a spreadsheet. Save it as .xlsx, .xls or .csv.",
        ),
        (
            FileProblem("too_many_rows", {"limit": 1_000_000}),
            "The file has more than 1,000,000 rows. Split it and send the parts one after the other.",
        ),
        (
            FileProblem("missing_columns", {"columns": ["a", "b"]}),
            "The file has no column for a, b. Add it, or change the message.",
        ),
        (
            FileProblem("quote_left_open", {"line": 1234}),
            "The quotation mark opened on line 1234 is never closed. Close it or remove it.",
        ),
    ],
)
def test_a_file_that_was_refused(problem, sentence):
    assert file_sentence(problem) == sentence


def test_codes_nobody_knows_still_say_something():
    assert file_sentence(FileProblem("???")) == file_sentence(FileProblem("unreadable"))
    assert fault_sentence("???", {}) == "???"
    assert note_sentence(Note("???")) == "???"


def test_faults_and_notes():
    fault = Fault(2, "", "too_long", "", {"parts": 6, "limit": 5})
    assert describe(fault) == "The message needs 6 parts; at most 5 are allowed."
    assert describe(Fault(**asdict(fault))) == describe(fault)
    assert note_sentence(Note("ignored_columns", {"columns": ["a", "b"], "count": 2})) == (
        "Columns that the message does not use are ignored (2): a, b."
    )


def test_percent_signs_in_parameters_are_plain():
    assert "100%s" in file_sentence(FileProblem("missing_columns", {"columns": ["100%s"]}))
