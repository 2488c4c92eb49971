"""What of a checked file joins a list of typed numbers."""

import json
from pathlib import Path
from typing import Any

import pytest

from messaging.recipients.joining import joining
from messaging.recipients.staging import staging_line
from messaging.recipients.typed import TypedRecipients, read_typed, without_wrong


def written(folder: Path, lines: list[str], problems: list[tuple[str, str, list[str]]]) -> dict[str, Path]:
    staging, faults = folder / "rows", folder / "problems"
    staging.write_text("".join(lines))
    entries: list[Any] = [{"columns": ["name", "recipient_no"]}]
    entries += [
        {"row": 9, "column": column, "code": code, "cells": cells} for column, code, cells in problems
    ]
    faults.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return {"staging": staging, "problems": faults}


def test_numbers_come_once_and_what_is_wrong_as_it_stands(tmp_path: Path) -> None:
    lines = [
        staging_line(2, 82, "01012345678", []),
        staging_line(3, 82, "01012345678", [], duplicate=True),
        staging_line(4, 81, "9012345678", []),
        staging_line(5, 82, "01000000000", []),
    ]
    problems = [
        ("recipient_no", "wrong_number", ["Kim", " 0101234 "]),
        ("recipient_no", "missing_number", ["Lee", ""]),
        ("recipient_no", "wrong_number", ["Park", "010-12, 010-1234-5678"]),
        ("recipient_no", "missing_number", ["Choi"]),
    ]
    found = joining(typed=read_typed("010-0000-0000"), **written(tmp_path, lines, problems))
    assert found.entries == ["01012345678", "+819012345678", "0101234", "010-12", "010-1234-5678"]
    assert found.known == 1


def test_what_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="rows"):
        joining(typed=TypedRecipients(), staging=tmp_path / "rows", problems=tmp_path / "problems")


def test_wrong_entries_are_taken_out_and_the_others_stay_as_written() -> None:
    assert without_wrong("010-1234-5678; x\n\n+1 650 253 0000, 0101") == "010-1234-5678\n+1 650 253 0000"
    assert without_wrong("x") == ""
