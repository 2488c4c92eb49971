from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.accounts.encryption import EncryptedTextField
from console.accounts.models import Project
from console.choices import ColouredChoices
from messaging.models.changed import Changed


class BackupFormat(models.TextChoices):
    """What a backup file is written as; each is compressed with gzip."""

    CSV = "CSV", _("CSV")
    JSON_LINES = "JSONL", _("JSON lines")


class BackupPlace(models.TextChoices):
    """Where backup files go."""

    FOLDER = "FOLDER", _("A folder on the console's machine")
    S3 = "S3", _("S3-compatible storage")


class BackupState(ColouredChoices):
    """How far the file of a day is."""

    WAITING = "WAITING", _("Waiting"), "grey"
    WRITING = "WRITING", _("Being written"), "blue"
    WRITTEN = "WRITTEN", _("Being read back"), "blue"
    VERIFIED = "VERIFIED", pgettext_lazy("file", "Verified"), "green"


BACKUP_MOVES: dict[str, frozenset[str]] = {
    BackupState.WAITING: frozenset({BackupState.WRITING}),
    BackupState.WRITING: frozenset({BackupState.WRITING, BackupState.WRITTEN, BackupState.WAITING}),
    BackupState.WRITTEN: frozenset({BackupState.WRITING, BackupState.VERIFIED, BackupState.WAITING}),
    BackupState.VERIFIED: frozenset(),
}


class BackupSettings(Changed):
    """Whether and where a project's history is written before it is dropped; no row means off.

    `folder` is a name below the project's own folder under `BONGSU_BACKUP_ROOT`. For S3: an empty `endpoint`
    is Amazon's, in `region`; `prefix` stands before the names of files.
    """

    project = models.OneToOneField(
        Project,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="backup_settings",
        verbose_name=_("project"),
    )
    is_on = models.BooleanField(_("back up history"), default=False)
    file_format = models.CharField(
        _("file type"), max_length=5, choices=BackupFormat.choices, default=BackupFormat.CSV
    )
    place = models.CharField(
        _("storage"), max_length=6, choices=BackupPlace.choices, default=BackupPlace.FOLDER
    )
    folder = models.CharField(_("folder"), max_length=40, blank=True)
    endpoint = models.CharField(_("endpoint"), max_length=200, blank=True)
    region = models.CharField(_("region"), max_length=40, blank=True)
    bucket = models.CharField(_("bucket"), max_length=63, blank=True)
    prefix = models.CharField(_("folder in the bucket"), max_length=200, blank=True)
    access_key = models.CharField(_("access key"), max_length=128, blank=True)
    secret_key = EncryptedTextField(_("secret key"), blank=True)

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")

    def __str__(self) -> str:
        place = f"s3://{self.bucket}/{self.prefix}" if self.place == BackupPlace.S3 else f"/{self.folder}"
        return place if self.is_on else "–"


class BackupFile(models.Model):
    """The history of one project and one day (of the console's clock), as a file in the project's storage.

    ```
    WAITING ─► WRITING ─► WRITTEN ─► VERIFIED
       ▲          │  ▲       │  │
       └──────────┴──┼───────┘  │       (the storage failed: again from `not_before`)
                     └──────────┘       (its worker died: written anew)
    ```
    WRITTEN: the file is in the storage. VERIFIED: read back, it has `rows` rows, `size` bytes and `sha256`;
    only then may its day be dropped. `first_id` to `end_id` (exclusive) are the ids of the day. `location`
    says where it lies. `claimed_by` is a token, new with each claim, that holds until `lease_until`.
    `problem` is what the storage said last.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="backup_files", verbose_name=_("project")
    )
    day = models.DateField(_("day"))
    first_id = models.UUIDField()
    end_id = models.UUIDField()
    state = models.CharField(
        _("state"), max_length=8, choices=BackupState.choices, default=BackupState.WAITING
    )
    file_format = models.CharField(
        _("file type"), max_length=5, choices=BackupFormat.choices, default=BackupFormat.CSV
    )
    name = models.CharField(_("file"), max_length=120, blank=True)
    location = models.CharField(_("storage"), max_length=500, blank=True)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    problem = models.CharField(_("problem"), max_length=20, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    claimed_by = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(_("written"), null=True, blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)

    class Meta:
        verbose_name = _("backup file")
        verbose_name_plural = _("backup files")
        constraints = [models.UniqueConstraint(fields=["project", "day"], name="backup_file_once")]
        indexes = [
            models.Index(fields=["project", "-id"], name="backup_file_newest_first"),
            models.Index(
                fields=["day"], name="backup_file_open", condition=~models.Q(state=BackupState.VERIFIED)
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.day)


class RestoredDay(models.Model):
    """A day of a project's history that was read back from its file: shown, and kept until `keep_until`."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="restored_days", verbose_name=_("project")
    )
    day = models.DateField(_("day"))
    first_id = models.UUIDField()
    end_id = models.UUIDField()
    rows = models.PositiveBigIntegerField(_("rows"))
    restored_at = models.DateTimeField(_("restored"))
    keep_until = models.DateTimeField(_("kept until"))

    class Meta:
        verbose_name = _("restored day")
        verbose_name_plural = _("restored days")
        constraints = [models.UniqueConstraint(fields=["project", "day"], name="restored_day_once")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.day}"


class HistoryDrop(models.Model):
    """What was dropped when, for the people whose history it was.

    With a project: requests of the days `since` to `until` (inclusive) that were removed on one day, and how
    many messages they had. Without: the table of a month of messages, of every project; nothing is counted.
    """

    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("project"),
    )
    dropped_on = models.DateField(_("dropped"))
    dropped_at = models.DateTimeField(_("dropped"))
    since = models.DateField(pgettext_lazy("day", "from"))
    until = models.DateField(_("to"))
    requests = models.PositiveBigIntegerField(_("requests"), default=0)
    messages = models.PositiveBigIntegerField(_("messages"), default=0)

    class Meta:
        verbose_name = _("dropped history")
        verbose_name_plural = _("dropped history")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "dropped_on"],
                condition=models.Q(project__isnull=False),
                name="history_drop_once",
            ),
            models.UniqueConstraint(
                fields=["since"], condition=models.Q(project__isnull=True), name="month_drop_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.since} – {self.until}"
