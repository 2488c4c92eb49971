"""What the forms of all send pages have: the message, from which number, and when; it becomes one command.

A form reads and says what it cannot read; the rules of sending are the command's own, and its problems come
back to the fields by `add_problems`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from console.formatting import group_phone_number
from messaging.admin.send_composition import HOME, Composition, Reach
from messaging.content.length import normalize_newlines, unsendable
from messaging.content.limits import LIMITS, Surface
from messaging.models import Attachment
from messaging.policies.settings import replaces_characters
from messaging.sending.attachments import attachments_of
from messaging.sending.checking import Checked
from messaging.sending.commands import Problem, SendCommand
from messaging.states import DeliveryKind, MessageType, Purpose
from senders.services.registration import approved_numbers

MAX_BODY = 20_000
SOON = timedelta(minutes=1)
FIELD_OF_PROBLEM = {"due_at": "time", "split_parts": "parts", "split_interval": "interval"}
NOT_CONTENT = frozenset(
    {"csrfmiddlewaretoken", "step", "_project", "panel", "picture", "values_face", "template_search"}
    | {"one_country", "one_number", "list_file", "list_joined"}
)


class When(models.TextChoices):
    NOW = "now", _("Now")
    AT = "at", _("At a set time")
    RECURRING = "recurring", _("By a recurring schedule")


class MassWhen(models.TextChoices):
    NOW = "now", _("Now")
    AT = "at", _("At a set time")
    CHECK = "check", _("After I have checked it")
    RECURRING = "recurring", _("By a recurring schedule")


def segments(
    choices: type[models.TextChoices], label: Any, initial: str, only: Iterable[str] = ()
) -> forms.ChoiceField:
    """A choice of a few words, all of them visible."""
    wanted = [pair for pair in choices.choices if not only or pair[0] in only]
    return forms.ChoiceField(choices=wanted, label=label, initial=initial, widget=forms.RadioSelect)


class MessageForm(forms.Form):
    """What all send pages have: the message, from which number, and when."""

    kind = DeliveryKind.GENERAL
    has_keys = False
    counts_anew = False  # what takes a second to count: only when a person is about to send
    when_choices: type[models.TextChoices] = When

    message_type = segments(MessageType, _("Type"), MessageType.SMS)
    purpose = segments(Purpose, _("Purpose"), Purpose.GENERAL)
    sender = forms.ChoiceField(
        label=_("Sender number"), error_messages={"required": _("Choose a sender number.")}
    )
    subject = forms.CharField(label=_("Subject"), required=False, max_length=200, strip=False)
    body = forms.CharField(
        label=_("Text"),
        max_length=MAX_BODY,
        strip=False,
        error_messages={"required": _("Write the text of the message.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    when = segments(When, _("When"), When.NOW)
    date = forms.DateField(
        label=_("Date"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    time = forms.TimeField(label=_("Time"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    name = forms.CharField(label=_("Name of this request"), required=False, max_length=100)
    nonce = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, project: Project, user: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.project, self.user = project, user
        numbers = [row.number for row in approved_numbers(project)]
        self.fields["sender"].choices = [(number, group_phone_number(number)) for number in numbers]  # type: ignore[attr-defined]
        self.fields["when"].choices = self.when_choices.choices  # type: ignore[attr-defined]
        self._limit_dates()
        self.described()

    def _limit_dates(self) -> None:
        today = timezone.localdate()
        last = today + timedelta(days=LIMITS[Surface.CONSOLE].scheduled_days or 0)
        self.fields["date"].widget.attrs.update({"min": today.isoformat(), "max": last.isoformat()})

    def described(self) -> None:
        """Tie each field to the words beside it, for readers of screens."""
        self.fields["body"].widget.attrs["aria-describedby"] = "send-counter"

    def forgive(self) -> None:
        """Show what was typed without saying what is wrong with it: nobody has asked to send it yet."""
        self._errors = ErrorDict()
        self.cleaned_data = {}

    def raw(self, name: str) -> str:
        """A field as it was typed, right or wrong; its initial value where nothing was typed yet."""
        if name in self.data:
            return normalize_newlines(str(self.data[name]).replace("\0", ""))
        return str(self.get_initial_for_field(self.fields[name], name) or "")

    def clean_body(self) -> str:
        return normalize_newlines(self.cleaned_data["body"])

    @property
    def has_senders(self) -> bool:
        return bool(self.fields["sender"].choices)  # type: ignore[attr-defined]

    @property
    def chosen_sender(self) -> str:
        """The number chosen, or the one that a new form shows first; "" where there is none."""
        numbers = [value for value, _label in self.fields["sender"].choices]  # type: ignore[attr-defined]
        return self.raw("sender") if self.raw("sender") in numbers else (numbers[0] if numbers else "")

    @property
    def chosen_type(self) -> MessageType:
        typed = self.raw("message_type")
        return MessageType(typed) if typed in MessageType.values else MessageType.SMS

    @property
    def sent_type(self) -> MessageType:
        """The type that it goes as: an MMS without a picture is an LMS. One that names pictures that are gone
        stays what it is, so that this is not passed over.
        """
        names_pictures = any(self.data.getlist("attachments"))  # type: ignore[attr-defined]
        is_bare = self.chosen_type == MessageType.MMS and not names_pictures
        return MessageType.LMS if is_bare else self.chosen_type

    @cached_property
    def composition(self) -> Composition:
        """The text as it is typed now, right or wrong."""
        return Composition(
            self.chosen_type,
            self.raw("subject"),
            self.raw("body")[:MAX_BODY],
            self.has_keys,
            self.given_values,
            reach=self.reach,
            replaces=self.replaces,
        )

    @cached_property
    def replaces(self) -> bool:
        """Whether characters that cannot be sent become `?`; asked only where there are some."""
        written = (self.raw("subject"), self.raw("body")[:MAX_BODY], *self.given_values.values())
        return any(map(unsendable, written)) and replaces_characters(self.project)

    @property
    def given_values(self) -> Mapping[str, str]:
        """What stands for the placeholders of every recipient."""
        return {}

    @property
    def reach(self) -> Reach:
        """Where the recipients are that are known now."""
        return HOME

    @cached_property
    def attachments(self) -> list[Attachment]:
        """The project's pictures that the form names, also while another type is chosen."""
        written = self.data.getlist("attachments")  # type: ignore[attr-defined]
        return attachments_of(self.project, ids_in(written))

    @property
    def needs_moment(self) -> bool:
        """Whether a date and a time belong to it: both at a set time; after a check both, or neither."""
        is_given = bool(self.raw("date").strip() or self.raw("time").strip())
        return self.raw("when") == When.AT or (self.raw("when") == MassWhen.CHECK and is_given)

    @property
    def chosen_moment(self) -> datetime | None:
        """The time as it is typed now; None is now, or not whole yet."""
        if not self.needs_moment:
            return None
        try:
            date = self.fields["date"].clean(self.raw("date"))
            time = self.fields["time"].clean(self.raw("time"))
        except ValidationError:
            return None
        return timezone.make_aware(datetime.combine(date, time)) if date and time else None

    @property
    def lacks_moment(self) -> bool:
        return self.needs_moment and self.chosen_moment is None

    @property
    def due_at(self) -> datetime | None:
        """When the message is due; None is now. Only of a valid form."""
        if not self.needs_moment:
            return None
        written = datetime.combine(self.cleaned_data["date"], self.cleaned_data["time"])
        return timezone.make_aware(written)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.needs_moment:
            self._clean_moment(cleaned)
        return cleaned

    def _clean_moment(self, cleaned: dict[str, Any]) -> None:
        for name, sentence in (("date", _("Choose the date.")), ("time", _("Choose the time."))):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, sentence)
        if "date" in self.errors or "time" in self.errors or self.due_at is None:
            return
        days = LIMITS[Surface.CONSOLE].scheduled_days or 0
        if self.due_at < timezone.now() - SOON:
            self.add_error("time", gettext("This time has passed. Choose a later one, or send now."))
        elif self.due_at > timezone.now() + timedelta(days=days):
            self.add_error("date", gettext("At most %(days)s days ahead.") % {"days": days})

    def token(self, extra: str = "") -> str | None:
        """The same for the same page view with the same content, so that a double click sends once."""
        nonce = self.raw("nonce")
        names = sorted(name for name in self.data if name not in NOT_CONTENT)
        content = repr([(name, self.data.getlist(name)) for name in names]) + extra  # type: ignore[attr-defined]
        return f"{nonce}-{sha256(content.encode()).hexdigest()[:40]}" if nonce else None

    def message(self) -> dict[str, Any]:
        """The part of the command that a test send has too."""
        message_type = self.sent_type
        return {
            "project": self.project,
            "actor": self.user,
            "message_type": message_type,
            "purpose": Purpose(self.cleaned_data["purpose"]),
            "sender": self.cleaned_data["sender"],
            "subject": self.cleaned_data["subject"] if self.composition.has_subject else "",
            "body": self.cleaned_data["body"],
            "attachments": self.attachments if message_type == MessageType.MMS else (),
        }

    def command(self) -> SendCommand:
        """The wish of a valid form."""
        return SendCommand(
            **self.message(),
            kind=self.kind,
            due_at=self.due_at,
            name=self.cleaned_data["name"],
            submission_token=self.token(),
            **self.chosen(),
            **self.recipients_of_command(),
        )

    def saw(self, checked: Checked) -> None:
        """Take over what the check of the command found, where the page shows it."""

    def chosen(self) -> dict[str, Any]:
        """What else belongs to the command, but to no test."""
        return {}

    def recipients_of_command(self) -> dict[str, Any]:
        raise NotImplementedError

    def test_command(self) -> SendCommand:
        """The text as the phone beside the form shows it, to the person's own phone."""
        return SendCommand(
            **self.message(),
            shared_values=self.shown_values(),
            recipients=[self.user.phone_number],
            name=gettext("Test"),
            submission_token=self.token("test"),
        )

    def shown_values(self) -> Mapping[str, str]:
        """What stands for the placeholders on the phone beside the form."""
        return {}

    def add_problems(self, problems: Sequence[Problem]) -> None:
        """Say what the command's own rules found, at the fields where it was found."""
        for problem in problems:
            name = FIELD_OF_PROBLEM.get(problem.field, problem.field)
            self.add_error(name if name in self.fields else None, str(problem.message))


def ids_in(values: Iterable[str]) -> list[int]:
    """The values that can be ids of rows; whatever else a browser sent is left out."""
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]
