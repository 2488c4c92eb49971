"""The project's webhooks, and what developers of a receiver need to know."""

import json
from typing import Any

from django.utils.translation import gettext_lazy as _

from console.accounts.models import EventName
from console.accounts.roles import Permission
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.webhooks.shown import shown
from messaging.models import Webhook
from messaging.webhooks.collecting import LOG_KEPT, WAITING_KEPT
from messaging.webhooks.examples import example_of
from messaging.webhooks.registering import MOST


@register_page
class WebhooksPage(ConsolePage):
    """The webhooks with their health at a glance. There are ten at most, so there is one page."""

    path = "settings/webhooks/"
    name = "settings_webhooks"
    title = _("Webhooks")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/webhooks/list.html"
    is_wide = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        webhooks = list(Webhook.objects.filter(project=self.project).order_by("-id"))
        own = {"rows": shown(webhooks), "most": MOST, "kept_days": WAITING_KEPT.days}
        return super().get_context_data(**own, **kwargs)


@register_page
class WebhookHelpPage(ConsolePage):
    """How a receiver answers, how it checks who calls, and an example of every event."""

    path = "settings/webhooks/help/"
    name = "settings_webhooks_help"
    title = _("For developers of a receiver")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/webhooks/help.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Webhooks"), page_url("settings_webhooks"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        examples = [
            (name, label, json.dumps(example_of(name, self.project.app_key), indent=2, ensure_ascii=False))
            for name, label in EventName.choices
        ]
        own = {"examples": examples, "waiting_days": WAITING_KEPT.days, "log_days": LOG_KEPT.days}
        return super().get_context_data(**own, **kwargs)
