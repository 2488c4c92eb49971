"""How the body of a call is read: JSON in UTF-8, as the documents have it."""

import json
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.parser import Parser

from messaging.api.sens.errors import bad_request

BROKEN_OFF = "The body is shorter than its Content-Length."
PIECE = 1 << 16
READ_OUT_AT_MOST = 4 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE


class BodyParser(Parser):
    """Reads bodies. What is raised here reaches the caller as a 400 (`api.not_readable`)."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's value. Raises Refused; of one that is no JSON also ValueError or RecursionError.

        Of a name that stands twice the later value counts, as in most languages.
        """
        kind = request.content_type or ""
        if kind not in ("", "application/json") and not kind.endswith("+json"):
            raise bad_request("The Content-Type of a body is application/json.")
        return json.loads(request.body.decode("utf-8-sig"), parse_constant=_no_number)


def whole_body(request: HttpRequest) -> bytes:
    """The bytes of a body, all that were announced. Raises Refused."""
    body = request.body
    if len(body) < int(request.META.get("CONTENT_LENGTH") or 0):
        raise bad_request(BROKEN_OFF)
    return body


def read_out(request: HttpRequest) -> None:
    """Read what is left of a body that is refused unread, within reason, and forget it.

    A connection that is closed upon unread bytes is reset, and takes the answer along: whoever still sends
    never learns why it was refused.
    """
    left = READ_OUT_AT_MOST
    with suppress(OSError):
        while left > 0 and (piece := request.read(PIECE)):
            left -= len(piece)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
