"""What a project sends to other countries: on or off, where, how much a month, and what blocks a country."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.international.forms import CHOICES, AbroadForm, initial_of, with_chosen
from messaging.admin.international.shown import rates_shown, usage_of
from messaging.models import InternationalSettings
from messaging.sending.international import settings_of
from messaging.sending.international_settings import AbroadRefused, change_abroad, most_allowed
from messaging.sending.limit_requests import open_request


@register_page
class InternationalPage(ConsolePage, FormView):
    """The month so far, the settings, and the conversion rates by country."""

    path = "settings/international/"
    name = "settings_international"
    title = _("International sending")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/settings/international.html"
    form_class = AbroadForm

    @cached_property
    def settings(self) -> InternationalSettings:
        return settings_of(self.project.pk)

    def get_initial(self) -> dict[str, Any]:
        return initial_of(self.settings)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save; or, with a button over a list of countries, only tick them."""
        value, _colon, name = request.POST.get("choose", "").partition(":")
        if value in CHOICES and name in ("countries", "conversion_countries"):
            form = AbroadForm(initial=with_chosen(request.POST, name, CHOICES[value]))
            return self.render_to_response(self.get_context_data(form=form, opened=name))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            change_abroad(project=self.project, user=person_of(self.request), wish=form.wish())
        except AbroadRefused as refused:
            for name, sentence in refused.problems.items():
                form.add_error(name or None, sentence)
            return self.form_invalid(form)
        messages.success(self.request, _("The settings of international sending were saved."))
        return redirect(page_url(self.name))

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        now, settings = timezone.now(), self.settings
        own = {
            "settings": settings,
            "usage": usage_of(settings, now),
            "rates": rates_shown(self.project, settings, now),
            "lists": context["form"].lists(),
            "opened": kwargs.get("opened", ""),
            "most": most_allowed(settings),
            "open_request": open_request(self.project),
        }
        return {**context, **own}
