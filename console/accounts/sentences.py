"""What the audit trail says was done: written as a key with values, read in the language of the reader.

A sentence is declared once, beside what it is about, and filled in where it happens:

    DELETED = sentence("uids_deleted", ngettext_lazy("%(n)s UID deleted.", "%(n)s UIDs deleted.", "n"))
    record_deed(..., what=DELETED(n=3))

The key stays for ever; the words may be mended. A value is a text, a whole number (written with separators;
it chooses the plural where the words name it), a moment, a `Phone`, a `Choice`, another filled-in sentence,
or a list. An object whose name holds words, not data alone, says it as a sentence too: see `Named`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import override

from console.formatting import absolute_time, group_number, group_phone_number, mask_phone_number

SENTENCES: dict[str, "Sentence"] = {}


@dataclass(frozen=True)
class Phone:
    """A phone number in a sentence: masked for a reader who may not see it."""

    number: str


@dataclass(frozen=True)
class Choice:
    """What a field of a model holds, read by its label: `field` as "accounts.Membership.role"."""

    field: str
    value: str


class Grouped(int):
    """A number that chooses a plural as it is and is written with separators."""

    def __str__(self) -> str:
        return group_number(int(self))


@dataclass(frozen=True)
class Said:
    """A sentence with its values."""

    key: str
    values: Mapping[str, Any]

    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"key": self.key, "values": {name: _stored(value) for name, value in self.values.items()}}

    def words(self, *, may_read: bool = False) -> str:
        """In the language that is active. `may_read`: phone numbers are not masked."""
        return words_of(self.stored(), may_read=may_read)

    def neutral(self) -> str:
        """In the language of the source, whoever writes it down."""
        with override(None):
            return self.words()


@runtime_checkable
class Named(Protocol):
    """An object whose name is read in the language of the reader, such as one with a role in it."""

    def trail_name(self) -> Said: ...


@dataclass(frozen=True)
class Sentence:
    """A key and its words: lazily translated, with a named place for each value."""

    key: str
    words: Any

    def __call__(self, **values: Any) -> Said:
        return Said(self.key, values)


def sentence(key: str, words: Any) -> Sentence:
    """Declare a sentence. Raises ValueError where the key is taken by another."""
    declared = Sentence(key, words)
    if SENTENCES.setdefault(key, declared) is not declared:
        raise ValueError(f"Two sentences have the key {key!r}.")
    return declared


def words_of(stored: Mapping[str, Any], *, may_read: bool = False) -> str:
    """What was stored, in the language that is active; a sentence that is gone shows its key and values."""
    values = {name: _read(value, may_read) for name, value in stored["values"].items()}
    declared = SENTENCES.get(stored["key"])
    if declared is None:
        return " ".join([stored["key"], *(f"{name}={value}" for name, value in values.items())])
    return str(declared.words % values)


def _stored(value: Any) -> Any:
    if isinstance(value, Said):
        return value.stored()
    if isinstance(value, Phone):
        return {"phone": value.number}
    if isinstance(value, Choice):
        return {"choice": value.field, "value": value.value}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, list | tuple):
        return [_stored(each) for each in value]
    return value if isinstance(value, int) else str(value)


def _read(value: Any, may_read: bool) -> Any:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return Grouped(value)
    if isinstance(value, list):
        return ", ".join(str(_read(each, may_read)) for each in value)
    if not isinstance(value, dict):
        return value
    if "phone" in value:
        return (group_phone_number if may_read else mask_phone_number)(value["phone"])
    if "at" in value:
        return absolute_time(datetime.fromisoformat(value["at"]))
    if "choice" in value:
        return _label(value["choice"], value["value"])
    return words_of(value, may_read=may_read)


def _label(place: str, value: str) -> str:
    """The label of what the field holds; the value where the field, or the choice, is gone."""
    model, _dot, name = place.rpartition(".")
    try:
        field: Any = apps.get_model(model)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return value
    return str(dict(field.flatchoices).get(value, value))
