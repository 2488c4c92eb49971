"""The audit trail: who changed what, who looked at or took away what, who signed in.

Changes of registered models are noted by django-auditlog; looks by `record_access` and `record_reading`, what
is taken away by `record_download`, what is done to many rows at once or outside a model by `record_deed`.
What is said is a sentence of `console.accounts.sentences`, read in the language of the reader. Passwords and
secrets are never written down, only that they changed. Nothing is written twice or changed afterwards
(docs/adr/0017).
"""

from typing import Any

from auditlog.context import auditlog_value
from auditlog.registry import auditlog
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from console.accounts.middleware import client_address
from console.accounts.models import AccessKey, AuditEntry, Membership, Organization, Project, User
from console.accounts.models.audit_entry import PATH_TO_PROJECT, naming_of
from console.accounts.sentences import Phone, Said

CENSOR = "console.accounts.audit.censored"


def censored(value: str) -> str:
    """What the trail shows instead of a secret."""
    return "***"


def watch(model: type[Model], *, project: str = "", **options: Any) -> None:
    """Have the changes of the model noted. `project`: the way to its project's id, where that is not its
    field ("template.project_id"). The options are auditlog's.
    """
    if project:
        PATH_TO_PROJECT[model._meta.label] = project
    auditlog.register(model, **options)


def register_models() -> None:
    """Have the changes of the accounts' models noted. Called once, when the app is ready."""
    for model in (Organization, Project, Membership):
        watch(model)
    watch(User, exclude_fields=["last_login"], mask_fields=["password"], mask_callable=CENSOR)
    secrets = ["secret", "previous_secret"]
    watch(AccessKey, exclude_fields=["last_used_at"], mask_fields=secrets, mask_callable=CENSOR)


Words = Said | str


def record_access(
    *, actor: User, obj: Model, project: Project | None, what: Words, request: HttpRequest | None = None
) -> AuditEntry:
    """Note that the person looked at the object. `what` says what was seen."""
    return _record(AuditEntry.Action.ACCESS, actor, obj, project, what, request)


def record_download(
    *, actor: User, obj: Model, project: Project | None, what: Words, request: HttpRequest | None = None
) -> AuditEntry:
    """Note that the person took something away. `what` says what, and how many rows of it."""
    return _record(AuditEntry.Action.DOWNLOAD, actor, obj, project, what, request)


def record_deed(
    *,
    actor: User | None,
    obj: Model,
    project: Project | None,
    what: Words,
    request: HttpRequest | None = None,
    deletes: bool = False,
) -> AuditEntry:
    """Note that the person did something that no changed row tells: to many rows at once, or elsewhere."""
    action = AuditEntry.Action.DELETE if deletes else AuditEntry.Action.DEED
    return _record(action, actor, obj, project, what, request)


def record_event(
    action: AuditEntry.Action,
    *,
    user: User,
    actor: User | None = None,
    what: Words = "",
    request: HttpRequest | None = None,
) -> AuditEntry:
    """Note what happened to a person’s account: a sign-in, a lock. `actor` None: nobody known did it."""
    return _record(action, actor, user, None, what, request)


def record_reading(*, actor: User, obj: Model, project: Project, what: Said) -> None:
    """Note that the person reads personal data unmasked: once an hour for a person, an object and a sentence.

    Of two that open it at once, one writes.
    """
    kind = ContentType.objects.get_for_model(obj).pk
    numbers = "".join(f":{value.number}" for value in what.values.values() if isinstance(value, Phone))
    hour = f"{timezone.now():%Y%m%d%H}"
    once = f"{actor.pk}:{kind}:{obj.pk}:{what.key}{numbers}"[:105] + f":{hour}"
    if cache.get(f"read:{once}"):
        return
    entry = AuditEntry(once=once, **_fields(AuditEntry.Action.ACCESS, actor, obj, project, what))
    AuditEntry.objects.bulk_create([_from_here(entry)], ignore_conflicts=True)
    cache.set(f"read:{once}", 1, timeout=3600)


def _record(
    action: int,
    actor: User | None,
    obj: Model,
    project: Project | None,
    what: Words,
    request: HttpRequest | None,
) -> AuditEntry:
    fields = _fields(action, actor, obj, project, what)
    entry = _from_here(AuditEntry(**fields))
    if request is not None:
        entry.remote_addr = client_address(request)
    entry.save(force_insert=True)
    return entry


def _fields(
    action: int, actor: User | None, obj: Model, project: Project | None, what: Words
) -> dict[str, Any]:
    naming = naming_of(obj)
    said = {"said": what.stored()} if isinstance(what, Said) else {"what": str(what)}
    return {
        "action": action,
        "actor": actor,
        "actor_name": actor.username if actor else "",
        "content_type": ContentType.objects.get_for_model(obj),
        "object_pk": str(obj.pk),
        "object_id": obj.pk if isinstance(obj.pk, int) else None,
        "object_repr": naming.get("object_repr") or str(obj),
        "project_id": project.pk if project else None,
        "additional_data": naming.get("additional_data", {}) | said,
    }


def _from_here(entry: AuditEntry) -> AuditEntry:
    """The entry with the address that the request at work comes from."""
    entry.remote_addr = auditlog_value.get({}).get("remote_addr")
    return entry
