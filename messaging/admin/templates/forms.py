"""The forms of templates and categories. They read what was typed; the library says what is wrong with it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from console.formatting import group_phone_number
from messaging.admin.forms.base import ids_in, segments
from messaging.admin.send_composition import Composition
from messaging.content.length import normalize_newlines
from messaging.library.categories import CategoryNode
from messaging.library.errors import Sentence
from messaging.library.templates import TemplateText
from messaging.models import Attachment, Category, TemplateVersion
from messaging.policies.settings import replaces_characters
from messaging.policies.writing import MAX_BODY_CHARACTERS
from messaging.sending.attachments import attachments_of
from messaging.states import MessageType, Purpose
from senders.services.registration import approved_numbers

# A non-breaking space, so that a list of choices shows how deep each lies.
INDENT = "\u2003"


def category_choices(tree: Sequence[CategoryNode], nothing: Any) -> list[tuple[str, Any]]:
    """Every category, indented as it lies; first the words for none."""
    named = [(str(node.category.pk), INDENT * (node.depth - 1) + node.category.name) for node in tree]
    return [("", nothing), *named]


class LibraryForm(forms.Form):
    """A form whose problems the library finds."""

    def add_problems(self, problems: Mapping[str, Sentence]) -> None:
        """Say what the library found, at the fields where it was found."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, str(sentence))


class CategoryForm(LibraryForm):
    """A category's name and place."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    parent = forms.ChoiceField(label=_("In"), required=False)

    def __init__(self, data: QueryDict | None, *, tree: Sequence[CategoryNode], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.rows = {str(node.category.pk): node.category for node in tree}
        self.fields["parent"].choices = category_choices(tree, _("At the top"))  # type: ignore[attr-defined]

    @property
    def chosen_parent(self) -> Category | None:
        """The category chosen. Only of a valid form."""
        return self.rows.get(self.cleaned_data["parent"])


class TemplateForm(LibraryForm):
    """A template as it is written. What is wrong with the text is said by the library when it is saved.

    `seen_name` and `seen_category` are what the page showed first: where a person left one as it was, what
    somebody else changed meanwhile stays.
    """

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    category = forms.ChoiceField(label=_("Category"), required=False)
    message_type = segments(MessageType, _("Type"), MessageType.SMS)
    purpose = segments(Purpose, _("Purpose"), Purpose.GENERAL)
    sender = forms.ChoiceField(label=_("Sender number"), required=False)
    subject = forms.CharField(label=_("Subject"), required=False, max_length=200, strip=False)
    body = forms.CharField(
        label=_("Text"),
        max_length=MAX_BODY_CHARACTERS,
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "aria-describedby": "send-counter"}),
    )
    seen_version = forms.IntegerField(required=False, min_value=0, max_value=10**9, widget=forms.HiddenInput)
    seen_name = forms.CharField(required=False, widget=forms.HiddenInput)
    seen_category = forms.CharField(required=False, widget=forms.HiddenInput)
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)
    nonce = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None, *, project: Project, tree: Sequence[CategoryNode], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.project = project
        self.rows = {str(node.category.pk): node.category for node in tree}
        self.fields["category"].choices = category_choices(tree, _("Choose a category"))  # type: ignore[attr-defined]
        numbers = [row.number for row in approved_numbers(project)]
        self.fields["sender"].choices = [  # type: ignore[attr-defined]
            ("", _("Chosen when sending")),
            *((number, group_phone_number(number)) for number in numbers),
        ]

    def clean_body(self) -> str:
        return normalize_newlines(self.cleaned_data["body"])

    def forgive(self) -> None:
        """Show what was typed without saying what is wrong with it: nobody has asked to save it yet."""
        self._errors = ErrorDict()
        self.cleaned_data = {}

    def raw(self, name: str) -> str:
        """A field as it was typed, right or wrong; its initial value where nothing was typed yet."""
        if name in self.data:
            return normalize_newlines(str(self.data[name]).replace("\0", ""))
        return str(self.get_initial_for_field(self.fields[name], name) or "")

    @property
    def chosen_type(self) -> MessageType:
        typed = self.raw("message_type")
        return MessageType(typed) if typed in MessageType.values else MessageType.SMS

    @property
    def chosen_purpose(self) -> Purpose:
        typed = self.raw("purpose")
        return Purpose(typed) if typed in Purpose.values else Purpose.GENERAL

    @property
    def chosen_sender(self) -> str:
        known = dict(self.fields["sender"].choices)  # type: ignore[attr-defined]
        return self.raw("sender") if self.raw("sender") in known else ""

    @cached_property
    def composition(self) -> Composition:
        """The text as it is typed now, right or wrong."""
        body = self.raw("body")[:MAX_BODY_CHARACTERS]
        replaces = replaces_characters(self.project)
        return Composition(self.chosen_type, self.raw("subject"), body, has_keys=True, replaces=replaces)

    @cached_property
    def attachments(self) -> list[Attachment]:
        """The project's pictures that the form names, also while another type is chosen."""
        written = self.data.getlist("attachments") if self.is_bound else self.initial.get("attachments", [])  # type: ignore[attr-defined]
        return attachments_of(self.project, ids_in(map(str, written)))

    @cached_property
    def text(self) -> TemplateText:
        """What would be saved now."""
        is_mms = self.chosen_type == MessageType.MMS
        written = TemplateText(
            message_type=self.chosen_type,
            purpose=self.chosen_purpose,
            sender=self.chosen_sender,
            subject=self.raw("subject"),
            body=self.raw("body"),
            attachments=tuple(self.attachments) if is_mms else (),
        )
        return written.normal()

    @property
    def chosen_category(self) -> Category | None:
        return self.rows.get(self.raw("category"))


def initial_of(version: TemplateVersion) -> dict[str, Any]:
    """What the form shows of a version and its template."""
    template = version.template
    return {
        "name": template.name,
        "category": str(template.category_id),
        "seen_name": template.name,
        "seen_category": str(template.category_id),
        "message_type": version.message_type,
        "purpose": version.purpose,
        "sender": version.sender,
        "subject": version.subject,
        "body": version.body,
        "attachments": version.attachment_ids,
        "seen_version": template.version,
    }
