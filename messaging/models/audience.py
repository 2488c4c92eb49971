import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.states import ContactKind, ImportState


class Uid(models.Model):
    """A person of the audience, by the identifier of the project's own system. Shared by all channels.

    `uid` is compared byte by byte, so that its index also finds all that begin alike.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="uids", db_index=False, verbose_name=_("project")
    )
    uid = models.CharField(_("UID"), max_length=100, db_collation="C")
    created_at = models.DateTimeField(_("registered"))

    class Meta:
        verbose_name = _("UID")
        verbose_name_plural = _("UIDs")
        constraints = [models.UniqueConstraint(fields=["project", "uid"], name="uid_once")]
        indexes = [models.Index(fields=["project", "-id"], name="uid_newest")]

    def __str__(self) -> str:
        return self.uid


class Contact(models.Model):
    """Where a UID can be reached: a phone number, an email address or a push token.

    `value` of a phone is digits as dialled at home for country 82, without the country code elsewhere;
    `country_code` is 0 for what is no phone. `project` is that of the UID, which the database checks;
    checking it once more for every contact would make the saving of a file much slower.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("project"),
    )
    uid = models.ForeignKey(
        Uid, on_delete=models.CASCADE, related_name="contacts", db_index=False, verbose_name=_("UID")
    )
    kind = models.CharField(_("kind"), max_length=5, choices=ContactKind.choices)
    country_code = models.PositiveSmallIntegerField(_("country"), default=0)
    value = models.CharField(_("contact"), max_length=400)
    created_at = models.DateTimeField(_("registered"))

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["uid", "kind", "country_code", "value"], name="contact_once")
        ]
        indexes = [models.Index(fields=["project", "value"], name="contact_by_value")]

    def __str__(self) -> str:
        return self.value


class Tag(models.Model):
    """A name that classifies UIDs; a UID may have many."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="tags", db_index=False, verbose_name=_("project")
    )
    name = models.CharField(_("name"), max_length=50)
    created_at = models.DateTimeField(_("registered"), auto_now_add=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="tag_once")]

    def __str__(self) -> str:
        return self.name


class TaggedUid(models.Model):
    """That a UID has a tag."""

    id = models.BigAutoField(primary_key=True)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged", db_index=False)
    uid = models.ForeignKey(Uid, on_delete=models.CASCADE, related_name="tagged")
    created_at = models.DateTimeField(_("tagged"))

    class Meta:
        verbose_name = _("tagged UID")
        verbose_name_plural = _("tagged UIDs")
        constraints = [models.UniqueConstraint(fields=["tag", "uid"], name="tagged_uid_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} · {self.uid_id}"


class UidImport(models.Model):
    """An uploaded file of `uid,phoneNumber` rows, from its upload until its UIDs and contacts are saved.

    ```
    UPLOADED ─► CHECKING ─► CHECKED ─► SAVING ─► SAVED
        └──────────┴─► REFUSED ◄───────┘ (its rows are lost)
    ```
    CHECKED: read in a child process, and nothing is saved until a person says so. `result` is what
    `messaging.audience.importing.Outcome` writes: what the file holds, how much of it is new, what was saved.
    REFUSED: `problem_code` and `problem_params` say why. SAVING goes on at row `rows_read` of those that can
    be saved, in steps of one transaction each. `tag_ids` are put on every UID of the file when it is saved.
    `size` is in bytes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="uid_imports", verbose_name=_("project")
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    original_name = models.CharField(_("file name"), max_length=255)
    storage_name = models.CharField(max_length=200, blank=True)
    staging_name = models.CharField(max_length=200, blank=True)
    problems_name = models.CharField(max_length=200, blank=True)
    size = models.BigIntegerField(_("size"))
    tag_ids = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("tags"))
    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    result = models.JSONField(null=True, blank=True)
    problem_code = models.CharField(max_length=40, blank=True)
    problem_params = models.JSONField(default=dict, blank=True)
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    fraction_read = models.FloatField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    saved_at = models.DateTimeField(_("saved"), null=True, blank=True)

    class Meta:
        verbose_name = _("UID file")
        verbose_name_plural = _("UID files")
        indexes = [
            models.Index(
                fields=["lease_until"],
                name="uid_import_in_motion",
                condition=models.Q(state__in=["UPLOADED", "CHECKING", "SAVING"]),
            ),
        ]

    def __str__(self) -> str:
        return self.original_name
