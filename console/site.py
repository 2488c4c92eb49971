"""The console's admin site: who may enter, what stands around every page, and where the pages are mounted."""

from functools import update_wrapper
from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from console import dashboard, preferences, searching, signing_in
from console.guard import lacks_second_factor, refusal, scope_of, second_factor_first
from console.model_admin import BaseConsoleAdmin
from console.navigation import menu_for
from console.pages import PAGES

LEFT_OUT = frozenset({"app_list", "view_on_site"})
# What is open to who still has to set up the two-factor sign-in that is demanded of them.
WITHOUT_SECOND_FACTOR = frozenset(
    {
        "switch_project",
        "close_first_steps",
        "confirm_password",
        "password_change",
        "password_change_done",
        "jsi18n",
    }
)


class ConsoleSite(UnfoldAdminSite):
    """The site of every page. A member of a project enters without being Django's "staff"."""

    site_title = _("Bongsu")
    site_header = _("Bongsu")
    login_form = signing_in.SignInForm
    login_template = "console/sign_in.html"
    enable_nav_sidebar = True
    index_template = "console/dashboard.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Anyone who is signed in; each page then asks for its own permission."""
        return bool(request.user.is_authenticated and request.user.is_active)

    def get_urls(self) -> list[URLPattern]:
        """Without Django's lists of models and its jump to any object by its number."""
        return [url for url in super().get_urls() if getattr(url, "name", None) not in LEFT_OUT]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        return []

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's, but a part of a page (htmx) only learns that nobody is signed in."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if "HX-Request" in request.headers and not self.has_permission(request):
                return HttpResponse(status=401)
            if _waits_for_second_factor(request):
                return second_factor_first(request)
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, view)

    def extra_urls(self) -> list[URLPattern]:
        from console.admin import invitations, profile  # registers pages, so not before the apps are ready

        pages = [path(page.path, never_cache(page.as_view()), name=page.name) for page in PAGES.values()]
        return [*preferences.urls(), *signing_in.urls(), *profile.urls(), *invitations.urls(), *pages]

    def register(self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any) -> None:
        """Take our own model admins only: those of libraries know nothing of projects and roles."""
        if admin_class is not None and issubclass(admin_class, BaseConsoleAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        context["language"] = get_language()
        if self.has_permission(request):
            scope = scope_of(request)
            context |= {"scope": scope, "project": scope.project, "menu": menu_for(request, scope)}
        return context

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The dashboard; it is open before an identity is verified, and says what to do."""
        staff = bool(getattr(request.user, "platform_role", ""))
        refused = refusal(request, permission=None, needs_project=not staff, needs_verified=False)
        if refused is not None:
            return refused
        if "HX-Request" in request.headers:
            return render(request, "console/partials/parts.html", dashboard.live_context_for(request))
        context = dashboard.context_for(request)
        return super().index(request, {**context, **(extra_context or {})})

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return searching.search_page(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As Django's, by a page of ours, which asks for a code too."""
        index = reverse("admin:index")
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        asked = {**request.GET.dict(), **request.POST.dict()}
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **({} if REDIRECT_FIELD_NAME in asked else {REDIRECT_FIELD_NAME: index}),
            **(extra_context or {}),
        }
        request.current_app = self.name
        page: Any = signing_in.SignInPage.as_view(
            extra_context=context, authentication_form=self.login_form, template_name=self.login_template
        )
        response: HttpResponse = page(request)
        return preferences.remember_language(request, response)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        from console.admin import profile

        request.current_app = self.name
        context = {**self.each_context(request), **(extra_context or {})}
        page: Any = profile.ChangePasswordPage.as_view(extra_context=context)
        response: HttpResponse = page(request)
        return response


def _waits_for_second_factor(request: HttpRequest) -> bool:
    match = request.resolver_match
    is_open = match is not None and match.url_name in WITHOUT_SECOND_FACTOR
    return not is_open and lacks_second_factor(scope_of(request))
