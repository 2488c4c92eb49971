"""The form of the general send page."""

from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from messaging.admin.forms.base import When
from messaging.admin.forms.compose import ComposeForm
from messaging.admin.send_composition import Reach
from messaging.recipients.numbers import KOREA, Number
from messaging.recipients.typed import MAX_TYPED, TypedRecipients, read_typed
from messaging.states import MessageType


class GeneralForm(ComposeForm):
    """A text to numbers that are typed or pasted."""

    recipients = forms.CharField(
        label=_("Phone numbers"),
        widget=forms.Textarea(
            attrs={
                "rows": 5,
                "inputmode": "tel",
                "autocomplete": "off",
                "aria-describedby": "send-recipients",
            }
        ),
        error_messages={"required": _("Type or paste at least one number.")},
        help_text=_("One a line, or separated by commas. Hyphens, spaces and +82 are fine."),
    )

    collects_conversion = forms.BooleanField(
        required=False, label=_("Count how many of those abroad confirm (conversion rate)")
    )

    @cached_property
    def typed(self) -> TypedRecipients:
        """The recipients as typed now, right or wrong."""
        return read_typed(self.raw("recipients"))

    @property
    def reach(self) -> Reach:
        countries = {number.country_code for number in self.typed.numbers}
        abroad = frozenset(countries - {KOREA})
        return Reach(not countries or KOREA in countries, bool(abroad), abroad)

    def clean_recipients(self) -> str:
        if self.typed.is_too_many:
            sentence = _("At most %(limit)s numbers can be typed. Use the mass page for more.")
            raise ValidationError(sentence, params={"limit": MAX_TYPED})
        if self.typed.wrong:
            wrong = len(self.typed.wrong)
            raise ValidationError(
                ngettext(
                    "%(count)s entry is not a phone number; it is named below the field.",
                    "%(count)s entries are not phone numbers; they are named below the field.",
                    wrong,
                ),
                params={"count": wrong},
            )
        if not self.typed.numbers:
            raise ValidationError(self.fields["recipients"].error_messages["required"], "required")
        return self.raw("recipients")

    @property
    def may_collect_conversion(self) -> bool:
        """Whether somebody abroad gets an SMS of it now: only then confirmations can be counted."""
        is_sms = self.chosen_type == MessageType.SMS
        return is_sms and self.reach.abroad and self.raw("when") == When.NOW

    def recipients_of_command(self) -> dict[str, Any]:
        return {
            "recipients": [written(number) for number in self.typed.numbers],
            "collects_conversion": self.may_collect_conversion and self.cleaned_data["collects_conversion"],
        }


def written(number: Number) -> str:
    """A number that was read, so that it is read again as the same."""
    return number.number if number.country_code == KOREA else f"+{number.country_code}{number.number}"
