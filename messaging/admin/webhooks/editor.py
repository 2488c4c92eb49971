"""Adding a webhook, which its receiver has to confirm, and changing one."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts.models import EventName
from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.forms.settings import SettingsForm
from messaging.admin.webhooks.shown import masked_digits
from messaging.models import Webhook
from messaging.webhooks.registering import WebhookRefused, WebhookWish, add_webhook, change_webhook


class WebhookForm(SettingsForm):
    url = forms.CharField(
        label=_("Address"),
        help_text=_("Where results are sent by POST, beginning with https://. It is called to confirm it."),
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hooks", "autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=EventName.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        help_text=_("Sent as it is in the header X-Toast-Webhook-Signature of every call. May stay empty."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def wish(self) -> WebhookWish:
        chosen = self.cleaned_data
        return WebhookWish(
            url=chosen["url"], events=chosen["events"], signature=chosen["signature"], seen=chosen["seen"]
        )


class OneWebhook:
    """A page about one webhook of the project."""

    kwargs: dict[str, Any]
    project: Any

    @cached_property
    def webhook(self) -> Webhook:
        webhooks = Webhook.objects.filter(project=self.project).select_related("project", "created_by")
        return get_object_or_404(webhooks, pk=self.kwargs["pk"])

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        above = [(_("Webhooks"), page_url("settings_webhooks"))]
        host = urlsplit(self.webhook.url).netloc
        return [*above, (host, page_url("settings_webhook", self.webhook.pk))]


class WebhookEditor(ConsolePage, FormView):
    """A form of a webhook; what the receiver said is shown where it was refused."""

    permission = Permission.MANAGE_PROJECT
    needs_fresh = True
    template_name = "messaging/webhooks/edit.html"
    form_class = WebhookForm

    def refused(self, form: Any, refused: WebhookRefused) -> HttpResponse:
        for name, words in refused.problems.items():
            form.add_error(name or None, words)
        answer = refused.answer
        said = masked_digits(answer.text) if answer else ""
        context = self.get_context_data(form=form, answer=answer, said=said)
        return self.render_to_response(context, status=422)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@register_page
class WebhookAddPage(WebhookEditor):
    path = "settings/webhooks/add/"
    name = "settings_webhook_add"
    title = _("Add a webhook")

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Webhooks"), page_url("settings_webhooks"))]

    def get_initial(self) -> dict[str, Any]:
        return {"events": [EventName.MESSAGE_RESULT]}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            webhook = add_webhook(project=self.project, user=person_of(self.request), wish=form.wish())
        except WebhookRefused as refused:
            return self.refused(form, refused)
        context = self.get_context_data(form=form, webhook=webhook, secret=webhook.secret, is_new=True)
        return self.response_class(
            self.request, "messaging/webhooks/secret.html", context, using=self.template_engine
        )


@register_page
class WebhookEditPage(OneWebhook, WebhookEditor):
    path = "settings/webhooks/<int:pk>/edit/"
    name = "settings_webhook_edit"
    title = _("Change a webhook")

    def get_initial(self) -> dict[str, Any]:
        webhook = self.webhook
        seen = webhook.changed_at.isoformat()
        return {
            "url": webhook.url,
            "events": webhook.events,
            "signature": webhook.signature,
            "seen": seen,
        }

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            change_webhook(webhook=self.webhook, wish=form.wish())
        except WebhookRefused as refused:
            return self.refused(form, refused)
        messages.success(self.request, _("The webhook is saved."))
        return redirect(page_url("settings_webhook", self.webhook.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"webhook": self.webhook, **kwargs})
