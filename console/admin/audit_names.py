"""The objects that entries of the audit trail lead to, by name, in a query or two for each sort of them.

An entry keeps the number of what a field led to. Who reads the trail of a project is told the names of people
and of what is the project's own; of anything else they see the number, as it may be another company's.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from console.accounts.models import AuditEntry, Organization, Project, User
from console.accounts.models.audit_entry import project_id_of

# By model and number as the trail writes it.
Names = Mapping[tuple[Any, str], str]


def names_in(entries: Iterable[AuditEntry], project: Project | None) -> Names:
    """The names of all that the fields of these entries led to. `project`: whose trail is read; None: all.

    What is gone is called as the trail last called it.
    """
    asked: dict[type[Model], set[str]] = defaultdict(set)
    for entry in entries:
        for model, pk in _led_to(entry):
            asked[model].add(pk)
    return {
        (model, pk): name
        for model, pks in asked.items()
        for pk, name in _names_of(model, sorted(pks), project)
    }


def field_of(model: type[Model] | None, name: str) -> Any:
    """The model's field of that name, or None where there is none any more."""
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _led_to(entry: AuditEntry) -> Iterator[tuple[type[Model], str]]:
    model = ContentType.objects.get_for_id(entry.content_type_id).model_class()
    for name, noted in (entry.changes or {}).items():
        field = field_of(model, name)
        if getattr(field, "concrete", False) and field.related_model and isinstance(noted, list):
            yield from ((field.related_model, str(value)) for value in noted if _is_number(value))


def _is_number(value: Any) -> bool:
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) < 19


def _names_of(model: type[Model], pks: list[str], project: Project | None) -> Iterator[tuple[str, str]]:
    related = [field.name for field in model._meta.fields if field.many_to_one]
    there = model._default_manager.select_related(*related).filter(pk__in=pks)
    found = {str(each.pk): each for each in there}
    yield from ((pk, str(each)) for pk, each in found.items() if _may_be_named(each, project))
    if gone := [pk for pk in pks if pk not in found]:
        yield from _names_of_gone(model, gone, project)


def _may_be_named(found: Model, project: Project | None) -> bool:
    if project is None or isinstance(found, User):
        return True
    if isinstance(found, Organization):
        return found.pk == project.organization_id
    return project_id_of(found) == project.pk


def _names_of_gone(model: type[Model], pks: list[str], project: Project | None) -> Iterator[tuple[str, str]]:
    kind = ContentType.objects.get_for_model(model)
    entries = AuditEntry.objects.filter(content_type=kind, object_pk__in=pks)
    if project is not None:
        entries = entries.filter(project=project)
    for entry in entries.order_by("object_pk", "-id").distinct("object_pk"):
        yield entry.object_pk, entry.name()
