"""Resident numbers that were left unmasked, however a PDF's text writes them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senders.inspection.resident_numbers import contains_resident_number

TODAY = date(2026, 11, 22)


def finds(text: str) -> bool:
    return contains_resident_number(text, today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "900101-1234567",
        "주민등록번호: 900101-1234567 (끝)",
        "900101 - 1234567",
        "900101-\n1234567",
        "900101\n-1234567",
        "900101-123\n4567",
        "900101 1234567",
        "9001011234567",
        "9 0 0 1 0 1 1 2 3 4 5 6 7",
        "9 0 0 1 0 1 - 1 2 3 4 5 6 7",
        "９００１０１－１２３４５６７",
        "900101–1234567",
        "900101\u20111234567",
        "90\u200b0101-12\u200b34567",
        "040229-3234567",
        "040229-4234567",
        "850505-5234567",
        "850505-6234567",
        "050505-7234567",
        "050505-8234567",
        "법인(주민)등록번호 900101-1234567",
        "주민(법인)등록번호: 900101-1234567",
        "법인등록번호 110111-0123456 주민등록번호 900101-1234567",
        "주민등록번호 또는 법인등록번호: 900101-1234567",
    ],
)
def test_found(text):
    assert finds(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "900101-1******",
        "000000-0******",
        "900101-*******",
        "900101-1XXXXXX",
        "901301-1234567",
        "900132-1234567",
        "900230-1234567",
        "030229-3234567",
        "900101-9234567",
        "900101-0234567",
        "990101-3234567",
        "261123-3234567",
        "150101-1234567",
        "0900101-1234567",
        "900101-12345678",
        "02-123-4567 010-2345-6789",
        "사업자등록번호 123-45-67890",
        "법인등록번호 : 110111-4234567",
        "법 인 등 록 번 호 : 110111-3234567",
        "2026-10-30 1234567",
    ],
)
def test_not_found(text):
    assert not finds(text)


def test_born_today_is_plausible_and_tomorrow_is_not():
    assert finds("261122-3234567")
    assert not finds("261123-3234567")


@given(
    st.dates(date(1930, 1, 1), TODAY),
    st.booleans(),
    st.integers(0, 999999),
    st.sampled_from(["-", " - ", "-\n", "", " ", "－"]),
    st.text(alphabet="가나다 ,.\n", max_size=10),
)
def test_any_plausible_number_is_found_wherever_it_stands(born, is_foreign, serial, separator, around):
    digit = (1 if born.year < 2000 else 3) + (4 if is_foreign else 0)
    text = f"{around}{born:%y%m%d}{separator}{digit}{serial:06d}{around}"
    assert finds(text)
    masked = f"{around}{born:%y%m%d}{separator}{digit}******{around}"
    assert not finds(masked)
