from django import forms
from django.utils.translation import gettext_lazy as _

from senders.models import RegistrationMethod
from senders.models.review import RejectionPhrase
from senders.requirements import MemberCategory, NumberType
from senders.sens_words import NUMBERS
from senders.states import NumberState


class ConsentForm(forms.Form):
    """The first step of an identity verification."""

    category = forms.ChoiceField(
        label=_("I verify as"), choices=MemberCategory.choices, widget=forms.RadioSelect
    )
    has_agreed = forms.BooleanField(
        label=_("I agree to the collection and use of my personal information."),
        error_messages={"required": _("Agree to go on.")},
    )


class PhoneForm(forms.Form):
    """Name and phone, to be compared with the account's."""

    name = forms.CharField(
        label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone_number = forms.CharField(
        label=_("Mobile phone number"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "tel", "autocomplete": "tel-national", "placeholder": "010-0000-0000"}
        ),
    )


class CodeForm(forms.Form):
    """The one-time code."""

    code = forms.CharField(
        label=_("Six digits from the message"),
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class RegistrationForm(forms.Form):
    """What a sender number is registered with, beside its documents. The services say what is wrong."""

    number_type = forms.ChoiceField(choices=NumberType.choices, required=False)
    number = forms.CharField(max_length=40, required=False)
    has_agreed = forms.BooleanField(required=False)

    def clean_number_type(self) -> NumberType:
        return NumberType(self.cleaned_data["number_type"] or NumberType.COMPANY)


class NumberFilter(forms.Form):
    """The filters of the list of numbers."""

    number = forms.CharField(label=_("Number"), max_length=20, required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            *((state.value, state.label) for state in NumberState if state != NumberState.DRAFT),
        ],
    )
    sens = forms.ChoiceField(
        label=_("State in SENS"),
        required=False,
        choices=[("", _("All")), *((word, word) for word in NUMBERS)],
    )
    method = forms.ChoiceField(
        label=_("Verified by"), required=False, choices=[("", _("All")), *RegistrationMethod.choices]
    )
    number_type = forms.ChoiceField(
        label=_("Type"), required=False, choices=[("", _("All")), *NumberType.choices]
    )


class RejectionForm(forms.Form):
    """Why a submission is rejected."""

    phrases = forms.MultipleChoiceField(
        label=_("Reasons"),
        choices=RejectionPhrase.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=_("In your own words"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The registrant reads it as you write it, in the mail and in the console."),
    )
