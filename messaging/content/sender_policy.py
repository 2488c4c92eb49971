"""What becomes of the sender and the text of a message abroad, by country. Pure.

Source: the guide's table of sender policies for international SMS. What is not in it arrives as it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SenderRule(StrEnum):
    """What a phone abroad shows as the sender of a message."""

    RANDOM = "RANDOM"
    AS_ENTERED = "AS_ENTERED"
    FIXED = "FIXED"


@dataclass(frozen=True, slots=True)
class SenderPolicy:
    """`signature` is put before every text. `fixed_on_request`: whoever asks the carrier gets one number."""

    rule: SenderRule = SenderRule.AS_ENTERED
    signature: str = ""
    fixed_on_request: bool = False


AS_ENTERED = SenderPolicy()
POLICIES: dict[int, SenderPolicy] = {
    1: SenderPolicy(SenderRule.RANDOM),
    65: AS_ENTERED,
    81: SenderPolicy(SenderRule.FIXED),
    852: SenderPolicy(SenderRule.RANDOM),
    86: SenderPolicy(SenderRule.RANDOM, signature="【Verify】"),
    886: SenderPolicy(SenderRule.RANDOM, fixed_on_request=True),
}


def policy_of(country_code: int) -> SenderPolicy:
    """The policy of a country code; Canada and the United States share one, other 1-codes are their own."""
    return POLICIES.get(country_code, AS_ENTERED)


def with_signature(text: str, country_code: int) -> str:
    """A text as it goes to a country: behind that country's signature, which never stands there twice."""
    signature = policy_of(country_code).signature
    return signature + text if signature and text and not text.startswith(signature) else text


def without_signature(text: str, country_code: int) -> str:
    """The text for a carrier that puts the signature there itself."""
    return text.removeprefix(policy_of(country_code).signature)
