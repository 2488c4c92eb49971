"""Unblocking a country: said first, then done."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.formatting import group_number
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.content.countries import name_of
from messaging.models import CountryBlock
from messaging.sending.international_settings import lift_block


@register_page
class UnblockPage(ConsolePage):
    path = "settings/international/unblock/<int:code>/"
    name = "settings_international_unblock"
    title = _("Unblock a country")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/settings/international_unblock.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("International sending"), page_url("settings_international"))]

    @cached_property
    def block(self) -> CountryBlock:
        blocks = CountryBlock.objects.filter(project=self.project, lifted_at=None)
        return get_object_or_404(blocks, country_code=self.kwargs["code"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sentence = _(
            "%(country)s was blocked because only %(converted)s of %(sent)s messages had converted. From now "
            "on messages go there again, and its conversions are measured anew: what was sent before counts "
            "no more. What failed meanwhile is not sent again."
        )
        words = {
            "country": name_of(self.block.country_code),
            "converted": group_number(self.block.converted),
            "sent": group_number(self.block.sent),
        }
        own = {
            "sentence": sentence % words,
            "back": page_url("settings_international"),
            "action": _("Unblock"),
        }
        return super().get_context_data(**own, **kwargs)

    def post(self, request: HttpRequest, code: int) -> HttpResponse:
        if not CountryBlock.objects.filter(project=self.project, country_code=code).exists():
            raise Http404
        country = name_of(code)
        if lift_block(project=self.project, user=person_of(request), country_code=code):
            messages.success(request, _("%(country)s is unblocked.") % {"country": country})
        else:
            messages.info(request, _("%(country)s is not blocked any more.") % {"country": country})
        return redirect(page_url("settings_international"))
