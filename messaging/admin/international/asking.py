"""More than 10,000 messages a month: a manager asks, or takes the request back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.international.forms import AskForm
from messaging.models import InternationalSettings
from messaging.sending.international import settings_of
from messaging.sending.international_settings import most_allowed
from messaging.sending.limit_requests import RequestRefused, ask, open_request, requests_of, withdraw

SHOWN = 20


@register_page
class AskPage(ConsolePage, FormView):
    """The open request, or the form to ask; and what became of the ones before."""

    path = "settings/international/limit/"
    name = "settings_international_limit"
    title = _("A higher limit")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/settings/international_limit.html"
    form_class = AskForm

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("International sending"), page_url("settings_international"))]

    @cached_property
    def settings(self) -> InternationalSettings:
        return settings_of(self.project.pk)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "settings": self.settings}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {
            "settings": self.settings,
            "most": most_allowed(self.settings),
            "open_request": open_request(self.project),
            "requests": list(requests_of(self.project)[:SHOWN]),
        }
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "withdraw":
            return self._withdraw(request)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            ask(project=self.project, user=person_of(self.request), **form.cleaned_data)
        except RequestRefused as refused:
            for name, sentence in refused.problems.items():
                form.add_error(name or None, sentence)
            return self.form_invalid(form)
        messages.success(
            self.request, _("Your request waits for staff. You are told by mail what they decide.")
        )
        return redirect(page_url(self.name))

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _withdraw(self, request: HttpRequest) -> HttpResponse:
        if withdraw(project=self.project, user=person_of(request)):
            messages.success(request, _("The request is withdrawn."))
        else:
            messages.error(request, _("Meanwhile this was decided or withdrawn."))
        return redirect(page_url(self.name))
