"""The one check before any page of the console: who asks, for which project, and may they.

Pages (`console.pages`) and model admins (`console.model_admin`) both ask `refusal`, so a rule added here
holds everywhere.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Membership, User
from console.accounts.roles import Permission
from console.accounts.scoping import SESSION_KEY, Scope, scope_for
from console.accounts.sessions import is_fresh

PLATFORM_PERMISSIONS = frozenset({Permission.REVIEW, Permission.ADMINISTER})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def scope_of(request: HttpRequest) -> Scope:
    """The scope that `PersonMiddleware` put on the request."""
    scope: Scope = request.scope  # type: ignore[attr-defined]
    return scope


def person_of(request: HttpRequest) -> User:
    """Who is signed in. Raises PermissionDenied where nobody is."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def is_cleared(scope: Scope) -> bool:
    """Whether the member's identity is verified, or need not be.

    Senders know the answer; they are a higher layer, so settings name the function (`IDENTITY_GATE`).
    """
    if scope.project is None or not isinstance(scope.user, User):
        return False
    if scope.project.organization.verification_exempt:
        return True
    gate = import_string(settings.IDENTITY_GATE)
    return bool(gate(user=scope.user, project=scope.project))


def lacks_second_factor(scope: Scope) -> bool:
    """Whether the person must set up two-factor sign-in before anything else is open to them here.

    The project's organization may demand it, and a setting may of the platform's staff.
    """
    if not isinstance(scope.user, User) or scope.user.second_factor_at is not None:
        return False
    if scope.user.platform_role and settings.BONGSU_STAFF_TWO_FACTOR:
        return True
    return scope.project is not None and scope.project.organization.requires_two_factor


def second_factor_first(request: HttpRequest) -> HttpResponse:
    """To where it is set up; a part of a page gets nothing."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=403)
    return HttpResponseRedirect(reverse("admin:second_factor"))


def password_first(request: HttpRequest) -> HttpResponse:
    """To where the password is asked for again, and back; a form that was sent is to be sent once more."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=401)
    target = request.get_full_path() if request.method in SAFE_METHODS else _page_before(request)
    return HttpResponseRedirect(f"{reverse('admin:confirm_password')}?{urlencode({'next': target})}")


def _page_before(request: HttpRequest) -> str:
    """Where a form was sent from."""
    page = request.headers.get("Referer", "")
    is_own = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return page if is_own else request.path


def refusal(
    request: HttpRequest,
    *,
    permission: Permission | None,
    needs_project: bool = True,
    needs_verified: bool = True,
    needs_second_factor: bool = True,
    needs_fresh: bool = False,
) -> HttpResponse | None:
    """The answer to give instead of the page, or None where the page may be shown.

    `needs_fresh`: only to who gave their password within the last hours.
    Raises PermissionDenied, which is answered with the console's 403 page.
    """
    if not request.user.is_authenticated or not request.user.is_active:
        return _sign_in_first(request)
    if needs_second_factor and lacks_second_factor(scope_of(request)):
        return second_factor_first(request)
    refused = _refused_here(request, permission, needs_project, needs_verified)
    if refused is None and needs_fresh and not is_fresh(request):
        return password_first(request)
    return refused


def _refused_here(
    request: HttpRequest, permission: Permission | None, needs_project: bool, needs_verified: bool
) -> HttpResponse | None:
    """What the project and the person's role in it refuse."""
    scope = scope_of(request)
    if permission in PLATFORM_PERMISSIONS:
        needs_project = needs_verified = False
    if needs_project and scope.project is None:
        return console_response(request, "console/no_project.html", title=_("No project yet"), status=403)
    if permission is not None and not scope.allows(permission):
        raise PermissionDenied
    if needs_project and (opened_in := _opened_elsewhere(request, scope)):
        if "_switch_back" not in request.POST:
            return _switched(request, opened_in)
        switch_project(request, opened_in.project_id)
        return _refused_here(request, permission, needs_project, needs_verified)
    if needs_project and needs_verified and not is_cleared(scope):
        return HttpResponseRedirect(reverse(settings.IDENTITY_PAGE))
    return None


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page; a part of a page only learns that it is needed, and the page stays as it is."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=401)
    return redirect_to_login(request.get_full_path(), reverse("admin:login"))


def console_response(
    request: HttpRequest, template: str, *, title: Any, status: int = 200, **context: Any
) -> TemplateResponse:
    """A page inside the console's frame, for those who have no view of their own."""
    context = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, template, context, status=status)


def switch_project(request: HttpRequest, project_id: int) -> None:
    """Work in that project from now on. The caller has checked that the person is a member of it."""
    request.session[SESSION_KEY] = project_id
    request.scope = scope_for(request.user, project_id)  # type: ignore[attr-defined]


def _opened_elsewhere(request: HttpRequest, scope: Scope) -> Membership | None:
    """Where a form was opened in one project and sent after another tab switched to a second: the first.

    The console's script adds the project of the page to whatever it sends.
    """
    if request.method in SAFE_METHODS or scope.project is None:
        return None
    opened_in = request.headers.get("X-Bongsu-Project") or request.POST.get("_project") or ""
    if opened_in in ("", str(scope.project.pk)):
        return None
    own = [row for row in scope.memberships if str(row.project_id) == opened_in]
    if not own:
        raise PermissionDenied
    return own[0]


def _switched(request: HttpRequest, opened_in: Membership) -> HttpResponse:
    """Nothing was done and nothing typed is lost: the page holds it, to be sent again where it belongs."""
    left_out = ("csrfmiddlewaretoken", "_project")
    fields = [
        (name, value) for name, values in request.POST.lists() for value in values if name not in left_out
    ]
    return console_response(
        request,
        "console/switched.html",
        title=_("You switched to another project"),
        status=409,
        opened_in=opened_in.project,
        fields=fields,
        has_files=bool(request.FILES),
    )
