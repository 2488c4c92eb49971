"""How webhooks are, at a glance: what waits, and what came of the attempts of the last day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from messaging.models import Webhook

# Rows of the outbox are counted no further; a page says "more than" then.
COUNTED_AT_MOST = 10_000
HOURS = 24

WAITING = """
SELECT asked.id, coalesce(sum(found.n), 0), min(found.at), count(found.n) > %(most)s
FROM unnest(%(ids)s::bigint[]) AS asked(id)
LEFT JOIN LATERAL (
    (SELECT n, created_at AS at FROM messaging_webhookentry
    WHERE webhook_id = asked.id ORDER BY id LIMIT %(most)s + 1)
    UNION ALL
    (SELECT n, happened_at FROM messaging_webhookcall
    WHERE webhook_id = asked.id AND state = 'WAITING' ORDER BY id LIMIT %(most)s)
) AS found ON true
GROUP BY asked.id
"""
BY_HOUR = """
SELECT date_trunc('hour', at), count(*) FILTER (WHERE trouble = ''), count(*) FILTER (WHERE trouble <> ''),
    coalesce(sum(milliseconds) FILTER (WHERE trouble = ''), 0)
FROM messaging_webhookattempt WHERE webhook_id = %(id)s AND at >= %(since)s
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many hooks wait, since when; `is_more`: that is only the beginning of them."""

    hooks: int = 0
    since: datetime | None = None
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class Hour:
    """The attempts that began in an hour."""

    at: datetime
    taken: int
    failed: int
    milliseconds: int


def waiting_of(webhooks: Collection[Webhook]) -> dict[int, Waiting]:
    """What waits for each of the webhooks, by id."""
    params: dict[str, Any] = {"ids": [each.pk for each in webhooks], "most": COUNTED_AT_MOST}
    with connection.cursor() as cursor:
        cursor.execute(WAITING, params)
        return {row[0]: Waiting(int(row[1]), row[2], bool(row[3])) for row in cursor.fetchall()}


def last_day(webhook: Webhook) -> list[Hour]:
    """The last 24 hours, oldest first, with those in which nothing was attempted."""
    first = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    with connection.cursor() as cursor:
        cursor.execute(BY_HOUR, {"id": webhook.pk, "since": first})
        found = {row[0]: Hour(*row) for row in cursor.fetchall()}
    hours = (first + timedelta(hours=number) for number in range(HOURS))
    return [found.get(each) or Hour(each, 0, 0, 0) for each in hours]
