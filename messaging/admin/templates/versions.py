"""One version of a template: what it said, what changed then and since, and making it the newest again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.pages import page_url, register_page
from messaging.admin.templates import shown
from messaging.admin.templates.one import OneTemplate, usage_rows
from messaging.library.errors import LibraryRefused
from messaging.library.templates import change_template, text_of_version, texts_of_versions
from messaging.library.usage import key_changes, used_by
from messaging.models import TemplateVersion


@register_page
class TemplateVersionPage(OneTemplate):
    path = "templates/<int:pk>/versions/<int:number>/"
    name = "template_version"
    permission = Permission.LOOK_UP
    template_name = "messaging/templates/version.html"

    @cached_property
    def shown_version(self) -> TemplateVersion:
        """The version that the address names. Raises Http404."""
        rows = TemplateVersion.objects.filter(template=self.template).select_related("created_by")
        version = rows.filter(number=self.kwargs["number"]).first()
        if version is None:
            raise Http404
        return version

    def get_title(self) -> str:
        words = _("%(name)s, version %(number)s")
        return words % {"name": self.template.name, "number": self.shown_version.number}

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [*super().breadcrumbs(), (self.template.name, page_url("template", self.template.pk))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {
            "version": self.shown_version,
            "newest": self.version,
            "template": self.template,
            "is_newest": self.shown_version.number == self.version.number,
            "bubbles": shown.bubbles_of(self.shown_version),
            "may_change": self.scope.allows(Permission.SEND),
            **self.differences(),
            **self.restoring(),
        }
        return {**super().get_context_data(**kwargs), **own}

    def differences(self) -> dict[str, Any]:
        """What this version changed, and what it has otherwise than the newest one."""
        rows = TemplateVersion.objects.filter(template=self.template)
        before = rows.filter(number__lt=self.shown_version.number).order_by("-number").first()
        own, newest, *older = texts_of_versions(
            [self.shown_version, self.version, *([before] if before else [])]
        )
        return {
            "changes": shown.changes(older[0], own) if older else None,
            "since": shown.changes(newest, own),
        }

    def restoring(self) -> dict[str, Any]:
        """What it would mean to those who use the template if this version came back."""
        changed = key_changes(self.version, self.shown_version.placeholders)
        if not changed:
            return {"key_changes": None}
        return {"key_changes": changed, **usage_rows(used_by(self.template), self.scope)}

    def post(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Save what this version says as the newest."""
        if not self.scope.allows(Permission.SEND):
            raise PermissionDenied
        seen = request.POST.get("seen_version", "")
        try:
            version = change_template(
                template=self.template,
                user=self.user,
                name=self.template.name,
                category=self.template.category,
                text=text_of_version(self.shown_version),
                seen_version=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0,
            )
        except LibraryRefused as refused:
            messages.error(request, str(refused))
            return redirect(page_url(self.name, pk, number))
        words = gettext("Version %(old)s is back, as version %(new)s.")
        messages.success(request, words % {"old": number, "new": version.number})
        return redirect(page_url("template", pk))
