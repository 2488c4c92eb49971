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
from messaging.models import RecipientFile
from messaging.recipients.numbers import KOREA
from messaging.recipients.one_number import as_written
from messaging.recipients.typed import MAX_TYPED, TypedRecipients, read_typed
from messaging.states import FileState, MessageType


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

    one_country = forms.CharField(required=False, label=_("Country"))
    one_number = forms.CharField(required=False, label=_("One number"))
    list_file = forms.UUIDField(required=False, widget=forms.HiddenInput)
    list_joined = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    collects_conversion = forms.BooleanField(
        required=False, label=_("Count how many of those abroad confirm (conversion rate)")
    )

    @cached_property
    def typed(self) -> TypedRecipients:
        """The recipients as typed now, right or wrong."""
        return read_typed(self.raw("recipients"))

    @cached_property
    def file(self) -> RecipientFile | None:
        """The project's file whose numbers are to join the list; None where it is gone, or another's."""
        try:
            file_id = self.fields["list_file"].to_python(self.raw("list_file"))
        except ValidationError:
            return None
        files = RecipientFile.objects.filter(project=self.project).exclude(storage_name="")
        return files.filter(pk=file_id).first() if file_id else None

    @property
    def has_joined(self) -> bool:
        """Whether the file's numbers are in the list already."""
        return self.file is not None and self.raw("list_joined") == str(self.file.pk)

    @property
    def fits_file(self) -> bool:
        """Whether a list has room for every row of the checked file, beside what it holds."""
        rows = (self.file.result or {}).get("total_rows", 0) if self.file else 0
        return rows + self.typed.total <= MAX_TYPED

    @property
    def is_joining(self) -> bool:
        """Whether the file's numbers are still to join the list."""
        if self.file is None or self.has_joined or self.file.state == FileState.REFUSED:
            return False
        return self.file.state != FileState.CHECKED or self.fits_file

    @property
    def reach(self) -> Reach:
        countries = {number.country_code for number in self.typed.numbers}
        abroad = frozenset(countries - {KOREA})
        return Reach(not countries or KOREA in countries, bool(abroad), abroad)

    def clean_one_number(self) -> str:
        if self.raw("one_number").strip():
            raise ValidationError(_("A number is typed but not added. Add it, or empty its field."))
        return ""

    def clean_recipients(self) -> str:
        if self.is_joining:
            sentence = _("The numbers of the file are not in the list yet. Wait a moment, then send.")
            raise ValidationError(sentence)
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
            "recipients": [as_written(number) for number in self.typed.numbers],
            "collects_conversion": self.may_collect_conversion and self.cleaned_data["collects_conversion"],
        }
