"""Texts with `##key##` placeholders, compiled once and rendered for every recipient.

A key is 1 to 50 characters without `#`, spaces, line breaks or control characters, and does not begin like a
formula, since it becomes a column of a spreadsheet. Anything else between `##` is plain text, as is an
unclosed `##`. A value is never looked into: `##x##` inside a value is sent as it is.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from messaging.content.length import byte_length, normalize_newlines

RECIPIENT_COLUMN = "recipient_no"
MAX_KEY_LENGTH = 50
PLACEHOLDER = re.compile(rf"##((?![=+\-@＝＋－＠])[^\s#\x00-\x1f\x7f]{{1,{MAX_KEY_LENGTH}}})##")
NEAR_MISS = re.compile(r"##([^#\n]+)##")


class ReservedKey(ValueError):
    """A text uses `##recipient_no##`, which names the column of numbers."""


def placeholders(*texts: str) -> list[str]:
    """The keys of the texts in order of first use, each once."""
    return list(dict.fromkeys(key for text in texts for key in PLACEHOLDER.findall(text)))


def near_misses(text: str) -> list[str]:
    """What stands between `##` but is no key (spaces, too long), so that a page can warn about it."""
    rest = PLACEHOLDER.sub("", text)
    return list(dict.fromkeys(NEAR_MISS.findall(rest)))


def is_reserved(key: str) -> bool:
    """Whether a key is the name of the column of numbers, in whatever case."""
    return key.strip().casefold() == RECIPIENT_COLUMN


@dataclass(frozen=True, slots=True)
class Text:
    """One compiled text: literal parts between values.

    `parts` holds the literals at even places and room for the values at odd ones; `keys` are the
    positions of those values in a row; `static_bytes` counts the literals; `uses` pairs each position with
    how often it is used, so that a row is `static_bytes + sum(times * byte_length(values[i]))` bytes.
    """

    parts: tuple[str, ...]
    keys: tuple[int, ...]
    static_bytes: int
    uses: tuple[tuple[int, int], ...]
    pick: Callable[[Sequence[str]], Sequence[str]]

    def render(self, values: Sequence[str]) -> str:
        """The text with its values."""
        if not self.keys:
            return self.parts[0]
        parts = list(self.parts)
        parts[1::2] = self.pick(values)
        return "".join(parts)

    def size(self, value_sizes: Sequence[int]) -> int:
        """Bytes of the rendered text, from the bytes of a row's values."""
        return self.static_bytes + sum(times * value_sizes[position] for position, times in self.uses)


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled subject and body. Values are given in the order of `keys`."""

    keys: tuple[str, ...]
    subject: Text
    body: Text

    def render(self, values: Sequence[str]) -> tuple[str, str]:
        """(subject, body) for one recipient."""
        return self.subject.render(values), self.body.render(values)


def compile_template(subject: str, body: str) -> Template:
    """Compile a subject and a body. Raises ReservedKey where a key is `recipient_no`."""
    subject, body = normalize_newlines(subject), normalize_newlines(body)
    keys = tuple(placeholders(subject, body))
    if any(map(is_reserved, keys)):
        raise ReservedKey(RECIPIENT_COLUMN)
    return Template(keys=keys, subject=compile_text(subject, keys), body=compile_text(body, keys))


def compile_text(text: str, keys: Sequence[str]) -> Text:
    """Compile one text against the keys of its template."""
    parts = tuple(PLACEHOLDER.split(text))
    positions = tuple(keys.index(key) for key in parts[1::2])
    return Text(
        parts=parts,
        keys=positions,
        static_bytes=sum(map(byte_length, parts[::2])),
        uses=tuple(Counter(positions).items()),
        pick=picker(positions),
    )


def picker(positions: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str]]:
    """A function that takes the given positions out of a row, always as a sequence."""
    if not positions:
        return lambda row: ()
    if len(positions) == 1:
        only = positions[0]
        return lambda row: (row[only],)
    return itemgetter(*positions)
