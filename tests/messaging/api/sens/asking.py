"""What tests of GET messages ask, and what a report would do to a message."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from messaging.models import Message, SendRequest
from tests.messaging.api.sens.client import SensClient

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=SEOUL)


def numbers(n: int) -> list[dict[str, str]]:
    return [{"to": f"0101234{each:04}"} for each in range(n)]


def posted(sens: SensClient, body: dict, **changes: Any) -> SendRequest:
    answer = sens.post("/messages", {**body, **changes})
    assert answer.status_code == 202, answer.content
    return SendRequest.objects.get(pk=answer.json()["requestId"])


def finish(request: SendRequest, ordinal: int, state: str, at: datetime, code: str | None = "0") -> Message:
    """What a report would do to one message."""
    found = Message.objects.filter(pk=UUID(int=request.pk.int + ordinal))
    assert found.update(state=state, result_code=code, finished_at=at, submitted_at=at) == 1
    return found.get()


def written(moment: datetime) -> str:
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S")


def query(**filters: Any) -> str:
    return "/messages?" + "&".join(
        f"{name.rstrip('_')}={quote(str(value), safe=':')}" for name, value in filters.items()
    )


def get(sens: SensClient, **filters: Any) -> dict:
    answer = sens.get(query(**filters))
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(answer: dict) -> list[str]:
    return [each["messageId"] for each in answer["messages"]]


def ids_of(request: SendRequest, *ordinals: int) -> list[str]:
    return [str(UUID(int=request.pk.int + each)) for each in ordinals]


def refused(sens: SensClient, status_code: int = 400, /, **filters: Any) -> list[str]:
    answer = sens.get(query(**filters))
    assert answer.status_code == status_code, answer.content
    assert answer.json()["statusCode"] == str(status_code)
    assert answer.json()["statusName"] == "fail"
    return answer.json()["errors"]


def today(**filters: Any) -> dict:
    """A search of the last hour and the next one."""
    now = timezone.now()
    given = {"requestStartTime": now - timedelta(hours=1), "requestEndTime": now + timedelta(hours=1)}
    return {name: written(at) for name, at in given.items()} | filters
