from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project


class Draft(models.Model):
    """What a person has typed and chosen on a page so far, so that no error, time-out or sign-in loses it.

    One a person, project and page. `fields` maps each form field to its list of values, as it was sent.
    `sent_nonce` is the page view that was sent last: what arrives from it later does not revive the draft.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)
    fields = models.JSONField(default=dict)
    sent_nonce = models.CharField(max_length=32, blank=True)
    updated_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.UniqueConstraint(fields=["user", "project", "page"], name="draft_once"),
        ]

    def __str__(self) -> str:
        return f"{self.page} · {self.user_id}"
