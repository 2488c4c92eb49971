from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class NumberLimit(models.Model):
    """How many sender numbers a person may have, where an administrator raised it, and why."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="number_limit",
        verbose_name=_("person"),
    )
    most = models.PositiveIntegerField(_("sender numbers at most"))
    reason = models.TextField(_("reason"))
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("set by")
    )
    set_at = models.DateTimeField(_("set"))

    class Meta:
        verbose_name = _("limit of sender numbers")
        verbose_name_plural = _("limits of sender numbers")

    def __str__(self) -> str:
        return f"{self.user} · {self.most}"
