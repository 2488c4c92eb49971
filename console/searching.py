"""The search of the header: pages of the menu, a request or message by its id, requests by name or number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from console.accounts.models import Organization, User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.formatting import group_phone_number
from console.guard import console_response, is_cleared, scope_of
from console.navigation import address_of, menu_for
from console.overview import recent_requests
from messaging.ids import request_of
from messaging.models import Message, SendRequest
from messaging.sending.kept import shown_requests

MOST_OF_A_KIND = 8
LONGEST = 100


@dataclass(frozen=True)
class Found:
    """One answer: what it is, its name, and where it is."""

    kind: Any
    title: Any
    url: str


def search_page(request: HttpRequest) -> HttpResponse:
    """The answers to `q`; the only answer to an id is opened at once."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    scope = scope_of(request)
    found = list(_found(request, scope, words)) if words else []
    if len(found) == 1 and _uuid(words):
        return HttpResponseRedirect(found[0].url)
    return console_response(
        request, "console/search.html", title=_("Search"), search_words=words, found=found
    )


def _found(request: HttpRequest, scope: Scope, words: str) -> Iterator[Found]:
    if scope.project is not None and scope.allows(Permission.LOOK_UP) and is_cleared(scope):
        yield from _by_id(scope, words) if _uuid(words) else _requests(scope, words)
    yield from _pages(request, scope, words)
    if scope.allows(Permission.ADMINISTER):
        yield from _accounts(words)


def _by_id(scope: Scope, words: str) -> Iterator[Found]:
    wanted = UUID(words)
    requests = shown_requests(SendRequest.objects.filter(project=scope.project))
    request = requests.filter(pk=request_of(wanted)).first()
    if request is None:
        return
    if wanted == request.pk:
        yield Found(_("Request"), request, reverse("admin:delivery_request", args=[request.pk]))
    elif Message.objects.filter(project=scope.project, pk=wanted).exists():
        yield Found(_("Message"), wanted, reverse("admin:delivery_message", args=[wanted]))


def _requests(scope: Scope, words: str) -> Iterator[Found]:
    digits = group_phone_number(words)
    if len(digits.replace("-", "")) >= 8 and digits.lstrip("+").replace("-", "").isdigit():
        address = f"{address_of('admin:deliveries_requests')}?{urlencode({'recipient': digits})}"
        yield Found(_("Requests"), _("Sent to %s") % digits, address)
    for row in recent_requests(scope).filter(name__icontains=words)[:MOST_OF_A_KIND]:
        yield Found(_("Request"), row, reverse("admin:delivery_request", args=[row.pk]))


def _pages(request: HttpRequest, scope: Scope, words: str) -> Iterator[Found]:
    for group, links in menu_for(request, scope):
        for link in links:
            if words.casefold() in f"{group} {link.title}".casefold():
                yield Found(group or _("Page"), link.title, link.url)


def _accounts(words: str) -> Iterator[Found]:
    for organization in Organization.objects.filter(name__icontains=words)[:MOST_OF_A_KIND]:
        url = reverse("admin:accounts_organization_change", args=[organization.pk])
        yield Found(_("Organization"), organization, url)
    named = Q(username__icontains=words) | Q(name__icontains=words) | Q(email__icontains=words)
    for person in User.objects.filter(named)[:MOST_OF_A_KIND]:
        url = reverse("admin:accounts_user_change", args=[person.pk])
        yield Found(_("Person"), f"{person} · {person.email}", url)


def _uuid(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None
