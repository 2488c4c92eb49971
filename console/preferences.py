"""What a person chooses for themselves on any page: the project they work in, and the language."""

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, URLPattern, path, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from console import guard
from console.accounts.models import User
from console.guard import scope_of
from console.navigation import badges_for


def urls() -> list[URLPattern]:
    """The addresses of these small views, to be mounted by the site."""
    return [
        path("switch-project/", admin.site.admin_view(switch_project), name="switch_project"),
        path("language/", never_cache(choose_language), name="choose_language"),
        path("first-steps/close/", admin.site.admin_view(close_first_steps), name="close_first_steps"),
        path("badges/", admin.site.admin_view(badges), name="badges"),
    ]


@require_POST
def switch_project(request: HttpRequest) -> HttpResponse:
    """Work in another of one's projects from now on. A project that is not one's own is a 404."""
    chosen = request.POST.get("project", "")
    if chosen not in {str(row.project_id) for row in scope_of(request).memberships}:
        raise Http404
    guard.switch_project(request, int(chosen))
    return HttpResponseRedirect(_list_page(request.POST.get("next", "")))


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Show the console in another language, in this browser now and wherever this person signs in later."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = reverse("admin:index")
    response = HttpResponseRedirect(target)
    if language in dict(settings.LANGUAGES):
        if isinstance(request.user, User):
            User.objects.filter(pk=request.user.pk).update(language=language)
        _set_language_cookie(response, language)
    return response


@require_POST
def close_first_steps(request: HttpRequest) -> HttpResponse:
    """Show the list of first steps no more, to this person, anywhere."""
    User.objects.filter(pk=guard.person_of(request).pk).update(first_steps_closed=True)
    return HttpResponseRedirect(reverse("admin:index"))


@require_GET
def badges(request: HttpRequest) -> HttpResponse:
    """The menu's counts, swapped in by htmx."""
    return render(request, "console/partials/badges.html", {"badges": badges_for(scope_of(request))})


def remember_language(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give the browser the language of the person who has just signed in.

    Who has chosen none yet gets the language of the page where they signed in, so that mail speaks it too.
    """
    if request.method == "POST" and isinstance(request.user, User):
        language = request.user.language or get_language() or settings.LANGUAGE_CODE
        User.objects.filter(pk=request.user.pk, language="").update(language=language)
        _set_language_cookie(response, language)
    return response


def _set_language_cookie(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 60 * 60,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _list_page(address: str) -> str:
    """The same page in the other project where it names no object; the dashboard otherwise."""
    page = address.partition("?")[0]
    try:
        match = resolve(page)
    except Resolver404:
        return reverse("admin:index")
    is_list = match.app_name == "admin" and not match.kwargs and not match.args
    return page if is_list else reverse("admin:index")
