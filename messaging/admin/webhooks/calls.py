"""One call of a webhook: what was told, every attempt; telling it again, or leaving it out."""

import json
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.webhooks.editor import OneWebhook
from messaging.admin.webhooks.shown import EVENT_LABELS, attempts_of
from messaging.models import WebhookCall
from messaging.states import CallState
from messaging.webhooks.bodies import TEST, hooks_of, shown
from messaging.webhooks.replaying import count_failed, leave_out, replay, replay_failed

HOOKS_SHOWN = 20


@register_page
class WebhookCallPage(OneWebhook, ConsolePage):
    """What a call told, with numbers masked, and what came of each attempt."""

    path = "settings/webhooks/<int:pk>/calls/<int:call>/"
    name = "settings_webhook_call"
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/webhooks/call.html"

    @cached_property
    def call(self) -> WebhookCall:
        call = get_object_or_404(WebhookCall.objects.filter(webhook=self.webhook), pk=self.kwargs["call"])
        call.webhook = self.webhook
        return call

    def get_title(self) -> Any:
        return EVENT_LABELS.get(self.call.event, self.call.event)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        hooks = shown(hooks_of(self.call))
        is_test = self.call.event == TEST
        can_replay = not is_test and self.call.state in (CallState.DELIVERED, CallState.FAILED)
        own = {
            "webhook": self.webhook,
            "call": self.call,
            "attempts": attempts_of(self.call),
            "hooks": json.dumps(hooks[:HOOKS_SHOWN], indent=2, ensure_ascii=False),
            "kept": len(hooks),
            "left": max(len(hooks) - HOOKS_SHOWN, 0),
            "can_replay": can_replay,
            "can_leave_out": self.call.state == CallState.WAITING,
        }
        return super().get_context_data(**{**kwargs, **own})

    def post(self, request: HttpRequest, pk: int, call: int) -> HttpResponse:
        user = person_of(request)
        if request.POST.get("do") == "leave-out":
            if leave_out(call=self.call, user=user):
                messages.success(request, _("The call is left out. What waits behind it goes on."))
        elif replay(call=self.call, user=user):
            messages.success(request, _("The call is sent again, before whatever else waits."))
        return redirect(page_url("settings_webhook", pk))


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


class PeriodForm(forms.Form):
    """The days whose failed calls are sent again."""

    since = day_field(_("From"))
    until = day_field(_("To"))

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or {}
        since, until = chosen.get("since"), chosen.get("until")
        if since and until and until < since:
            self.add_error("until", _("The end must be after the beginning."))
        return chosen

    def period(self) -> dict[str, Any]:
        """From the first moment of the first day to the last of the last, on the console's clock."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return {
            "since": timezone.make_aware(datetime.combine(since, time.min)),
            "until": timezone.make_aware(datetime.combine(until + timedelta(days=1), time.min)),
        }


@register_page
class WebhookReplayPage(OneWebhook, ConsolePage):
    """Everything that failed in a period: how much that is, then send it again."""

    path = "settings/webhooks/<int:pk>/replay/"
    name = "settings_webhook_replay"
    title = _("Send failed calls again")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/webhooks/replay.html"

    def form(self) -> PeriodForm:
        today = timezone.localdate()
        given = {"since": str(today - timedelta(days=6)), "until": str(today)}
        asked = self.request.POST or self.request.GET
        return PeriodForm({name: asked.get(name, value) for name, value in given.items()})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.form()
        calls = hooks = 0
        if form.is_valid():
            calls, hooks = count_failed(self.webhook, **form.period())
        own = {
            "webhook": self.webhook,
            "form": form,
            "calls": calls,
            "hooks": hooks,
        }
        return super().get_context_data(**own, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = self.form()
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        n = replay_failed(webhook=self.webhook, user=person_of(request), **form.period())
        said = ngettext("%(n)s call is sent again.", "%(n)s calls are sent again.", n)
        messages.success(request, said % {"n": n})
        return redirect(page_url("settings_webhook", pk))
