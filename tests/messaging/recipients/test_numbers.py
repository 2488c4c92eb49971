import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.recipients.numbers import WrongNumber, read_number


@pytest.mark.parametrize(
    ("written", "country_code", "number"),
    [
        ("01012345678", 82, "01012345678"),
        ("821012345678", 82, "01012345678"),
        ("+821012345678", 82, "01012345678"),
        ("+82-10-1234-5678", 82, "01012345678"),
        ("+82 (0)10 1234 5678", 82, "01012345678"),
        ("010.1234.5678", 82, "01012345678"),
        ("０１０－１２３４－５６７８", 82, "01012345678"),
        ("'01012345678", 82, "01012345678"),
        ("\u202a010-1234-5678\u202c", 82, "01012345678"),
        ("010\u00a01234\u20135678", 82, "01012345678"),
        ("0111234567", 82, "0111234567"),
        ("02-123-4567", 82, "021234567"),
        ("0212345678", 82, "0212345678"),
        ("031-123-4567", 82, "0311234567"),
        ("070-1234-5678", 82, "07012345678"),
        ("0505-123-4567", 82, "05051234567"),
        ("0507-1234-5678", 82, "050712345678"),
        ("080-123-4567", 82, "0801234567"),
        ("1588-1588", 82, "15881588"),
        ("+82 1588 1588", 82, "15881588"),
        ("+1 650-253-0000", 1, "6502530000"),
        ("16502530000", 1, "6502530000"),
        ("8613800138000", 86, "13800138000"),
        ("+39 06 1234 5678", 39, "0612345678"),
        ("6421234567", 64, "21234567"),  # a mobile of New Zealand, and 064 without its zero: in use wins
    ],
)
def test_numbers_as_people_write_them(written, country_code, number):
    assert read_number(written) == (country_code, number, False)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1012345678", "01012345678"),
        ("1012345678.0", "01012345678"),
        ("1.012345678E+09", "01012345678"),
        ("10-1234-5678", "01012345678"),
        ("212345678", "0212345678"),
        ("111234567", "0111234567"),
    ],
)
def test_a_lost_leading_zero_is_put_back(written, number):
    assert read_number(written) == (82, number, True)


@pytest.mark.parametrize(
    ("written", "code", "reason"),
    [
        ("", "missing_number", ""),
        ("  ", "missing_number", ""),
        ("-", "missing_number", ""),
        ("0101234", "wrong_number", "too_short"),
        ("010123456789", "wrong_number", "too_long"),
        ("112", "wrong_number", "too_short"),
        ("abc", "wrong_number", "characters"),
        ("010-1234-567a", "wrong_number", "characters"),
        ("010-1234-5678 / 010-2222-3333", "wrong_number", "characters"),
        ("01012345678\x00", "wrong_number", "characters"),
        ("010_1234_5678", "wrong_number", "characters"),
        ("٠١٠١٢٣٤٥٦٧٨", "wrong_number", "characters"),
        ("+", "wrong_number", "characters"),
        ("+8210", "wrong_number", "too_short"),
        ("00821012345678", "wrong_number", "unknown"),
        ("0" * 200, "wrong_number", "too_long"),
        ("=1+1" + " " * 50, "wrong_number", "too_long"),
        ("1.01235E+09", "lost_digits", ""),
        ("1.01235e9", "lost_digits", ""),
    ],
)
def test_what_is_no_number(written, code, reason):
    with pytest.raises(WrongNumber) as refused:
        read_number(written)
    assert (refused.value.code, refused.value.reason) == (code, reason)


MOBILES = st.integers(0, 99_999_999).map(lambda n: f"010{n:08}")


@given(MOBILES, st.sampled_from(["{}", " {}", "+82{1}", "82{1}", "{1}", "{0[0]}{0[1]}{0[2]}-{2}", "({0}) "]))
def test_every_way_to_write_a_mobile_number_is_one_number(number, pattern):
    written = pattern.format(number, number[1:], number[3:])
    assert read_number(written)[:2] == (82, number)


@given(st.text(max_size=50))
def test_any_text_is_a_number_or_refused(text):
    try:
        number = read_number(text)
    except WrongNumber:
        return
    assert number.number.isascii()
    assert number.number.isdigit()
    assert number.country_code > 0


def test_the_library_of_all_countries_is_only_loaded_where_needed():
    code = (
        "import sys; from messaging.recipients.numbers import read_number as r;"
        "r('01012345678'); r('+82212345678'); r('1012345678'); print('phonenumbers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
