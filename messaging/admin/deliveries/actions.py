"""Releasing and canceling, each after one sentence that says what will happen.

The services decide under a lock, so of two clicks or two people one moves the request and the other is told
what had happened before.
"""

from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.formatting import absolute_time, group_number, group_phone_number
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.deliveries import shown
from messaging.admin.deliveries.one_request import person_of, request_or_404
from messaging.admin.deliveries.reservations import not_canceled
from messaging.models import SendBatch, SendRequest
from messaging.sending.canceling import cancel_request
from messaging.sending.releasing import release_request
from messaging.sens.reservations import CANCELABLE as READY_STATES
from messaging.states import RequestState
from messaging.statistics.queries import progress_of

MOST_AT_ONCE = 100


class ConfirmPage(ConsolePage):
    """Says what will happen; the button does it."""

    permission = Permission.SEND
    template_name = "messaging/deliveries/confirm.html"

    @cached_property
    def send_request(self) -> SendRequest:
        return request_or_404(self, self.kwargs["pk"], "recipient_file")

    @property
    def back(self) -> str:
        return page_url("delivery_request", self.send_request.pk)

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        above = shown.title_of(self.send_request, self.scope), self.back
        return [(_("Requests"), page_url("deliveries_requests")), above]


@register_page
class ReleasePage(ConfirmPage):
    path = "deliveries/requests/<uuid:pk>/release/"
    name = "delivery_release"
    title = _("Send now")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.send_request
        is_open = request.state == RequestState.HELD
        own = {
            "url": self.request.path,
            "back": self.back,
            "is_open": is_open,
            "sentence": release_sentence(request) if is_open else nothing_changed(request),
            "action": send_button(request),
        }
        return super().get_context_data(**own, **kwargs)

    def post(self, http_request: HttpRequest, pk: UUID) -> HttpResponse:
        request = self.send_request
        if release_request(request=request, actor=person_of(http_request)):
            messages.success(http_request, gettext("Released. You can watch it go out here."))
        else:
            request.refresh_from_db()
            messages.warning(http_request, nothing_changed(request))
        return HttpResponseRedirect(self.back)


@register_page
class CancelPage(ConfirmPage):
    path = "deliveries/requests/<uuid:pk>/cancel/"
    name = "delivery_cancel"
    title = _("Cancel this request")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.send_request
        is_open = request.state in shown.CANCELABLE
        own = {
            "url": self.request.path,
            "back": self.back,
            "is_open": is_open,
            "is_final": True,
            "sentence": cancel_sentence([request]) if is_open else nothing_changed(request),
            "action": _("Cancel this request"),
        }
        return super().get_context_data(**own, **kwargs)

    def post(self, http_request: HttpRequest, pk: UUID) -> HttpResponse:
        request = self.send_request
        if cancel_request(request=request, actor=person_of(http_request)):
            messages.success(http_request, gettext("Canceled: what is not handed over yet will not be sent."))
        else:
            request.refresh_from_db()
            messages.warning(http_request, nothing_changed(request))
        return HttpResponseRedirect(self.back)


@register_page
class CancelSeveralPage(ConsolePage):
    """The requests chosen in the scheduled list: first the sentence, then the deed, each only while READY."""

    path = "deliveries/scheduled/cancel/"
    name = "deliveries_cancel"
    permission = Permission.SEND
    title = _("Cancel requests")
    template_name = "messaging/deliveries/confirm.html"
    http_method_names = ["post"]

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Scheduled"), page_url("deliveries_scheduled"))]

    @cached_property
    def chosen(self) -> list[SendRequest]:
        """The project's requests among what was sent; ids of others are as if they were not there."""
        ids = {UUID(text) for text in self.request.POST.getlist("request")[:MOST_AT_ONCE] if is_uuid(text)}
        requests = SendRequest.objects.filter(project=self.project, pk__in=ids)
        return list(requests.select_related("recipient_file").order_by("-pk"))

    def post(self, http_request: HttpRequest) -> HttpResponse:
        if not self.chosen:
            messages.warning(http_request, gettext("Choose the requests to cancel first."))
            return HttpResponseRedirect(page_url("deliveries_scheduled"))
        if not http_request.POST.get("confirmed"):
            return self.render_to_response(self.get_context_data())
        self.cancel(http_request)
        return HttpResponseRedirect(page_url("deliveries_scheduled"))

    def sentence(self, ready: list[SendRequest]) -> str:
        """What will not be sent; and how many of the chosen ones are past being canceled here."""
        late = len(self.chosen) - len(ready)
        words = [cancel_sentence(ready)] if ready else []
        if late:
            said = ngettext(
                "%(n)s of the chosen requests is not READY and stays as it is.",
                "%(n)s of the chosen requests are not READY and stay as they are.",
                late,
            )
            words.append(said % {"n": group_number(late)})
        return " ".join(words)

    def cancel(self, http_request: HttpRequest) -> None:
        actor = person_of(http_request)
        results = [
            (request, cancel_request(request=request, actor=actor, among=READY_STATES))
            for request in self.chosen
        ]
        if moved := sum(1 for _request, is_moved in results if is_moved):
            words = ngettext("%(n)s request was canceled.", "%(n)s requests were canceled.", moved)
            messages.success(http_request, words % {"n": group_number(moved)})
        for request, is_moved in results:
            if not is_moved:
                request.refresh_from_db()
                words = not_canceled(request)
                messages.warning(http_request, f"{shown.title_of(request, self.scope)}: {words}")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ready = [request for request in self.chosen if request.state in READY_STATES]
        fields = [("request", str(request.pk)) for request in self.chosen]
        own = {
            "url": self.request.path,
            "back": page_url("deliveries_scheduled"),
            "is_open": bool(ready),
            "is_final": True,
            "sentence": self.sentence(ready),
            "action": ngettext("Cancel the request", "Cancel %(n)s requests", len(ready)) % {"n": len(ready)},
            "fields": [*fields, ("confirmed", "1")],
            "rows": shown.rows_of(self.chosen, self.scope),
        }
        return super().get_context_data(**own, **kwargs)


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def send_button(request: SendRequest) -> str:
    if request.due_at > timezone.now():
        words = ngettext("Schedule %(n)s message", "Schedule %(n)s messages", request.total)
    else:
        words = ngettext("Send %(n)s message now", "Send %(n)s messages now", request.total)
    return words % {"n": group_number(request.total)}


def release_sentence(request: SendRequest) -> str:
    """What goes out, from which number, when, and what is left out."""
    words = {
        "n": group_number(request.total),
        "type": request.get_message_type_display(),
        "sender": group_phone_number(request.sender),
        "when": release_time(request),
    }
    first = ngettext(
        "%(n)s %(type)s message goes out from %(sender)s %(when)s.",
        "%(n)s %(type)s messages go out from %(sender)s %(when)s.",
        request.total,
    )
    return " ".join(filter(None, (first % words, left_out_sentence(request))))


def release_time(request: SendRequest) -> str:
    """Now or later, in one go or in parts. A time that passed while the request was held means now."""
    due = list(SendBatch.objects.filter(request=request).order_by("number").values_list("due_at", flat=True))
    start, is_later = request.due_at, request.due_at > timezone.now()
    when = gettext("on %(time)s") % {"time": absolute_time(start)[:16]} if is_later else gettext("now")
    if len(due) < 2:
        return when
    last = due[-1] if is_later else timezone.now() + (due[-1] - due[0])
    words = gettext("%(when)s in %(parts)s parts, the last one on %(last)s")
    return words % {"when": when, "parts": group_number(len(due)), "last": absolute_time(last)[:16]}


def left_out_sentence(request: SendRequest) -> str:
    if not request.left_out:
        return ""
    n = request.left_out
    words = ngettext("%(n)s row of the file is left out.", "%(n)s rows of the file are left out.", n)
    return words % {"n": group_number(n)}


def cancel_sentence(requests: list[SendRequest]) -> str:
    """How many messages will not be sent, and how many are out already."""
    progress = progress_of([request.pk for request in requests])
    total = sum(request.total for request in requests)
    gone = sum(each.sent + each.send_failed + each.canceled for each in progress.values())
    left = max(total - gone, 0)
    words = ngettext(
        "%(left)s message that is not handed over yet will not be sent.",
        "%(left)s messages that are not handed over yet will not be sent.",
        left,
    ) % {"left": group_number(left)}
    if not gone:
        return words
    out = ngettext(
        "%(n)s is out already and cannot be called back.",
        "%(n)s are out already and cannot be called back.",
        gone,
    )
    return f"{words} {out % {'n': group_number(gone)}}"


def nothing_changed(request: SendRequest) -> str:
    words = gettext("Nothing was changed: the request is in the state “%(status)s” by now.")
    return words % {"status": shown.status_of(request).label}
