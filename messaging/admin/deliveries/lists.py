"""The lists of requests: all of them, the scheduled ones, the mass deliveries, those to tags."""

from typing import Any, ClassVar

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.accounts.sentences import Phone
from console.pages import ConsolePage, KeysetPage, paginate, register_page
from messaging.admin.deliveries.forms import MassForm, RequestsForm, ScheduledForm, SearchForm, TaggedForm
from messaging.admin.deliveries.made_of import conditions_in_words
from messaging.admin.deliveries.reservations import find_to_come, with_reservations
from messaging.admin.deliveries.shown import RequestRow, may_read, message_rows, rows_of
from messaging.admin.reading import MESSAGES_READ, NUMBER_SEARCHED, note_reading
from messaging.models import SendBatch, SendRequest
from messaging.sending.lookups import (
    Search,
    find_mass,
    find_messages,
    find_requests,
    find_tagged,
)
from messaging.states import BatchState, DeliveryKind


class RequestListPage(ConsolePage):
    """A search form above a list of requests, paged by key. What was asked stays in the address."""

    permission = Permission.LOOK_UP
    is_wide = True
    form_class: ClassVar[type[SearchForm]] = SearchForm

    def find(self, search: Search) -> QuerySet[SendRequest]:
        return find_requests(project=self.project, search=search)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.form_class(self.request.GET)
        found = self.found(form) if form.is_valid() else {}
        return super().get_context_data(**self.allowed(), form=form, **found, **kwargs)

    def allowed(self) -> dict[str, bool]:
        return {"may_send": self.scope.allows(Permission.SEND), "may_download": may_read(self.scope)}

    def found(self, form: Any) -> dict[str, Any]:
        """What a valid form asks for."""
        return self.results(form.search())

    def results(self, search: Search) -> dict[str, Any]:
        page = self.page_of(self.find(search).select_related("recipient_file", "template_version__template"))
        return {"page": page, "rows": self.rows(page), "nothing_yet": self.nothing_yet(page)}

    def page_of(self, queryset: QuerySet[Any]) -> KeysetPage[Any]:
        return paginate(queryset, cursor=self.request.GET.get("cursor", ""))

    def rows(self, page: KeysetPage[SendRequest]) -> list[RequestRow]:
        return rows_of(page.rows, self.scope)

    def nothing_yet(self, page: KeysetPage[Any]) -> bool:
        """Whether the project never sent anything, so that the page explains itself."""
        return not page.rows and not SendRequest.objects.filter(project=self.project).exists()


@register_page
class RequestsPage(RequestListPage):
    """Every request by id or date; or the messages, of all of them or to one number."""

    path = "deliveries/requests/"
    name = "deliveries_requests"
    title = _("Requests")
    template_name = "messaging/deliveries/requests.html"
    form_class = RequestsForm

    def found(self, form: Any) -> dict[str, Any]:
        return self.messages(form.search()) if form.shows_messages() else super().found(form)

    def messages(self, search: Search) -> dict[str, Any]:
        to = search.recipient
        what = NUMBER_SEARCHED(number=Phone(to[1])) if to else MESSAGES_READ()
        note_reading(self.scope, self.project, what)
        page = self.page_of(find_messages(project=self.project, search=search))
        return {"page": page, "message_list": message_rows(page.rows, self.scope)}


@register_page
class ScheduledPage(RequestListPage):
    """What goes out later by itself, with a way to cancel several at once; and reservations that are over."""

    path = "deliveries/scheduled/"
    name = "deliveries_scheduled"
    title = _("Scheduled")
    template_name = "messaging/deliveries/scheduled.html"
    form_class = ScheduledForm

    def find(self, search: Search) -> QuerySet[SendRequest]:
        return find_to_come(project=self.project, search=search)

    def rows(self, page: KeysetPage[SendRequest]) -> list[RequestRow]:
        rows = with_parts(super().rows(page))
        with_reservations(rows)
        return rows


@register_page
class MassPage(RequestListPage):
    """Mass deliveries with the guide's ten statuses."""

    path = "deliveries/mass/"
    name = "deliveries_mass"
    title = _("Mass deliveries")
    template_name = "messaging/deliveries/mass.html"
    form_class = MassForm

    def find(self, search: Search) -> QuerySet[SendRequest]:
        return find_mass(project=self.project, search=search)


@register_page
class TaggedPage(RequestListPage):
    """Deliveries to tags, with their conditions in words."""

    path = "deliveries/tagged/"
    name = "deliveries_tagged"
    title = _("Tagged deliveries")
    template_name = "messaging/deliveries/tagged.html"
    form_class = TaggedForm

    def find(self, search: Search) -> QuerySet[SendRequest]:
        return find_tagged(project=self.project, search=search)

    def rows(self, page: KeysetPage[SendRequest]) -> list[RequestRow]:
        words = conditions_in_words(page.rows)
        rows = super().rows(page)
        for row in rows:
            row.condition = words.get(row.request.pk, "")
        return rows

    def nothing_yet(self, page: KeysetPage[Any]) -> bool:
        tagged = SendRequest.objects.filter(project=self.project, kind=DeliveryKind.TAG)
        return not page.rows and not tagged.exists()


def with_parts(rows: list[RequestRow]) -> list[RequestRow]:
    """The rows with how many parts they have, how many are still to come, and when the next one is due."""
    batches = SendBatch.objects.filter(request__in=[row.request.pk for row in rows]).order_by()
    waiting = Q(state=BatchState.WAITING)
    counted = batches.values("request_id").annotate(
        parts=Count("pk"), waiting=Count("pk", filter=waiting), next_due_at=Min("due_at", filter=waiting)
    )
    found = {each["request_id"]: each for each in counted} if rows else {}
    for row in rows:
        each: Any = found.get(row.request.pk, {})
        row.part_count = each.get("parts", 0)
        row.parts_waiting = each.get("waiting", 0)
        row.next_due_at = each.get("next_due_at")
    return rows
