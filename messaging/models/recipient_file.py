import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.states import FileState, MessageType


class RecipientFile(models.Model):
    """A spreadsheet of recipients, as it was uploaded, and what the check of its rows found.

    ```
    UPLOADED (Waiting) ─► CHECKING ─► CHECKED
         └────────────────┴─────────► REFUSED   (one clear sentence: `problem_code`, `problem_params`)
    ```
    A child process reads it; it writes the rows that can be sent to `staging_name`, ready for COPY, and every
    row that cannot to `problems_name`. A check is for one text: `keys`, `message_type`, `body`, `subject`,
    and `replaces_characters`: whether those that cannot be sent become `?`.
    `result` is `messaging.recipients.validation.CheckResult` as JSON. A stale `lease_until` is checked again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="recipient_files", verbose_name=_("project")
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    original_name = models.CharField(_("file name"), max_length=255)
    storage_name = models.CharField(max_length=200)
    staging_name = models.CharField(max_length=200, blank=True)
    problems_name = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=12, choices=FileState.choices, default=FileState.UPLOADED)
    message_type = models.CharField(max_length=3, choices=MessageType.choices)
    subject = models.TextField(blank=True)
    body = models.TextField(blank=True)
    keys = ArrayField(models.TextField(), default=list)
    replaces_characters = models.BooleanField(default=False)
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    fraction_read = models.FloatField(_("part read"), default=0)
    result = models.JSONField(null=True, blank=True)
    problem_code = models.CharField(max_length=40, blank=True)
    problem_params = models.JSONField(default=dict, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)

    class Meta:
        verbose_name = _("recipient file")
        verbose_name_plural = _("recipient files")
        indexes = [
            models.Index(
                fields=["created_at"],
                name="recipient_file_to_check",
                condition=models.Q(state__in=["UPLOADED", "CHECKING"]),
            ),
        ]

    def __str__(self) -> str:
        return self.original_name
