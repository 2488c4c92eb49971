"""May this text be written so? The rules of a subject and a body before their values are known. Pure.

What a value adds is not known here, so a text with placeholders is measured by the rest of it: the least that
any message made of it will have.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.content.length import byte_length, normalize_newlines, unsendable
from messaging.content.limits import text_limits
from messaging.content.rendering import PLACEHOLDER, is_reserved, placeholders

MAX_BODY_CHARACTERS = 20_000
SHOWN = 20
UNSENDABLE = "unsendable"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text. `field` is "subject" or "body"; `code` is for programs.

    `is_at_home`: phones of other countries do not mind.
    """

    field: str
    code: str
    message: Promise | str
    is_at_home: bool = False


def faults(message_type: str, subject: str, body: str, *, replaces: bool = False) -> Iterator[Fault]:
    """What is wrong with a text for phones at home, the subject's faults first.

    `replaces`: characters that cannot be sent become `?`, which is as long, and are no fault.
    """
    found = chain(_subject(message_type, subject), _body(message_type, body))
    return (fault for fault in found if not (replaces and fault.code == UNSENDABLE))


def _subject(message_type: str, subject: str) -> Iterator[Fault]:
    if not subject.strip():
        return
    limit = text_limits(message_type).subject_bytes
    if not limit:
        yield Fault(
            "subject", "not_for_sms", _("An SMS has no subject. Choose LMS or MMS, or leave it empty.")
        )
    elif "\n" in normalize_newlines(subject):
        yield Fault("subject", "one_line", _("A subject is one line."))
    else:
        yield from _written("subject", subject, limit)


def _body(message_type: str, body: str) -> Iterator[Fault]:
    limit = text_limits(message_type).body_bytes
    if not body.strip():
        yield Fault("body", "required", _("Write a text."))
    elif len(body) > MAX_BODY_CHARACTERS:
        yield too_long("body", byte_length(body), limit)
    else:
        yield from _written("body", body, limit)


def _written(field: str, text: str, limit: int) -> Iterator[Fault]:
    if any(map(is_reserved, placeholders(text))):
        reserved = _("##recipient_no## names the column of numbers and cannot stand in a text.")
        yield Fault(field, "reserved_key", reserved)
    if characters := "".join(dict.fromkeys(character for _position, character in unsendable(text))):
        sentence = _("These characters cannot be sent: %(characters)s")
        yield Fault(field, UNSENDABLE, sentence % {"characters": shown(characters)}, is_at_home=True)
    if (size := byte_length(PLACEHOLDER.sub("", text))) > limit:
        yield replace(too_long(field, size, limit), is_at_home=True)


def shown(characters: str) -> str:
    """Characters as a person can read them: what cannot be seen is given by its number."""
    return " ".join(each if each.isprintable() else f"U+{ord(each):04X}" for each in characters[:SHOWN])


def too_long(field: str, size: int, limit: int) -> Fault:
    """A text of `size` bytes where `limit` are allowed."""
    sentence = _("%(size)s bytes are too long: at most %(limit)s bytes.")
    return Fault(field, "too_long", sentence % {"size": size, "limit": limit})
