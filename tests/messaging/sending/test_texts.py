"""The text of one message as it was sent, or masked; and of a request as it was written."""

from typing import Any

import pytest

from messaging.content.limits import KOREA
from messaging.models import Message, SendRequest
from messaging.sending.texts import is_programs, masked_text_of, text_of, written
from messaging.states import Source

JAPAN = 81
MASK = "•••"


def sent(values: list[str] | None, country_code: int = KOREA, **fields: Any) -> tuple[SendRequest, Message]:
    """A message that nothing has written down; no phone at home shows a face or the mask."""
    given = {
        "subject": "To ##name## 😀",
        "body": "😀 ##name##, ##what##, ##name##",
        "replaces_characters": True,
    }
    return SendRequest(**given | fields), Message(values=values, country_code=country_code)


@pytest.mark.parametrize("values", [["민준", "책 😀"], None])
def test_the_mask_stands_for_each_value_whatever_phones_can_show(values: list[str] | None) -> None:
    request, message = sent(values, shared_values=["민준", "책 😀"])
    assert text_of(request, message) == ("To 민준 ?", "? 민준, 책 ?, 민준")
    assert masked_text_of(request, message, MASK) == (f"To {MASK} ?", f"? {MASK}, {MASK}, {MASK}")


def test_what_is_written_between_them_is_as_it_was_sent() -> None:
    masked = (f"To {MASK} 😀", f"😀 {MASK}, {MASK}, {MASK}")
    assert masked_text_of(*sent(["a", "b"], JAPAN), MASK) == masked
    assert masked_text_of(*sent(["a", "b"], replaces_characters=False), MASK) == masked


def test_a_signature_stands_once_before_all_of_it() -> None:
    _subject, body = masked_text_of(*sent(["a", "b"], 86, subject=""), MASK)
    assert body == f"【Verify】😀 {MASK}, {MASK}, {MASK}"


def test_without_a_value_there_is_no_mask() -> None:
    request, message = sent(None, subject="", body="😀 Hello")
    assert masked_text_of(request, message, MASK) == ("", "? Hello")
    assert masked_text_of(*sent(None), MASK) == ("To ##name## ?", "? ##name##, ##what##, ##name##")


def request(source: str, body: str, *, subject: str = "", values: list[str] | None = None) -> SendRequest:
    return SendRequest(source=source, subject=subject, body=body, shared_values=values)


@pytest.mark.parametrize("source", [Source.SENS, Source.HUB])
def test_a_programs_is_what_it_gave_for_all(source: str) -> None:
    made = request(source, "##content##", subject="##subject##", values=["about", "Hello ##name##"])
    assert written(made) == ("about", "Hello ##name##")
    assert written(request(source, "##content##", values=["Hello"])) == ("", "Hello")


@pytest.mark.parametrize("source", sorted(set(Source) - {Source.SENS, Source.HUB}))
def test_a_persons_has_its_placeholders(source: str) -> None:
    made = request(source, "To ##name##", subject="##content##", values=["Kim", "x"])
    assert written(made) == ("##content##", "To ##name##")


@pytest.mark.parametrize("values", [None, [], ["one"], ["one", "two", "three"]])
def test_values_that_do_not_fit_stand_for_nothing(values: list[str] | None) -> None:
    made = request(Source.SENS, "##content##", subject="##subject##", values=values)
    assert written(made) == ("##subject##", "##content##")


def test_who_is_a_program() -> None:
    assert [each for each in Source if is_programs(SendRequest(source=each))] == [Source.SENS, Source.HUB]
