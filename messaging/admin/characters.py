"""Unsendable characters: refused, or sent as `?`."""

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
from messaging.admin.send_composition import marked
from messaging.models import CharacterSettings
from messaging.policies.settings import SettingsRefused, change_characters, character_settings

REFUSE, REPLACE = "refuse", "replace"
# The same in every language: what a phone at home can and cannot show.
EXAMPLE = "Bongsu 봉수 ☎ 02-123-4567 😀 똠방각하 ½"


class CharactersForm(SettingsForm):
    action = forms.ChoiceField(
        label=_("A character that phones cannot show"),
        choices=[
            (REFUSE, _("is refused: the text has to be changed before it is sent")),
            (REPLACE, _("is replaced: the phone shows ? in its place")),
        ],
        widget=forms.RadioSelect,
    )


@register_page
class CharactersPage(ConsolePage, FormView):
    """Refused or replaced, with an example of both."""

    path = "settings/characters/"
    name = "settings_characters"
    title = _("Unsendable characters")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/settings/characters.html"
    form_class = CharactersForm

    @cached_property
    def kept(self) -> CharacterSettings:
        return character_settings(self.project)

    def get_initial(self) -> dict[str, Any]:
        return {"action": REPLACE if self.kept.replaces else REFUSE, "seen": seen_now(self.kept)}

    def form_valid(self, form: Any) -> HttpResponse:
        wish = {"replaces": form.cleaned_data["action"] == REPLACE, "seen": form.cleaned_data["seen"]}
        try:
            change_characters(project=self.project, user=person_of(self.request), **wish)
        except SettingsRefused as refused:
            for name, sentence in refused.problems.items():
                form.add_error(name or None, sentence)
            return self.form_invalid(form)
        messages.success(self.request, _("The setting of unsendable characters was saved."))
        return redirect(page_url(self.name))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {
            "kept": self.kept,
            "written": marked(EXAMPLE),
            "replaced": marked(EXAMPLE, replaces=True),
        }
        return {**super().get_context_data(**kwargs), **own}
