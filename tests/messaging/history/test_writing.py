"""Whatever people wrote comes back as it was, and every row is counted."""

import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.history import writing
from messaging.history.columns import COLUMNS, Row
from messaging.history.entries import rows_of
from messaging.history.writing import NotThatFile, count_back, write_rows
from messaging.models.backup import BackupFormat

FORMATS = list(BackupFormat)
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ODD = ("'", '"', "=", "+1", "-", "@x", "\t", "\r", "\n", "\r\n", ",", "\\", "\\N", "＝", "'=")
PIECES = st.sampled_from(ODD)
WRITTEN = st.lists(st.one_of(PIECES, st.text(CHARACTERS, max_size=4)), max_size=5).map("".join)
ROWS = st.lists(st.builds(Row, *[WRITTEN] * len(COLUMNS)), max_size=4)


@given(ROWS, st.sampled_from(FORMATS))
@settings(max_examples=150, deadline=None)
def test_what_is_written_comes_back(rows: list[Row], file_format: str) -> None:
    file = io.BytesIO()
    written = write_rows(file, file_format, [rows[:2], rows[2:]])
    assert (written.rows, written.size) == (len(rows), len(file.getvalue()))
    file.seek(0)
    assert count_back(file, file_format) == written
    file.seek(0)
    assert list(rows_of(file, file_format)) == rows
    assert not file.closed


@given(ROWS, st.sampled_from(FORMATS), st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_rows_are_counted_wherever_a_block_ends(rows: list[Row], file_format: str, block: int) -> None:
    file = io.BytesIO()
    written = write_rows(file, file_format, [rows])
    file.seek(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "BLOCK", block)
        assert count_back(file, file_format) == written


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_row_whose_text_goes_on_in_the_next_block_is_one(
    file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.BytesIO()
    written = write_rows(file, file_format, [[Row(text='a\r\n"b"\r\n' * 9), Row(text="\r"), Row()]])
    assert written.rows == 3
    for block in range(1, 9):
        monkeypatch.setattr(writing, "BLOCK", block)
        file.seek(0)
        assert count_back(file, file_format) == written


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_is_no_packed_file_is_noticed(file_format: str) -> None:
    for content in (b"", b"not found", gzip.compress(b"{}\n")[:12] + b"\xff" * 30):
        with pytest.raises(NotThatFile):
            count_back(io.BytesIO(content), file_format)


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_rows_make_the_same_bytes(file_format: str) -> None:
    one, other = io.BytesIO(), io.BytesIO()
    rows = [Row(text=f"text {n}") for n in range(5000)]
    written = write_rows(one, file_format, [rows])
    again = write_rows(other, file_format, [rows])
    assert (one.getvalue(), written) == (other.getvalue(), again)


def test_no_cell_that_people_wrote_is_a_formula() -> None:
    file = io.BytesIO()
    write_rows(
        file, "CSV", [[Row(recipient="+1", subject="=1+1", text="@SUM(A1)", uid="\tx", sender="'kept")]]
    )
    line = gzip.decompress(file.getvalue()).decode().splitlines()[1]
    assert "'=1+1,'@SUM(A1)" in line
    assert "'+1" in line
    assert "'\tx" in line
    assert "''kept" in line


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("cut", [1, 8, 100])
def test_a_file_that_is_cut_short_is_noticed(file_format: str, cut: int) -> None:
    file = io.BytesIO()
    write_rows(file, file_format, [[Row(text=f"text {n}") for n in range(2000)]])
    with pytest.raises(NotThatFile):
        count_back(io.BytesIO(file.getvalue()[:-cut]), file_format)
    with pytest.raises(NotThatFile):
        count_back(io.BytesIO(file.getvalue() + b"x"), file_format)
