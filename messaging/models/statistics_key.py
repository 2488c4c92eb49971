from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project

STATS_ID_LENGTH = 16


def new_stats_id() -> str:
    return get_random_string(STATS_ID_LENGTH)


class StatisticsKey(models.Model):
    """An event key, by which statistics are grouped. Programs name it by its `stats_id`.

    It is active, and may be chosen for a send, from `starts_at` until `ends_at` (not included); before and
    after it is not. While it is active `ends_at` may be moved. Its statistics hold the requests made while it
    was active, with all that became of them.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="statistics_keys", verbose_name=_("project")
    )
    stats_id = models.CharField("statsId", max_length=32, unique=True, default=new_stats_id, editable=False)
    name = models.CharField(_("name"), max_length=50)
    description = models.CharField(_("description"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("collects from"))
    ends_at = models.DateTimeField(_("until"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("registered by"),
    )
    created_at = models.DateTimeField(_("registered"), auto_now_add=True)

    class Meta:
        verbose_name = _("event key")
        verbose_name_plural = _("event keys")
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="statistics_key_once"),
            models.CheckConstraint(
                name="statistics_key_period", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_active(self, at: datetime | None = None) -> bool:
        return self.starts_at <= (at or timezone.now()) < self.ends_at
