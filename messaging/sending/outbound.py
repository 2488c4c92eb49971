"""The messages of a chunk as the carrier gets them: fetched by one query, rendered, and each one checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from django.db import connection

from messaging.content.length import replace_unsendable
from messaging.content.limits import KOREA, text_limits
from messaging.content.rendering import Template, compile_template
from messaging.gateways.base import OutboundMessage
from messaging.models import SendRequest
from messaging.policies.characters import as_sent
from messaging.policies.content import refusal
from messaging.result_codes import MISSING_VALUE, UNSENDABLE_CHARACTER

READY_ROWS = """
SELECT id::text, country_code, recipient, values FROM messaging_message
WHERE id BETWEEN %s AND %s AND state = 'READY' ORDER BY id
"""

# id, country code, recipient, values
Row = tuple[str, int, str, list[str] | None]


@dataclass(slots=True)
class Rendered:
    """`messages` can be handed over, in order of their ids; `failed` are (id, our result code)."""

    messages: list[OutboundMessage] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def ready_rows(first_id: UUID, last_id: UUID) -> list[Row]:
    """The messages of a range (inclusive) that are still READY."""
    with connection.cursor() as cursor:
        cursor.execute(READY_ROWS, [first_id, last_id])
        rows: list[Row] = cursor.fetchall()
        return rows


@lru_cache(maxsize=256)
def template_of(subject: str, body: str) -> Template:
    """The compiled text of a request."""
    return compile_template(subject, body)


def subject_of(request: SendRequest) -> str:
    """The subject that all messages of a request share; types that have one do not go abroad."""
    if template_of(request.subject, request.body).subject.keys:
        return ""  # each has its own, be it an empty one
    return as_sent(request.subject, KOREA, replaces=request.replaces_characters)


def render(request: SendRequest, rows: Iterable[Row]) -> Rendered:
    """The text of each row, or why it cannot go."""
    template = template_of(request.subject, request.body)
    if not template.keys:
        return _render_same(request, template, rows)
    rendered = Rendered()
    message_type, limits = request.message_type, text_limits(request.message_type)
    width, has_subjects = len(template.keys), bool(template.subject.keys)
    body_of, own_subject_of = template.body.render, template.subject.render
    add = rendered.messages.append
    shared, replaces = request.shared_values, request.replaces_characters
    for message_id, country_code, recipient, own in rows:
        values = shared if own is None else own
        if values is None or len(values) != width:
            rendered.failed.append((message_id, MISSING_VALUE))
            continue
        text = body_of(values)
        if country_code != KOREA:
            text = as_sent(text, country_code, replaces=replaces)
        code = refusal(message_type, country_code, text, limits.body_bytes)
        if code == UNSENDABLE_CHARACTER and replaces:
            text = replace_unsendable(text)
            code = refusal(message_type, country_code, text, limits.body_bytes)
        subject = own_subject_of(values) if has_subjects else ""
        if subject and code is None:
            subject = as_sent(subject, country_code, replaces=replaces)
            code = refusal(message_type, country_code, subject, limits.subject_bytes)
        if code is None:
            add(OutboundMessage(message_id, country_code, recipient, text, subject))
        else:
            rendered.failed.append((message_id, code))
    return rendered


def _render_same(request: SendRequest, template: Template, rows: Iterable[Row]) -> Rendered:
    """A text without placeholders is the same for all, and checked once a country."""
    rendered = Rendered()
    limit = text_limits(request.message_type).body_bytes
    written, replaces = template.body.render(()), request.replaces_characters
    ways: dict[int, tuple[str, str | None]] = {}
    for message_id, country_code, recipient, _values in rows:
        if country_code not in ways:
            text = as_sent(written, country_code, replaces=replaces)
            ways[country_code] = text, refusal(request.message_type, country_code, text, limit)
        text, code = ways[country_code]
        if code is None:
            rendered.messages.append(OutboundMessage(message_id, country_code, recipient, text))
        else:
            rendered.failed.append((message_id, code))
    return rendered
