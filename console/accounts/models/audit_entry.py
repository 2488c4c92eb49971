from typing import Any

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.accounts.models.organization import Project
from console.accounts.sentences import Named, words_of

# By model label: the way from an object to its project, where that is not its field `project`.
PATH_TO_PROJECT: dict[str, str] = {}


class AuditEntryManager(LogEntryManager):
    """Knows whose project an object belongs to, and its name in no language."""

    def log_create(self, instance: Model, force_log: bool = False, **kwargs: Any) -> Any:
        if "project_id" not in kwargs:
            kwargs["project_id"] = project_id_of(instance)
        return super().log_create(instance, force_log, **{**naming_of(instance), **kwargs})


def naming_of(instance: Model) -> dict[str, Any]:
    """What an entry keeps of the object's name, where it is more than data: the same in every language."""
    if not isinstance(instance, Named):
        return {}
    try:
        name = instance.trail_name()
    except ObjectDoesNotExist:  # it is deleted with what it is named after
        return {}
    return {"object_repr": name.neutral(), "additional_data": {"named": name.stored()}}


def project_id_of(instance: Model) -> int | None:
    """The project that the object belongs to, or None where it is the platform's or an organization's."""
    if isinstance(instance, Project):
        return instance.pk
    found: Any = instance
    for step in PATH_TO_PROJECT.get(instance._meta.label, "project_id").split("."):
        found = getattr(found, step, None)
    return found if isinstance(found, int) else None


class AuditEntry(AbstractLogEntry):
    """One line of the audit trail: who did, or saw, what to which object, when, and from where.

    Written once: a trigger refuses every UPDATE, and a DELETE of what is younger than two years. So nothing
    that it names is a foreign key that would have to be emptied when the object goes.

    `additional_data` holds what was done as a sentence (`console.accounts.sentences`): its key and its values
    as {"said": …}, or as {"what": …} the words of whoever wrote it. {"named": …} is the object's name as a
    sentence, where it holds words; `object_repr` then has it in the language of the source, for the search.
    `once`: of a reading that is noted once an hour, what makes it the same; the second is not written.
    """

    class Action(models.IntegerChoices):
        CREATE = 0, _("Created")
        UPDATE = 1, pgettext_lazy("audit", "Changed")
        DELETE = 2, _("Deleted")
        ACCESS = 3, _("Looked at")
        DOWNLOAD = 4, _("Downloaded")
        DEED = 5, pgettext_lazy("audit", "Done")
        SIGN_IN = 10, _("Signed in")
        SIGN_OUT = 11, _("Signed out")
        SIGN_IN_FAILED = 12, _("Failed to sign in")
        LOCKED_OUT = 13, _("Locked out")

    id = models.BigAutoField(primary_key=True)
    content_type = models.ForeignKey(
        ContentType,
        on_delete=models.DO_NOTHING,
        db_index=False,
        related_name="+",
        verbose_name=_("object type"),
    )
    object_pk = models.CharField(_("object"), max_length=255)
    object_id = models.BigIntegerField(null=True, blank=True)
    action = models.PositiveSmallIntegerField(_("what"), choices=Action.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    cid = models.CharField(max_length=255, null=True, blank=True)
    timestamp = models.DateTimeField(_("when"), default=timezone.now)
    actor_name = models.CharField(_("user name"), max_length=150, blank=True)
    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("project"),
    )
    once = models.CharField(max_length=120, null=True, blank=True, unique=True)

    objects = AuditEntryManager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        get_latest_by = "id"
        indexes = [
            models.Index(fields=["project", "-id"], name="audit_project"),
            models.Index(fields=["project", "action", "-id"], name="audit_project_action"),
            models.Index(fields=["project", "actor", "-id"], name="audit_project_actor"),
            models.Index(fields=["project", "content_type", "-id"], name="audit_project_type"),
            models.Index(fields=["project", "remote_addr", "-id"], name="audit_project_address"),
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["content_type", "object_pk", "-id"], name="audit_object"),
            models.Index(fields=["content_type", "-id"], name="audit_type"),
            models.Index(fields=["remote_addr", "-id"], name="audit_address"),
            models.Index(fields=["timestamp"], name="audit_time"),
        ]

    def name(self) -> str:
        """What the object was called, in the language that is active."""
        noted = self.additional_data or {}
        return words_of(noted["named"]) if "named" in noted else self.object_repr

    def said(self, *, may_read: bool = False) -> str:
        """What was done, in the language that is active; "" where the changed fields say it.

        `may_read`: phone numbers are not masked.
        """
        noted = self.additional_data or {}
        if "said" in noted:
            return words_of(noted["said"], may_read=may_read)
        return str(noted.get("what", ""))

    def __str__(self) -> str:
        return f"{self.timestamp:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.get_action_display()}"
