from hypothesis import given
from hypothesis import strategies as st

from messaging.recipients.seen import PAGE_BYTES, SeenNumbers

NUMBERS = st.tuples(
    st.sampled_from([82, 1, 86, 212]),
    st.sampled_from(["01012345678", "0101234567", "0112345678", "021234567", "2345678"]),
) | st.tuples(st.just(82), st.integers(0, 200_000).map(lambda n: f"010{n:08}"))


@given(st.lists(NUMBERS, max_size=60))
def test_it_is_a_set(numbers):
    seen, known = SeenNumbers(), set()
    for number in numbers:
        assert seen.add(*number) == (number not in known)
        known.add(number)


def test_neighbours_are_told_apart():
    seen = SeenNumbers()
    numbers = [f"010{n:08}" for n in (*range(3000), *range(65_500, 65_600))]
    assert all(seen.add(82, number) for number in numbers)
    assert not any(seen.add(82, number) for number in numbers)


def test_mobile_numbers_cost_pages_and_no_entries():
    seen = SeenNumbers()
    for n in range(0, 100_000_000, 1000):
        assert seen.add(82, f"010{n:08}")
    assert not seen.others
    assert len(seen.pages) * PAGE_BYTES < 13_000_000
