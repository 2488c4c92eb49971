"""What a person types about the audience. Typed values stay as they are when something is wrong."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from console.formatting import group_number
from messaging.admin.deliveries.forms import NumberField
from messaging.audience.contacts import MAX_CONTACTS
from messaging.audience.errors import WHOLE, AudienceRefused
from messaging.audience.uids import UidSearch
from messaging.models import Tag
from messaging.recipients.problems import fault_sentence
from messaging.recipients.typed import read_typed
from messaging.recipients.uid_rows import AROUND, MAX_UID

MOST_SUGGESTED = 300
MOST_SHOWN = 5
NO_TAG = _("There is no tag “%(name)s”. Choose one that is registered.")


def suggestions(project: Project) -> list[str]:
    """Names of tags that a field offers while somebody types; any other may be typed too."""
    return list(project.tags.order_by("name").values_list("name", flat=True)[:MOST_SUGGESTED])


def tag_named(project: Project, name: str) -> Tag:
    """The project's tag of that name. Raises ValidationError."""
    tag = project.tags.filter(name=" ".join(name.replace("\0", " ").split())).first()
    if tag is None:
        raise forms.ValidationError(str(NO_TAG) % {"name": name})
    return tag


class TagField(forms.CharField):
    """The name of one tag; its form's `clean_…` finds the tag."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"list": "tag-names", "autocomplete": "off"})
        super().__init__(widget=widget, required=False, max_length=80, **kwargs)


class TagNamesField(forms.CharField):
    """Names of tags, separated by commas."""

    def __init__(self, **kwargs: Any) -> None:
        help_text = _("Names of registered tags, separated by commas.")
        widget = forms.TextInput(attrs={"autocomplete": "off", "data-tag-names": ""})
        super().__init__(widget=widget, required=False, max_length=2000, help_text=help_text, **kwargs)

    def clean(self, value: Any) -> list[str]:
        written = super().clean(value)
        return list(dict.fromkeys(filter(None, (" ".join(name.split()) for name in written.split(",")))))


def tag_ids_of(project: Project, names: list[str]) -> list[int]:
    """The ids of tags by their names. Raises ValidationError where one is not registered."""
    known = dict(project.tags.filter(name__in=names).values_list("name", "pk"))
    if missing := [name for name in names if name not in known]:
        raise forms.ValidationError(str(NO_TAG) % {"name": missing[0]})
    return [known[name] for name in names]


class NumbersField(forms.CharField):
    """Phone numbers, one a line; clean gives a list of (country, digits), each once."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "inputmode": "tel", "placeholder": "010-1234-5678"})
        super().__init__(widget=widget, **kwargs)

    def clean(self, value: Any) -> list[tuple[int, str]]:
        typed = read_typed(super().clean(value))
        if typed.wrong:
            raise forms.ValidationError([self.sentence_of(wrong) for wrong in typed.wrong[:MOST_SHOWN]])
        if len(typed.numbers) > MAX_CONTACTS:
            words = _("A UID has at most %(limit)s contacts; these are %(n)s.")
            n = group_number(len(typed.numbers))
            raise forms.ValidationError(str(words) % {"limit": MAX_CONTACTS, "n": n})
        return [(number.country_code, number.number) for number in typed.numbers]

    def sentence_of(self, wrong: Any) -> str:
        why = fault_sentence(wrong.code, {"reason": wrong.reason})
        return str(_("“%(written)s”: %(why)s")) % {"written": wrong.written, "why": why}


class UidSearchForm(forms.Form):
    """How the UID begins, a whole phone number, a tag."""

    uid = forms.CharField(label=_("UID begins with"), required=False, max_length=MAX_UID)
    number = NumberField(label=_("Phone number"), required=False, max_length=40)
    tag = TagField(label=_("Tag"))

    def __init__(self, query: QueryDict | Mapping[str, str], *, project: Project) -> None:
        super().__init__(query, auto_id="filter_%s", use_required_attribute=False)
        self.project = project

    def clean_uid(self) -> str:
        return str(self.cleaned_data["uid"]).strip(AROUND)

    def clean_tag(self) -> Tag | None:
        name = self.cleaned_data["tag"]
        return tag_named(self.project, name) if name else None

    def search(self) -> UidSearch:
        """What is looked for, once the form is valid."""
        tag = self.cleaned_data["tag"]
        return UidSearch(self.cleaned_data["uid"], self.cleaned_data["number"], tag.pk if tag else None)


class UidForm(forms.Form):
    """A UID to register."""

    uid = forms.CharField(
        label=_("UID"),
        max_length=2 * MAX_UID,
        help_text=_("The identifier of the person in your own system, at most 100 characters."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": ""}),
    )
    numbers = NumbersField(
        label=_("Phone numbers"),
        help_text=_("One a line. A UID may have several, and all of them are sent to."),
    )
    tags = TagNamesField(label=_("Tags"))

    def __init__(self, data: QueryDict | None = None, *, project: Project) -> None:
        super().__init__(data, use_required_attribute=False)
        self.project = project

    def clean_tags(self) -> list[int]:
        return tag_ids_of(self.project, self.cleaned_data["tags"])


class MoreNumbersForm(forms.Form):
    """Numbers to add to a UID that is there."""

    numbers = NumbersField(label=_("Add phone numbers"), help_text=_("One a line."))


class NumberForm(forms.Form):
    """A number in place of another."""

    number = NumberField(
        label=_("Phone number"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )


class TagsForm(forms.Form):
    """Tags to put on, by their names."""

    tags = TagNamesField(label=_("Tags"))

    def __init__(self, data: QueryDict | None = None, *, project: Project) -> None:
        super().__init__(data, use_required_attribute=False)
        self.project = project

    def clean_tags(self) -> list[int]:
        return tag_ids_of(self.project, self.cleaned_data["tags"])


class TagNameForm(forms.Form):
    """The name of a tag, to register or to rename. The service says what is wrong with it."""

    name = forms.CharField(
        label=_("Name of the tag"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class TagFilterForm(forms.Form):
    """The filter of the list of tags."""

    name = forms.CharField(label=_("Name contains"), required=False, max_length=80)


class WrittenUidsForm(forms.Form):
    """UIDs to put a tag on or to take it off: pasted one a line, or a CSV file."""

    uids = forms.CharField(
        label=_("UIDs"),
        required=False,
        strip=False,
        help_text=_("One a line."),
        widget=forms.Textarea(attrs={"rows": 6, "class": "b-input b-code", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("or a CSV file"),
        required=False,
        help_text=_("One UID a row, in the first column."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt", "class": "u-file"}),
    )


def say(form: forms.Form, refused: AudienceRefused) -> None:
    """Put what a service refused beside the fields that it is about."""
    for name, sentence in refused.problems.items():
        form.add_error(name if name != WHOLE and name in form.fields else None, words(sentence))


def words(sentence: Promise | str) -> str:
    return str(sentence)
