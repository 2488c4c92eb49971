from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from messaging.models.carrier import GatewayAccount


class ProcessKind(models.TextChoices):
    """What a process of ours does. Web processes answer for themselves: whoever asks hears one."""

    WORKER = "WORKER", _("Worker")
    BEAT = "BEAT", _("Beat")


class Pulse(models.Model):
    """A worker or beat that lives, as it said itself some seconds ago; one row a name.

    A name is one line of a `Procfile` on one machine. A process that takes the place of a killed one takes
    its row too, so a row that is not renewed is one that nothing took the place of.
    """

    name = models.CharField(_("name"), max_length=120, primary_key=True)
    kind = models.CharField(_("kind"), max_length=6, choices=ProcessKind.choices)
    queues = ArrayField(models.CharField(max_length=20), default=list, verbose_name=_("queues"))
    host = models.CharField(_("machine"), max_length=120)
    pid = models.PositiveIntegerField(_("process number"))
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("pulse")
        verbose_name_plural = _("pulses")

    def __str__(self) -> str:
        return self.name

    @property
    def short_name(self) -> str:
        """The name without its machine."""
        return self.name.partition("@")[0]


class QueuePulse(models.Model):
    """When a queue's bell was rung last, and when a worker last heard one and how long that had waited."""

    queue = models.CharField(pgettext_lazy("process", "queue"), max_length=20, primary_key=True)
    rung_at = models.DateTimeField(_("rung"))
    heard_at = models.DateTimeField(_("heard"), null=True, blank=True)
    waited_ms = models.PositiveIntegerField(_("waited, in milliseconds"), default=0)

    class Meta:
        verbose_name = _("pulse of a queue")
        verbose_name_plural = _("pulses of queues")

    def __str__(self) -> str:
        return self.queue


class CarrierHealth(models.Model):
    """What a carrier account answered last, for handing over and for fetching reports.

    Written by whoever talks to it, at most once some seconds, and at once where it changes from well to
    failing or back (`messaging.health.carriers`). What was said last holds.
    """

    account = models.OneToOneField(
        GatewayAccount,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="health",
        verbose_name=_("carrier account"),
    )
    taken_at = models.DateTimeField(_("took messages"), null=True, blank=True)
    refused_at = models.DateTimeField(_("could not be reached"), null=True, blank=True)
    refusal = models.CharField(_("what it said"), max_length=300, blank=True)
    reported_at = models.DateTimeField(_("gave reports"), null=True, blank=True)
    mute_at = models.DateTimeField(_("gave no reports"), null=True, blank=True)
    silence = models.CharField(_("what it said of reports"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("health of a carrier account")
        verbose_name_plural = _("health of carrier accounts")

    def __str__(self) -> str:
        return str(self.account_id)
