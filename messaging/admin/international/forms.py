"""The forms of sending abroad. What is allowed is said by the services; here only what cannot be read."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messaging.admin.forms.settings import SettingsForm, seen_now
from messaging.content.countries import COUNTRIES, MAJOR, Country, in_order
from messaging.models import InternationalSettings
from messaging.models.international import MOST_EVER, MOST_WITHOUT_ASKING
from messaging.sending.international import allowed_of
from messaging.sending.international_settings import HOURS, MINIMUMS, RATES, AbroadWish, most_allowed
from messaging.sending.limit_requests import MAX_REASON

ALL_CODES = frozenset(country.code for country in COUNTRIES)
NAMED = 12
# What the buttons over a list of countries choose.
CHOICES = {"all": ALL_CODES, "none": frozenset[int](), "major": MAJOR}


class CountriesField(forms.TypedMultipleChoiceField):
    """Countries, each by the code that names it. `international_countries.html` draws the list."""

    def __init__(self, label: Any, **options: Any) -> None:
        choices = [(country.code, country.english) for country in COUNTRIES]
        super().__init__(label=label, choices=choices, coerce=int, required=False, **options)


def whole_number(label: Any, numbers: range, help_text: Any = "") -> forms.IntegerField:
    """A number; the service says what is wrong with one outside its limits."""
    limits = {"min": numbers.start, "max": numbers.stop - 1, "inputmode": "numeric"}
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        widget=forms.NumberInput(attrs=limits),
        error_messages={"invalid": _("Write a whole number.")},
    )


class AbroadForm(SettingsForm):
    is_on = forms.BooleanField(label=_("Send to other countries"), required=False)
    countries = CountriesField(_("Countries that messages may go to"))
    monthly_limit = whole_number(_("Messages a month, at most"), range(1, MOST_EVER + 1))
    notifies_limit = forms.BooleanField(
        label=_("Tell every member by mail when 70 % and 100 % of the limit are reached"), required=False
    )
    blocks_by_conversion = forms.BooleanField(
        label=_("Block countries where too few messages convert"), required=False
    )
    conversion_rate = whole_number(_("Block below, in %"), RATES)
    conversion_minimum = whole_number(_("From so many messages on"), MINIMUMS)
    conversion_hours = whole_number(_("Of the last hours"), HOURS)
    conversion_countries = CountriesField(_("Countries that may be blocked"))

    def wish(self) -> AbroadWish:
        chosen = {**self.cleaned_data}
        for name in ("countries", "conversion_countries"):
            chosen[name] = frozenset(chosen[name])
        return AbroadWish(**chosen)

    def chosen(self, name: str) -> frozenset[int]:
        """The countries that are ticked in a list as it is shown."""
        written = self[name].value() or ()
        return frozenset(int(code) for code in written if str(code).isdecimal()) & ALL_CODES

    def lists(self) -> dict[str, "CountryList"]:
        return {name: CountryList(self, name) for name in ("countries", "conversion_countries")}


class CountryList:
    """A list of countries to tick, the ticked ones first."""

    def __init__(self, form: AbroadForm, name: str) -> None:
        self.field = form[name]
        self.name = name
        self.chosen = form.chosen(name)

    def __iter__(self) -> Iterator[tuple[Country, bool]]:
        return ((country, country.code in self.chosen) for country in in_order(self.chosen))

    @property
    def count(self) -> int:
        """How many are ticked."""
        return len(self.chosen)

    @property
    def names(self) -> str:
        """The first of the ticked ones."""
        ticked = [country.name for country, is_chosen in self if is_chosen]
        return ", ".join(ticked[:NAMED]) + (" …" if len(ticked) > NAMED else "")

    @property
    def whole(self) -> int:
        return len(COUNTRIES)

    @property
    def buttons(self) -> list[tuple[str, Any, str]]:
        """(value, words, codes) of the buttons that choose many."""
        words = {"major": _("Major ones"), "all": _("All"), "none": _("None")}
        return [(value, said, ",".join(map(str, sorted(CHOICES[value])))) for value, said in words.items()]


def initial_of(settings: InternationalSettings) -> dict[str, Any]:
    """The settings as the form shows them."""
    names = AbroadForm.base_fields.keys() - {"countries", "seen"}
    return {
        **{name: getattr(settings, name) for name in names},
        "countries": sorted(allowed_of(settings)),
        "seen": seen_now(settings),
    }


def with_chosen(posted: Any, name: str, codes: frozenset[int]) -> dict[str, Any]:
    """What a form held, with one list of countries chosen anew: to be shown, not saved."""
    held: dict[str, Any] = {}
    for field_name, field in AbroadForm.base_fields.items():
        if isinstance(field, CountriesField):
            held[field_name] = posted.getlist(field_name)
        elif isinstance(field, forms.BooleanField):
            held[field_name] = field_name in posted
        else:
            held[field_name] = posted.get(field_name, "")
    return {**held, name: sorted(codes)}


class AskForm(forms.Form):
    """More messages a month than a project may have by itself."""

    wanted = whole_number(_("Messages a month"), range(MOST_WITHOUT_ASKING + 1, MOST_EVER + 1))
    reason = forms.CharField(
        label=_("What for"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Which messages go where, how many a month, and since when. Staff read it."),
        error_messages={"required": _("Say what the messages are for, so that staff can decide.")},
    )

    def __init__(self, *args: Any, settings: InternationalSettings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wanted"].widget.attrs["min"] = most_allowed(settings) + 1


class DecideForm(forms.Form):
    """What staff say to a request: an amount, or a reason why not."""

    granted = forms.IntegerField(required=False, error_messages={"invalid": _("Write a whole number.")})
    answer = forms.CharField(required=False, max_length=MAX_REASON)
