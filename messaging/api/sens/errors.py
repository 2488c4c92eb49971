"""How the API refuses: the status, and a body that says why.

The documents give the statuses; of bodies they show the one of success. What the gateway in front of the API
answers (401, 403, 404 of a service, 429) has its `error` object, what the API itself answers has the fields
of success with `fail`, and the reasons beside.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

# The gateway's own codes for what it refuses.
GATEWAY_CODES = {
    HTTPStatus.UNAUTHORIZED: ("200", "Authentication Failed"),
    HTTPStatus.FORBIDDEN: ("210", "Permission Denied"),
    HTTPStatus.NOT_FOUND: ("300", "Not Found Exception"),
    HTTPStatus.TOO_MANY_REQUESTS: ("400", "Quota Exceeded"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("430", "Request Entity Too Large"),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("900", "Unexpected Error"),
}


class Refused(Exception):
    """A call is not carried out. `reasons`: a sentence each, for the programmer, in English."""

    def __init__(
        self,
        status: HTTPStatus,
        *reasons: str,
        from_gateway: bool = False,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(status, *reasons)
        self.status = status
        self.reasons: Sequence[str] = reasons or (status.phrase,)
        self.from_gateway = from_gateway
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """What is answered, as JSON."""
        body: dict[str, Any] = {
            "statusCode": str(self.status.value),
            "statusName": "fail",
            "errorMessage": self.status.phrase,
            "errors": list(self.reasons),
        }
        if self.from_gateway:
            code, message = GATEWAY_CODES[self.status]
            body["error"] = {"errorCode": code, "message": message, "details": self.reasons[0]}
        return body


def bad_request(*reasons: str) -> Refused:
    """What the call says is wrong."""
    return Refused(HTTPStatus.BAD_REQUEST, *reasons)


def unauthorized(reason: str) -> Refused:
    """Nobody knows who calls."""
    return Refused(HTTPStatus.UNAUTHORIZED, reason, from_gateway=True)


def made_before() -> Refused:
    """The very same call was carried out: a program signs each anew, so this one is somebody's copy."""
    return unauthorized("This call was made before: sign each call anew.")


def no_service() -> Refused:
    """There is no such service, or it is another project's: both sound the same."""
    return Refused(HTTPStatus.NOT_FOUND, "This key has no such service.", from_gateway=True)


def too_many() -> Refused:
    """Past the project's rate; the next second has room."""
    reason = "More calls a second than this service may make."
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, reason, from_gateway=True, retry_after=1)


def not_found(reason: str) -> Refused:
    """What the call names is not there, or another project's: both sound the same."""
    return Refused(HTTPStatus.NOT_FOUND, reason)


def no_path() -> Refused:
    """Nothing of the API has such an address."""
    return Refused(HTTPStatus.NOT_FOUND, "The API has no such address.", from_gateway=True)


def no_method(allowed: str) -> Refused:
    """The address is there, and takes other methods: those, with commas."""
    return Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"This address takes {allowed}.")


def too_large(most_bytes: int) -> Refused:
    """A body of more bytes than any call needs; it is not read."""
    reason = f"A body has at most {most_bytes} bytes."
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason, from_gateway=True)


def failed() -> Refused:
    """A mistake of ours: nothing of the inside is said."""
    reason = "The call failed, and the failure was noted. Whether it was carried out can be looked up."
    return Refused(HTTPStatus.INTERNAL_SERVER_ERROR, reason, from_gateway=True)
