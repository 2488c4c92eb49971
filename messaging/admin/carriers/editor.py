"""Adding a carrier account, and changing one: a form as its gateway describes it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.pages import ConsolePage, page_url, register_page
from messaging.admin.carriers.forms import PREFIX, AccountForm
from messaging.admin.carriers.lists import CarrierAdministration
from messaging.gateways import registry
from messaging.gateways.base import Gateway
from messaging.models import GatewayAccount
from messaging.sending.carriers import CarrierRefused, add_account, change_account, seen_of, values_of


class AccountEditor(CarrierAdministration, ConsolePage, FormView):
    template_name = "messaging/carriers/edit.html"
    form_class = AccountForm
    is_new = False

    @property
    def gateway(self) -> type[Gateway]:
        raise NotImplementedError

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Carriers"), page_url("carriers"))]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "gateway": self.gateway, "is_new": self.is_new}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            account = self.keep(form)
        except CarrierRefused as refused:
            for name, words in refused.problems.items():
                form.add_error(name if name in form.fields else None, words)
            return self.form_invalid(form)
        messages.success(self.request, _("The carrier account is saved."))
        return redirect(page_url("carrier", account.pk))

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def keep(self, form: Any) -> GatewayAccount:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"gateway_label": self.gateway.label, **kwargs})


@register_page
class CarrierAddPage(AccountEditor):
    path = "platform/carriers/add/<slug:code>/"
    name = "carrier_add"
    title = _("Add a carrier account")
    is_new = True

    @property
    def gateway(self) -> type[Gateway]:
        try:
            return registry.gateway_class(self.kwargs["code"])
        except registry.UnknownGateway as error:
            raise Http404 from error

    def keep(self, form: Any) -> GatewayAccount:
        return add_account(gateway=self.kwargs["code"], name=form.cleaned_data["name"], values=form.values())


class OneAccount(CarrierAdministration):
    """A page about one account."""

    kwargs: dict[str, Any]

    @cached_property
    def account(self) -> GatewayAccount:
        return get_object_or_404(GatewayAccount.objects.select_related("health"), pk=self.kwargs["pk"])


@register_page
class CarrierEditPage(OneAccount, AccountEditor):
    path = "platform/carriers/<int:pk>/edit/"
    name = "carrier_edit"
    title = _("Change a carrier account")

    @property
    def gateway(self) -> type[Gateway]:
        try:
            return registry.gateway_class(self.account.gateway)
        except registry.UnknownGateway as error:
            raise Http404 from error

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [*super().breadcrumbs(), (self.account.name, page_url("carrier", self.account.pk))]

    def get_initial(self) -> dict[str, Any]:
        shown = {each.name for each in self.gateway.settings_class.describe() if not each.secret}
        kept = {f"{PREFIX}{key}": value for key, value in values_of(self.account).items() if key in shown}
        return {**kept, "name": self.account.name, "seen": seen_of(self.account)}

    def keep(self, form: Any) -> GatewayAccount:
        chosen = form.cleaned_data
        return change_account(
            account=self.account, name=chosen["name"], values=form.values(), seen=chosen["seen"]
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"account": self.account, **kwargs})
