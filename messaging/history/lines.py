"""Lines of a backup file made by PostgreSQL, for a request to many: a line a message, ready to be compressed.

They are the bytes that `messaging.history.writing` makes of the rows of `messaging.history.reading`, which
takes Python four times as long. What the request says of every message stands in the statement, and its text
is a concatenation. Only where characters are replaced once the values are in place, Python has to look.
"""

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from messaging.content.limits import KOREA
from messaging.content.rendering import Text
from messaging.content.sender_policy import POLICIES
from messaging.history.columns import COLUMNS, WRITTEN_BY_PEOPLE, Row
from messaging.history.writing import LINE_END, QUOTED, Lines, quoted_cell
from messaging.ids import MAX_ORDINAL, message_id
from messaging.models import SendRequest
from messaging.models.backup import BackupFormat
from messaging.sending.outbound import template_of
from messaging.sending.texts import text_with

MANY = 500  # messages, from which on a statement of its own is worth it
AT_ONCE = 50_000
BLOCK = 2000
ABROAD = 0  # stands for every country but Korea

MESSAGES = """
COPY (
    SELECT {columns} FROM messaging_message
    WHERE project_id = {project} AND id > {after} AND id <= {last} ORDER BY id LIMIT {limit}
) TO STDOUT WITH ({options})
"""
# The columns that are the message's own.
OWN = {
    "message_id": "id",
    "country": "country_code",
    "recipient": "recipient",
    "state": "state",
    "code": "NULLIF(result_code, '')",
    "network": "NULLIF(telco, '')",
    "handed_over_at": "submitted_at",
    "finished_at": "finished_at",
    "reported_at": "reported_at",
    "converted_at": "converted_at",
    "row": "row_number",
    "uid": "NULLIF(uid, '')",
    "values": "array_to_json(values)::text",
}
ALWAYS_THERE = {"message_id", "country", "recipient", "state"}
NEVER_ESCAPED = {"handed_over_at", "finished_at", "reported_at", "converted_at", "row"} | ALWAYS_THERE
PEOPLES = {COLUMNS[at] for at in WRITTEN_BY_PEOPLE}
SAFE = sql.SQL("CASE WHEN left({cell}, 1) = ANY({quoted}) THEN '''' || {cell} ELSE {cell} END")
Cells = dict[str, sql.Composable | str]


@dataclass(frozen=True)
class Form:
    """A type of file: how COPY writes it, where the id in a line begins, its columns, and its first line."""

    options: str
    end: bytes
    id_at: int
    columns: Callable[[Cells], sql.Composable]
    first: Callable[[bytes, str], bytes]


def has_lines(request: SendRequest) -> bool:
    """Whether PostgreSQL makes the request's lines; a count that is wrong costs time and nothing else."""
    if request.loaded < MANY:
        return False
    return not (request.replaces_characters and template_of(request.subject, request.body).keys)


def lines_of(
    request: SendRequest, head: Row, details: str, file_format: str, on_progress: Callable[[], None]
) -> Generator[Lines, None, None]:
    """The request's messages by blocks. `head` is what each row says of it, the first one has `details`."""
    form = FORMS[BackupFormat(file_format)]
    columns = form.columns(cells_of(request, head))
    ordinal, n = 0, AT_ONCE
    while n == AT_ONCE:
        n = 0
        for lines in _slice(request, form, columns, ordinal):
            if not ordinal:
                lines[0] = form.first(lines[0], details)
            n += len(lines)
            ordinal = int(lines[-1][form.id_at + 28 : form.id_at + 36], 16)
            yield Lines(len(lines), form.end.join([*lines, b""]))
        on_progress()


def _slice(
    request: SendRequest, form: Form, columns: sql.Composable, after: int
) -> Generator[list[bytes], None, None]:
    """Blocks of lines after that ordinal, without their ends."""
    statement = sql.SQL(MESSAGES).format(
        columns=columns,
        project=sql.Literal(request.project_id),
        after=sql.Literal(str(message_id(request.pk, after) if after else request.pk)),
        last=sql.Literal(str(message_id(request.pk, MAX_ORDINAL))),
        limit=sql.Literal(AT_ONCE),
        options=sql.SQL(form.options),
    )
    lines: list[bytes] = []
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in copy:
            lines.append(bytes(line[:-1]))
            if len(lines) == BLOCK:
                yield lines
                lines = []
    if lines:
        yield lines


def cells_of(request: SendRequest, head: Row) -> Cells:
    """Each column of a row: what PostgreSQL has to work out, or a text that is the same for all."""
    cells: Cells = dict(head._asdict())
    cells |= {name: sql.SQL(expression) for name, expression in OWN.items()}
    template = template_of(request.subject, request.body)
    for at, name, text in ((0, "subject", template.subject), (1, "text", template.body)):
        cells[name] = _text(request, at, text)
    cells["text"] = _signed(request, cells["text"])
    return cells


def _signed(request: SendRequest, text: sql.Composable | str) -> sql.Composable | str:
    """The text behind the signature of the country that puts one before it."""
    if not request.goes_abroad:
        return text
    chosen = sql.SQL(
        "CASE WHEN country_code = {country} AND {text} <> '' AND NOT starts_with({text}, {signature})"
        " THEN {signature} || {text} ELSE {text} END"
    )
    for country, policy in POLICIES.items():
        if policy.signature:
            text = chosen.format(
                country=sql.Literal(country),
                signature=_literal(policy.signature),
                text=_literal(text) if isinstance(text, str) else text,
            )
    return text


def _text(request: SendRequest, at: int, text: Text) -> sql.Composable | str:
    """A text as it was sent: that of all, or of a message with values of its own."""
    n = len(template_of(request.subject, request.body).keys)
    same = _by_country(request, request.shared_values or (), at)
    own = _joined(text) if text.keys else _by_country(request, [""] * n, at)
    misfit = _by_country(request, [""] * (n + 1), at)
    if same == own == misfit:
        return same
    return sql.SQL(
        "CASE WHEN values IS NULL THEN {} WHEN cardinality(values) = {} THEN {} ELSE {} END"
    ).format(_literal(same), sql.Literal(n), _literal(own), _literal(misfit))


def _by_country(request: SendRequest, values: list[str] | tuple[str, ...], at: int) -> sql.Composable | str:
    home, abroad = (text_with(request, values, country)[at] for country in (KOREA, ABROAD))
    if home == abroad:
        return home
    chosen = sql.SQL("CASE WHEN country_code = {} THEN {} ELSE {} END")
    return chosen.format(sql.Literal(KOREA), _literal(home), _literal(abroad))


def _joined(text: Text) -> sql.Composable:
    """The literals and the values between them."""
    parts: list[sql.Composable] = []
    for n, part in enumerate(text.parts):
        if n % 2:
            parts.append(sql.SQL("values[{}]").format(sql.Literal(text.keys[n // 2] + 1)))
        elif part:
            parts.append(_literal(part))
    return sql.SQL("({})").format(sql.SQL(" || ").join(parts))


def _literal(text: sql.Composable | str) -> sql.Composable:
    return sql.SQL("{}::text").format(sql.Literal(text)) if isinstance(text, str) else text


def _csv_columns(cells: Cells) -> sql.Composable:
    """The cells in order, empty ones as NULL; what people wrote is no formula."""
    return sql.SQL(", ").join(_csv_cell(name, cells[name]) for name in COLUMNS)


def _csv_cell(name: str, cell: sql.Composable | str) -> sql.Composable:
    if isinstance(cell, str):
        return _literal(quoted_cell(cell) if name in PEOPLES else cell) if cell else sql.SQL("NULL")
    if name in ("subject", "text"):
        cell = sql.SQL("NULLIF({}, '')").format(cell)
    return SAFE.format(cell=cell, quoted=sql.Literal(list(QUOTED))) if name in PEOPLES else cell


def _csv_first(line: bytes, details: str) -> bytes:
    return line + b'"' + details.replace('"', '""').encode() + b'"'


def _json_column(cells: Cells) -> sql.Composable:
    """One text, to which `concat` gives nothing of what is NULL: what is empty is left out."""
    parts: list[str | sql.Composable] = ["{"]
    for name in COLUMNS:
        for part in _json_parts(name, cells[name]):
            if isinstance(part, str) and isinstance(parts[-1], str):
                parts[-1] += part
            else:
                parts.append(part)
    parts.append("}")
    return sql.SQL("concat({})").format(sql.SQL(", ").join(map(_literal, parts)))


def _json_parts(name: str, cell: sql.Composable | str) -> Iterator[str | sql.Composable]:
    """A name and its cell, as pieces of text that are the same for all and of SQL."""
    key = f'"{name}":' if name == COLUMNS[0] else f',"{name}":'
    if isinstance(cell, str):
        if cell:
            yield key + json.dumps(cell, ensure_ascii=False)
    elif name in ALWAYS_THERE:
        yield from (f'{key}"', cell, '"')
    elif name in NEVER_ESCAPED:
        yield sql.SQL("{} || {} || '\"'").format(_literal(f'{key}"'), cell)
    else:
        cell = sql.SQL("NULLIF({}, '')").format(cell) if name in ("subject", "text") else cell
        yield sql.SQL("{} || to_json({})").format(_literal(key), cell)


def _json_first(line: bytes, details: str) -> bytes:
    return line[:-1] + f',"request":{json.dumps(details, ensure_ascii=False)}}}'.encode()


# No control character stands in a JSON, so that COPY has nothing to quote in it.
FORMS = {
    BackupFormat.CSV: Form("FORMAT csv", LINE_END, 0, _csv_columns, _csv_first),
    BackupFormat.JSON_LINES: Form(
        r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'",
        b"\n",
        len('{"message_id":"'),
        _json_column,
        _json_first,
    ),
}
