"""What the audit trail is asked for. All of it stands in the address."""

from datetime import timedelta
from typing import Any

from auditlog.registry import auditlog
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from console.accounts.models import AuditEntry, Project
from console.accounts.trail import TrailSearch
from console.admin.audit_links import LINKS
from messaging.admin.deliveries.forms import DayField, start_of


class TrailForm(forms.Form):
    """Entries by who, what, on which object, when, from where, and by words."""

    who = forms.CharField(
        label=_("Who"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("user name or mail")}),
    )
    action = forms.TypedChoiceField(label=_("What"), coerce=int, required=False, empty_value=None)
    type = forms.TypedChoiceField(label=_("Object type"), coerce=int, required=False, empty_value=None)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("to"), required=False)
    words = forms.CharField(
        label=_("Words"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("how words begin")}),
    )
    address = forms.GenericIPAddressField(label=_("IP address"), required=False)
    object = forms.CharField(max_length=255, required=False, widget=forms.HiddenInput)

    def __init__(self, query: QueryDict, *, project: Project | None) -> None:
        super().__init__(query, auto_id="filter_%s", use_required_attribute=False)
        self.project = project
        every = [("", _("Everything"))]
        self.fields["action"].choices = [*every, *AuditEntry.Action.choices]  # type: ignore[attr-defined]
        self.fields["type"].choices = [*every, *kinds_of_objects()]  # type: ignore[attr-defined]

    @property
    def main(self) -> list[Any]:
        """The conditions that stand open."""
        return [self[name] for name in ("who", "action", "since", "until")]

    @property
    def more(self) -> list[Any]:
        return [self[name] for name in ("type", "words", "address")]

    @property
    def more_are_used(self) -> bool:
        return any(field.value() for field in self.more)

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or self.cleaned_data
        since, until = chosen.get("since"), chosen.get("until")
        if since and until and since > until:
            raise forms.ValidationError(_("The first day is after the last one."))
        return chosen

    def search(self) -> TrailSearch:
        """What was asked for; the form is valid."""
        chosen = self.cleaned_data
        since, until = chosen["since"], chosen["until"]
        return TrailSearch(
            project=self.project,
            who=chosen["who"].strip(),
            action=chosen["action"],
            content_type_id=chosen["type"],
            object_pk=chosen["object"],
            since=start_of(since) if since else None,
            until=start_of(until + timedelta(days=1)) if until else None,
            address=chosen["address"],
            words=chosen["words"],
        )


def kinds_of_objects() -> list[tuple[int, str]]:
    """The types of objects that entries are about, by name."""
    models = {*auditlog.get_models(), *LINKS}
    types = ContentType.objects.get_for_models(*models)
    named = ((kind.pk, capfirst(str(model._meta.verbose_name))) for model, kind in types.items())
    return sorted(named, key=lambda each: each[1].casefold())
