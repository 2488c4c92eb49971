"""The pages for what went wrong, and the address that says whether the console is well."""

from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from console.guard import console_response

SERVER_ERROR = 500


def healthy(request: HttpRequest) -> HttpResponse:
    """200 "ok" where the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


healthz = never_cache(healthy)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        400,
        _("This request cannot be read"),
        _("Something in the address or the form is not as the console sent it. Go back and try once more."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        403,
        _("This page is not open to your role"),
        _("A manager of the project can change your role, or do this for you."),
    )


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        404,
        _("There is nothing at this address"),
        _("It may have been removed, or it belongs to another project: look at the name in the header."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request,
        403,
        _("This form is too old"),
        _(
            "You may have signed in again in another tab since it was opened. Go back, reload the page and"
            " send it once more. Nothing was changed."
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        500,
        _("The console made a mistake"),
        _("It has been written to the log. Try once more; if it stays, tell the people who run the console."),
    )


def _page(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    """Inside the console's frame for whoever is signed in; a mistake of ours asks the database nothing."""
    context: dict[str, Any] = {"title": title, "sentence": sentence, "code": status}
    user = getattr(request, "user", None)
    if status < SERVER_ERROR and user is not None and user.is_authenticated:
        return console_response(request, "console/error_in_frame.html", status=status, **context).render()
    return render(request, "console/error.html", context, status=status)
