"""What can be said of a text before its values are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content.length import byte_length, unsendable
from messaging.policies.writing import faults

LMS = "LMS"


def found(message_type: str, subject: str, body: str) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in faults(message_type, subject, body)]


@pytest.mark.parametrize(
    ("message_type", "subject", "body", "codes"),
    [
        ("SMS", "", "가" * 45, []),
        ("SMS", "", "가" * 45 + "a", [("body", "too_long")]),
        ("SMS", " \n", "a", []),
        ("SMS", "a", "a", [("subject", "not_for_sms")]),
        ("SMS", "", " ", [("body", "required")]),
        ("SMS", "", "x" * 20_001, [("body", "too_long")]),
        ("SMS", "", "가" * 45 + "##name##", []),
        ("SMS", "", "🙂", [("body", "unsendable")]),
        ("SMS", "", "##RECIPIENT_NO##", [("body", "reserved_key")]),
        (LMS, "가" * 20, "가" * 1000, []),
        (LMS, "가" * 20 + "a", "가" * 1000 + "a", [("subject", "too_long"), ("body", "too_long")]),
        (LMS, "a\rb", "a", [("subject", "one_line")]),
        (LMS, "##recipient_no##", "a", [("subject", "reserved_key")]),
    ],
)
def test_each_rule(message_type: str, subject: str, body: str, codes: list[tuple[str, str]]) -> None:
    assert found(message_type, subject, body) == codes


@given(st.text(alphabet="a가🙂똠\n", min_size=1, max_size=60))
def test_a_plain_text_passes_when_it_can_be_sent_and_is_short_enough(body: str) -> None:
    fits = byte_length(body) <= 90 and not unsendable(body) and bool(body.strip())
    assert (found("SMS", "", body) == []) == fits


def test_phones_of_other_countries_mind_only_what_holds_everywhere() -> None:
    at_home = [(fault.code, fault.is_at_home) for fault in faults(LMS, "", "🙂" + "x" * 2000)]
    assert at_home == [("unsendable", True), ("too_long", True)]
    everywhere = [fault for body in ("", "##recipient_no##") for fault in faults(LMS, "", body)]
    everywhere += faults("SMS", "a", "a")
    everywhere += faults(LMS, "a\nb", "a")
    assert [(fault.code, fault.is_at_home) for fault in everywhere] == [
        ("required", False),
        ("reserved_key", False),
        ("not_for_sms", False),
        ("one_line", False),
    ]


@pytest.mark.parametrize(("length", "is_at_home"), [(20_000, True), (20_001, False)])
def test_a_text_without_end_is_too_long_everywhere_and_not_looked_into(length: int, is_at_home: bool) -> None:
    body = "x" * (length - 1) + "🙂"
    found = [fault for fault in faults(LMS, "", body) if fault.code == "too_long"]
    assert [(fault.is_at_home, str(fault.message)) for fault in found] == [
        (is_at_home, f"{length} bytes are too long: at most 2000 bytes.")
    ]
    assert any(fault.code == "unsendable" for fault in faults(LMS, "", body)) is is_at_home


def test_characters_are_named_once_and_so_that_they_can_be_read() -> None:
    [fault] = faults("SMS", "", "🙂a\x07🙂")
    assert str(fault.message) == "These characters cannot be sent: 🙂 U+0007"
    many = "".join(chr(0x1F600 + n) for n in range(21))
    [fault] = faults(LMS, "", many)
    assert str(fault.message) == f"These characters cannot be sent: {' '.join(many[:20])}"
