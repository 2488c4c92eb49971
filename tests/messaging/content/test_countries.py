"""Countries by the codes that messages keep."""

from collections import Counter

import pytest
from django.utils.translation import override

from messaging.content.countries import (
    COUNTRIES,
    MAJOR,
    country_of,
    destination,
    every_code,
    in_order,
    name_of,
    named_by,
)
from messaging.recipients.numbers import Number, read_number


def test_the_table_is_the_policys() -> None:
    codes = [code for country in COUNTRIES for code in country.codes]
    assert len(COUNTRIES) == 220
    assert [code for code, n in Counter(codes).items() if n > 1] == []
    assert 82 not in codes
    assert {country.code for country in COUNTRIES} >= MAJOR
    assert all(country.english and country.korean for country in COUNTRIES)
    assert {country.english: country.codes for country in COUNTRIES if len(country.codes) > 1} == {
        "Puerto Rico": (1787, 1939),
        "Dominican Republic": (1809, 1829, 1849),
        "Jamaica": (1876, 1658),
    }


@pytest.mark.parametrize(
    ("calling_code", "national", "expected"),
    [
        (1, "4155550123", (1, "4155550123")),
        (1, "8765551234", (1876, "5551234")),
        (1, "6585551234", (1658, "5551234")),
        (
            1,
            "7215551234",
            (1721, "5551234"),
        ),  # Sint Maarten: no messages go there, nor is it the United States
        (7, "9161234567", (7, "9161234567")),
        (7, "8765551234", (7, "8765551234")),
        (81, "9012345678", (81, "9012345678")),
    ],
)
def test_an_area_code_that_is_a_country_is_part_of_the_country_code(
    calling_code: int, national: str, expected: tuple[int, str]
) -> None:
    assert destination(calling_code, national) == expected
    assert "{}{}".format(*expected) == f"{calling_code}{national}"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+1 876-555-1234", Number(1876, "5551234")),
        ("+1 787 234 5678", Number(1787, "2345678")),
        ("+1 415 555 0123", Number(1, "4155550123")),
    ],
)
def test_numbers_are_read_so(written: str, expected: Number) -> None:
    assert read_number(written) == expected


def test_a_country_of_several_codes_is_named_by_the_first() -> None:
    assert [named_by(code) for code in (1787, 1939, 81, 1721)] == [1787, 1787, 81, 1721]
    assert every_code([1787, 81]) == {1787, 1939, 81}
    assert every_code([1939, 5000]) == {1787, 1939}
    assert country_of(1721) is None


def test_names_are_in_the_readers_language() -> None:
    with override("en"):
        assert (name_of(81), name_of(1721)) == ("Japan (+81)", "+1721")
    with override("ko"):
        assert name_of(1939) == "푸에르토리코 (+1939)"


def test_the_chosen_ones_come_first() -> None:
    with override("en"):
        names = [country.name for country in in_order([84, 81])]
    assert names[:3] == ["Japan", "Vietnam", "Afghanistan"]
    assert len(names) == 220
    with override("ko"):
        assert [country.name for country in in_order([84, 81])][:4] == ["베트남", "일본", "가나", "가봉"]


def test_what_a_project_sends_to_before_it_chooses() -> None:
    assert {country_of(code).english for code in MAJOR} == {
        "United States / Canada",
        "France",
        "United Kingdom",
        "Germany",
        "Australia",
        "New Zealand",
        "Singapore",
        "Thailand",
        "Japan",
        "Vietnam",
        "China",
        "Hong Kong",
        "Macao",
        "Taiwan",
    }
    assert {named_by(code) for code in MAJOR} == MAJOR


def test_a_country_is_found_by_both_names_and_its_codes() -> None:
    japan, puerto_rico = country_of(81), country_of(1939)
    assert japan is not None
    assert puerto_rico is not None
    assert japan.words == "japan 일본 +81"
    assert puerto_rico.words == "puerto rico 푸에르토리코 +1787, +1939"
