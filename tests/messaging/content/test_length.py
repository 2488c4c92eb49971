import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content.length import (
    GSM_BASIC,
    GSM_EXTENDED,
    byte_length,
    compose,
    cut,
    international_parts,
    replace_unsendable,
    suggest_type,
    unsendable,
)

KOREAN = st.text(alphabet="가나다똠뷁a1 \n\r™😀é", max_size=60)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", 0),
        ("abc", 3),
        ("가나다", 6),
        ("가 a", 4),
        ("가\r\n나", 5),
        ("가\r나", 5),
        ("漢あ™…", 8),
        ("뷁", 1),  # outside KS X 1001: sent as ?
        ("가뷁나", 5),
        ("😀", 1),
        ("é", 1),
        ("₩", 1),
        ("가" * 45, 90),
        ("\u3164", 2),  # the filler is a character of its own
    ],
)
def test_bytes_as_carriers_count_them(text, size):
    assert byte_length(text) == size


def test_unsendable_characters_are_found_with_their_place():
    assert unsendable("가\r\n뷁a😀\x00") == [(2, "뷁"), (4, "😀"), (5, "\x00")]
    assert unsendable("안녕하세요 “고객”님\t1,000원\n") == []


def test_replaced_characters_become_question_marks():
    assert replace_unsendable("가뷁a😀") == "가?a?"


@given(KOREAN)
def test_replacing_keeps_the_length_and_leaves_nothing_unsendable(text):
    replaced = replace_unsendable(text.replace("\r", ""))
    assert unsendable(replaced) == []
    assert byte_length(replaced) == byte_length(text.replace("\r", ""))
    assert len(replaced.encode("euc_kr")) == byte_length(replaced)


@given(KOREAN, st.integers(0, 100))
def test_cut_is_the_longest_beginning_that_fits(text, limit):
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    short = cut(text, limit)
    assert whole.startswith(short)
    assert byte_length(short) <= limit
    if short != whole:
        assert byte_length(whole[: len(short) + 1]) > limit


def test_cut_never_splits_a_character():
    assert cut("가나다", 5) == "가나"


def test_a_long_sms_is_offered_as_lms():
    assert suggest_type("SMS", "가" * 45) == "SMS"
    assert suggest_type("SMS", "가" * 45 + "a") == "LMS"
    assert suggest_type("MMS", "a") == "MMS"


def test_separate_jamo_are_composed():
    assert compose("\u1112\u1161\u11ab글") == "한글"
    assert compose("abc") == "abc"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 765, 5),
        ("a" * 766, 6),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("가" * 70, 1),
        ("가" * 71, 2),
        ("가" * 335, 5),
        ("가" * 336, 6),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_international_parts(text, parts):
    assert international_parts(text) == parts


def test_the_gsm_alphabet_is_the_standards():
    assert len(GSM_BASIC) == 127  # 128 places, of which one is the escape to the others
    assert len(GSM_EXTENDED) == 9
    assert not GSM_BASIC & GSM_EXTENDED


@given(st.text(st.sampled_from("aé\n€가😀"), max_size=800))
def test_parts_hold_the_text_and_tear_no_character(text):
    is_gsm = "가" not in text and "😀" not in text
    single, part, wide = (160, 153, "€") if is_gsm else (70, 67, "😀")
    sizes = [2 if character == wide else 1 for character in text]
    parts = international_parts(text)
    if sum(sizes) <= single:
        assert parts == 1
        return
    # Each part but the last is full, or short of one place that a character of two did not fit into.
    starts = [0]
    for place in range(len(text)):
        if sum(sizes[starts[-1] : place + 1]) > part:
            starts.append(place)
    assert parts == len(starts)
    assert parts * part >= sum(sizes) > (parts - 1) * (part - 1)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "a" * 152 + "€" + "a" * 152,
            3,
        ),  # 306 places, but the euro does not fit into the last of the first part
        ("a" * 151 + "€" + "a" * 153, 2),
        ("가" * 66 + "😀" + "가" * 66, 3),
        ("가" * 65 + "😀" + "가" * 67, 2),
    ],
)
def test_a_character_of_two_places_is_not_torn(text, parts):
    assert international_parts(text) == parts
