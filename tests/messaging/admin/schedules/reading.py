"""What the tests of the pages of schedules share."""

import re
from typing import Any


def words(response: Any) -> str:
    """The text of an answer, without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def schedule_fields(**changes: Any) -> dict[str, Any]:
    """What a person enters: Mondays and Thursdays at 10:00 in Seoul, from today until the end of June."""
    given = {
        "code": "WEEKLY",
        "weekdays": ["0", "3"],
        "sends_at": "10:00",
        "time_zone": "Asia/Seoul",
        "starts_on": "2026-03-02",
        "ends_on": "2026-06-30",
        "description": "News of the week",
    }
    return {**given, **changes}
