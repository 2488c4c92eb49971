"""How late a message may be."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messaging.policies.expiry import is_too_late

RELEASED_AT = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("purpose", "minutes", "seconds", "expected"),
    [
        ("AUTH", 10, 600, False),
        ("AUTH", 10, 601, True),
        ("AUTH", 3, 181, True),
        ("GENERAL", 10, 86_400, False),
        ("AD", 10, 86_400, False),
    ],
)
def test_only_a_one_time_code_is_ever_too_late(
    settings: Any, purpose: str, minutes: int, seconds: int, expected: bool
) -> None:
    settings.BONGSU_AUTH_MINUTES = minutes
    now = RELEASED_AT + timedelta(seconds=seconds)
    assert is_too_late(purpose=purpose, released_at=RELEASED_AT, now=now) is expected
