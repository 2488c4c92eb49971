"""Choosing a template on a send page: finding one among many, and what it fills in.

Beside the steps of every send page, its form is posted with
templates      the templates that `template_search` finds
template:<id>  fills the template in; without an id the text stays and the template is let go
restore        gives back what the template replaced
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import QueryDict

from console.accounts.models import Project
from messaging.admin.forms.base import ids_in
from messaging.admin.forms.compose import FILLED, ComposeForm
from messaging.library.categories import category_tree
from messaging.library.templates import current_version, current_versions
from messaging.models import TemplateVersion
from messaging.states import MessageType

SHOWN = 40
Shelf = tuple[str, list["Choice"]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A template that may be chosen. `path`: its category and those above, "" for none."""

    pk: int
    name: str
    path: str
    type: str
    keys: list[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the first templates by category, how many more there are, and of how many."""

    shelves: list[Shelf]
    more: int
    total: int


def find_templates(project: Project, written: str) -> Found:
    """The templates whose name or category holds every word that was written."""
    words = written.casefold().split()
    choices = list(_choices(project))
    found = [each for each in choices if all(word in f"{each.path} {each.name}".casefold() for word in words)]
    shelves = [(path, list(group)) for path, group in groupby(found[:SHOWN], lambda each: each.path)]
    return Found(shelves, max(0, len(found) - SHOWN), len(choices))


def _choices(project: Project) -> Iterator[Choice]:
    paths = {node.category.pk: node.path for node in category_tree(project)}
    names = ("template_id", "template__name", "template__category_id", "message_type", "placeholders")
    for pk, name, category, message_type, keys in current_versions(project).values_list(*names):
        yield Choice(pk, name, paths.get(category, ""), str(MessageType(message_type).label), keys)


def has_templates(project: Project) -> bool:
    return project.templates.filter(deleted_at=None).exists()


# --- filling in ----------------------------------------------------------------------------------


def chosen_template(project: Project, written: str) -> TemplateVersion | None:
    """The newest version of the project's template with this id, as it was written."""
    ids = ids_in([written])
    return current_version(project, ids[0]) if ids else None


def with_template(form: ComposeForm, version: TemplateVersion) -> QueryDict:
    """What the form holds, filled in from the template. What somebody had written is remembered."""
    data = form.held()
    if form.has_own_text:
        data["replaced"] = json.dumps({name: form.raw(name) for name in FILLED}, ensure_ascii=False)
    data["template"], data["template_version"] = str(version.template_id), str(version.number)
    data["message_type"], data["body"], data["subject"] = version.message_type, version.body, version.subject
    data.setlist("attachments", [str(pk) for pk in version.attachment_ids])
    _choose(form, data, "purpose", version.purpose)
    _choose(form, data, "sender", version.sender)
    return data


def _choose(form: ComposeForm, data: QueryDict, name: str, value: str) -> None:
    """Choose it where the form offers it."""
    if value in dict(form.fields[name].choices):  # type: ignore[attr-defined]
        data[name] = value


def without_template(form: ComposeForm) -> QueryDict:
    """What the form holds, no longer tied to a template."""
    data = form.held()
    data["template"] = data["template_version"] = ""
    return data


def restored(form: ComposeForm) -> QueryDict:
    """What the form holds, with what the last template replaced."""
    data = form.held()
    for name, value in form.replaced_fields.items():
        data[name] = value
    data["replaced"] = ""
    return data


def template_context(form: Any) -> dict[str, Any]:
    """What the page says about the template that the text was taken from."""
    version: TemplateVersion | None = form.taken_version
    context: dict[str, Any] = {
        "taken": version,
        "newest": form.newest_version,
        "is_template_changed": form.is_changed,
        "has_newer_version": form.has_newer_version,
        "is_template_gone": form.lacks_template,
        "may_restore": bool(form.replaced_fields),
    }
    if version is not None:
        senders = dict(form.fields["sender"].choices)
        context["lost_sender"] = version.sender if version.sender and version.sender not in senders else ""
    return context
