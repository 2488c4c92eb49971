"""The numbering rules of the console guide, one by one."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from senders.phone_numbers import AREA_CODES, WrongNumber, format_number, is_valid, normalize, validate


@pytest.mark.parametrize(
    ("typed", "number", "grouped"),
    [
        ("02-123-4567", "021234567", "02-123-4567"),
        ("02-1234-5678", "0212345678", "02-1234-5678"),
        ("031-123-4567", "0311234567", "031-123-4567"),
        ("064 1234 5678", "06412345678", "064-1234-5678"),
        ("010-2345-6789", "01023456789", "010-2345-6789"),
        ("+82 10-2345-6789", "01023456789", "010-2345-6789"),
        ("+82-2-123-4567", "021234567", "02-123-4567"),
        ("+82(0)10 2345 6789", "01023456789", "010-2345-6789"),
        ("０１０－２３４５－６７８９", "01023456789", "010-2345-6789"),
        ("1544-0010", "15440010", "1544-0010"),
        ("1688-1000", "16881000", "1688-1000"),
        ("1855-1144", "18551144", "1855-1144"),
        ("030-123-4567", "0301234567", "030-123-4567"),
        ("050-123-4567", "0501234567", "050-123-4567"),
        ("0505-123-4567", "05051234567", "0505-123-4567"),
        ("060-700-1234", "0607001234", "060-700-1234"),
        ("070-8188-0114", "07081880114", "070-8188-0114"),
        ("080-011-6000", "0800116000", "080-011-6000"),
    ],
)
def test_what_the_guide_allows(typed, number, grouped):
    assert validate(typed) == number
    assert format_number(number) == grouped


TOO_SHORT = "This number is too short: a sender number has 8 to 11 digits."
TOO_LONG = "This number is too long: a sender number has 8 to 11 digits."
NO_AREA_CODE = "No area code may stand before 010, 0N0, 15YY, 16YY or 18YY. Leave it out."
NOBODYS_MOBILE = "Numbers that begin with 010-0 or 010-1 are assigned to nobody."
NOBODYS_INTERNET = "Numbers that begin with 070-0 or 070-1 are assigned to nobody."
UNKNOWN = "No sender number begins like this. Use a number with its area code, 010, 15YY, 16YY, 18YY or 0N0."


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter a number."),
        (" - ", "Enter a number."),
        ("call me", "Use digits only; hyphens and spaces may stand between them."),
        ("02-123-456x", "Use digits only; hyphens and spaces may stand between them."),
        ("02;123,4567", "Use digits only; hyphens and spaces may stand between them."),
        ("٠١٠٢٣٤٥٦٧٨٩", "Use digits only; hyphens and spaces may stand between them."),
        ("114", TOO_SHORT),
        ("1544001", TOO_SHORT),
        ("0505-1234-5678", TOO_LONG),
        ("010-2345-67890", TOO_LONG),
        ("010-0234-5678", NOBODYS_MOBILE),
        ("010-1234-5678", NOBODYS_MOBILE),
        ("010-123-4567", NOBODYS_MOBILE),
        ("010-234-5678", "A mobile phone number has 11 digits: 010-0000-0000."),
        ("070-0123-4567", NOBODYS_INTERNET),
        ("070-1123-4567", NOBODYS_INTERNET),
        ("070-234-5678", "A number that begins with 070 has 11 digits."),
        ("080-12-3456", "A number that begins with 0N0 has 10 or 11 digits."),
        ("02-1588-1234", NO_AREA_CODE),
        ("031-1644-1234", NO_AREA_CODE),
        ("02-1899-1234", NO_AREA_CODE),
        ("02-070-8188-0114", NO_AREA_CODE),
        ("031-080-123-4567", NO_AREA_CODE),
        ("02-010-2345-6789", NO_AREA_CODE),
        ("02-123-456", "A number has 7 or 8 digits after its area code."),
        ("02-123-456-789", "A number has 7 or 8 digits after its area code."),
        ("031-123-456", "A number has 7 or 8 digits after its area code."),
        ("1544-001-00", "A number that begins with 15YY, 16YY or 18YY has 8 digits."),
        ("1234-5678", "Put the area code before a fixed number, for example 02-123-4567."),
        ("2345-6789", "Put the area code before a fixed number, for example 02-123-4567."),
        ("1744-5678", "Put the area code before a fixed number, for example 02-123-4567."),
        ("011-234-5678", UNKNOWN),
        ("020-123-4567", "No number begins with 0 after the area code."),
        ("040-1234-5678", UNKNOWN),
        ("065-123-4567", UNKNOWN),
        ("090-1234-5678", UNKNOWN),
    ],
)
def test_each_refusal_has_its_sentence(typed, sentence):
    with pytest.raises(WrongNumber) as caught:
        validate(typed)
    assert str(caught.value.sentence) == sentence
    assert not is_valid(typed)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused(text):
    try:
        number = validate(text)
    except WrongNumber:
        return
    assert number.isascii()
    assert number.isdigit()
    assert 8 <= len(number) <= 11
    assert validate(number) == number


@given(st.from_regex(r"[0-9]{1,13}", fullmatch=True))
def test_grouping_loses_no_digit_and_changes_no_verdict(digits):
    assert format_number(digits).replace("-", "") == digits
    assert is_valid(format_number(digits)) == is_valid(digits)


@given(st.sampled_from(AREA_CODES), st.from_regex(r"[0-9]{7,8}", fullmatch=True))
def test_a_fixed_number_needs_its_area_code(area, local):
    assume(not (len(local) == 8 and local.startswith(("15", "16", "18"))))
    assume(not local.startswith("0"))
    assert validate(area + local) == area + local


@given(
    st.sampled_from("23456789"),
    st.from_regex(r"[0-9]{7}", fullmatch=True),
    st.sampled_from(["-", " ", ".", ""]),
)
def test_separators_say_nothing(first, rest, separator):
    number = f"010{first}{rest}"
    assert normalize(separator.join([number[:3], number[3:7], number[7:]])) == number
    assert validate(number) == number
