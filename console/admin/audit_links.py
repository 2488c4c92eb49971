"""From an entry of the audit trail to the page of its object, where it is and the person may open it."""

from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.urls import reverse

from console.accounts.models import AuditEntry, Membership, Organization, Project, User
from messaging.models import (
    Category,
    Message,
    RecipientFile,
    SendRequest,
    StatisticsKey,
    Tag,
    Template,
    Uid,
    UidImport,
)
from senders.models import Document, SenderNumber


class Link(NamedTuple):
    """Where an object's page is. `is_platform`: the page is the administrators', else the members'.

    Without a name the object has no page of its own.
    """

    name: str = ""
    is_platform: bool = False


LINKS: dict[type[Model], Link] = {
    Organization: Link("accounts_organization_change", is_platform=True),
    Project: Link("accounts_project_change", is_platform=True),
    User: Link("accounts_user_change", is_platform=True),
    Membership: Link("accounts_membership_change"),
    SendRequest: Link("delivery_request"),
    Message: Link("delivery_message"),
    RecipientFile: Link(),
    Template: Link("template"),
    Category: Link("template_category_change"),
    Uid: Link("audience_uid"),
    Tag: Link("audience_tag"),
    UidImport: Link("audience_import_file"),
    StatisticsKey: Link("statistics_key"),
    SenderNumber: Link("senders_number"),
    Document: Link("senders_document"),
}


def link_to(entry: AuditEntry, project: Project | None) -> str:
    """The address of the object's page, or "". `project`: whose trail it is; None: the platform's."""
    model = ContentType.objects.get_for_id(entry.content_type_id).model_class()
    link = LINKS.get(model, Link()) if model is not None else Link()
    if model is None or not link.name or link.is_platform != (project is None):
        return ""
    return reverse(f"admin:{link.name}", args=[entry.object_pk]) if _is_there(model, entry.object_pk) else ""


def _is_there(model: Any, pk: str) -> bool:
    try:
        return bool(model._default_manager.filter(pk=pk).exists())
    except (ValueError, ValidationError):
        return False
