"""The API's routes: each lets its caller in, reads its body, and leaves the rest to its own module."""

from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.http import require_safe
from ninja import Body, Query, Status
from ninja.errors import HttpError, ValidationError

from messaging.api.sens import files, reservations, unsubscribes
from messaging.api.sens.answering import UNREADABLE, response_of
from messaging.api.sens.auth import Caller, caller_of
from messaging.api.sens.bodies import BodyParser, read_out
from messaging.api.sens.description import DescribedAPI
from messaging.api.sens.docs import DocsPage
from messaging.api.sens.errors import Refused, bad_request, too_large
from messaging.api.sens.schemas import (
    ErrorOut,
    Numbers,
    ReservationOut,
    SendIn,
    SendOut,
    UnsubscribeOut,
    UnsubscribesIn,
    UploadIn,
    UploadOut,
)
from messaging.api.sens.searching import SearchIn, find, search
from messaging.api.sens.sending import send
from messaging.sens.answers import FoundMessagesOut, OneMessageOut

MOST_REASONS = 20  # of a body that is wrong all over


def signed(request: HttpRequest) -> Caller:
    """Who calls; asked before anything of the body is read."""
    match = request.resolver_match
    return caller_of(request, match.kwargs["service_id"] if match else "")


api = DescribedAPI(
    title="SENS SMS API v2",
    version="2",
    urls_namespace="sens",
    auth=signed,
    parser=BodyParser(),
    docs=DocsPage(),
    docs_url="/docs",
    openapi_url="/openapi.json",
    docs_decorator=require_safe,
)
ERRORS = dict.fromkeys([400, 401, 403, 404, 413, 429, 500], ErrorOut)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """A refusal as the API writes it."""
    read_out(request)
    return response_of(error)


@api.exception_handler(ValidationError)
def not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A body or a query that does not fit: each field with what is wrong."""
    return response_of(bad_request(*[_sentence(each) for each in error.errors[:MOST_REASONS]]))


@api.exception_handler(HttpError)
def not_readable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that is no JSON, or is not sent as such."""
    reason = error.__cause__
    return response_of(
        reason if isinstance(reason, Refused) else bad_request("The body is no JSON in UTF-8.")
    )


@api.exception_handler(RequestDataTooBig)
def not_read(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """A body that is longer than any call needs."""
    read_out(request)
    return response_of(too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE))


@api.exception_handler(UnreadablePostError)
def not_taken(request: HttpRequest, error: Exception) -> HttpResponse:
    """A body that broke off."""
    return response_of(bad_request(UNREADABLE))


@api.exception_handler(Exception)
def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """A mistake of ours: Django writes it to the log, and has it answered by the handler of those."""
    raise error


def _sentence(error: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "path", "wish"))
    return f"{where or 'The body'}: {error['msg']}"


def caller_in(request: HttpRequest) -> Caller:
    """Whom `signed` let in."""
    return cast(Caller, request.auth)  # type: ignore[attr-defined]


@api.post("/services/{service_id}/messages", response={202: SendOut, **ERRORS}, by_alias=True)
def post_messages(request: HttpRequest, service_id: str, wish: SendIn) -> Status[SendOut]:
    """Send a message to up to 100 numbers."""
    key = request.headers.get("Idempotency-Key", "")
    return Status(202, send(caller_in(request), wish, idempotency_key=key))


@api.post("/services/{service_id}/files", response={200: UploadOut, **ERRORS}, by_alias=True)
def post_files(request: HttpRequest, service_id: str, wish: UploadIn) -> UploadOut:
    """Upload a picture for MMS, to be named by its fileId for six days."""
    return files.upload(caller_in(request), wish)


@api.get(
    "/services/{service_id}/messages",
    response={200: FoundMessagesOut, **ERRORS},
    by_alias=True,
    exclude_none=True,
)
def get_messages(request: HttpRequest, service_id: str, wish: Query[SearchIn]) -> FoundMessagesOut:
    """Search for messages: of a request, by the time of request (30 days) or of completion (24 hours)."""
    return search(caller_in(request), wish)


@api.get(
    "/services/{service_id}/messages/{message_id}",
    response={200: OneMessageOut, **ERRORS},
    by_alias=True,
    exclude_none=True,
)
def get_message(request: HttpRequest, service_id: str, message_id: str) -> OneMessageOut:
    """One message with its result, its text and its pictures."""
    return find(caller_in(request), message_id)


@api.get(
    "/services/{service_id}/reservations/{reserve_id}/reserve-status",
    response={200: ReservationOut, **ERRORS},
    by_alias=True,
)
def get_reservation(request: HttpRequest, service_id: str, reserve_id: str) -> ReservationOut:
    """What became of a reservation."""
    return reservations.status(caller_in(request), reserve_id)


@api.delete("/services/{service_id}/reservations/{reserve_id}", response={204: None, **ERRORS}, by_alias=True)
def delete_reservation(request: HttpRequest, service_id: str, reserve_id: str) -> Status[None]:
    """Cancel a reservation that is READY."""
    reservations.cancel(caller_in(request), reserve_id)
    return Status(204, None)


@api.get("/services/{service_id}/unsubscribes", response={200: list[UnsubscribeOut], **ERRORS}, by_alias=True)
def get_unsubscribes(
    request: HttpRequest, service_id: str, wish: Query[UnsubscribesIn]
) -> list[UnsubscribeOut]:
    """Numbers that refuse advertising, in the order of registration."""
    return unsubscribes.find(caller_in(request), wish)


@api.post(
    "/services/{service_id}/unsubscribes", response={200: list[UnsubscribeOut], **ERRORS}, by_alias=True
)
def post_unsubscribes(request: HttpRequest, service_id: str, wish: Body[Numbers]) -> list[UnsubscribeOut]:
    """Enter up to 1,000 numbers that refuse advertising."""
    return unsubscribes.add(caller_in(request), wish)


@api.delete("/services/{service_id}/unsubscribes", response={204: None, **ERRORS}, by_alias=True)
def delete_unsubscribes(request: HttpRequest, service_id: str, wish: Body[Numbers]) -> Status[None]:
    """Let advertising reach up to 1,000 numbers again."""
    unsubscribes.remove(caller_in(request), wish)
    return Status(204, None)
