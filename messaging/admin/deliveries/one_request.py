"""One request: how far it is, what became of its messages and why, and what was sent."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.formatting import clock
from console.pages import ConsolePage, ConsoleView, page_url, register_page
from messaging import result_codes
from messaging.admin.deliveries import shown
from messaging.admin.deliveries.forms import MessageFilterForm
from messaging.admin.deliveries.made_of import conditions_in_words, file_summary, shared_values_of
from messaging.admin.reading import MESSAGES_READ, note_reading
from messaging.models import Attachment, ScheduledSend, SendBatch, SendRequest
from messaging.sending.advertising_hours import waiting_until
from messaging.sending.attachments import attachments_of
from messaging.sending.figures import Figures, figures_of
from messaging.sending.kept import shown_requests
from messaging.sending.lookups import MessageFilter, message_page
from messaging.states import BatchState, Counter, DeliveryKind, RequestState, Source
from messaging.statistics.queries import Progress

FIRST_MESSAGES = 3
# How often the page asks how far it is, in seconds.
WHILE_MOVING, WHILE_WAITING_FOR_RESULTS, WHILE_SCHEDULED = 2, 5, 15
# unfold draws the canvas; it knows nothing of the height of a box or of how many labels are readable.
CHART_OPTIONS = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "maxBarThickness": 22,
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {
                "grid": {"display": False},
                "ticks": {"color": "#8b93a1", "maxTicksLimit": 8, "maxRotation": 0},
            },
            "y": {
                "grid": {},
                "beginAtZero": True,
                "ticks": {"color": "#8b93a1", "maxTicksLimit": 5, "precision": 0},
            },
        },
    }
)
FAILURES: dict[str, Any] = {
    "file_lost": _("The recipient file is no longer there. Upload it again and send anew."),
    "gave_up": _(
        "It could not be loaded in ten attempts, so nothing was sent. Send anew; where that fails too, tell "
        "whoever runs this console."
    ),
    "nobody_fits": _(
        "When it was due nobody with a phone number fitted its condition, so nothing was sent. Look at its "
        "tags and send anew."
    ),
    "tag_gone": _(
        "A tag of its condition was deleted before it was due, so nothing was sent. Choose the tags anew and "
        "send again."
    ),
    "file_short": _("The recipient file has not the rows that were checked. Upload it again and send anew."),
}
RELATED = (
    "recipient_file",
    "created_by",
    "released_by",
    "canceled_by",
    "statistics_key",
    "opt_out_line",
)


def request_or_404(view: ConsoleView, pk: UUID, *related: str) -> SendRequest:
    """The project's request; a 404 for anything else, as if it were not there."""
    requests: QuerySet[SendRequest] = shown_requests(SendRequest.objects.filter(project=view.project))
    return get_object_or_404(requests.select_related("template_version__template", *related), pk=pk)


def person_of(http_request: HttpRequest) -> User:
    """Who acts: the pages let nobody else in."""
    if not isinstance(http_request.user, User):
        raise PermissionDenied
    return http_request.user


@dataclass(frozen=True)
class Part:
    batch: SendBatch
    progress: Progress
    segments: list[shown.Segment]

    @property
    def size(self) -> int:
        return self.batch.last_ordinal - self.batch.first_ordinal + 1

    @property
    def done(self) -> int:
        return self.progress.sent + self.progress.send_failed + self.progress.canceled


@dataclass(frozen=True)
class Cause:
    """Messages that failed, or are unknown, for one reason; `share` is in thousandths of the worst one."""

    result: result_codes.ResultCode
    n: int
    share: int


class Live:
    """What changes on the page by itself."""

    def __init__(self, request: SendRequest, figures: Figures, now: datetime) -> None:
        self.request = request
        self.figures = figures
        self.now = now
        self.progress = figures.progress()
        self.status = shown.status_of(request)
        self.segments = shown.segments(self.progress, request.total)

    @cached_property
    def parts(self) -> list[Part]:
        batches = SendBatch.objects.filter(request=self.request).order_by("number")
        progress = [(batch, self.figures.progress(batch.number)) for batch in batches]
        return [
            Part(batch, each, shown.segments(each, batch.last_ordinal - batch.first_ordinal + 1))
            for batch, each in progress
        ]

    @cached_property
    def causes(self) -> list[Cause]:
        counted = self.figures.causes()
        most = counted[0][1] if counted else 1
        return [Cause(result_codes.lookup(code), n, max(n * 1000 // most, 8)) for code, n in counted]

    @cached_property
    def waits_until(self) -> datetime | None:
        """When the hours are over in which its project sends no advertising, where it waits for that."""
        return waiting_until([self.request], self.now).get(self.request.pk)

    @property
    def done(self) -> int:
        return self.progress.sent + self.progress.send_failed + self.progress.canceled

    @property
    def left(self) -> int:
        return max(self.request.total - self.done, 0)

    @property
    def is_to_come(self) -> bool:
        """Whether its tags are looked up later: until then nobody knows how many there will be."""
        return shown.waits_for_its_time(self.request, self.now)

    @property
    def is_loading(self) -> bool:
        return self.request.state in (RequestState.WAITING, RequestState.LOADING)

    @cached_property
    def per_minute(self) -> int:
        released = [part.batch.released_at for part in self.parts if part.batch.released_at]
        if self.request.state != RequestState.SENDING or not released:
            return 0
        return self.figures.per_minute_now(min(released), self.now)

    @property
    def ends_at(self) -> datetime | None:
        """When what was released will be handed over at this speed."""
        left = sum(part.size - part.done for part in self.parts if part.batch.state == BatchState.RELEASED)
        if not self.per_minute or left <= 0:
            return None
        return self.now + timedelta(minutes=left / self.per_minute)

    @property
    def last_due_at(self) -> datetime | None:
        """When the last part is due, where parts are still to come."""
        waiting = [part.batch.due_at for part in self.parts if part.batch.state == BatchState.WAITING]
        return max(waiting) if waiting and self.request.state != RequestState.HELD else None

    @property
    def seconds(self) -> int:
        """How soon to look again; 0 where nothing changes any more."""
        state = self.request.state
        if state == RequestState.SCHEDULED and self.last_due_at and self.last_due_at > self.now:
            return WHILE_SCHEDULED
        if self.waits_until or self.is_to_come:
            return WHILE_SCHEDULED
        if state in shown.IN_MOTION:
            return WHILE_MOVING
        return WHILE_WAITING_FOR_RESULTS if self.progress.waiting_for_result > 0 else 0

    @property
    def chart(self) -> str:
        """The data of the chart as JSON; "" where there is nothing to draw."""
        minutes = self.figures.per_minute()
        if not minutes:
            return ""
        labels = [clock(minute) for minute, *_counts in minutes]
        bars = (
            (gettext("Handed over"), "var(--color-primary-500)", [sent for _minute, sent, _n in minutes]),
            (gettext("Delivered"), "var(--b-green)", [delivered for *_others, delivered in minutes]),
        )
        datasets = [
            {"label": label, "borderColor": colour, "backgroundColor": colour, "data": numbers}
            for label, colour, numbers in bars
        ]
        return json.dumps({"labels": labels, "datasets": datasets})


def live_of(request: SendRequest) -> Live:
    return Live(request, figures_of(request.pk), timezone.now())


@register_page
class RequestPage(ConsolePage):
    path = "deliveries/requests/<uuid:pk>/"
    name = "delivery_request"
    permission = Permission.LOOK_UP
    is_wide = True
    template_name = "messaging/deliveries/request.html"

    @cached_property
    def send_request(self) -> SendRequest:
        return request_or_404(self, self.kwargs["pk"], *RELATED)

    def get_title(self) -> str:
        return shown.title_of(self.send_request, self.scope)

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Requests"), page_url("deliveries_requests"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.send_request
        live = live_of(request)
        subject, body = shown.written_text(request, self.scope)
        own = {
            "send_request": request,
            "live": live,
            "chart_options": CHART_OPTIONS,
            "may_send": self.scope.allows(Permission.SEND),
            "may_download": shown.may_read(self.scope),
            "may_cancel": request.state in shown.CANCELABLE,
            "is_held": request.state == RequestState.HELD,
            "subject": subject,
            "body": body,
            "attachments": attachments_with_addresses(request),
            "file": file_summary(request.recipient_file),
            "condition": conditions_in_words([request]).get(request.pk, ""),
            "shared_values": shared_values_of(request, self.scope),
            "failure": FAILURES.get(request.failure_code, request.failure_code),
            "first_messages": self.first_messages(),
            "scheduled": scheduled_send_of(request),
        }
        return super().get_context_data(**own, **kwargs)

    def first_messages(self) -> list[shown.MessageRow]:
        """What a person checks before a release."""
        if self.send_request.state != RequestState.HELD:
            return []
        page = message_page(request=self.send_request, wanted=MessageFilter(), size=FIRST_MESSAGES)
        return shown.message_rows(with_request(page.rows, self.send_request), self.scope)


@register_page
class RequestProgress(ConsoleView):
    """The live part of the page, for htmx. Where the state has changed since, the whole page anew."""

    path = "deliveries/requests/<uuid:pk>/progress/"
    name = "delivery_progress"
    permission = Permission.LOOK_UP

    def get(self, http_request: HttpRequest, pk: UUID) -> HttpResponse:
        request = request_or_404(self, pk, "recipient_file")
        if http_request.GET.get("state", request.state) != request.state:
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = {"send_request": request, "live": live_of(request)}
        return render(http_request, "messaging/deliveries/live.html", context)


@register_page
class RequestMessagesPage(ConsolePage):
    """The messages of a request in the order of their rows."""

    path = "deliveries/requests/<uuid:pk>/messages/"
    name = "delivery_messages"
    permission = Permission.LOOK_UP
    is_wide = True
    title = _("Messages")
    template_name = "messaging/deliveries/messages.html"

    @cached_property
    def send_request(self) -> SendRequest:
        return request_or_404(self, self.kwargs["pk"], "recipient_file")

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        above = (
            shown.title_of(self.send_request, self.scope),
            page_url("delivery_request", self.send_request.pk),
        )
        return [(_("Requests"), page_url("deliveries_requests")), above]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = filter_form(self.send_request, self.request)
        found = self.results(form.wanted()) if form.is_valid() else {}
        own = {"send_request": self.send_request, "form": form, "may_download": shown.may_read(self.scope)}
        return super().get_context_data(**own, **found, **kwargs)

    def results(self, wanted: MessageFilter) -> dict[str, Any]:
        note_reading(self.scope, self.send_request, MESSAGES_READ())
        query = self.request.GET
        before = ordinal(query.get("before"))
        page = message_page(
            request=self.send_request, wanted=wanted, after=ordinal(query.get("after")) or 0, before=before
        )
        rows = shown.message_rows(with_request(page.rows, self.send_request), self.scope)
        return {
            "message_list": rows,
            "previous": self.address(before=page.previous),
            "next": self.address(after=page.next),
        }

    def address(self, **place: int | None) -> str:
        """This page elsewhere in the list, with every filter kept."""
        query = self.request.GET.copy()
        for name in ("after", "before"):
            query.pop(name, None)
        for name, number in place.items():
            if number is None:
                return ""
            query[name] = str(number)
        return f"?{query.urlencode()}"


@register_page
class RequestAttachment(ConsoleView):
    """A picture of the request. Never below a public folder; here after the same check as its page."""

    path = "deliveries/requests/<uuid:pk>/attachments/<int:number>/"
    name = "delivery_attachment"
    permission = Permission.LOOK_UP

    def get(self, http_request: HttpRequest, pk: UUID, number: int) -> HttpResponseBase:
        request = request_or_404(self, pk)
        wanted = [number] if number in request.attachment_ids else []
        for attachment in attachments_of(self.project, wanted):
            if default_storage.exists(attachment.storage_name):
                file = default_storage.open(attachment.storage_name)
                return FileResponse(file, content_type="image/jpeg", filename=attachment.name)
        raise Http404


def scheduled_send_of(request: SendRequest) -> ScheduledSend | None:
    """At which run of which schedule it was sent; None of what a person or a program sent."""
    if request.source != Source.SCHEDULE:
        return None
    return ScheduledSend.objects.filter(request=request).select_related("run__schedule").first()


def filter_form(request: SendRequest, http_request: HttpRequest) -> MessageFilterForm:
    figures = figures_of(request.pk)
    codes = [code for code, _n in figures.causes()]
    parts = sorted({row.part for row in figures.rows if row.counter == Counter.REQUESTED})
    has_uids = request.kind == DeliveryKind.TAG
    return MessageFilterForm(http_request.GET, codes=codes, parts=parts, has_uids=has_uids)


def with_request(messages: list[Any], request: SendRequest) -> list[Any]:
    """The messages knowing their request, without asking for it again."""
    for message in messages:
        message.request = request
    return messages


def ordinal(written: str | None) -> int | None:
    return int(written) if written and written.isascii() and written.isdigit() and len(written) < 11 else None


def attachments_with_addresses(request: SendRequest) -> list[tuple[Attachment, str]]:
    if not request.attachment_ids:
        return []
    attachments = attachments_of(request.project, request.attachment_ids)
    return [(each, page_url("delivery_attachment", request.pk, each.pk)) for each in attachments]
