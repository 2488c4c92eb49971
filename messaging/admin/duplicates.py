"""Repeated messages: sent again, or failed within so many minutes."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.forms.settings import SettingsForm, seen_now
from messaging.models import DuplicateSettings
from messaging.policies.duplicates import LONGEST, SHORTEST
from messaging.policies.settings import SettingsRefused, change_duplicates, duplicate_settings

# What the service says of other numbers, at the field where the browser says it too.
OUTSIDE = _("Choose 1 to 60 minutes.")


class DuplicatesForm(SettingsForm):
    is_on = forms.BooleanField(label=_("Block repeated messages"), required=False)
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=SHORTEST,
        max_value=LONGEST,
        help_text=_("From 1 to 60: how long after a message the same one is blocked."),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), OUTSIDE),
    )


@register_page
class DuplicatesPage(ConsolePage, FormView):
    """On or off, for how long, and what makes two messages the same."""

    path = "settings/duplicates/"
    name = "settings_duplicates"
    title = _("Repeated messages")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/settings/duplicates.html"
    form_class = DuplicatesForm

    @cached_property
    def kept(self) -> DuplicateSettings:
        return duplicate_settings(self.project)

    def get_initial(self) -> dict[str, Any]:
        return {"is_on": self.kept.is_on, "minutes": self.kept.minutes, "seen": seen_now(self.kept)}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            change_duplicates(project=self.project, user=person_of(self.request), **form.cleaned_data)
        except SettingsRefused as refused:
            for name, sentence in refused.problems.items():
                form.add_error(name or None, sentence)
            return self.form_invalid(form)
        messages.success(self.request, _("The setting of repeated messages was saved."))
        return redirect(page_url(self.name))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "kept": self.kept}
