"""What a download holds: the rows of a list, fetched by key in batches, never all at once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from messaging import result_codes
from messaging.admin.deliveries.shown import readable_by_members, status_of
from messaging.admin.deliveries.spreadsheets import Row
from messaging.models import Message, SendRequest
from messaging.sending.texts import text_with, written
from messaging.states import MessageState
from messaging.statistics.queries import progress_of

BATCH = 2000
# Of a message: `Raw` is a named tuple of these.
RAW = (
    "pk",
    "request_id",
    "row_number",
    "country_code",
    "recipient",
    "state",
    "result_code",
    "telco",
    "submitted_at",
    "reported_at",
    "values",
    "uid",
)
Raw = Any
REQUEST_COLUMNS = (
    _("Request ID"),
    _("Name"),
    _("Delivery type"),
    _("Type"),
    _("Purpose"),
    _("Sender number"),
    _("Status"),
    _("Messages"),
    _("Delivered"),
    _("Waiting for result"),
    _("Failed"),
    _("Unknown"),
    _("Canceled"),
    _("Left out"),
    _("Requested"),
    _("Due"),
    _("Completed"),
    _("Text"),
)
MESSAGE_COLUMNS = (
    _("Message ID"),
    _("Row"),
    _("Country"),
    _("Recipient number"),
    _("State"),
    _("Code"),
    _("Result"),
    _("Network"),
    _("Handed over"),
    _("Result received"),
    _("Sender number"),
    _("Type"),
    _("Subject"),
    _("Text"),
    _("UID"),
)


@dataclass(frozen=True)
class Download:
    """A table to hand out: `name` is of the file, `rows` are made as they are read."""

    name: str
    columns: tuple[Any, ...]
    rows: Iterable[Row]


def request_rows(requests: QuerySet[SendRequest]) -> Iterator[Row]:
    """The requests as rows, newest first."""
    return _written(newest_first(requests.select_related("recipient_file")), _request_batch)


def found_message_rows(messages: QuerySet[Message]) -> Iterator[Row]:
    """Messages of any requests as rows, newest first."""

    def write(batch: list[Raw]) -> list[Row]:
        requests = SendRequest.objects.in_bulk({raw.request_id for raw in batch})
        by_request = groupby(batch, key=attrgetter("request_id"))
        return [row for pk, raws in by_request for row in _message_rows(requests[pk], list(raws))]

    return _written(newest_first(raw_messages(messages)), write)


def message_rows_of(request: SendRequest, messages: QuerySet[Message]) -> Iterator[Row]:
    """One request's messages as rows, in the order of its file."""
    return _written(oldest_first(raw_messages(messages)), lambda batch: _message_rows(request, batch))


def raw_messages(messages: QuerySet[Message]) -> QuerySet:
    """What a row needs of a message: making whole objects would take most of a download's time."""
    return messages.select_related(None).values_list(*RAW, named=True)


def newest_first(found: QuerySet, size: int = BATCH) -> Iterator[list[Any]]:
    batch = list(found.order_by("-pk")[:size])
    while batch:
        yield batch
        batch = list(found.filter(pk__lt=batch[-1].pk).order_by("-pk")[:size])


def oldest_first(found: QuerySet, size: int = BATCH) -> Iterator[list[Any]]:
    batch = list(found.order_by("pk")[:size])
    while batch:
        yield batch
        batch = list(found.filter(pk__gt=batch[-1].pk).order_by("pk")[:size])


def _written(batches: Iterator[list[Any]], write: Callable[[list[Any]], list[Row]]) -> Iterator[Row]:
    """The rows of all batches in the person's language, though they are made after the response has begun."""
    language = translation.get_language()

    def rows() -> Iterator[Row]:
        for batch in batches:
            with translation.override(language):
                written = write(batch)
            yield from written

    return rows()


def _request_batch(requests: list[SendRequest]) -> list[Row]:
    progress = progress_of([request.pk for request in requests])
    return [_request_row(request, progress[request.pk]) for request in requests]


def _request_row(request: SendRequest, progress: Any) -> Row:
    return [
        str(request.pk),
        request.name,
        request.get_kind_display(),
        request.message_type,
        request.get_purpose_display(),
        request.sender,
        str(status_of(request).label),
        request.total,
        progress.delivered,
        progress.waiting_for_result,
        progress.failed,
        progress.unknown,
        progress.canceled,
        request.left_out,
        _time(request.created_at),
        _time(request.due_at),
        _time(request.completed_at),
        readable_by_members(written(request)[1], request),
    ]


def _message_rows(request: SendRequest, batch: list[Raw]) -> list[Row]:
    labels = {state.value: str(state.label) for state in MessageState}
    meanings = {code: _meaning(code) for code in {raw.result_code for raw in batch}}
    return [_message_row(request, raw, labels[raw.state], meanings[raw.result_code]) for raw in batch]


def _message_row(request: SendRequest, raw: Raw, state: str, meaning: str) -> Row:
    subject, text = text_with(request, raw.values or request.shared_values or (), raw.country_code)
    return [
        str(raw.pk),
        raw.row_number,
        raw.country_code,
        raw.recipient,
        state,
        raw.result_code,
        meaning,
        raw.telco,
        _time(raw.submitted_at),
        _time(raw.reported_at),
        request.sender,
        request.message_type,
        subject,
        readable_by_members(text, request),
        raw.uid,
    ]


def _meaning(code: str | None) -> str:
    return str(result_codes.lookup(code).meaning) if code else ""


def _time(moment: datetime | None) -> str:
    return str(timezone.localtime(moment))[:19] if moment else ""


def counted_up_to(found: QuerySet, most: int) -> int:
    """How many rows there are, but never more than `most` + 1: a count of a large table is not taken."""
    return len(found.order_by().values_list("pk")[: most + 1])
