from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project


class Attachment(models.Model):
    """A picture of an MMS: a JPEG within the limits, without metadata, in private storage.

    `size` is in bytes, `width` and `height` in pixels. Kept seven days past its last use. `public_id` is what
    programs call it; `uploaded_size` the bytes that a program uploaded, before it was drawn anew.
    """

    public_id = models.UUIDField(unique=True, editable=False, db_default=RandomUUID())

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("project")
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    name = models.CharField(_("file name"), max_length=255)
    storage_name = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("size"))
    uploaded_size = models.PositiveIntegerField(null=True, blank=True, editable=False)
    width = models.PositiveSmallIntegerField(_("width"))
    height = models.PositiveSmallIntegerField(_("height"))
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [
            # A file of the same name and size is the same file, for the API that says so.
            models.Index(
                fields=["project", "name", "uploaded_size", "-created_at"],
                name="attachment_of_program",
                condition=models.Q(uploaded_size__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name
