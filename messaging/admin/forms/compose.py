"""What every send page's form has beside the message: a template, values, an event key, an 080 line.

Its schedule is told in `recurring`.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messaging.admin.forms.base import MAX_BODY, MessageForm, ids_in
from messaging.admin.forms.recurring import RecurringPart
from messaging.admin.send_composition import Composition
from messaging.content.length import normalize_newlines
from messaging.content.rendering import is_reserved
from messaging.library.templates import current_version
from messaging.models import StatisticsKey, TemplateVersion
from messaging.policies.advertising import problem_sentence, statement_problems
from messaging.states import MessageType, Purpose
from messaging.statistics.keys import active_keys
from senders.models import OptOutLine
from senders.phone_numbers import format_number
from senders.services.opt_out_lines import open_lines

VALUE = "value-"
MAX_VALUE = 2000
MOST_SPARE = 50
# What a template fills in, and so what it replaces of what a person had written.
FILLED = ("template", "template_version", "message_type", "purpose", "subject", "body")


class ComposeForm(RecurringPart, MessageForm):
    """A message, and what may be chosen for it. `asks_values`: placeholders are the same for all."""

    has_keys = True
    asks_values = True

    template = forms.CharField(required=False, max_length=19, widget=forms.HiddenInput)
    template_version = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
    replaced = forms.CharField(required=False, widget=forms.HiddenInput)
    statistics_key = forms.ChoiceField(
        label=_("Event key"),
        required=False,
        help_text=_("Statistics are grouped by it."),
        error_messages={"invalid_choice": _("This event key has ended. Choose another one, or none.")},
    )
    opt_out_line = forms.ChoiceField(
        label=_("080 line for refusals"),
        required=False,
        error_messages={"invalid_choice": _("This 080 line is no longer open. Choose another one.")},
    )

    def __init__(self, data: QueryDict | None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        # Callables, so that a form that shows and checks neither asks the database for neither.
        self.fields["statistics_key"].choices = self._key_choices  # type: ignore[attr-defined]
        self.fields["opt_out_line"].choices = self._line_choices  # type: ignore[attr-defined]
        if not self.is_advertising:
            del self.fields["opt_out_line"]  # what was chosen before does not matter then
        if self.asks_values:
            self.fields |= {VALUE + key: value_field(key) for key in self.value_keys}

    def held(self) -> QueryDict:
        """What the form holds, as a copy to change: its initial values where nobody has begun it."""
        if self.data:
            return cast(QueryDict, self.data).copy()
        data = QueryDict(mutable=True)
        for name in self.fields:
            data[name] = self.raw(name)
        return data

    # --- values ----------------------------------------------------------------------------------

    @property
    def given_values(self) -> Mapping[str, str]:
        """What was typed for placeholders, without those left empty; none where a file gives them."""
        if not self.asks_values:
            return {}
        typed = {name: self.data[name] for name in self.data if name.startswith(VALUE)}
        values = {name.removeprefix(VALUE): one_line(written) for name, written in typed.items()}
        return {key: value for key, value in values.items() if value}

    @cached_property
    def value_keys(self) -> list[str]:
        if not self.asks_values:
            return []
        # Asked for while the form is made, when nobody has looked yet where the text goes.
        text = Composition(self.chosen_type, self.raw("subject"), self.raw("body")[:MAX_BODY], has_keys=True)
        return [key for key in text.keys if not is_reserved(key)]

    @property
    def value_fields(self) -> list[Any]:
        """The bound fields of the values, in the order of the text."""
        return [self[VALUE + key] for key in self.value_keys]

    @property
    def spare_values(self) -> list[tuple[str, str]]:
        """(field name, value) of what was typed for keys that the text has no more: they may come back."""
        spare = [pair for pair in self.given_values.items() if pair[0] not in self.value_keys]
        return [(VALUE + key, value) for key, value in spare[:MOST_SPARE]]

    @property
    def values_face(self) -> str:
        """Which values are asked for, in short: a page that asks for others needs their fields anew."""
        return sha256(repr(self.value_keys).encode()).hexdigest()[:16]

    # --- template --------------------------------------------------------------------------------

    @cached_property
    def newest_version(self) -> TemplateVersion | None:
        """What the form's template says now; None for none, a deleted one, or one of another project."""
        ids = ids_in([self.raw("template")])
        return current_version(self.project, ids[0]) if ids else None

    @cached_property
    def taken_version(self) -> TemplateVersion | None:
        """The version that the text was taken from."""
        newest = self.newest_version
        numbers = ids_in([self.raw("template_version")])
        if newest is None or not numbers or newest.number == numbers[0]:
            return newest
        versions = newest.template.versions.select_related("template")
        return versions.filter(number=numbers[0]).first() or newest

    @property
    def has_newer_version(self) -> bool:
        newest, taken = self.newest_version, self.taken_version
        return newest is not None and taken is not None and newest.number > taken.number

    @property
    def lacks_template(self) -> bool:
        """Whether a template was chosen that cannot be had any more."""
        return bool(self.raw("template").strip()) and self.newest_version is None

    @property
    def is_changed(self) -> bool:
        """Whether the message says something else than the template's version."""
        version = self.taken_version
        return version is not None and self._says_other_than(version)

    def _says_other_than(self, version: TemplateVersion) -> bool:
        has_subject = self.composition.has_subject
        subjects = (self.raw("subject"), version.subject) if has_subject else ("", "")
        if self.chosen_type != version.message_type or self.raw("body") != version.body:
            return True
        if subjects[0] != subjects[1]:
            return True
        is_mms = self.chosen_type == MessageType.MMS
        return is_mms and [each.pk for each in self.attachments] != list(version.attachment_ids)

    @property
    def has_own_text(self) -> bool:
        """Whether somebody wrote what a template would replace."""
        is_written = bool(self.raw("body").strip() or (self.composition.has_subject and self.raw("subject")))
        return is_written and (self.taken_version is None or self.is_changed)

    @property
    def replaced_fields(self) -> dict[str, str]:
        """What stood in the form before a template was taken, by field; empty where nothing was replaced."""
        try:
            kept = json.loads(self.raw("replaced") or "{}")
        except ValueError:
            return {}
        if not isinstance(kept, dict):
            return {}
        return {name: kept[name] for name in FILLED if isinstance(kept.get(name), str)}

    def clean_template(self) -> str:
        if self.lacks_template:
            raise ValidationError(_("This template is gone. Choose another one, or go on without it."))
        return self.raw("template")

    # --- event key and 080 line ------------------------------------------------------------------

    @cached_property
    def statistics_keys(self) -> list[StatisticsKey]:
        """The keys that may be chosen now."""
        return list(active_keys(self.project))

    def _key_choices(self) -> list[tuple[str, Any]]:
        return [("", _("None")), *((str(key.pk), key.name) for key in self.statistics_keys)]

    @property
    def chosen_key(self) -> StatisticsKey | None:
        return next((key for key in self.statistics_keys if str(key.pk) == self.raw("statistics_key")), None)

    @cached_property
    def lines(self) -> list[OptOutLine]:
        """The project's open 080 lines; asked for only where the message is advertising."""
        return list(open_lines(self.project)) if self.is_advertising else []

    def _line_choices(self) -> list[tuple[str, Any]]:
        return [(str(line.pk), f"{format_number(line.number)} · {line.business_name}") for line in self.lines]

    @property
    def is_advertising(self) -> bool:
        return self.raw("purpose") == Purpose.ADVERTISING

    @property
    def chosen_line(self) -> OptOutLine | None:
        """The line of advertising: the one chosen, or the first while none was; None for other purposes."""
        if not self.is_advertising:
            return None
        named = self.raw("opt_out_line")
        if not named:
            return self.lines[0] if self.lines else None
        return next((line for line in self.lines if str(line.pk) == named), None)

    @property
    def statement_problems(self) -> list[Any]:
        """What the law's statements lack in the text, as sentences."""
        line = self.chosen_line
        if line is None:
            return []
        codes = statement_problems(self.composition.body, line.number)
        return [problem_sentence(code, line.number) for code in codes]

    # --- the command -----------------------------------------------------------------------------

    def message(self) -> dict[str, Any]:
        return {**super().message(), "opt_out_line": self.chosen_line}

    def chosen(self) -> dict[str, Any]:
        return {
            "template_version": self.taken_version,
            "statistics_key": self.chosen_key,
            "shared_values": self.shared_values,
        }

    @property
    def shared_values(self) -> Mapping[str, str]:
        """The values of every recipient, for the keys of the text."""
        return {key: value for key, value in self.given_values.items() if key in self.value_keys}

    def shown_values(self) -> Mapping[str, str]:
        return self.shared_values


def value_field(key: str) -> forms.CharField:
    """The field of one value. Its id is made of its key: it stays the same while others come and go."""
    name = sha256(key.encode()).hexdigest()[:10]
    widget = forms.TextInput({"id": f"id_value-{name}", "autocomplete": "off"})
    required = gettext("Give the value of ##%(key)s##.") % {"key": key}
    return forms.CharField(
        label=key, max_length=MAX_VALUE, widget=widget, error_messages={"required": required}
    )


def one_line(written: Any) -> str:
    """A value as it is sent: without what surrounds it, and without what no database keeps."""
    return normalize_newlines(str(written).replace("\0", "")).strip()
