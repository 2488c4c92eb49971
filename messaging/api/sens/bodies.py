"""How the body of a call is read: JSON in UTF-8, as the documents have it."""

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from messaging.api.sens.errors import bad_request


class BodyParser(Parser):
    """Reads bodies. What is raised here reaches the caller as a 400 (`api.not_readable`)."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's value. Raises Refused; of one that is no JSON also ValueError or RecursionError."""
        kind = request.content_type or ""
        if kind not in ("", "application/json") and not kind.endswith("+json"):
            raise bad_request("The Content-Type of a body is application/json.")
        return json.loads(request.body.decode("utf-8-sig"), parse_constant=_no_number)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
