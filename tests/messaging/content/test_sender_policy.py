"""What becomes of sender and text abroad, to the letter of the guide."""

import pytest

from messaging.content.countries import country_of
from messaging.content.length import international_parts
from messaging.content.sender_policy import (
    POLICIES,
    SenderPolicy,
    SenderRule,
    policy_of,
    with_signature,
    without_signature,
)

RANDOM, AS_ENTERED, FIXED = SenderRule.RANDOM, SenderRule.AS_ENTERED, SenderRule.FIXED


@pytest.mark.parametrize(
    ("country", "policy"),
    [
        (1, SenderPolicy(RANDOM)),
        (65, SenderPolicy(AS_ENTERED)),
        (81, SenderPolicy(FIXED)),
        (852, SenderPolicy(RANDOM)),
        (86, SenderPolicy(RANDOM, signature="【Verify】")),
        (886, SenderPolicy(RANDOM, fixed_on_request=True)),
        (44, SenderPolicy(AS_ENTERED)),
        (1876, SenderPolicy(AS_ENTERED)),  # Jamaica is not the United States
    ],
)
def test_the_table_of_the_guide(country: int, policy: SenderPolicy) -> None:
    assert policy_of(country) == policy


def test_every_country_of_the_table_is_one_that_messages_go_to() -> None:
    assert all(country_of(code) for code in POLICIES)


def test_the_signature_is_put_before_a_text_once_and_counts() -> None:
    assert with_signature("hello", 86) == "【Verify】hello"
    assert with_signature("【Verify】hello", 86) == "【Verify】hello"
    assert (with_signature("", 86), with_signature("hello", 81)) == ("", "hello")
    assert [international_parts(with_signature("a" * n, 86)) for n in (62, 63)] == [1, 2]


def test_a_carrier_that_signs_by_itself_gets_the_text_alone() -> None:
    assert without_signature(with_signature("hello", 86), 86) == "hello"
    assert without_signature("【Verify】hello", 82) == "【Verify】hello"
