"""Every answer below the API's address is one of the API's, also where none of its routes was reached."""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from messaging.api.sens.errors import Refused, bad_request, failed, no_method, no_path

View = Callable[..., HttpResponse]
UNREADABLE = "The call cannot be read."
# What a page of the console for a mistake says here.
INSTEAD: Mapping[HTTPStatus, Callable[[], Refused]] = {
    HTTPStatus.BAD_REQUEST: lambda: bad_request(UNREADABLE),
    HTTPStatus.FORBIDDEN: lambda: Refused(HTTPStatus.FORBIDDEN, from_gateway=True),
    HTTPStatus.NOT_FOUND: no_path,
    HTTPStatus.INTERNAL_SERVER_ERROR: failed,
}


def response_of(error: Refused) -> HttpResponse:
    """A refusal as the API writes it."""
    response = JsonResponse(error.body(), status=error.status)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def for_programs(page: View, status: HTTPStatus) -> View:
    """A page of the console for a mistake, and the API's body for the same below the API's address."""

    @wraps(page)
    def shown(request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
        if not request.path.startswith(reverse("sens:api-root")):
            return page(request, *given, **named)
        return response_of(INSTEAD[status]())

    return shown


def addresses_of(api: NinjaAPI) -> tuple[list[Any], str, str]:
    """The API's addresses for a URLconf, and one that takes all others below them."""
    patterns, application, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = in_our_words(pattern.callback)
    return [*patterns, path("<path:rest>", nothing_here, name="nothing")], application, namespace


def in_our_words(view: View) -> View:
    """A view whose “method not allowed” is the API's. Programs have no forms, and no tokens of them."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
        response = view(request, *given, **named)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        allowed = ", ".join(sorted(response["Allow"].split(", ")))
        answer = response_of(no_method(allowed))
        answer["Allow"] = allowed
        return answer

    return answered


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address, by whatever method."""
    return response_of(no_path())
