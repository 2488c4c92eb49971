"""Recipients as people type or paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.recipients.numbers import Number
from messaging.recipients.typed import MAX_TYPED, Repeated, WrongLine, read_typed


@pytest.mark.parametrize("between", ["\n", "\r\n", ",", ";", "\t", ", ", "\n\n", "，"])
def test_entries_are_separated_by_lines_commas_semicolons_and_tabs(between: str) -> None:
    typed = read_typed(f"010-1234-5678{between}+82 10 8765 4321")
    assert typed.numbers == [Number(82, "01012345678"), Number(82, "01087654321")]
    assert typed.total == 2


def test_a_wrong_entry_is_named_with_its_place_and_reason() -> None:
    typed = read_typed("010-1234-5678\n\n0101234\n김민준")
    assert typed.wrong == [
        WrongLine(2, "0101234", "wrong_number", "too_short"),
        WrongLine(3, "김민준", "wrong_number", "characters"),
    ]
    assert len(typed.numbers) == 1


def test_a_repeated_number_is_sent_once_however_it_is_written() -> None:
    typed = read_typed("01012345678, 010-1234-5678, +821012345678")
    assert typed.numbers == [Number(82, "01012345678")]
    assert typed.repeated == [Repeated(2, "010-1234-5678", 1), Repeated(3, "+821012345678", 1)]


def test_a_lost_zero_is_put_back_and_said() -> None:
    typed = read_typed("1012345678")
    assert typed.numbers == [Number(82, "01012345678", repaired=True)]
    assert typed.repaired == [("1012345678", "01012345678")]


def test_nothing_is_nothing() -> None:
    assert read_typed(" \n, ;\t").total == 0


def test_how_many_is_too_many() -> None:
    numbers = [f"010{n:08d}" for n in range(MAX_TYPED + 1)]
    assert not read_typed("\n".join(numbers[:-1])).is_too_many
    assert read_typed("\n".join(numbers)).is_too_many


@given(st.text(max_size=200))
def test_every_entry_is_counted_once_whatever_was_pasted(text: str) -> None:
    typed = read_typed(text)
    places = [line.place for line in typed.wrong] + [line.place for line in typed.repeated]
    assert len(places) == len(set(places))
    assert typed.total >= len(places)
    assert len({number[:2] for number in typed.numbers}) == len(typed.numbers)
