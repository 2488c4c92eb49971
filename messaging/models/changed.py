from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Changed(models.Model):
    """What settings share: who changed them last, and when, which a form says that it saw."""

    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("changed by"),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True
