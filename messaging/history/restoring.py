"""A day of history back from its file: the same requests and messages, shown again, and kept for a while.

All of it or nothing, in one transaction; what is there already stays as it is, so that doing it twice changes
nothing. Restored requests have no chunks, so that nothing of them can ever be sent.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import IO, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.history.entries import MESSAGE_COLUMNS, Entry, WrongFile, entries
from messaging.history.reading import BATCH_FIELDS, COUNTED_FIELDS, REQUEST_FIELDS
from messaging.models import (
    RecipientFile,
    RequestCount,
    RestoredDay,
    SendBatch,
    SendRequest,
    StatisticsKey,
    TemplateVersion,
)
from messaging.partitions import ensure_month
from messaging.sending.kept import ENDED, id_range, start_of
from senders.models import OptOutLine

AT_ONCE = 2000
TEMPORARY = "CREATE TEMPORARY TABLE restored (LIKE messaging_message) ON COMMIT DROP"
COPY = f"COPY restored (project_id, {', '.join(MESSAGE_COLUMNS)}) FROM STDIN"
WRITE = "INSERT INTO messaging_message ({columns}) SELECT {columns} FROM restored ON CONFLICT (id) DO NOTHING"


@dataclass(frozen=True)
class Restored:
    """What the file held, and how much of it was not there before."""

    rows: int
    new_messages: int
    new_requests: int


@dataclass(frozen=True)
class Wish:
    """Which day of which project, from a file of which format, to be kept until when."""

    project: Project
    day: date
    file_format: str
    keep_until: datetime


def restore_day(wish: Wish, file: IO[bytes]) -> Restored:
    """Read the file into the tables. Raises WrongFile, and then nothing was changed."""
    with _marked(wish) as mark, transaction.atomic():
        found = _write(wish, file)
        RestoredDay.objects.filter(pk=mark.pk).update(rows=found.rows)
    return found


@contextmanager
def _marked(wish: Wish) -> Iterator[RestoredDay]:
    """The day marked as one to keep, before its month is made, so that no month goes while it is filled.

    In a transaction of its own: a month is made under a lock that every send would wait for.
    """
    first_id, end_id = id_range(wish.day)
    mark = RestoredDay(
        project=wish.project,
        day=wish.day,
        first_id=first_id,
        end_id=end_id,
        rows=0,
        restored_at=timezone.now(),
        keep_until=wish.keep_until,
    )
    was_there = RestoredDay.objects.filter(project=wish.project, day=wish.day).exists()
    with transaction.atomic():
        RestoredDay.objects.bulk_create(
            [mark],
            update_conflicts=True,
            unique_fields=["project", "day"],
            update_fields=["restored_at", "keep_until"],
        )
        ensure_month(start_of(wish.day))
        ensure_month(start_of(wish.day + timedelta(days=1)) - timedelta(milliseconds=1))
    mark = RestoredDay.objects.get(project=wish.project, day=wish.day)
    try:
        yield mark
    except BaseException:
        if not was_there:
            mark.delete()
        raise


def _write(wish: Wish, file: IO[bytes]) -> Restored:
    rows = new_requests = 0
    # Closed before the file is, however this ends.
    with closing(entries(file, wish.file_format)) as found, connection.cursor() as cursor:
        cursor.execute(TEMPORARY)
        while block := list(islice(found, AT_ONCE)):
            new_requests += _write_requests(wish, block, rows)
            rows += len(block)
            messages = [(wish.project.pk, *entry.message) for entry in block if entry.message]
            with cursor.copy(COPY) as copy:
                for message in messages:
                    copy.write_row(message)
        columns = f"project_id, {', '.join(MESSAGE_COLUMNS)}"
        cursor.execute(WRITE.format(columns=columns))
        written = cursor.rowcount
        cursor.execute("DROP TABLE restored")
    return Restored(rows, written, new_requests)


def _write_requests(wish: Wish, block: list[Entry], before: int) -> int:
    """Write the requests that begin in the block and are not there; how many. Raises WrongFile."""
    first_id, end_id = id_range(wish.day)
    begun = [(number, entry) for number, entry in enumerate(block, before + 1) if entry.details is not None]
    there = dict(
        SendRequest.objects.filter(pk__in=[entry.request_id for _n, entry in begun]).values_list(
            "pk", "project_id"
        )
    )
    fresh = []
    for number, entry in begun:
        if not first_id <= entry.request_id < end_id:
            raise WrongFile(number, "the request is of another day")
        if entry.details is None or entry.details["service"] != wish.project.service_id:
            raise WrongFile(number, "the request is of another project")
        if there.get(entry.request_id, wish.project.pk) != wish.project.pk:
            raise WrongFile(number, "the id is that of another project's request")
        if entry.request_id not in there:
            fresh.append((number, entry))
    _create(wish.project, fresh)
    return len(fresh)


def _create(project: Project, fresh: list[tuple[int, Entry]]) -> None:
    requests, batches, counts = [], [], []
    for number, entry in fresh:
        try:
            request = _request(project, entry)
            requests.append(request)
            batches += [_checked(SendBatch, request, BATCH_FIELDS, part) for part in _details(entry, "parts")]
            counts += [
                _checked(RequestCount, request, COUNTED_FIELDS, count) for count in _details(entry, "counts")
            ]
        except (ValidationError, ValueError, TypeError, KeyError) as error:
            raise WrongFile(number, f"what belongs to the request: {error}"[:300]) from error
    _forget_what_is_gone(project, requests)
    SendRequest.objects.bulk_create(requests, batch_size=500)
    SendBatch.objects.bulk_create(batches, batch_size=2000)
    RequestCount.objects.bulk_create(counts, batch_size=2000)


def _details(entry: Entry, name: str) -> Any:
    return (entry.details or {})[name]


def _request(project: Project, entry: Entry) -> SendRequest:
    """The request of a first row, each field checked. Raises ValidationError."""
    fields = {name: value for name, value in _details(entry, "fields").items() if name in REQUEST_FIELDS}
    request = SendRequest(id=entry.request_id, project=project, **fields)
    _clean(request)
    if request.state not in ENDED:
        raise ValueError("a request that has not ended")
    return request


def _checked(model: type[Model], request: SendRequest, names: Iterable[str], values: Any) -> Any:
    """A row that belongs to the request, each field checked. Raises ValidationError."""
    row = model(request=request, **dict(zip(names, values, strict=True)))
    _clean(row)
    return row


def _clean(row: Model) -> None:
    """Every field as the column takes it; what is empty may be so where it was. Raises ValidationError."""
    for field in row._meta.concrete_fields:
        target = field.target_field if isinstance(field, ForeignKey) else field
        value = target.to_python(getattr(row, field.attname))
        if value is None and not field.null and not field.primary_key:
            raise ValidationError(f"{field.name} is missing")
        if value not in field.empty_values and target is field:
            value = field.clean(value, row)
        if isinstance(value, str) and "\0" in value:
            raise ValidationError(f"{field.name} has a character that no text has")
        setattr(row, field.attname, value)


def _forget_what_is_gone(project: Project, requests: list[SendRequest]) -> None:
    """What a request named and is no longer there, or was never the project's, it names no more."""
    own: dict[str, QuerySet[Any]] = {
        "template_version_id": TemplateVersion.objects.filter(template__project=project),
        "statistics_key_id": StatisticsKey.objects.filter(project=project),
        "opt_out_line_id": OptOutLine.objects.filter(project=project),
        "recipient_file_id": RecipientFile.objects.filter(project=project),
        **dict.fromkeys(("created_by_id", "released_by_id", "canceled_by_id"), User.objects.all()),
    }
    for name, rows in own.items():
        named: set[int | UUID] = {getattr(request, name) for request in requests} - {None}
        there = set(rows.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
        for request in requests:
            if getattr(request, name) not in there:
                setattr(request, name, None)
