"""What every page of the console stands on.

A page of ours subclasses `ConsolePage` (or `ConsoleView`: a download, an htmx partial), names its path, URL
name, permission and template, and is registered with `@register_page`. A page about one model subclasses
`ProjectScopedAdmin` or `PlatformAdmin`. All of them deny first: see `console.guard`.
"""

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.guard import console_response, is_cleared, refusal, scope_of
from console.model_admin import PlatformAdmin, ProjectScopedAdmin, scoped_queryset
from console.paging import KeysetPage, paginate

__all__ = [
    "PAGES",
    "ConsolePage",
    "ConsoleView",
    "KeysetPage",
    "PlatformAdmin",
    "ProjectScopedAdmin",
    "console_response",
    "is_cleared",
    "page_url",
    "paginate",
    "refusal",
    "register_page",
    "scope_of",
    "scoped_queryset",
]


class ConsoleView(View):
    """A view of the console with no frame around it: a download, an htmx partial, a POST that redirects.

    `path` is below the site's root ("send/general/"; it may hold converters), `name` is reversed as
    `admin:<name>`, `permission` is what the person needs in the project (or on the platform). `needs_fresh`
    asks who signed in hours ago for their password again.
    """

    path: ClassVar[str]
    name: ClassVar[str]
    permission: ClassVar[Permission | None] = None
    needs_project: ClassVar[bool] = True
    needs_verified: ClassVar[bool] = True
    needs_second_factor: ClassVar[bool] = True
    needs_fresh: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.current_app = admin.site.name
        refused = self.refuse(request)
        return refused if refused is not None else super().dispatch(request, *args, **kwargs)

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to give instead of the page; a page with a rule of its own extends it."""
        return refusal(
            request,
            permission=self.permission,
            needs_project=self.needs_project,
            needs_verified=self.needs_verified,
            needs_second_factor=self.needs_second_factor,
            needs_fresh=self.needs_fresh,
        )

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.request)

    @property
    def project(self) -> Project:
        """The project of the page. Raises ImproperlyConfigured on a page that needs none and has none."""
        if self.scope.project is None:
            raise ImproperlyConfigured(f"{type(self).__name__} has needs_project = False: use scope.project.")
        return self.scope.project


class ConsolePage(ConsoleView, TemplateView):
    """A page inside the console's frame. For a form: `class Page(ConsolePage, FormView)`.

    `title` is the heading; `get_title()` where it depends on the object. `breadcrumbs()`: the pages above.
    """

    title: ClassVar[Any] = ""
    is_wide: ClassVar[bool] = False

    def get_title(self) -> Any:
        return self.title

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        """(title, address) of the pages above this one, outermost first."""
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = admin.site.each_context(self.request)
        own = {
            "title": self.get_title(),
            "breadcrumbs": self.breadcrumbs(),
            "is_fullwidth": "1" if self.is_wide else "",
        }
        return {**frame, **own, **super().get_context_data(**kwargs)}


PAGES: dict[str, type[ConsoleView]] = {}
Page = TypeVar("Page", bound=type[ConsoleView])


def register_page(page: Page) -> Page:
    """Mount the page in the console. Raises ImproperlyConfigured where its name or path is taken."""
    for other in PAGES.values():
        if other is not page and (other.name == page.name or other.path == page.path):
            raise ImproperlyConfigured(f"{page.__name__} and {other.__name__} share a name or a path.")
    PAGES[page.name] = page
    return page


def page_url(name: str, *args: Any) -> str:
    """The address of a registered page or of a model admin's page."""
    return reverse(f"admin:{name}", args=args)
