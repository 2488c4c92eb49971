from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.encryption import EncryptedTextField
from console.accounts.models import Project


class GatewayAccount(models.Model):
    """A configured way out: which gateway (code), with which settings (JSON, encrypted as they hold secrets).

    A message that has no report `report_wait_hours` after it was handed over becomes unknown; None: after the
    hours of its type (`messaging.sending.recovery`). `pause_reason`: why nothing goes out through it.
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    gateway = models.CharField(_("gateway"), max_length=20)
    settings = EncryptedTextField(_("settings"), default="{}")
    is_paused = models.BooleanField(_("paused"), default=False)
    pause_reason = models.CharField(_("reason of the pause"), max_length=200, blank=True)
    report_wait_hours = models.PositiveSmallIntegerField(
        _("hours to wait for a report"), null=True, blank=True
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("carrier account")
        verbose_name_plural = _("carrier accounts")

    def __str__(self) -> str:
        return self.name


class Route(models.Model):
    """Which account a project's messages take; without a project, the account of all others."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, null=True, blank=True, related_name="route"
    )
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="routes")

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        constraints = [
            models.UniqueConstraint(
                models.Value(1), name="route_default_once", condition=models.Q(project__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id or '*'} → {self.account_id}"


class CarrierReference(models.Model):
    """A carrier’s own id of a message, where it does not take ours. Append-only, partitioned like those."""

    message_id = models.UUIDField(primary_key=True)
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    carrier_id = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("carrier reference")
        verbose_name_plural = _("carrier references")
        indexes = [models.Index(fields=["account", "carrier_id"], name="carrier_reference_lookup")]

    def __str__(self) -> str:
        return self.carrier_id


class CarrierRequest(models.Model):
    """Messages that a carrier took under one id of its own, while it is asked for their results by that id.

    Without a `carrier_id`: messages in doubt, which are looked for between `since` and `until`. They lie
    between `first_id` and `last_id`, others too. It is gone once all its messages are final
    (`messaging.sending.results`).
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, db_index=False, related_name="+")
    carrier_id = models.CharField(max_length=80, blank=True)
    first_id = models.UUIDField()
    last_id = models.UUIDField()
    since = models.DateTimeField(_("handed over not before"))
    until = models.DateTimeField(_("handed over not after"))
    next_at = models.DateTimeField(_("asked again at"))
    asked = models.PositiveSmallIntegerField(_("times asked"), default=0)

    class Meta:
        verbose_name = _("carrier request")
        verbose_name_plural = _("carrier requests")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "carrier_id"],
                name="carrier_request_once",
                condition=~models.Q(carrier_id=""),
            )
        ]
        indexes = [models.Index(fields=["account", "next_at"], name="carrier_request_due")]

    def __str__(self) -> str:
        return self.carrier_id or f"{self.first_id} ?"


class DeliveryReport(models.Model):
    """A report that moved nothing: it came twice, too late, or for a message that is not known. Append-only.

    The report that decided a message is on the message itself; these are kept for its timeline and for audit.
    """

    message_id = models.UUIDField(db_index=True)
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(_("result code"), max_length=8)
    happened_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("delivery report")
        verbose_name_plural = _("delivery reports")

    def __str__(self) -> str:
        return f"{self.message_id} · {self.code}"
