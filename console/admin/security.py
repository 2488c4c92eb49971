"""What an organization demands of the people who work in its projects."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts.members import without_second_factor
from console.accounts.models import Organization
from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, register_page


class DemandForm(forms.Form):
    is_on = forms.BooleanField(label=_("Demand two-factor sign-in"), required=False)


@register_page
class SecurityPage(ConsolePage, FormView):
    """Whether two-factor sign-in is demanded in all projects of the organization, and who has none yet.

    People of projects that the manager does not work in are counted, not named.
    """

    path = "settings/security/"
    name = "settings_security"
    title = _("Security")
    permission = Permission.MANAGE_PROJECT
    needs_fresh = True
    template_name = "console/accounts/security.html"
    form_class = DemandForm
    success_url = reverse_lazy("admin:settings_security")

    @property
    def organization(self) -> Organization:
        return self.project.organization

    def get_initial(self) -> dict[str, Any]:
        return {"is_on": self.organization.requires_two_factor}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        everybody = without_second_factor(self.organization)
        here = list(everybody.filter(memberships__project=self.project))
        found = {
            "organization": self.organization,
            "here": here,
            "elsewhere": everybody.count() - len(here),
            "own_is_off": person_of(self.request).second_factor_at is None,
        }
        return {**found, **super().get_context_data(**kwargs)}

    def form_valid(self, form: Any) -> HttpResponse:
        is_on = form.cleaned_data["is_on"]
        if is_on and person_of(self.request).second_factor_at is None:
            form.add_error("is_on", _("Set up your own two-factor sign-in first."))
            return self.form_invalid(form)
        with transaction.atomic():
            locked = Organization.objects.select_for_update(no_key=True).get(pk=self.organization.pk)
            if locked.requires_two_factor != is_on:
                locked.requires_two_factor = is_on
                locked.save(update_fields=["requires_two_factor"])  # by `save`, so that the trail notes it
        messages.success(
            self.request, _("It is demanded now.") if is_on else _("It is not demanded any more.")
        )
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response
