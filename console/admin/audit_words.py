"""An entry of the audit trail as a person reads it: fields by their labels, values in words, times here."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import Promise
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.accounts.models import AuditEntry, Project
from console.admin.audit_names import Names, field_of, names_in
from console.formatting import absolute_time, group_phone_number, mask_phone_number

# How the trail writes that a field holds nothing.
EMPTY = (None, "None", "", "[]", "{}")
# How it writes the rows that point here while there are none: "senders.Document.None".
NO_ROWS = re.compile(r"\w+\.\w+\.None")
# A value in a list, which the trail writes as "['A', 'B']".
ONE_OF_LIST = re.compile(r"[^\s,'\"\[\]]+")
# The names of fields whose models have no words for them.
LABELS = {
    "id": "ID",
    "created_by": gettext_lazy("made by"),
    "revoked_by": gettext_lazy("revoked by"),
    "account": gettext_lazy("carrier account"),
    "project": gettext_lazy("project"),
}
LONG = 160
IN_A_LINE = 60
FIELDS_IN_A_LINE = 4
COLOURS = {
    AuditEntry.Action.CREATE: "green",
    AuditEntry.Action.UPDATE: "blue",
    AuditEntry.Action.DELETE: "red",
    AuditEntry.Action.DEED: "blue",
    AuditEntry.Action.DOWNLOAD: "amber",
    AuditEntry.Action.SIGN_IN_FAILED: "amber",
    AuditEntry.Action.LOCKED_OUT: "red",
}


@dataclass(frozen=True)
class Change:
    """A field, and what it held before and after; "" is nothing."""

    label: str
    before: str
    after: str

    @property
    def is_long(self) -> bool:
        return max(len(self.before), len(self.after)) > LONG

    def in_full(self) -> str:
        """From what to what; the new value alone where there was none before."""
        if not self.before:
            return f"{self.label}: {self.after}"
        return f"{self.label}: {self.before} → {self.after or '–'}"

    def in_a_line(self) -> str:
        """The same, long values cut short."""
        before, after = (Truncator(each).chars(IN_A_LINE) for each in (self.before, self.after))
        return Change(self.label, before, after).in_full()


@dataclass(frozen=True)
class EntryView:
    """An entry with its words. `may_read`: the reader may see phone numbers.

    `names`: of the objects that it leads to; what is not in it shows its number.
    """

    entry: AuditEntry
    may_read: bool = False
    names: Names = field(default_factory=dict)

    @property
    def colour(self) -> str:
        return COLOURS.get(AuditEntry.Action(self.entry.action), "grey")

    @property
    def kind(self) -> str:
        """What sort of thing the object is."""
        kind = ContentType.objects.get_for_id(self.entry.content_type_id)
        model = kind.model_class()
        return capfirst(str(model._meta.verbose_name)) if model else kind.model

    @property
    def who(self) -> str:
        """The person by name and user name; by the user name alone where they are gone; "": the console."""
        actor = self.entry.actor if self.entry.actor_id else None
        if actor is None:
            return self.entry.actor_name
        name = str(actor)
        return name if name == actor.username else f"{name} ({actor.username})"

    @property
    def name(self) -> str:
        """What the object was called."""
        return self.entry.name()

    @property
    def changes(self) -> list[Change]:
        return changes_of(self.entry, self.names, may_read=self.may_read)

    @property
    def summary(self) -> str:
        """In one line: what was done or seen, or which fields changed from what to what."""
        if said := self.entry.said(may_read=self.may_read):
            return said
        changes = self.changes
        more = ["…"] if len(changes) > FIELDS_IN_A_LINE else []
        return ", ".join([*(each.in_a_line() for each in changes[:FIELDS_IN_A_LINE]), *more])


def views_of(
    entries: Iterable[AuditEntry], *, of_project: Project | None, may_read: bool = False
) -> list[EntryView]:
    """The entries with the names of what they lead to. `of_project`: whose trail is read; None: all."""
    some = list(entries)
    names = names_in(some, of_project)
    return [EntryView(each, may_read, names) for each in some]


def changes_of(entry: AuditEntry, names: Names, *, may_read: bool) -> list[Change]:
    """The fields that changed, without those that held nothing and hold nothing."""
    model = ContentType.objects.get_for_id(entry.content_type_id).model_class()
    found = (_change(model, name, noted, names, may_read) for name, noted in (entry.changes or {}).items())
    return [each for each in found if each.before or each.after]


def _change(model: type[models.Model] | None, name: str, noted: Any, names: Names, may_read: bool) -> Change:
    field = field_of(model, name)
    label = _label(field, name)
    if isinstance(noted, dict):  # of a relation to many: what came or went
        rows = ", ".join(map(str, noted.get("objects", [])))
        return Change(label, *((rows, "") if noted.get("operation") == "delete" else ("", rows)))
    before, *_between, after = [words_of_value(field, value, names, may_read=may_read) for value in noted]
    return Change(label, before, after)


def _label(field: Any, name: str) -> str:
    words = getattr(field, "verbose_name", name.replace("_", " "))
    return capfirst(str(words if isinstance(words, Promise) else LABELS.get(name, words)))


def words_of_value(field: Any, value: Any, names: Names, *, may_read: bool) -> str:
    """A stored value as it is read: the label of a choice, a moment here, a number as it is dialled."""
    if is_empty(value):
        return ""
    text = str(value)
    if (target := (getattr(field, "related_model", None), text)) in names:
        return names[target]
    choices = {str(key): label for key, label in getattr(field, "flatchoices", None) or []}
    if text in choices:
        return str(choices[text])
    if isinstance(field, models.BooleanField):
        return _("Yes") if text == "True" else _("No")
    if isinstance(field, models.DateTimeField):
        return _moment(text)
    if isinstance(field, models.JSONField):
        return _json(text)
    if isinstance(field, ArrayField):
        return _list(field.base_field, text)
    if "phone" in getattr(field, "name", "") or getattr(field, "name", "") == "recipient":
        return group_phone_number(text) if may_read else mask_phone_number(text)
    return text


def _list(field: Any, text: str) -> str:
    """The values of a list with commas between them, each by its label where it has one."""
    choices = {str(key): str(label) for key, label in field.flatchoices}
    return ", ".join(choices.get(each, each) for each in ONE_OF_LIST.findall(text))


def is_empty(value: Any) -> bool:
    return value in EMPTY or NO_ROWS.fullmatch(str(value)) is not None


def _moment(text: str) -> str:
    """The trail writes moments in UTC without saying so."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return absolute_time(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except ValueError:
        return text
