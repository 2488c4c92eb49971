"""A text while it is written."""

from messaging.admin.send_composition import Composition, Odd, Reach, sender_notes
from messaging.states import MessageType

ABROAD = Reach(home=False, abroad=True)
BOTH = Reach(home=True, abroad=True)


def sms(body: str, **kwargs: object) -> Composition:
    return Composition(MessageType.SMS, "", body, **kwargs)  # type: ignore[arg-type]


def test_bytes_are_counted_as_carriers_count_them() -> None:
    text = sms("안녕 a\r\nb")
    assert (text.body_bytes, text.limits.body_bytes, text.bytes_over) == (8, 90, 0)


def test_lms_is_offered_where_it_helps_and_nowhere_else() -> None:
    assert not sms("가" * 45).fits_as_lms
    assert sms("가" * 45 + "a").fits_as_lms
    assert sms("가" * 45 + "a").bytes_over == 1
    assert not sms("가" * 1001).fits_as_lms
    assert not Composition(MessageType.LMS, "", "가" * 46).fits_as_lms


def test_what_cannot_be_sent_is_named_with_its_place() -> None:
    assert sms("안녕\n하세요🙂 🙂").odd == [Odd("🙂", "Slightly smiling face", 7, 2, 2)]


def test_what_cannot_be_sent_is_marked_and_nothing_is_html() -> None:
    assert str(sms("<b>가🙂🙂").marked_body) == ('&lt;b&gt;가<mark class="b-unsendable">🙂🙂</mark>')


def test_the_subject_counts_where_the_type_has_one() -> None:
    lms = Composition(MessageType.LMS, "가" * 21, "본문")
    assert (lms.subject_bytes, lms.subject_is_too_long) == (42, True)
    ignored = Composition(MessageType.SMS, "가🙂" * 21, "본문")
    assert (ignored.shown_subject, ignored.odd) == ("", [])


def test_placeholders_are_filled_once_and_values_are_not_looked_into() -> None:
    text = sms("##a## ##b## ##a##", has_keys=True, values={"a": "##b##", "b": "둘"})
    assert text.keys == ["a", "b"]
    assert text.shown_body == "##b## 둘 ##b##"
    assert not text.is_estimate


def test_without_values_the_least_is_counted() -> None:
    text = sms("안녕 ##name##님", has_keys=True)
    assert (text.is_estimate, text.body_bytes) == (True, 7)


def test_abroad_parts_count_and_neither_bytes_nor_characters() -> None:
    text = sms("가" * 71 + "🙂", reach=ABROAD)
    assert (text.bytes_over, text.fits_as_lms, text.odd) == (0, False, [])
    assert (text.parts_abroad, text.has_too_many_parts) == (2, False)
    assert str(text.marked_body) == "가" * 71 + "🙂"
    assert sms("x" * 160, reach=ABROAD).parts_abroad == 1
    assert sms("x" * 161, reach=ABROAD).parts_abroad == 2
    assert not sms("x" * 765, reach=ABROAD).has_too_many_parts
    assert sms("x" * 766, reach=ABROAD).has_too_many_parts
    assert str(sms("<b>", reach=ABROAD).marked_body) == "&lt;b&gt;"


def test_at_home_and_abroad_both_count_and_lms_is_no_way_out() -> None:
    text = sms("가" * 46, reach=BOTH)
    assert (text.bytes_over, text.fits_as_lms, text.parts_abroad) == (2, False, 1)
    assert sms("가" * 46).parts_abroad == 0


def test_abroad_there_is_only_sms() -> None:
    for message_type in (MessageType.LMS, MessageType.MMS):
        text = Composition(message_type, "", "가" * 46, reach=BOTH)
        assert (text.only_sms_reaches, text.parts_abroad) == (True, 0)
        assert not Composition(message_type, "", "가").only_sms_reaches
    assert not sms("가", reach=BOTH).only_sms_reaches


def test_a_general_text_has_no_placeholders() -> None:
    text = sms("##name##")
    assert (text.keys, text.shown_body, text.body_bytes) == ([], "##name##", 8)


def test_the_signature_of_a_country_counts_and_is_shown_where_it_is_the_only_one() -> None:
    def to(*countries: int, home: bool = False) -> Composition:
        reach = Reach(home=home, abroad=True, countries=frozenset(countries))
        return Composition(MessageType.SMS, "", "a" * 63, reach=reach)

    assert (to(86).parts_abroad, to(65).parts_abroad, to(65, 86, home=True).parts_abroad) == (2, 1, 2)
    assert to(86).sent_body == to(86).marked_body == "【Verify】" + "a" * 63
    assert to(65, 86).sent_body == to(86, home=True).sent_body == "a" * 63


def test_what_becomes_of_the_sender_is_said_by_country() -> None:
    assert sender_notes({886, 86, 81, 65, 1}) == [
        "United States / Canada: phones show another number as the sender.",
        "Japan: phones show the carrier’s own number as the sender.",
        "China: phones show another number as the sender, and 【Verify】 before the text.",
        "Taiwan: phones show another number as the sender, or one that the carrier fixed for you.",
    ]
    assert sender_notes(()) == []
