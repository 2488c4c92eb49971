from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.models.recipient_file import RecipientFile
from messaging.states import ImportState


class OptOutImport(models.Model):
    """The wish to enter the numbers of a checked file as opt-outs, at most one a file.

    ```
    SAVING ─► SAVED
       └────► REFUSED   (its rows were deleted before they were entered)
    ```
    Entered in steps, each one transaction that locks this row; `rows_saved` rows of the staging file are
    done, `added` of them were new. All of them refused at `created_at`, when the person said so.
    """

    file = models.OneToOneField(
        RecipientFile, on_delete=models.CASCADE, related_name="opt_out_import", verbose_name=_("file")
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", verbose_name=_("project")
    )
    line = models.ForeignKey(
        "senders.OptOutLine",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("080 line"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("entered by"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.SAVING
    )
    rows_saved = models.PositiveIntegerField(_("rows entered"), default=0)
    added = models.PositiveIntegerField(_("new"), default=0)
    created_at = models.DateTimeField(_("entered"))
    saved_at = models.DateTimeField(_("saved"), null=True, blank=True)

    class Meta:
        verbose_name = _("file of opt-outs")
        verbose_name_plural = _("files of opt-outs")
        indexes = [
            models.Index(
                fields=["created_at"], name="opt_out_import_saving", condition=models.Q(state="SAVING")
            ),
        ]

    def __str__(self) -> str:
        return str(self.file)
