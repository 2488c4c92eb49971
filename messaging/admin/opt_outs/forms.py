"""What a person may look for among opt-outs, and what they enter by hand."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.accounts.models import Project
from messaging.admin.deliveries.forms import DayField, any_of, start_of
from messaging.recipients.numbers import WrongNumber, read_number
from senders.models import OptOutLine, OptOutSource
from senders.services.opt_out_lines import lines_of
from senders.services.opt_out_search import OptOutSearch
from senders.states import LineState

FEWEST_DIGITS = 4


def numbered_lines(project: Project) -> Any:
    """The project's lines that ever had a number."""
    return lines_of(project).exclude(number="")


class LineField(forms.ModelChoiceField):
    """One of the project's lines, by its number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(OptOutLine.objects.none(), required=False, **kwargs)

    def label_from_instance(self, line: Any) -> str:
        return f"{line} · {line.business_name}"


class OptOutForm(forms.Form):
    """Opt-outs in force, or removed ones, by what was asked. Dates are those of the refusal, and optional."""

    since = DayField(label=_("Refused from"), required=False)
    until = DayField(label=pgettext_lazy("refused", "to"), required=False)
    number = forms.CharField(
        label=_("Number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": _("whole or last four")}),
    )
    line = LineField(label=_("080 line"), empty_label=_("Any"))
    source = forms.ChoiceField(label=_("Source"), choices=any_of(OptOutSource), required=False)
    removed = forms.ChoiceField(
        label=pgettext_lazy("opt-outs", "State"),
        choices=[("", _("In force")), ("1", _("Removed"))],
        required=False,
    )

    def __init__(self, query: QueryDict, *, project: Project, may_read: bool) -> None:
        """Who may not read numbers looks for whole ones only: endings would tell the digits one by one."""
        super().__init__(query, auto_id="filter_%s", use_required_attribute=False)
        self.may_read = may_read
        self.fields["line"].queryset = numbered_lines(project)  # type: ignore[attr-defined]
        if not may_read:
            self.fields["number"].widget.attrs["placeholder"] = _("the whole number")

    def clean_number(self) -> tuple[tuple[int, str] | None, str]:
        """(the whole number, "") or (None, its last digits)."""
        written = self.cleaned_data["number"]
        if not written:
            return None, ""
        try:
            read = read_number(written)
        except WrongNumber as error:
            return None, self._ending(written, error)
        return (read.country_code, read.number), ""

    def _ending(self, written: str, error: WrongNumber) -> str:
        digits = "".join(filter(str.isdecimal, written))
        if not self.may_read or written.startswith("+"):
            raise forms.ValidationError(_("This is no phone number. Write it as 010-1234-5678.")) from error
        if len(digits) < FEWEST_DIGITS or not digits.isascii():
            raise forms.ValidationError(_("Type the last four digits at least.")) from error
        return digits

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return cleaned

    def search(self) -> OptOutSearch:
        """The search of a valid form."""
        values = self.cleaned_data
        number, ending = values["number"]
        since, until = values["since"], values["until"]
        return OptOutSearch(
            since=start_of(since) if since else None,
            until=start_of(until + timedelta(days=1)) if until else None,
            line_id=values["line"].pk if values["line"] else None,
            source=values["source"],
            number=number,
            ending=ending,
            is_removed=bool(values["removed"]),
        )


class LineForm(forms.Form):
    """On which line the entered numbers refused, where that is known."""

    line = LineField(
        label=_("080 line"),
        empty_label=_("None"),
        help_text=_("Where it is known. The refusal holds for all advertising of the project."),
    )

    def __init__(self, data: Any, *, project: Project) -> None:
        super().__init__(data)
        # What refused on a stopped line is about to be deleted with it.
        lines = numbered_lines(project).exclude(state=LineState.STOPPED)
        self.fields["line"].queryset = lines  # type: ignore[attr-defined]


class TypedForm(LineForm):
    """Numbers typed or pasted."""

    numbers = forms.CharField(
        label=pgettext_lazy("phone numbers", "Numbers"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "inputmode": "tel", "autocomplete": "off"}),
        help_text=_(
            "Digits only: hyphens, spaces, dots and brackets are taken off, anything else is refused. One a"
            " line, or with commas between them; 1,000 at most."
        ),
        error_messages={"required": _("Type at least one number.")},
    )
    field_order = ("numbers", "line")
