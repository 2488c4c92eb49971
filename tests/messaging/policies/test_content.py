"""Whether a rendered text may go to a phone."""

import pytest

from messaging.policies.content import refusal


@pytest.mark.parametrize(
    ("country_code", "text", "limit", "code"),
    [
        (82, "가" * 45, 90, None),
        (82, "가" * 45 + "a", 90, "B005"),
        (82, "smile 😀", 90, "B004"),
        (82, "bell \x07", 90, "B004"),
        (1, "smile 😀", 90, None),
        (1, "x" * 765, 90, None),
        (1, "x" * 766, 90, "B005"),
        (1, "가" * 335, 90, None),
        (1, "가" * 336, 90, "B005"),
    ],
)
def test_refusal(country_code: int, text: str, limit: int, code: str | None) -> None:
    assert refusal("SMS", country_code, text, limit) == code


@pytest.mark.parametrize("message_type", ["LMS", "MMS"])
def test_only_sms_goes_abroad(message_type: str) -> None:
    assert refusal(message_type, 1, "Hello", 2000) == "B013"
    assert refusal(message_type, 82, "Hello", 2000) is None
