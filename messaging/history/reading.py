"""The history of a project and a day as rows of its backup file, in the order of ids, in constant memory.

A page of requests at a time, and their messages by COPY in slices: a day of one send to a million people
and a day of a million sends to one are read alike.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from console.accounts.models import Project
from messaging.history.columns import VERSION, Row
from messaging.history.lines import has_lines, lines_of
from messaging.history.writing import Block
from messaging.ids import MAX_ORDINAL
from messaging.models import SendBatch, SendRequest
from messaging.sending.texts import text_with, written

REQUESTS_AT_ONCE = 500
MESSAGES_AT_ONCE = 50_000
BLOCK = 2000

# In the order of a row's columns, without what the request says; the values of placeholders last.
MESSAGES = """
COPY (
    SELECT id, request_id, country_code, recipient, state, result_code, telco, submitted_at, finished_at,
        reported_at, converted_at, row_number, uid, array_to_json(values)
    FROM messaging_message WHERE project_id = {project} AND id > {after} AND id <= {last}
    ORDER BY id LIMIT {limit}
) TO STDOUT WITH (NULL '')
"""
COUNTS = """
SELECT request_id, batch_number, minute, counter, code, country_code, sum(n)::bigint FROM (
    SELECT * FROM messaging_requestcount WHERE request_id = ANY(%(requests)s)
    UNION ALL
    SELECT * FROM messaging_countdelta WHERE request_id = ANY(%(requests)s)
) AS counted GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
"""
COUNT_FIELDS = "request_id, batch_number, minute, counter, code, country_code, n"
# What a request's own columns in a row do not say; `project` is named by its service id.
OF_ITS_TIME = {"id", "project", "lease_until", "submission_token"}
REQUEST_FIELDS = tuple(
    field.attname for field in SendRequest._meta.concrete_fields if field.name not in OF_ITS_TIME
)
BATCH_FIELDS = (
    "number",
    "state",
    "due_at",
    "first_ordinal",
    "last_ordinal",
    "released_at",
    "completed_at",
)
COUNTED_FIELDS = ("batch_number", "minute", "counter", "code", "country_code", "n")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
UNESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def day_rows(
    project: Project,
    first_id: UUID,
    end_id: UUID,
    on_progress: Callable[[], None] = lambda: None,
    *,
    file_format: str = "",
) -> Generator[Block, None, None]:
    """Blocks of rows of the ids from `first_id` to `end_id`, exclusive; `on_progress` in between.

    Where the type of the file is said, the rows of requests to many come as its lines.
    """
    for page in _pages(project, first_id, end_id):
        on_progress()
        said = details_of(project, page)
        for has_own, requests in groupby(page, lambda request: bool(file_format) and has_lines(request)):
            if has_own:
                for request in requests:
                    yield from _lines_of(request, said[request.pk], file_format, on_progress)
            else:
                yield from _blocks(_rows_of_page(project, list(requests), said, on_progress))


def _lines_of(
    request: SendRequest, details: str, file_format: str, on_progress: Callable[[], None]
) -> Generator[Block, None, None]:
    head = Row("", *_head(request))
    is_empty = True
    for block in lines_of(request, head, details, file_format, on_progress):
        is_empty = False
        yield block
    if is_empty:
        yield [_row_without_message(request, details)]


def _pages(project: Project, first_id: UUID, end_id: UUID) -> Iterator[list[SendRequest]]:
    """The requests, with what belongs to each, a page at a time."""
    found = SendRequest.objects.filter(project=project, pk__lt=end_id).order_by("pk")
    page = list(found.filter(pk__gte=first_id)[:REQUESTS_AT_ONCE])
    while page:
        yield page
        page = list(found.filter(pk__gt=page[-1].pk)[:REQUESTS_AT_ONCE])


def _blocks(rows: Iterator[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    block: list[Sequence[str]] = []
    for row in rows:
        block.append(row)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


def _rows_of_page(
    project: Project, page: list[SendRequest], said: dict[UUID, str], on_progress: Callable[[], None]
) -> Iterator[Sequence[str]]:
    """A row for each message, the first of each request with what belongs to it; one for a request alone."""
    ids = (page[0].pk, UUID(int=page[-1].pk.int | MAX_ORDINAL))
    # Closed whatever happens: the connection is of no other use while its COPY is open.
    with closing(_message_lines(project, *ids, on_progress)) as lines:
        yield from _rows_of(page, said, lines)


def _rows_of(
    page: list[SendRequest], said: dict[UUID, str], lines: Iterator[list[str]]
) -> Iterator[Sequence[str]]:
    line = next(lines, None)
    for request in page:
        key = str(request.pk)
        while line is not None and line[1] < key:
            line = next(lines, None)  # of a request that is gone
        if line is None or line[1] != key:
            yield _row_without_message(request, said[request.pk])
            continue
        head, text_of = _head(request), _texts(request)
        details = said[request.pk]
        while line is not None and line[1] == key:
            yield (line[0], *head, *line[2:13], *text_of(line[2], line[13]), line[13], details)
            details, line = "", next(lines, None)


def _message_lines(
    project: Project, after: UUID, last: UUID, on_progress: Callable[[], None]
) -> Generator[list[str], None, None]:
    """The columns of each message, as text."""
    n = MESSAGES_AT_ONCE
    while n == MESSAGES_AT_ONCE:
        statement = sql.SQL(MESSAGES).format(
            project=sql.Literal(project.pk),
            after=sql.Literal(str(after)),
            last=sql.Literal(str(last)),
            limit=sql.Literal(MESSAGES_AT_ONCE),
        )
        n, columns = 0, [""]
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for n, line in enumerate(copy, 1):  # noqa: B007 - how many there were
                columns = _columns(line)
                yield columns
        on_progress()
        after = UUID(columns[0]) if n else after


def _columns(line: bytes | memoryview) -> list[str]:
    """The columns of a line of COPY."""
    text = str(line, "utf-8")[:-1]
    if "\\" not in text:
        return text.split("\t")
    return [ESCAPED.sub(_unescaped, column) for column in text.split("\t")]


def _unescaped(found: re.Match[str]) -> str:
    return UNESCAPED.get(found[1], found[1])


def _head(request: SendRequest) -> tuple[str, ...]:
    """What every row of the request says of it."""
    return (
        str(request.pk),
        moment_text(request.created_at),
        request.message_type,
        request.purpose,
        request.kind,
        request.sender,
    )


def _texts(request: SendRequest) -> Callable[[str, str], tuple[str, str]]:
    """Subject and body as sent, by the country and the message's own values as JSON."""
    shared = request.shared_values or ()
    same: dict[str, tuple[str, str]] = {}

    def text_of(country: str, written: str) -> tuple[str, str]:
        if written:
            return text_with(request, json.loads(written), int(country))
        if country not in same:
            same[country] = text_with(request, shared, int(country))
        return same[country]

    return text_of


def _row_without_message(request: SendRequest, details: str) -> Row:
    subject, text = written(request)
    head = dict(zip(Row._fields[1:7], _head(request), strict=True))
    return Row(**head, subject=subject, text=text, request=details)


def details_of(project: Project, requests: Sequence[SendRequest]) -> dict[UUID, str]:
    """What belongs to each request, as JSON: its fields, its parts, what was counted of it."""
    keys = [request.pk for request in requests]
    batches, counts = _batches(keys), _counts(keys)
    return {
        request.pk: json.dumps(
            {
                "version": VERSION,
                "service": project.service_id,
                "fields": {name: getattr(request, name) for name in REQUEST_FIELDS},
                "parts": batches[request.pk],
                "counts": counts[request.pk],
            },
            ensure_ascii=False,
            separators=(",", ":"),
            default=moment_text,
        )
        for request in requests
    }


def _batches(keys: list[UUID]) -> dict[UUID, list[list[Any]]]:
    found: dict[UUID, list[list[Any]]] = defaultdict(list)
    rows = SendBatch.objects.filter(request__in=keys).order_by("request", "number")
    for key, *fields in rows.values_list("request_id", *BATCH_FIELDS):
        found[key].append(fields)
    return found


def _counts(keys: list[UUID]) -> dict[UUID, list[list[Any]]]:
    found: dict[UUID, list[list[Any]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.replace("SELECT *", f"SELECT {COUNT_FIELDS}"), {"requests": keys})
        for key, *fields in cursor.fetchall():
            found[key].append(fields)
    return found


def moment_text(moment: Any) -> str:
    """A moment as the file says it; an id as text."""
    return moment.isoformat(sep=" ") if isinstance(moment, datetime) else str(moment)
