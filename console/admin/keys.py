"""The keys that programs sign their calls with: made, shown once, narrowed, revoked."""

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts import keys
from console.accounts.models import AccessKey
from console.accounts.networks import MAX_NETWORKS, NotANetwork, parse_networks
from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page

FORM_LASTS = 24 * 3600
IS_REVOKED = _("The key is revoked, and stays as it was.")


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("name"), max_length=60, help_text=_("Which program uses it, and where: “Shop server”.")
    )
    networks = forms.CharField(
        label=_("allowed addresses"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "b-input b-code"}),
        help_text=_(
            "IPv4 and IPv6 addresses or networks, like 203.0.113.7 or 2001:db8::/48, one on a line. "
            "Leave it empty to allow every address."
        ),
    )

    def clean_networks(self) -> list[str]:
        try:
            networks = parse_networks(self.cleaned_data["networks"])
        except NotANetwork as error:
            raise ValidationError(_("“%s” is no address and no network.") % str(error)[:60]) from error
        if len(networks) > MAX_NETWORKS:
            raise ValidationError(_("No more than %d addresses and networks.") % MAX_NETWORKS)
        return networks


class NewKeyForm(KeyForm):
    """`once` marks one showing of the form: sent twice, it makes one key."""

    once = forms.CharField(widget=forms.HiddenInput, max_length=40)


class KeyPage(ConsolePage):
    permission = Permission.MANAGE_PROJECT
    needs_fresh = True

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("API keys"), page_url("accounts_accesskey_changelist"))]


@register_page
class KeysPage(KeyPage):
    """The project's keys, and what else a program needs to call."""

    path = "keys/"
    name = "accounts_accesskey_changelist"
    title = _("API keys")
    template_name = "console/accounts/keys.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = list(keys.keys_of(self.project))
        active = [key for key in rows if key.revoked_at is None]
        revoked = [key for key in rows if key.revoked_at is not None]
        now = timezone.now()
        rotating = {key.pk for key in active if keys.old_until(key, now) is not None}
        lists = {"active": active, "revoked": revoked, "rotating": rotating}
        return {**lists, **super().get_context_data(**kwargs)}


@register_page
class KeyAddPage(KeyPage, FormView):
    """A new key. Its secret is in the answer to the form, and nowhere after that."""

    path = "keys/add/"
    name = "access_key_add"
    title = _("New API key")
    template_name = "console/accounts/key_form.html"
    form_class = NewKeyForm

    def get_initial(self) -> dict[str, Any]:
        return {"once": secrets.token_hex(12)}

    def form_valid(self, form: Any) -> HttpResponse:
        person = person_of(self.request)
        mark = f"new-key:{person.pk}:{form.cleaned_data['once']}"
        if not cache.add(mark, "made", FORM_LASTS):
            messages.info(self.request, _("This key was made already; its secret is not shown again."))
            return HttpResponseRedirect(page_url("accounts_accesskey_changelist"))
        given = {name: form.cleaned_data[name] for name in ("name", "networks")}
        try:
            key = keys.make_key(project=self.project, user=person, **given)
        except keys.TooManyKeys:
            form.add_error(None, _("A project has at most %d keys: revoke one first.") % keys.MAX_ACTIVE)
            return self.form_invalid(form)
        self.template_name = "console/accounts/key_made.html"
        return self.render_to_response(self.get_context_data(key=key, form=None))

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class OneKeyPage(KeyPage):
    @cached_property
    def key(self) -> AccessKey:
        """A key of this project. 404 where it is another's."""
        return get_object_or_404(keys.keys_of(self.project), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"key": self.key, **super().get_context_data(**kwargs)}


@register_page
class KeyChangePage(OneKeyPage, FormView):
    """One key: its name and where it may be used from."""

    path = "keys/<int:pk>/"
    name = "access_key"
    template_name = "console/accounts/key.html"
    form_class = KeyForm

    def get_title(self) -> Any:
        return self.key.name

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.key.name, "networks": "\n".join(self.key.networks)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        until = keys.old_until(self.key, timezone.now())
        return {"old_until": until, **super().get_context_data(**kwargs)}

    def form_valid(self, form: Any) -> HttpResponse:
        if keys.change_key(key=self.key, **form.cleaned_data):
            messages.success(self.request, _("The key was saved."))
        else:
            messages.error(self.request, IS_REVOKED)
        return HttpResponseRedirect(page_url("access_key", self.key.pk))

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


@register_page
class KeyRevokePage(OneKeyPage):
    """The question before a key is let in no more, and the answer."""

    path = "keys/<int:pk>/revoke/"
    name = "access_key_revoke"
    template_name = "console/accounts/key_revoke.html"

    def get_title(self) -> Any:
        return _("Revoke %s") % self.key.name

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if keys.revoke_key(key=self.key, user=person_of(self.request)):
            messages.success(
                self.request, _("%s is revoked: calls that it signs are refused.") % self.key.name
            )
        return HttpResponseRedirect(page_url("accounts_accesskey_changelist"))
