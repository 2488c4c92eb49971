"""What changed from one text to another: line by line, and in a line that changed word by word. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# Hangul words end in particles; what stands between spaces is the unit that people read.
WORD = re.compile(r"##[^#\n]+##|\s|[^\s#]+|#+")


# Whether both are the same, the older text, the newer text.
Run = tuple[bool, str, str]


class Kind(StrEnum):
    """Whether a piece stands in both texts, only in the older, or only in the newer one."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters, and in which of the two texts it stands."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field that says something else. `pieces` are its texts woven together."""

    field: str
    pieces: tuple[Piece, ...]


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """The fields whose words differ, in the order of `after`; both name the same fields."""
    return [
        Change(name, tuple(weave(before[name], said))) for name, said in after.items() if before[name] != said
    ]


def weave(before: str, after: str) -> list[Piece]:
    """The two texts as one: what is SAME or GONE makes the first, what is SAME or NEW the second."""
    return list(joined(_lines(before.splitlines(keepends=True), after.splitlines(keepends=True))))


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    for is_same, old, new in _runs(before, after):
        if is_same:
            yield Piece(Kind.SAME, old)
        elif old and new:
            yield from _words(WORD.findall(old), WORD.findall(new))
        else:
            yield from _replaced(old, new)


def _words(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    for is_same, old, new in _without_gaps(list(_runs(before, after))):
        if is_same:
            yield Piece(Kind.SAME, old)
        else:
            yield from _replaced(old, new)


def _without_gaps(runs: Sequence[Run]) -> Iterator[Run]:
    """The runs with a space between two changed words as part of the change, which is read at once then."""
    last = len(runs) - 1
    old = new = ""
    for place, (is_same, before, after) in enumerate(runs):
        if not is_same or (0 < place < last and before == " "):
            old, new = old + before, new + after
            continue
        if old or new:
            yield False, old, new
        old = new = ""
        yield is_same, before, after
    if old or new:
        yield False, old, new


def _replaced(old: str, new: str) -> Iterator[Piece]:
    if old:
        yield Piece(Kind.GONE, old)
    if new:
        yield Piece(Kind.NEW, new)


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[Run]:
    """(whether both are the same, the older text, the newer text) of each run of units."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, first_new, last_new in matcher.get_opcodes():
        yield tag == "equal", "".join(before[first:last]), "".join(after[first_new:last_new])


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces with neighbours of one kind put together."""
    held: Piece | None = None
    for piece in pieces:
        if held is not None and held.kind == piece.kind:
            held = Piece(held.kind, held.text + piece.text)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held
