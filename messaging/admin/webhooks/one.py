"""One webhook: how it is, its log, and what a person does with it."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, ConsoleView, page_url, paginate, register_page
from messaging.admin.statistics.shown import CHART_OPTIONS
from messaging.admin.webhooks.editor import OneWebhook
from messaging.admin.webhooks.moments import parse_moment
from messaging.admin.webhooks.shown import (
    ShownDrop,
    chart_of,
    day_in_words,
    parse_drops,
    shown,
    state_filter,
    with_last_attempts,
)
from messaging.models import WebhookCall, WebhookDrop
from messaging.states import CallState, WebhookState
from messaging.webhooks.collecting import LOG_KEPT, WAITING_KEPT
from messaging.webhooks.dropping import note_seen, unseen
from messaging.webhooks.health import last_day
from messaging.webhooks.registering import (
    WebhookRefused,
    delete_webhook,
    enable,
    pause,
    rotate_secret,
    send_test,
)
from messaging.webhooks.words import sentence_of

SEEN_SHOWN = 20


@register_page
class WebhookPage(OneWebhook, ConsolePage):
    """How the webhook is, and its calls, the newest first."""

    path = "settings/webhooks/<int:pk>/"
    name = "settings_webhook"
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/webhooks/one.html"
    is_wide = True

    def get_title(self) -> str:
        return _("Webhook to %(host)s") % {"host": urlsplit(self.webhook.url).netloc}

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return super().breadcrumbs()[:1]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        webhook = self.webhook
        calls = WebhookCall.objects.filter(webhook=webhook).defer("message_ids", "codes", "times", "payloads")
        state = state_filter(self.request, CallState.values)
        page = paginate(
            calls.filter(state=state) if state else calls, cursor=self.request.GET.get("cursor", "")
        )
        hours = last_day(webhook)
        drops = WebhookDrop.objects.filter(webhook=webhook).order_by("-id")
        own = {
            "webhook": webhook,
            "row": shown([webhook])[0],
            "is_active": webhook.state == WebhookState.ACTIVE,
            "page": page,
            "calls": with_last_attempts(page.rows),
            "state": state,
            "states": CallState.choices,
            "chart": chart_of(hours),
            "chart_options": CHART_OPTIONS,
            "day": day_in_words(hours),
            "drops": [ShownDrop(each) for each in unseen([webhook]).order_by("event")],
            "seen_drops": [ShownDrop(each) for each in drops.exclude(seen_at=None)[:SEEN_SHOWN]],
            "kept_days": WAITING_KEPT.days,
            "log_days": LOG_KEPT.days,
        }
        return super().get_context_data(**own, **kwargs)


class WebhookDeed(OneWebhook, ConsoleView):
    """Something that is done to the webhook by a button of its page."""

    permission = Permission.MANAGE_PROJECT
    http_method_names = ["post"]

    def back(self) -> HttpResponse:
        return redirect(page_url("settings_webhook", self.webhook.pk))


@register_page
class WebhookSwitch(WebhookDeed):
    """Pause it, or call it again."""

    path = "settings/webhooks/<int:pk>/switch/"
    name = "settings_webhook_switch"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        webhook, user = self.webhook, person_of(request)
        if request.POST.get("to") == WebhookState.PAUSED:
            if pause(webhook=webhook, user=user):
                messages.success(request, _("The webhook is paused. What happens is collected meanwhile."))
        elif enable(webhook=webhook, user=user):
            messages.success(request, _("The webhook is called again, beginning with what waited."))
        return self.back()


@register_page
class WebhookDropsSeen(WebhookDeed):
    """A person saw how much was dropped; it is said no more, and stays below the log with who saw it."""

    path = "settings/webhooks/<int:pk>/dropped/"
    name = "settings_webhook_dropped"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        as_shown = parse_drops(request.POST.getlist("drop"))
        if note_seen(webhook=self.webhook, user=person_of(request), shown=as_shown) < sum(as_shown.values()):
            messages.warning(request, _("It changed meanwhile. Look again."))
        return self.back()


@register_page
class WebhookTest(WebhookDeed):
    """Send a test event at once, and say what came of it."""

    path = "settings/webhooks/<int:pk>/test/"
    name = "settings_webhook_test"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            answer = send_test(self.webhook)
        except WebhookRefused as refused:
            messages.error(request, str(refused))
            return self.back()
        if answer.is_taken:
            said = _("The receiver took the test: %(status)s after %(ms)s ms.")
            messages.success(request, said % {"status": answer.status, "ms": answer.milliseconds})
        else:
            messages.error(request, sentence_of(answer))
        return self.back()


@register_page
class WebhookSecretPage(OneWebhook, ConsolePage):
    """A new secret: said first, then made and shown once."""

    path = "settings/webhooks/<int:pk>/secret/"
    name = "settings_webhook_secret"
    title = _("Make a new secret")
    permission = Permission.MANAGE_PROJECT
    needs_fresh = True
    template_name = "messaging/webhooks/confirm.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {
            "webhook": self.webhook,
            "sentence": _(
                "The new secret is shown once. For a day the old one signs beside it, so that the receiver"
                " can be changed meanwhile."
            ),
            "action": _("Make a new secret"),
            "fields": [("seen", self.webhook.secret_made_at.isoformat())],
            "back": page_url("settings_webhook", self.webhook.pk),
        }
        return super().get_context_data(**{**own, **kwargs})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        seen = parse_moment(request.POST.get("seen", ""))
        try:
            secret = rotate_secret(webhook=self.webhook, user=person_of(request), seen=seen)
        except WebhookRefused as refused:
            messages.error(request, str(refused))
            return redirect(page_url("settings_webhook", self.webhook.pk))
        context = self.get_context_data(secret=secret, is_new=False)
        return self.response_class(
            request, "messaging/webhooks/secret.html", context, using=self.template_engine
        )


@register_page
class WebhookDeletePage(OneWebhook, ConsolePage):
    path = "settings/webhooks/<int:pk>/delete/"
    name = "settings_webhook_delete"
    title = _("Delete a webhook")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/webhooks/confirm.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = _(
            "%(url)s is called no more. Its log is deleted, and what still waits for it is never sent. This"
            " cannot be undone."
        )
        own = {
            "sentence": words % {"url": self.webhook.url},
            "action": _("Delete the webhook"),
            "is_final": True,
            "back": page_url("settings_webhook", self.webhook.pk),
        }
        return super().get_context_data(**own, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        delete_webhook(self.webhook)
        messages.success(request, _("The webhook is deleted."))
        return redirect(page_url("settings_webhooks"))
