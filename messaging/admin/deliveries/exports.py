"""Downloads of what a list shows: first a page that says what they hold, then the file. Each is noted."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils import timezone
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_download
from console.accounts.roles import Permission
from console.accounts.sentences import sentence
from console.formatting import group_number
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.deliveries import shown
from messaging.admin.deliveries.export_rows import (
    MESSAGE_COLUMNS,
    REQUEST_COLUMNS,
    Download,
    counted_up_to,
    found_message_rows,
    message_rows_of,
    request_rows,
)
from messaging.admin.deliveries.forms import (
    MassForm,
    RequestsForm,
    ScheduledForm,
    SearchForm,
    TaggedForm,
)
from messaging.admin.deliveries.one_request import filter_form, person_of, request_or_404
from messaging.admin.deliveries.reservations import find_to_come
from messaging.admin.deliveries.spreadsheets import csv_file, xlsx_file
from messaging.models import SendRequest
from messaging.sending.lookups import (
    MessageFilter,
    find_mass,
    find_messages,
    find_requests,
    find_tagged,
    messages_of,
)
from messaging.states import Counter, MessageState
from messaging.statistics.queries import Progress, failures_of, progress_of

MOST_COUNTED = 10_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What the address of a list says beside its conditions.
PLACES = ("cursor", "after", "before")


class Rows(NamedTuple):
    """How many rows a download will have; `is_more`: more than that."""

    n: int
    is_more: bool = False


ROWS_DOWNLOADED = sentence(
    "rows_downloaded",
    ngettext_lazy("%(n)s row downloaded as %(format)s", "%(n)s rows downloaded as %(format)s", "n"),
)
MORE_DOWNLOADED = sentence("more_rows_downloaded", _("more than %(n)s rows downloaded as %(format)s"))


class ExportPage(ConsolePage):
    """Says how many rows of what will be handed out; its button hands them out. The download is noted."""

    permission = Permission.READ_PERSONAL_DATA
    title = _("Download")
    template_name = "messaging/deliveries/export.html"

    def rows(self) -> Rows:
        raise NotImplementedError

    def download(self) -> Download:
        raise NotImplementedError

    def noted_on(self) -> Any:
        """The object under which the download is noted."""
        raise NotImplementedError

    def list_address(self) -> str:
        """The list that is downloaded, as it was shown."""
        raise NotImplementedError

    def is_readable(self) -> bool:
        """Whether the conditions in the address are those of a list."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.is_readable():
            return HttpResponseRedirect(self.list_address())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.rows()
        own = {"sentence": export_sentence(rows), "back": self.list_address(), "is_empty": rows.n == 0}
        return super().get_context_data(**own, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.is_readable():
            return HttpResponseRedirect(self.list_address())
        as_csv = request.POST.get("format") == "csv"
        download = self.download()
        self.note(request, "CSV" if as_csv else "XLSX")
        name = f"{download.name}-{timezone.localtime():%Y%m%d-%H%M}.{'csv' if as_csv else 'xlsx'}"
        header = [str(column) for column in download.columns]
        if as_csv:
            content = csv_file(header, download.rows)
        else:
            content = xlsx_file(header, download.rows, title=download.name)
        return StreamingHttpResponse(
            content,
            content_type="text/csv; charset=utf-8" if as_csv else XLSX,
            headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"},
        )

    def note(self, request: HttpRequest, file_format: str) -> None:
        rows = self.rows()
        what = (MORE_DOWNLOADED if rows.is_more else ROWS_DOWNLOADED)(n=rows.n, format=file_format)
        actor, obj = person_of(request), self.noted_on()
        record_download(actor=actor, obj=obj, project=self.project, what=what, request=request)

    def conditions(self) -> str:
        """The conditions of the list as they stand in an address."""
        query = self.request.GET.copy()
        for name in (*PLACES, "what", "list"):
            query.pop(name, None)
        return f"?{query.urlencode()}" if query else ""


class Listed(NamedTuple):
    """A list that can be downloaded: its page, its conditions, what it finds."""

    page: str
    form: type[SearchForm]
    find: Callable[..., QuerySet[SendRequest]]


LISTS = {
    "mass": Listed("deliveries_mass", MassForm, find_mass),
    "scheduled": Listed("deliveries_scheduled", ScheduledForm, find_to_come),
    "tagged": Listed("deliveries_tagged", TaggedForm, find_tagged),
}
EVERY = Listed("deliveries_requests", RequestsForm, find_requests)


@register_page
class ListExportPage(ExportPage):
    """The requests, scheduled ones, mass deliveries, those to tags, or messages of a search."""

    path = "deliveries/export/"
    name = "deliveries_export"

    @cached_property
    def listed(self) -> Listed:
        return LISTS.get(self.request.GET.get("list", ""), EVERY)

    @cached_property
    def form(self) -> SearchForm:
        return self.listed.form(self.request.GET)

    def is_readable(self) -> bool:
        return self.form.is_valid()

    def list_address(self) -> str:
        return page_url(self.listed.page) + self.conditions()

    def noted_on(self) -> Any:
        return self.project

    @cached_property
    def found(self) -> Any:
        search = self.form.search()
        if isinstance(self.form, RequestsForm) and self.form.shows_messages():
            return find_messages(project=self.project, search=search)
        return self.listed.find(project=self.project, search=search)

    def rows(self) -> Rows:
        n = counted_up_to(self.found, MOST_COUNTED)
        return Rows(min(n, MOST_COUNTED), n > MOST_COUNTED)

    def download(self) -> Download:
        if self.found.model is SendRequest:
            return Download("requests", REQUEST_COLUMNS, request_rows(self.found))
        return Download("messages", MESSAGE_COLUMNS, found_message_rows(self.found))


@register_page
class MessageExportPage(ExportPage):
    """The messages of one request, all or those that a filter leaves."""

    path = "deliveries/requests/<uuid:pk>/export/"
    name = "delivery_export"

    @cached_property
    def send_request(self) -> SendRequest:
        return request_or_404(self, self.kwargs["pk"])

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        request = self.send_request
        above = shown.title_of(request, self.scope), page_url("delivery_request", request.pk)
        return [(_("Requests"), page_url("deliveries_requests")), above]

    @cached_property
    def form(self) -> Any:
        return filter_form(self.send_request, self.request)

    def is_readable(self) -> bool:
        return bool(self.form.is_valid())

    def list_address(self) -> str:
        return page_url("delivery_messages", self.send_request.pk) + self.conditions()

    def noted_on(self) -> Any:
        return self.send_request

    def rows(self) -> Rows:
        wanted = self.form.wanted()
        known = counted(self.send_request, wanted)
        if known is not None:
            return Rows(known)
        n = counted_up_to(messages_of(request=self.send_request, wanted=wanted), MOST_COUNTED)
        return Rows(min(n, MOST_COUNTED), n > MOST_COUNTED)

    def download(self) -> Download:
        request = self.send_request
        messages = messages_of(request=request, wanted=self.form.wanted())
        return Download("messages", MESSAGE_COLUMNS, message_rows_of(request, messages))


def counted(request: SendRequest, wanted: MessageFilter) -> int | None:
    """The number of messages that fit, from the counts; None where no count says it."""
    narrowed = wanted.recipient is not None or wanted.part is not None or bool(wanted.uid)
    if narrowed or (wanted.state and wanted.code):
        return None
    if wanted.code:
        return sum(each.n for each in failures_of(request.pk) if each.code == wanted.code)
    progress = progress_of([request.pk])[request.pk]
    return in_state(progress, wanted.state) if wanted.state else progress.of(Counter.REQUESTED)


def in_state(progress: Progress, state: str) -> int:
    """How many messages are in that state."""
    numbers = {
        MessageState.READY: progress.ready,
        MessageState.SENT: progress.waiting_for_result,
        MessageState.DELIVERED: progress.delivered,
        MessageState.FAILED: progress.failed,
        MessageState.CANCELED: progress.canceled,
        MessageState.UNKNOWN: progress.unknown,
    }
    return numbers[MessageState(state)]


def export_sentence(rows: Rows) -> str:
    """What is handed out, and that it is noted."""
    if rows.n == 0:
        return gettext("Nothing fits these conditions, so there is nothing to download.")
    if rows.is_more:
        first = gettext("More than %(n)s rows with phone numbers and texts will be downloaded.")
    else:
        first = ngettext(
            "%(n)s row with phone numbers and texts will be downloaded.",
            "%(n)s rows with phone numbers and texts will be downloaded.",
            rows.n,
        )
    second = gettext("That is personal data: keep the file safe. That you took it, and when, is noted.")
    return f"{first % {'n': group_number(rows.n)}} {second}"
