"""The sentence before sending."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from messaging.admin.send_sentences import Announcement, plan_words
from messaging.sending.commands import Split

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # 10:00 in Seoul
LATER = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"total": 1}, "1 SMS message from 02-123-4567, now."),
        (
            {"total": 99812, "left_out": 188},
            "99,812 SMS messages from 02-123-4567, now, in one go. 188 entries are left out.",
        ),
        (
            {"total": 2, "left_out": 1, "why": "1 duplicate"},
            "2 SMS messages from 02-123-4567, now, in one go. 1 row is left out: 1 duplicate.",
        ),
        (
            {"total": 159, "refused": 3, "left_out": 2},
            (
                "156 of 159 SMS messages from 02-123-4567, now, in one go."
                " 3 have refused advertising and fail. 2 entries are left out."
            ),
        ),
        (
            {"total": 1, "refused": 1},
            "0 of 1 SMS message from 02-123-4567, now. 1 has refused advertising and fails.",
        ),
        ({"total": 1, "left_out": 1}, "1 SMS message from 02-123-4567, now. 1 entry is left out."),
        (
            {"total": 2, "due_at": LATER},
            "2 SMS messages from 02-123-4567, at 2026-11-25 10:30, in one go.",
        ),
        (
            {"total": 2, "needs_release": True},
            "2 SMS messages from 02-123-4567, as soon as you have checked and released them.",
        ),
        (
            {"total": 1, "needs_release": True, "due_at": LATER},
            (
                "1 SMS message from 02-123-4567, once you have checked and released it,"
                " but not before 2026-11-25 10:30."
            ),
        ),
        (
            {"total": 2, "needs_release": True, "due_at": LATER, "left_out": 1},
            (
                "2 SMS messages from 02-123-4567, once you have checked and released them,"
                " but not before 2026-11-25 10:30. 1 entry is left out."
            ),
        ),
        (
            {
                "total": 4,
                "needs_release": True,
                "due_at": LATER,
                "split": Split(2, timedelta(minutes=30)),
            },
            (
                "4 SMS messages from 02-123-4567, once you have checked and released them,"
                " but not before 2026-11-25 10:30:"
                " 2 × 2, one part every 30 minutes, the last at 2026-11-25 11:00."
            ),
        ),
        (
            {"total": 99820, "split": Split(10, timedelta(minutes=30))},
            (
                "99,820 SMS messages from 02-123-4567, from now on: 10 × 9,982,"
                " one part every 30 minutes, the last at 14:30."
            ),
        ),
    ],
)
def test_it_says_what_how_many_from_where_and_when(given: dict[str, Any], said: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert Announcement(message_type="SMS", sender="021234567", **given).sentence() == said


def test_uneven_parts_are_both_said_and_another_day_is_named() -> None:
    with time_machine.travel(NOW, tick=False):
        words = plan_words(11, Split(3, timedelta(minutes=1)), LATER)
    assert words == "2 × 4 + 1 × 3, one part every minute, the last at 2026-11-25 10:32"
