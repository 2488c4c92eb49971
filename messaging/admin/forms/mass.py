"""The form of the mass send page."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messaging.admin.forms.base import MassWhen
from messaging.admin.forms.compose import ComposeForm
from messaging.admin.send_composition import Composition, Reach
from messaging.models import RecipientFile
from messaging.policies.settings import replaces_characters
from messaging.recipients.numbers import KOREA
from messaging.recipients.opted_out import count_in_file, last_counted
from messaging.sending.commands import Split
from messaging.states import DeliveryKind, FileState, Purpose

MAX_PARTS = 100
MAX_INTERVAL = 24 * 60


class MassForm(ComposeForm):
    """A text with placeholders to the rows of a file."""

    kind = DeliveryKind.MASS
    asks_values = False
    when_choices = MassWhen

    recipient_file = forms.UUIDField(required=False, widget=forms.HiddenInput)
    leave_out = forms.CharField(required=False, max_length=40)
    include_duplicates = forms.BooleanField(required=False, label=_("Send to repeated numbers too"))
    is_split = forms.BooleanField(required=False, label=_("Split into parts"))
    parts = forms.IntegerField(label=_("Parts"), required=False, initial=10, min_value=2, max_value=MAX_PARTS)
    interval = forms.IntegerField(
        label=_("Minutes between parts"), required=False, initial=30, min_value=1, max_value=MAX_INTERVAL
    )
    row = forms.CharField(required=False, max_length=12)

    def __init__(self, data: QueryDict | None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            pair for pair in Purpose.choices if pair[0] != Purpose.AUTHENTICATION
        ]

    @cached_property
    def file(self) -> RecipientFile | None:
        """The project's file that the form names; None where it is gone, or another project's."""
        written_id = self.fields["recipient_file"].widget.value_from_datadict(self.data, {}, "recipient_file")
        try:
            file_id = self.fields["recipient_file"].to_python(written_id)
        except ValidationError:
            return None
        files = RecipientFile.objects.filter(project=self.project).exclude(storage_name="")
        return files.filter(pk=file_id).first() if file_id else None

    @cached_property
    def replaces(self) -> bool:
        """A file is checked for it, whatever the text holds."""
        return replaces_characters(self.project)

    @property
    def text_of_file(self) -> dict[str, Any]:
        """The text to check a file for."""
        subject = self.composition.subject if self.composition.has_subject else ""
        return {
            "message_type": self.sent_type,
            "subject": subject,
            "body": self.composition.body,
            "replaces_characters": self.replaces,
        }

    @property
    def is_checked_for_this_text(self) -> bool:
        return self.file is not None and all(
            getattr(self.file, name) == value for name, value in self.text_of_file.items()
        )

    @cached_property
    def opted_out_rows(self) -> int:
        """How many rows that would be sent go to people who refuse advertising; 0 while it is checked.

        As it was counted last, unless `counts_anew`.
        """
        if self.file is None or not self.is_checked_for_this_text:
            return 0
        count = count_in_file if self.counts_anew else last_counted
        return count(self.file, include_duplicates=self.raw("include_duplicates") == "on")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._clean_file()
        self._clean_split(cleaned)
        return cleaned

    def _clean_file(self) -> None:
        sentence = self.file_problem()
        if sentence and "recipient_file" not in self.errors:
            self.add_error("recipient_file", sentence)

    def file_problem(self) -> str:
        """Why the file cannot be sent as it is, or "": a sentence that says what to do."""
        if self.file is None:
            return gettext("Upload a file of recipients.")
        if self.file.state == FileState.REFUSED:
            return gettext("This file cannot be used. Upload another one.")
        if self.file.state != FileState.CHECKED or not self.is_checked_for_this_text:
            return gettext("The file is still being checked for this text. Wait a moment, then send.")
        result = self.file.result or {}
        if not result.get("sendable"):
            return gettext("No row of this file can be sent. Mend the file and upload it again.")
        if result.get("problems") and self.raw("leave_out") != str(self.file.pk):
            return gettext("Some rows cannot be sent. Leave them out, or mend the file and upload it again.")
        return ""

    def _clean_split(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("is_split") and self.is_recurring:
            self.add_error(
                "is_split", _("A schedule sends in one go. Do not split it, or send it in another way.")
            )
        if not cleaned.get("is_split"):
            for name in ("parts", "interval"):
                self.errors.pop(name, None)
            return
        for name, sentence in (
            ("parts", _("Say into how many parts.")),
            ("interval", _("Say how many minutes lie between two parts.")),
        ):
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, sentence)

    @property
    def split(self) -> Split | None:
        """How to split. Only of a valid form."""
        if not self.cleaned_data["is_split"]:
            return None
        return Split(self.cleaned_data["parts"], timedelta(minutes=self.cleaned_data["interval"]))

    def recipients_of_command(self) -> dict[str, Any]:
        return {
            "recipient_file": self.file,
            "needs_release": self.cleaned_data["when"] == MassWhen.CHECK,
            "split": self.split,
            "include_duplicates": self.cleaned_data["include_duplicates"],
        }

    @cached_property
    def sample(self) -> list[dict[str, Any]]:
        """The first rows that can be sent, each with its values by key and its text as it is sent."""
        if self.file is None or self.file.state != FileState.CHECKED or not self.file.result:
            return []
        keys = self.file.result["keys"]
        rows = self.file.result["sample"]
        values = [dict(zip(keys, row["values"], strict=True)) for row in rows]
        return [
            {**row, "text": replace(self.composition, values=by_key, reach=places_of(row))}
            for row, by_key in zip(rows, values, strict=True)
        ]

    @property
    def chosen_row(self) -> dict[str, Any] | None:
        """The row that the phone shows: the one chosen, or the first."""
        chosen = [row for row in self.sample if str(row["row"]) == self.raw("row")]
        return chosen[0] if chosen else (self.sample[0] if self.sample else None)

    @property
    def preview(self) -> Composition:
        """The text as the chosen row's phone shows it."""
        preview: Composition = self.chosen_row["text"] if self.chosen_row else self.composition
        return preview

    def shown_values(self) -> Mapping[str, str]:
        return self.preview.values


def places_of(row: dict[str, Any]) -> Reach:
    """Where one row of a file goes."""
    is_home = row["country_code"] == KOREA
    return Reach(is_home, not is_home, frozenset() if is_home else frozenset({row["country_code"]}))
