"""The forms of carrier accounts: settings as the gateway describes them, the routes, a test, a pause."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.gateways.base import Gateway, SettingField
from messaging.models import GatewayAccount

PREFIX = "set-"
KEPT = _("Empty: stays as it is.")


class AccountForm(forms.Form):
    """A name and the settings of a gateway. A secret is written and never shown."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, gateway: type[Gateway], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.described = gateway.settings_class.describe()
        for each in self.described:
            self.fields[f"{PREFIX}{each.name}"] = field_of(each, is_new=is_new)

    def values(self) -> dict[str, Any]:
        """What was entered, by the name of the setting."""
        return {each.name: self.cleaned_data[f"{PREFIX}{each.name}"] for each in self.described}


def field_of(each: SettingField, *, is_new: bool) -> forms.Field:
    """The field of one setting, by its kind."""
    shared: dict[str, Any] = {"label": each.label, "help_text": each.help_text, "required": each.required}
    if each.secret:
        shared |= {"required": each.required and is_new, "help_text": each.help_text if is_new else KEPT}
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        return forms.CharField(widget=widget, max_length=500, **shared)
    shared["initial"] = str(each.default) if isinstance(each.default, Path) else each.default
    if each.kind is bool:
        return forms.BooleanField(**{**shared, "required": False})
    if each.kind is int:
        return forms.IntegerField(min_value=None if each.minimum is None else int(each.minimum), **shared)
    if each.kind is float:
        return forms.FloatField(min_value=each.minimum, **shared)
    return forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "off"}), max_length=500, **shared)


class PauseForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Members see that it is paused."))


class TestForm(forms.Form):
    sender = forms.CharField(label=_("Sender"), max_length=20, help_text=_("As the carrier knows it."))
    recipient = forms.CharField(label=_("To"), max_length=30)
    text = forms.CharField(label=_("Text"), max_length=90)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sender"].initial = settings.BONGSU_SYSTEM_SENDER
        self.fields["text"].initial = _("Test message")


class RouteForm(forms.Form):
    """Empty project: all that have no route of their own. Empty account: as all others."""

    project = forms.ModelChoiceField(
        label=_("Project"),
        queryset=Project.objects.none(),
        required=False,
        empty_label=_("All other projects"),
    )
    account = forms.ModelChoiceField(
        label=_("Carrier account"),
        queryset=GatewayAccount.objects.none(),
        required=False,
        empty_label=_("As all other projects"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = Project.objects.select_related("organization").order_by("organization__name", "name")
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]
        self.fields["account"].queryset = GatewayAccount.objects.order_by("name")  # type: ignore[attr-defined]
