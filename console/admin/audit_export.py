"""The audit trail as a file, written while it is sent. Who takes it is noted in the trail itself."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_download
from console.accounts.models import AuditEntry, Project
from console.admin.audit import ProjectTrail, TrailPage
from console.admin.audit_words import EntryView, views_of
from console.formatting import absolute_time, group_number
from console.guard import person_of
from console.pages import page_url, register_page
from messaging.admin.deliveries.export_rows import Download, counted_up_to
from messaging.admin.deliveries.exports import (
    MORE_DOWNLOADED,
    MOST_COUNTED,
    ROWS_DOWNLOADED,
    ExportPage,
    Rows,
)
from messaging.admin.deliveries.spreadsheets import Row

BATCH = 1000
COLUMNS = (
    _("Entry"),
    _("When"),
    _("User name"),
    _("Name"),
    _("What"),
    _("Object type"),
    _("Object"),
    _("In words"),
    _("IP address"),
    _("Project"),
)


class TrailExport(ExportPage, TrailPage):
    """Says how many entries will be handed out; its button hands them out."""

    title = _("Download")

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Audit"), self.list_address())]

    def is_readable(self) -> bool:
        return self.form.is_valid()

    def list_address(self) -> str:
        return page_url(self.list_name) + self.conditions()

    def rows(self) -> Rows:
        n = counted_up_to(self.found.select_related(None), MOST_COUNTED)
        return Rows(min(n, MOST_COUNTED), n > MOST_COUNTED)

    def download(self) -> Download:
        rows = rows_of(self.found, of_project=self.of_project, may_read=self.may_read)
        return Download("audit", COLUMNS, rows)

    def note(self, request: HttpRequest, file_format: str) -> None:
        rows, person = self.rows(), person_of(request)
        what = (MORE_DOWNLOADED if rows.is_more else ROWS_DOWNLOADED)(n=rows.n, format=file_format)
        obj = self.of_project or person
        record_download(actor=person, obj=obj, project=self.of_project, what=what, request=request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"sentence": export_sentence(self.rows())}


@register_page
class AuditExport(TrailExport):
    path = "audit/export/"
    name = "audit_export"
    permission = TrailPage.permission


@register_page
class ProjectAuditExport(ProjectTrail, TrailExport):
    path = "settings/audit/export/"
    name = "settings_audit_export"
    permission = ProjectTrail.permission


def export_sentence(rows: Rows) -> str:
    """What is handed out, and that it is noted."""
    if rows.n == 0:
        return gettext("Nothing fits these conditions, so there is nothing to download.")
    if rows.is_more:
        first = gettext("More than %(n)s entries of the audit trail will be downloaded.")
    else:
        first = ngettext(
            "%(n)s entry of the audit trail will be downloaded.",
            "%(n)s entries of the audit trail will be downloaded.",
            rows.n,
        )
    second = gettext("That you took it, and when, is noted.")
    return f"{first % {'n': group_number(rows.n)}} {second}"


def rows_of(found: QuerySet[AuditEntry], *, of_project: Project | None, may_read: bool) -> Iterator[Row]:
    """The entries, newest first, in the language of the person, fetched by key some at once."""
    language = translation.get_language()

    def rows() -> Iterator[Row]:
        last = None
        while batch := list(_after(found, last)):
            with translation.override(language):
                made = [_row(view) for view in views_of(batch, of_project=of_project, may_read=may_read)]
            yield from made
            last = batch[-1].pk

    return rows()


def _after(found: QuerySet[AuditEntry], last: int | None) -> Iterator[AuditEntry]:
    rest = found if last is None else found.filter(pk__lt=last)
    return islice(rest.order_by("-pk")[:BATCH], BATCH)


def _row(view: EntryView) -> Row:
    entry = view.entry
    return [
        entry.pk,
        absolute_time(entry.timestamp),
        entry.actor_name,
        str(entry.actor or "") if entry.actor_id else "",
        entry.get_action_display(),
        view.kind,
        view.name,
        "\n".join(each.in_full() for each in view.changes) if view.changes else view.summary,
        entry.remote_addr or "",
        str(entry.project or "") if entry.project_id else "",
    ]
