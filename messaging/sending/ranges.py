"""How a request's messages divide into batches and chunks: pure arithmetic on ordinals, inclusive, from 1."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

CHUNK_SIZE = 2000


class Range(NamedTuple):
    """Ordinals of consecutive messages; `number` counts ranges from 1."""

    number: int
    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


class ChunkRange(NamedTuple):
    """A chunk: `number` in its request, the number of its batch, and its ordinals."""

    number: int
    batch_number: int
    first: int
    last: int


def batch_ranges(total: int, parts: int = 1) -> list[Range]:
    """`total` messages in that many parts, whose sizes differ by at most one; never an empty part."""
    bounds = [total * part // parts for part in range(parts + 1)]
    return [Range(number, bounds[number - 1] + 1, bounds[number]) for number in range(1, parts + 1)]


def chunk_ranges(batches: Iterable[Range], size: int = CHUNK_SIZE) -> Iterator[ChunkRange]:
    """The chunks of the batches in order. A chunk never crosses the end of its batch."""
    number = 0
    for batch in batches:
        for first in range(batch.first, batch.last + 1, size):
            number += 1
            yield ChunkRange(number, batch.number, first, min(first + size - 1, batch.last))
