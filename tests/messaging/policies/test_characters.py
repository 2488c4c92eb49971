"""What becomes of characters that cannot be sent, for any text at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content.length import byte_length, encoded_size, international_parts, is_unsendable, unsendable
from messaging.policies.characters import as_sent
from messaging.policies.content import refusal
from messaging.policies.writing import faults

# Hangul, hangul outside KS X 1001, emoji, Vietnamese, Latin, line ends; no lone carriage return.
TEXTS = st.text(
    st.sampled_from("가뷁똠a?™😀ế안 \n1") | st.characters(exclude_categories=["Cs"], exclude_characters="\r")
)


@given(TEXTS)
def test_at_home_only_what_cannot_be_sent_becomes_a_question_mark(text: str) -> None:
    sent = as_sent(text, 82, replaces=True)
    assert unsendable(sent) == []
    assert len(sent) == len(text)
    assert all(new == ("?" if is_unsendable(old) else old) for old, new in zip(text, sent, strict=True))


@given(TEXTS)
def test_it_is_as_long_and_changes_once(text: str) -> None:
    sent = as_sent(text, 82, replaces=True)
    assert byte_length(sent) == byte_length(text) == encoded_size(sent)
    assert as_sent(sent, 82, replaces=True) == sent


@given(TEXTS, st.sampled_from([1, 81, 84]))
def test_abroad_and_where_it_is_off_nothing_changes(text: str, country_code: int) -> None:
    assert as_sent(text, country_code, replaces=True) == text
    assert as_sent(text, 82, replaces=False) == text
    assert international_parts(as_sent(text, country_code, replaces=True)) == international_parts(text)


@given(TEXTS)
def test_what_may_be_written_may_be_sent(text: str) -> None:
    may_be_written = not list(faults("LMS", "", text, replaces=True))
    if may_be_written and "##" not in text:
        assert refusal("LMS", 82, as_sent(text, 82, replaces=True), 2000) is None


@pytest.mark.parametrize(("replaces", "codes"), [(False, ["unsendable", "unsendable"]), (True, [])])
def test_they_are_a_fault_only_where_they_are_refused(replaces: bool, codes: list[str]) -> None:
    found = faults("LMS", "제목😀", "본문😀", replaces=replaces)
    assert [fault.code for fault in found] == codes


def test_other_faults_stay() -> None:
    assert [fault.code for fault in faults("SMS", "", "😀" * 91, replaces=True)] == ["too_long"]
