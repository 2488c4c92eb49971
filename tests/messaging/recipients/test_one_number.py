"""One number typed for a country: as it is dialled there, with its code, or with a plus."""

import pytest

from messaging.recipients.numbers import WrongNumber, read_number
from messaging.recipients.one_number import as_written, read_number_in


@pytest.mark.parametrize(
    ("country", "written", "expected"),
    [
        (82, "010-1234-5678", (82, "01012345678")),
        (82, "821012345678", (82, "01012345678")),
        (81, "090-1234-5678", (81, "9012345678")),
        (81, "(090) 1234 5678", (81, "9012345678")),
        (81, "819012345678", (81, "9012345678")),
        (81, "+81 90 1234 5678", (81, "9012345678")),
        (81, "+82 10 1234 5678", (82, "01012345678")),
        (1, "650 253 0000", (1, "6502530000")),
        (1, "16502530000", (1, "6502530000")),
        (1876, "876 555 1234", (1876, "5551234")),
        (1876, "5551234", (1876, "5551234")),
        (1787, "939 555 1234", (1939, "5551234")),
        (39, "06 698 12345", (39, "0669812345")),
        (7, "8 912 345 67 89", (7, "9123456789")),
        (886, "0912 345 678", (886, "912345678")),
    ],
)
def test_it_is_read_for_its_country(country: int, written: str, expected: tuple[int, str]) -> None:
    number = read_number_in(country, written)
    assert number[:2] == expected
    assert read_number(as_written(number))[:2] == expected


@pytest.mark.parametrize(
    ("country", "written", "code", "reason"),
    [
        (81, "", "missing_number", ""),
        (81, "123", "wrong_number", "too_short"),
        (81, "0101234", "wrong_number", "of_country"),
        (81, "090-1234-abcd", "wrong_number", "characters"),
        (81, "9" * 41, "wrong_number", "too_long"),
        (1, "876 555 1234", "wrong_number", "of_country"),
        (82, "0101234", "wrong_number", "too_short"),
        (81, "+999 1234567", "wrong_number", "unknown"),
    ],
)
def test_what_is_none_of_that_country_says_why(country: int, written: str, code: str, reason: str) -> None:
    with pytest.raises(WrongNumber) as refused:
        read_number_in(country, written)
    assert (refused.value.code, refused.value.reason) == (code, reason)
