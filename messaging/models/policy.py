from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.models.changed import Changed
from messaging.states import HoursAction


class AdvertisingHours(Changed):
    """The hours, on the console's clock, in which a project sends no advertising; no row means off.

    From `starts_at` (18:00 to 21:00) to `ends_at` of the next morning (08:00 to 12:00, no longer included).
    """

    project = models.OneToOneField(
        Project,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="advertising_hours",
        verbose_name=_("project"),
    )
    is_on = models.BooleanField(_("limit the hours of advertising"), default=False)
    starts_at = models.TimeField(_("no advertising from"), default=time(21))
    ends_at = models.TimeField(_("until"), default=time(8))
    action = models.CharField(
        _("messages that are due then"),
        max_length=4,
        choices=HoursAction.choices,
        default=HoursAction.WAIT,
    )

    class Meta:
        verbose_name = _("advertising hours")
        verbose_name_plural = _("advertising hours")

    def __str__(self) -> str:
        return f"{self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


class CharacterSettings(Changed):
    """What becomes of characters that cannot be sent: refused, or `?`; no row means refused."""

    project = models.OneToOneField(
        Project,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="character_settings",
        verbose_name=_("project"),
    )
    replaces = models.BooleanField(_("replace unsendable characters with ?"), default=False)

    class Meta:
        verbose_name = _("unsendable characters")
        verbose_name_plural = _("unsendable characters")

    def __str__(self) -> str:
        return "?" if self.replaces else "–"


class DuplicateSettings(Changed):
    """Whether what was just sent is sent again: not within `minutes` (1 to 60); no row means off."""

    project = models.OneToOneField(
        Project,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="duplicate_settings",
        verbose_name=_("project"),
    )
    is_on = models.BooleanField(_("block repeated messages"), default=False)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=10, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )

    class Meta:
        verbose_name = _("repeated messages")
        verbose_name_plural = _("repeated messages")

    def __str__(self) -> str:
        return str(self.minutes) if self.is_on else "–"
