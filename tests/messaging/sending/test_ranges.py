"""Batches and chunks divide the messages: none left out, none twice, no chunk across batches."""

from hypothesis import given
from hypothesis import strategies as st

from messaging.sending.ranges import Range, batch_ranges, chunk_ranges


def test_parts_differ_by_one_at_most() -> None:
    assert batch_ranges(10, 3) == [Range(1, 1, 3), Range(2, 4, 6), Range(3, 7, 10)]


def test_a_chunk_ends_with_its_batch() -> None:
    assert [tuple(each) for each in chunk_ranges(batch_ranges(7, 2), 2)] == [
        (1, 1, 1, 2),
        (2, 1, 3, 3),
        (3, 2, 4, 5),
        (4, 2, 6, 7),
    ]


@given(st.integers(1, 5000), st.integers(1, 100), st.integers(1, 700))
def test_everything_is_in_one_chunk_of_one_batch(total: int, parts: int, size: int) -> None:
    parts = min(parts, total)
    batches = batch_ranges(total, parts)
    chunks = list(chunk_ranges(batches, size))
    assert [n for batch in batches for n in range(batch.first, batch.last + 1)] == list(range(1, total + 1))
    assert [n for chunk in chunks for n in range(chunk.first, chunk.last + 1)] == list(range(1, total + 1))
    assert {each.size for each in batches} <= {total // parts, total // parts + 1}
    assert [chunk.number for chunk in chunks] == list(range(1, len(chunks) + 1))
    assert all(
        batches[chunk.batch_number - 1].first
        <= chunk.first
        <= chunk.last
        <= batches[chunk.batch_number - 1].last
        for chunk in chunks
    )
