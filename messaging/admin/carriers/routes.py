"""Which project sends through which account."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.pages import ConsolePage, page_url, register_page
from messaging.admin.carriers.forms import RouteForm
from messaging.admin.carriers.lists import CarrierAdministration
from messaging.models import Route
from messaging.sending.carriers import CarrierRefused, choose_route

MOST = 500


@register_page
class CarrierRoutesPage(CarrierAdministration, ConsolePage, FormView):
    """The routes there are, and one form that sets the route of a project or of all others."""

    path = "platform/carriers/routes/"
    name = "carrier_routes"
    title = _("Routes")
    template_name = "messaging/carriers/routes.html"
    form_class = RouteForm

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Carriers"), page_url("carriers"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        routes = Route.objects.select_related("project__organization", "account")
        common = routes.filter(project=None).first()
        own = {"common": common, "routes": routes.exclude(project=None).order_by("project__name")[:MOST]}
        return super().get_context_data(**own, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            choose_route(project=form.cleaned_data["project"], account=form.cleaned_data["account"])
        except CarrierRefused as refused:
            for name, words in refused.problems.items():
                form.add_error(name or None, words)
            return self.form_invalid(form)
        messages.success(self.request, _("The route is saved."))
        return redirect(page_url(self.name))

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
