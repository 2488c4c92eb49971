"""What statistics must say, counted message by message in Python."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from console.accounts.models import Project
from messaging.content.length import international_parts
from messaging.models import Message, SendRequest
from messaging.sending.texts import text_of
from messaging.states import Counter, MessageState
from messaging.statistics.series import Wanted
from messaging.statistics.views import Column, View
from tests.messaging.sending.counts import handset_seconds

KOREA = 82
# (counter, code, when, how many)
Event = tuple[Counter, str, datetime, int]


def events_of(message: Message) -> Iterator[Event]:
    """Everything that happened to one message."""
    request, code = message.request, message.result_code or ""
    is_abroad = message.country_code != KOREA
    yield Counter.REQUESTED, "", request.created_at, 1
    if message.submitted_at:
        sent_at = clamped(message, message.submitted_at)
        yield Counter.SENT, "", sent_at, 1
        if is_abroad:
            yield Counter.PARTS, "", sent_at, international_parts(text_of(request, message)[1])
    if message.state in (MessageState.READY, MessageState.SENT):
        return
    ended_at = clamped(message, message.finished_at or message.submitted_at)
    ended = {
        MessageState.DELIVERED: Counter.DELIVERED,
        MessageState.FAILED: Counter.DELIVERY_FAILED if message.submitted_at else Counter.SEND_FAILED,
        MessageState.UNKNOWN: Counter.UNKNOWN,
        MessageState.CANCELED: Counter.CANCELED,
    }[MessageState(message.state)]
    yield ended, code, ended_at, 1
    if seconds := handset_seconds(message):
        yield Counter.HANDSET_SECONDS, "", ended_at, seconds
    if ended == Counter.DELIVERED and is_abroad and request.collects_conversion:
        yield Counter.CONVERSION_WAITING, "", ended_at, 1
    if message.converted_at:
        yield Counter.CONVERTED, "", message.converted_at, 1


def by_hour(project: Project) -> dict[datetime, dict[str, int]]:
    """Everything that happened to the messages of a project, by the hour in which it did."""
    found: dict[datetime, dict[str, int]] = {}
    for message in Message.objects.filter(project=project).select_related("request"):
        for counter, _code, at, n in events_of(message):
            counts = found.setdefault(at.replace(minute=0, second=0, microsecond=0), {})
            counts[counter] = counts.get(counter, 0) + n
    return found


def clamped(message: Message, at: datetime | None) -> datetime:
    """Neither before the request nor after its report came."""
    assert at is not None
    return min(max(at, message.request.created_at), message.reported_at or at)


def events(wanted: Wanted) -> Iterator[tuple[Message, datetime, Event]]:
    """The events that a view shows of its period, with the hour at which it shows them."""
    messages = Message.objects.filter(project=wanted.project)
    for message in messages.select_related("request__template_version"):
        if not fits(message, wanted):
            continue
        for event in events_of(message):
            at = message.request.created_at if wanted.view == View.REQUEST_TIME else event[2]
            hour = at.replace(minute=0, second=0, microsecond=0)
            if wanted.since <= hour < wanted.until:
                yield message, hour, event


def fits(message: Message, wanted: Wanted) -> bool:
    """Whether the message is one of those that are asked for."""
    request: SendRequest = message.request
    version = request.template_version
    asked = [
        (wanted.kind or None, request.kind),
        (wanted.message_type or None, request.message_type),
        (wanted.purpose or None, request.purpose),
        (wanted.template, version.template_id if version else 0),
        (wanted.statistics_key, request.statistics_key_id or 0),
        (wanted.country_code, message.country_code),
    ]
    if wanted.view == View.INTERNATIONAL and message.country_code == KOREA:
        return False
    return all(value is None or value == found for value, found in asked)


def shown(columns: tuple[Column, ...], counts: dict[str, int]) -> dict[str, int]:
    """The numbers of these columns that are not zero."""
    return {column.key: n for column in columns if (n := column.value(counts))}


def all_shown(columns: tuple[Column, ...], groups: Mapping[Any, dict[str, int]]) -> dict[Any, dict[str, int]]:
    """The numbers of every group that has any."""
    numbers = {group: shown(columns, dict(counts)) for group, counts in groups.items()}
    return {group: found for group, found in numbers.items() if found}
