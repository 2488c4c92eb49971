"""What a request was made of: its file, or the condition of a tag request, and the values all share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, ngettext

from console.accounts.scoping import Scope
from console.formatting import group_number
from messaging.admin.deliveries.shown import may_read_shared
from messaging.audience.conditions import Condition, WrongCondition, describe, parse_condition, tags_in
from messaging.models import RecipientFile, SendRequest, Tag
from messaging.recipients.problems import fault_sentence
from messaging.recipients.results import CheckResult
from messaging.sending.texts import is_programs
from messaging.states import DeliveryKind


@dataclass(frozen=True)
class Value:
    """What stands for a placeholder in every text of the request."""

    key: str
    value: str


def conditions_in_words(requests: Iterable[SendRequest]) -> dict[UUID, str]:
    """The condition of each tag request by its id, with the names that tags have now. One query for all."""
    read = {request: condition_of(request) for request in requests}
    conditions = {request.pk: condition for request, condition in read.items() if condition is not None}
    if not conditions:
        return {}
    wanted = set().union(*map(tags_in, conditions.values()))
    tags = Tag.objects.filter(pk__in=wanted, project__in={request.project_id for request in read})
    names = dict(tags.values_list("pk", "name"))
    return {pk: describe(condition, names) for pk, condition in conditions.items()}


def condition_of(request: SendRequest) -> Condition | None:
    """The condition of a tag request; None for any other."""
    if request.kind != DeliveryKind.TAG:
        return None
    try:
        return parse_condition(request.tag_condition)
    except WrongCondition:
        return None


def shared_values_of(request: SendRequest, scope: Scope) -> list[Value]:
    """The values that are the same for all; none for those who may not read them. A program's are its text,
    which is shown as that.
    """
    if not request.shared_values or is_programs(request) or not may_read_shared(request, scope):
        return []
    return [Value(*pair) for pair in zip(request.placeholders, request.shared_values, strict=False)]


def file_summary(file: RecipientFile | None) -> dict[str, Any] | None:
    """The recipient file's name and what the check of its rows found, as lines."""
    if file is None:
        return None
    try:
        result = CheckResult.from_json(file.result or {})
    except ValueError:
        return {"name": file.original_name, "lines": []}
    counts = [(fault_sentence(code, {}), n) for code, n in result.problems.items()]
    if result.duplicates:
        counts.append((gettext("Number that was in the file before."), result.duplicates))
    read = ngettext("%(n)s row read", "%(n)s rows read", result.total_rows) % {
        "n": group_number(result.total_rows)
    }
    return {"name": file.original_name, "read": read, "left_out": counts, "repaired": result.repaired}
