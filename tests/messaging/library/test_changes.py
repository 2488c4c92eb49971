"""What changed: both texts can be read out of the woven one, and only what differs is marked."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.library.changes import Change, Kind, Piece, changes_between, weave

TEXTS = st.text(alphabet="ab #\n\r가나다 ", max_size=60)
SAME, GONE, NEW = Kind.SAME, Kind.GONE, Kind.NEW


@given(TEXTS, TEXTS)
def test_both_texts_stand_in_the_woven_one(before: str, after: str) -> None:
    pieces = weave(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != NEW) == before
    assert "".join(piece.text for piece in pieces if piece.kind != GONE) == after
    assert all(piece.text for piece in pieces)
    assert all(one.kind != other.kind for one, other in pairwise(pieces))


@given(TEXTS)
def test_the_same_text_has_no_marks(text: str) -> None:
    assert weave(text, text) == ([Piece(SAME, text)] if text else [])


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        (
            "안녕하세요 ##name##님\n주문 확인\n",
            "안녕하세요 ##name##님\n주문 발송\n",
            [(SAME, "안녕하세요 ##name##님\n주문 "), (GONE, "확인"), (NEW, "발송"), (SAME, "\n")],
        ),
        ("one two, x", "a b, x", [(GONE, "one two,"), (NEW, "a b,"), (SAME, " x")]),
        ("a x b", "a y b", [(SAME, "a "), (GONE, "x"), (NEW, "y"), (SAME, " b")]),
        ("one\ntwo\n", "one\n", [(SAME, "one\n"), (GONE, "two\n")]),
        ("", "new", [(NEW, "new")]),
        ("##a##님", "##b##님", [(GONE, "##a##"), (NEW, "##b##"), (SAME, "님")]),
    ],
)
def test_lines_first_then_words(before: str, after: str, pieces: list[tuple[Kind, str]]) -> None:
    assert weave(before, after) == [Piece(*piece) for piece in pieces]


def test_only_the_fields_that_differ_in_their_order() -> None:
    before = {"type": "SMS", "sender": "", "body": "a"}
    after = {"type": "LMS", "sender": "", "body": "b"}
    assert changes_between(before, after) == [
        Change("type", (Piece(GONE, "SMS"), Piece(NEW, "LMS"))),
        Change("body", (Piece(GONE, "a"), Piece(NEW, "b"))),
    ]
