"""The list of UIDs as a file: a row for each contact, written while it is sent. Who takes it is noted."""

from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.formatting import absolute_time, group_number
from console.pages import page_url, register_page
from messaging.admin.audience.forms import UidSearchForm
from messaging.admin.audience.shown import conditions_of
from messaging.admin.deliveries.export_rows import Download, oldest_first
from messaging.admin.deliveries.exports import ExportPage, Rows
from messaging.admin.deliveries.spreadsheets import Row
from messaging.audience.uids import MOST_COUNTED, count_uids, each_contact, find_uids, tags_of
from messaging.models import Contact, Uid
from messaging.recipients.numbers import KOREA
from messaging.recipients.uid_rows import NUMBER_COLUMN, UID_COLUMN
from messaging.states import ContactKind

# The first two are those of an upload, so that what was handed out can be taken in again.
COLUMNS = (UID_COLUMN, NUMBER_COLUMN, _("Other contact"), _("Tags"), _("Registered"))


@register_page
class UidExportPage(ExportPage):
    """The UIDs that a search finds."""

    path = "audience/uids/export/"
    name = "audience_uids_export"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("UIDs"), page_url("audience_uids"))]

    @cached_property
    def form(self) -> UidSearchForm:
        return UidSearchForm(self.request.GET, project=self.project)

    def is_readable(self) -> bool:
        return self.form.is_valid()

    def list_address(self) -> str:
        return page_url("audience_uids") + conditions_of(self.request.GET)

    def noted_on(self) -> Any:
        return self.project

    @cached_property
    def found(self) -> QuerySet[Uid]:
        return find_uids(project=self.project, search=self.form.search())

    def rows(self) -> Rows:
        n = count_uids(project=self.project, search=self.form.search())
        return Rows(min(n, MOST_COUNTED), n > MOST_COUNTED)

    def download(self) -> Download:
        return Download("uids", COLUMNS, contact_rows(self.found))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "sentence": export_sentence(self.rows())}


def contact_rows(found: QuerySet[Uid]) -> Iterator[Row]:
    """A row for each contact of the UIDs, and one for a UID without any."""
    for uids in oldest_first(found):
        tagged = tags_of(uids)
        for uid, reached in with_contacts(uids):
            tags = ", ".join(each.tag.name for each in tagged[uid.pk])
            registered = absolute_time(uid.created_at)
            for number, other in reached:
                yield uid.uid, number, other, tags, registered


def with_contacts(uids: list[Uid]) -> Iterator[tuple[Uid, Iterator[tuple[str, str]]]]:
    """UIDs in the order of their ids, each with what is written of its contacts, or of none."""
    groups = groupby(each_contact(uids), key=lambda contact: contact.uid_id)
    uid_id, contacts = next(groups, (None, iter(())))
    for uid in uids:
        if uid.pk == uid_id:
            yield uid, map(written, contacts)
            uid_id, contacts = next(groups, (None, iter(())))
        else:
            yield uid, iter([("", "")])


def written(contact: Contact) -> tuple[str, str]:
    """(phone number as an upload reads it, any other contact)."""
    if contact.kind != ContactKind.PHONE:
        return "", contact.value
    return (contact.value if contact.country_code == KOREA else f"+{contact.country_code}{contact.value}"), ""


def export_sentence(rows: Rows) -> str:
    """What is handed out, and that it is noted."""
    if rows.n == 0:
        return gettext("Nothing fits these conditions, so there is nothing to download.")
    if rows.is_more:
        first = gettext("More than %(n)s UIDs with their contacts and tags will be downloaded.")
    else:
        first = ngettext(
            "%(n)s UID with its contacts and tags will be downloaded.",
            "%(n)s UIDs with their contacts and tags will be downloaded.",
            rows.n,
        )
    second = gettext("That is personal data: keep the file safe. That you took it, and when, is noted.")
    return f"{first % {'n': group_number(rows.n)}} {second}"
