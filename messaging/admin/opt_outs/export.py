"""Downloading the opt-outs that a search finds."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.formatting import group_number
from console.pages import page_url, register_page
from console.paging import batches_by_time
from messaging.admin.deliveries.export_rows import BATCH, Download
from messaging.admin.deliveries.exports import ExportPage, Rows
from messaging.admin.deliveries.spreadsheets import Row
from messaging.admin.opt_outs.lists import OptOutsPage, count_of
from senders.models import OptOut, OptOutLine, OptOutSource

RAW = (
    "pk",
    "country_code",
    "number",
    "created_at",
    "source",
    "line_id",
    "created_by_id",
    "removed_at",
    "removed_by_id",
    "removal_reason",
)
COLUMNS = (
    _("Country"),
    _("Number"),
    pgettext_lazy("opt-out", "Refused"),
    _("Source"),
    _("080 line"),
    _("Entered by"),
    _("Removed"),
    _("Removed by"),
    _("Reason for the removal"),
)


@register_page
class OptOutExportPage(ExportPage, OptOutsPage):
    """Says how many numbers will be handed out; its button hands them out. The download is noted."""

    path = "audience/opt-outs/export/"
    name = "audience_opt_outs_export"
    permission = Permission.READ_PERSONAL_DATA

    def is_readable(self) -> bool:
        return self.form.is_valid()

    def list_address(self) -> str:
        return page_url("audience_opt_outs") + self.conditions()

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Opt-outs"), self.list_address())]

    def noted_on(self) -> Any:
        return self.project

    def rows(self) -> Rows:
        return Rows(*count_of(self.found))

    def download(self) -> Download:
        order = self.form.search().order
        return Download("opt-outs", COLUMNS, rows_of(self.found, order))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"sentence": export_sentence(self.rows())}


def export_sentence(rows: Rows) -> str:
    """What is handed out, and that it is noted."""
    if rows.n == 0:
        return gettext("Nothing fits these conditions, so there is nothing to download.")
    if rows.is_more:
        first = gettext("More than %(n)s numbers will be downloaded.")
    else:
        first = ngettext("%(n)s number will be downloaded.", "%(n)s numbers will be downloaded.", rows.n)
    second = gettext("That is personal data: keep the file safe. That you took it, and when, is noted.")
    return f"{first % {'n': group_number(rows.n)}} {second}"


def rows_of(found: QuerySet[OptOut], order: str) -> Iterator[Row]:
    """The rows of the file in the list's order, in the person's language, fetched some at once."""
    language = translation.get_language()
    # Making whole objects would take most of a download's time.
    raw: QuerySet[Any] = found.values_list(*RAW, named=True)
    names = _Names()

    def rows() -> Iterator[Row]:
        for batch in batches_by_time(raw, field=order, size=BATCH):
            names.learn(batch)
            with translation.override(language):
                sources = {source.value: str(source.label) for source in OptOutSource}
            yield from (names.row(each, sources[each.source]) for each in batch)

    return rows()


class _Names:
    """The few people and lines that the many rows name, each asked for once."""

    def __init__(self) -> None:
        self.people: dict[int | None, str] = {None: ""}
        self.lines: dict[int | None, str] = {None: ""}

    def learn(self, batch: Iterable[Any]) -> None:
        people = {pk for each in batch for pk in (each.created_by_id, each.removed_by_id)} - set(self.people)
        lines = {each.line_id for each in batch} - set(self.lines)
        if people:
            self.people |= {pk: str(person) for pk, person in User.objects.in_bulk(people).items()}
        if lines:
            self.lines |= {pk: line.number for pk, line in OptOutLine.objects.in_bulk(lines).items()}

    def row(self, raw: Any, source: str) -> Row:
        return [
            raw.country_code,
            raw.number,
            _time(raw.created_at),
            source,
            self.lines[raw.line_id],
            self.people[raw.created_by_id],
            _time(raw.removed_at),
            self.people[raw.removed_by_id],
            raw.removal_reason,
        ]


def _time(moment: Any) -> str:
    return str(timezone.localtime(moment))[:19] if moment else ""
