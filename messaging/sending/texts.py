"""The text of one message as it was sent: a pure function of the request's text and the message's values; and
the text of a request as whoever asked for it wrote it.
"""

from collections.abc import Sequence

from messaging.content.limits import KOREA
from messaging.content.rendering import Text
from messaging.models import Message, SendRequest
from messaging.policies.characters import as_sent
from messaging.sending.outbound import template_of
from messaging.states import Source

# What is asked for here has its texts as values, and placeholders where a person's text stands.
PROGRAMS = frozenset({Source.SENS, Source.HUB})


def text_of(request: SendRequest, message: Message) -> tuple[str, str]:
    """(subject, body) of the message."""
    return text_with(request, message.values or request.shared_values or (), message.country_code)


def text_with(request: SendRequest, values: Sequence[str], country_code: int) -> tuple[str, str]:
    """(subject, body) for a phone of that country, with these values in the order of the placeholders."""
    template = template_of(request.subject, request.body)
    fits = len(values) == len(template.keys)
    subject, body = template.render(values) if fits else (request.subject, request.body)
    replaces = request.replaces_characters
    return as_sent(subject, country_code, replaces=replaces), as_sent(body, country_code, replaces=replaces)


def masked_text_of(request: SendRequest, message: Message, mask: str) -> tuple[str, str]:
    """(subject, body) of the message for eyes that may not read its values: `mask` stands for each of them,
    as it is, whatever phones can show.
    """
    template = template_of(request.subject, request.body)
    if len(message.values or request.shared_values or ()) != len(template.keys):
        return text_of(request, message)  # which has no value in it
    return _masked(template.subject, request, message, mask), _masked(template.body, request, message, mask)


def _masked(text: Text, request: SendRequest, message: Message, mask: str) -> str:
    # At home what is written between the values may be replaced, abroad a signature may stand before it all.
    country_code, replaces = message.country_code, request.replaces_characters
    is_home = country_code == KOREA
    parts = [as_sent(part, KOREA, replaces=replaces) if is_home else part for part in text.parts]
    parts[1::2] = [mask] * len(text.keys)
    masked = "".join(parts)
    return masked if is_home else as_sent(masked, country_code, replaces=replaces)


def is_programs(request: SendRequest) -> bool:
    """Whether a program asked for it, so that its texts are values."""
    return request.source in PROGRAMS


def written(request: SendRequest) -> tuple[str, str]:
    """(subject, body) as they were written: a person's with its placeholders, a program's as it gave it for
    all recipients who have none of their own.
    """
    template, values = template_of(request.subject, request.body), request.shared_values or ()
    if is_programs(request) and len(values) == len(template.keys):
        return template.render(values)
    return request.subject, request.body
