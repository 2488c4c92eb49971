import ipaddress
import time
from collections.abc import Callable
from typing import Any

from auditlog.middleware import AuditlogMiddleware
from django.conf import settings
from django.contrib.auth import SESSION_KEY as SIGNED_IN
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from console.accounts.scoping import SESSION_KEY, Scope, scope_for


class PersonMiddleware:
    """Puts the person's `Scope` on the request, read from the database only where a page asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.scope = SimpleLazyObject(lambda: _scope_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def _scope_of(request: HttpRequest) -> Scope:
    return scope_for(request.user, request.session.get(SESSION_KEY))


class AuditMiddleware(AuditlogMiddleware):
    """Notes who acts for the audit trail, with an address that the client cannot make up."""

    @staticmethod
    def _get_remote_addr(request: HttpRequest) -> str | None:
        return client_address(request)

    def get_extra_data(self, request: HttpRequest) -> dict[str, Any]:
        """With the user name, as it is when something is noted: a sign-in begins without one."""
        return {**super().get_extra_data(request), "actor_name": lambda: request.user.get_username()}


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address, or None where it is unknown (a Unix socket).

    `X-Forwarded-For` is anybody's to write: only the entries of the `BONGSU_TRUSTED_PROXIES` proxies in front
    of the console are believed, counted from the right; with none, it is ignored.
    """
    hops = settings.BONGSU_TRUSTED_PROXIES
    header = request.headers.get("X-Forwarded-For", "")
    forwarded = [part.strip() for part in header.split(",")] if header else []
    address = forwarded[-hops] if 0 < hops <= len(forwarded) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


class SessionInUseMiddleware:
    """Puts off the end of a session while its person is active, by one write an hour at most.

    What a page asks for by itself (badges, progress) is no activity: an open page does not keep it alive.
    """

    SECONDS = 3600
    KEY = "in_use"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session, now = request.session, int(time.time())
        asks_by_itself = request.method == "GET" and "HX-Request" in request.headers
        is_active = session.accessed and not asks_by_itself and SIGNED_IN in session
        if is_active and now - session.get(self.KEY, 0) >= self.SECONDS:
            session[self.KEY] = now
        return response
