"""Networks that webhooks may call although they are private: an administrator's list."""

from ipaddress import ip_network
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.generic import FormView

from console.accounts.networks import NotANetwork, parse_networks
from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.models import WebhookNetwork

MOST = 200


class NetworkForm(forms.Form):
    network = forms.CharField(
        label=pgettext_lazy("addresses", "Network"),
        max_length=49,
        help_text=_("An address, or a network like 10.20.0.0/16."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    note = forms.CharField(label=_("What for"), max_length=200)

    def clean_network(self) -> str:
        try:
            [network] = parse_networks(self.cleaned_data["network"])
        except (NotANetwork, ValueError) as error:
            raise forms.ValidationError(_("Write one address or network.")) from error
        if ip_network(network).prefixlen == 0:
            raise forms.ValidationError(_("That is every address there is. Name the network that is meant."))
        if WebhookNetwork.objects.filter(network=network).exists():
            raise forms.ValidationError(_("This network is allowed already."))
        return network


@register_page
class WebhookNetworksPage(ConsolePage, FormView):
    """The networks, with who allowed each and what for; one form adds, a button beside each takes away."""

    path = "platform/webhook-networks/"
    name = "webhook_networks"
    title = _("Networks of webhooks")
    permission = Permission.ADMINISTER
    needs_project = False
    needs_fresh = True
    template_name = "messaging/webhooks/networks.html"
    form_class = NetworkForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "remove" not in request.POST:
            return super().post(request, *args, **kwargs)
        number = request.POST["remove"]
        if number.isascii() and number.isdigit() and len(number) < 18:
            for network in WebhookNetwork.objects.filter(pk=int(number)):
                network.delete()
                said = _("Webhooks may not call %(network)s any more.")
                messages.success(request, said % {"network": network})
        return redirect(page_url(self.name))

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            chosen = form.cleaned_data
            WebhookNetwork(
                network=chosen["network"], note=chosen["note"], created_by=person_of(self.request)
            ).save()
        said = _("Webhooks may call %(network)s, at any port and without TLS.")
        messages.success(self.request, said % {"network": form.cleaned_data["network"]})
        return redirect(page_url(self.name))

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {
            "networks": WebhookNetwork.objects.select_related("created_by").order_by("network")[:MOST],
            "of_settings": settings.BONGSU_ALLOWED_NETWORKS,
        }
        return super().get_context_data(**own, **kwargs)
