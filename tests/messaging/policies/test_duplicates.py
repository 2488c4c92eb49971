"""When one text may repeat another, and the locks of those who look: the rules alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content.length import replace_unsendable
from messaging.content.rendering import Text, compile_template
from messaging.policies.duplicates import BUCKETS, MANY, Stream, locks_of, may_say_the_same, type_of
from tests.messaging.sending.files import numbers

STREAM = Stream(7, "GENERAL", "SMS", "0212345678")
PIECES = st.lists(st.sampled_from(["a", "b", "??", "😀", "##n##", "##m##"]), max_size=5).map("".join)


def text(body: str) -> Text:
    return compile_template("", body).body


@pytest.mark.parametrize(
    ("message_type", "purpose", "expected"),
    [("SMS", "GENERAL", "SMS"), ("LMS", "AD", "LMS"), ("SMS", "AUTH", "AUTH"), ("LMS", "AUTH", "AUTH")],
)
def test_a_one_time_code_is_a_type_of_its_own(message_type: str, purpose: str, expected: str) -> None:
    assert type_of(message_type, purpose) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Hello", "Hello", True),
        ("Hello", "Hello!", False),
        ("Hello", "Hello##n##", True),
        ("##n##", "Hello", True),
        ("To ##n##", "To ##other##", True),
        ("To ##n##", "To you: ##n##", True),
        ("To ##n##", "From ##n##", False),
        ("##n## now", "##n## right now", True),
        ("##n## now", "##n## later", False),
        ("😀", "?", True),
        ("😀##n##", "똠##n##", True),
        ("##n##😀", "##n##?", True),
    ],
)
def test_only_what_can_be_the_same_is_compared(one: str, other: str, expected: bool) -> None:
    assert may_say_the_same(text(one), text(other)) is expected
    assert may_say_the_same(text(other), text(one)) is expected


@given(PIECES, PIECES, st.lists(st.sampled_from(["", "a", "b", "?", "😀"]), min_size=4, max_size=4))
def test_what_says_the_same_may_do_so(one: str, other: str, values: list[str]) -> None:
    first, second = text(one).render(values[:2]), text(other).render(values[2:])
    if replace_unsendable(first) == replace_unsendable(second):
        assert may_say_the_same(text(one), text(other))


def test_every_process_takes_the_same_locks_in_the_same_order() -> None:
    people = numbers(500)
    taken = locks_of(STREAM, people)
    assert taken == sorted(set(taken)) == locks_of(STREAM, people[::-1])
    assert len(taken) == BUCKETS
    assert all(-(2**63) <= key < 2**63 for key in taken)
    assert locks_of(STREAM, numbers(MANY)) == taken  # which are all that there are
    assert locks_of(STREAM, people[:2]) == [-2498680230903680737, 9189269613398887994]


@pytest.mark.parametrize(
    "change", [{"project_id": 8}, {"kind": "MASS"}, {"type": "LMS"}, {"sender": "0287654321"}]
)
def test_what_cannot_repeat_each_other_does_not_wait(change: dict[str, str]) -> None:
    people = numbers(500)
    assert not set(locks_of(STREAM, people)) & set(locks_of(STREAM._replace(**change), people))
