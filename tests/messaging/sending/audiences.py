"""Audiences for tag sends."""

from collections.abc import Sequence
from typing import Any

from console.accounts.models import Project
from messaging.audience.conditions import Condition
from messaging.models import Tag
from messaging.states import DeliveryKind
from tests.factories import TagFactory, UidFactory


def tagged_numbers(project: Project, numbers: Sequence[str], **tag: Any) -> Tag:
    """A tag on a UID for each of the numbers, registered in their order."""
    uids = [UidFactory(project=project, numbers=[number]) for number in numbers]
    return TagFactory(project=project, uids=uids, **tag)


def to_tags(condition: Condition, **changes: Any) -> dict[str, Any]:
    """What makes a command a tag send."""
    return {"recipients": (), "kind": DeliveryKind.TAG, "tag_condition": condition, **changes}
