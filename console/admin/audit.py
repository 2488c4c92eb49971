"""The audit trail: all of it for the platform's administrators, a project's for its managers.

Newest first, paged by key; what is asked for stands in the address.
"""

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from console.accounts.models import AuditEntry, Project
from console.accounts.roles import Permission
from console.accounts.trail import find_entries
from console.admin.audit_forms import TrailForm
from console.admin.audit_links import link_to
from console.admin.audit_words import views_of
from console.pages import ConsolePage, page_url, paginate, register_page


class TrailPage(ConsolePage):
    """What the pages about the trail share: whose it is, and what is asked for."""

    title = _("Audit")
    list_name = "audit"
    permission = Permission.ADMINISTER

    @property
    def of_project(self) -> Project | None:
        """Whose trail; None: all of it."""
        return None

    @cached_property
    def form(self) -> TrailForm:
        return TrailForm(self.request.GET, project=self.of_project)

    @cached_property
    def found(self) -> QuerySet[AuditEntry]:
        entries = find_entries(self.form.search()) if self.form.is_valid() else AuditEntry.objects.none()
        return entries.select_related("actor", "project")

    @property
    def may_read(self) -> bool:
        """Whether phone numbers are shown: to members who may read them, never to the platform's staff."""
        return self.of_project is not None and self.scope.allows(Permission.READ_PERSONAL_DATA)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {"list_url": page_url(self.list_name), "is_platform": self.of_project is None}
        return super().get_context_data(**own, **kwargs)


class ProjectTrail(TrailPage):
    """A project's own: what its members did, and what the platform's staff did and saw in it."""

    title = _("Audit trail")
    list_name = "settings_audit"
    permission = Permission.MANAGE_PROJECT

    @property
    def of_project(self) -> Project | None:
        return self.project


class TrailList(TrailPage):
    """The entries that fit, and the conditions."""

    is_wide = True
    template_name = "console/audit/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = paginate(self.found, cursor=self.request.GET.get("cursor", ""))
        own = {
            "form": self.form,
            "page": page,
            "rows": views_of(page, of_project=self.of_project, may_read=self.may_read),
            "is_filtered": any(self.request.GET.get(name) for name in self.form.fields),
            "export_url": page_url(f"{self.list_name}_export"),
            "entry_name": f"admin:{self.list_name}_entry",
        }
        return super().get_context_data(**own, **kwargs)


class TrailEntry(TrailPage):
    """One entry: each field before and after, and the way to its object."""

    template_name = "console/audit/entry.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(self.title, page_url(self.list_name))]

    def get_title(self) -> Any:
        return self.entry.name()

    @cached_property
    def entry(self) -> AuditEntry:
        entries = AuditEntry.objects.select_related("actor", "project")
        if self.of_project is not None:
            entries = entries.filter(project=self.of_project)
        return get_object_or_404(entries, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry
        [view] = views_of([entry], of_project=self.of_project, may_read=self.may_read)
        own = {
            "entry": entry,
            "view": view,
            "object_url": link_to(entry, self.of_project),
            "of_object": f"?type={entry.content_type_id}&object={entry.object_pk}",
        }
        return super().get_context_data(**own, **kwargs)


@register_page
class Audit(TrailList):
    path = "audit/"
    name = "audit"


@register_page
class AuditOfOne(TrailEntry):
    path = "audit/<int:pk>/"
    name = "audit_entry"


@register_page
class ProjectAudit(ProjectTrail, TrailList):
    path = "settings/audit/"
    name = "settings_audit"


@register_page
class ProjectAuditOfOne(ProjectTrail, TrailEntry):
    path = "settings/audit/<int:pk>/"
    name = "settings_audit_entry"
