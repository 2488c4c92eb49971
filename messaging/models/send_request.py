from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.ids import new_request_id
from messaging.models.carrier import GatewayAccount
from messaging.models.recipient_file import RecipientFile
from messaging.models.statistics_key import StatisticsKey
from messaging.models.template import TemplateVersion
from messaging.states import (
    BatchState,
    ChunkState,
    DeliveryKind,
    Lane,
    MessageType,
    Purpose,
    RequestState,
    Source,
)

# What stands in `body` once the text of a one-time code of the console's own was removed.
REMOVED = "(removed)"


class SendRequest(models.Model):
    """One wish to send one text to one or a million recipients, now, later, in parts, or after a check.

    ```
    WAITING ─► LOADING ─► HELD ─► SCHEDULED ─► SENDING ─► COMPLETED
       │          │  └────────────►    │           │
       │          └─► FAILED           │           │
       └─────────┴─────────┴───────────┴───────────┴─► CANCELING ─► CANCELED
    ```
    What is typed and due is born SENDING. WAITING: accepted, no row loaded. LOADING: rows become messages;
    resumable at `loaded` rows. HELD: waits until a person releases it. SCHEDULED: no batch is due yet.
    SENDING: at least one batch was released. COMPLETED: every message was handed over or failed. A cancel
    ends what was not handed over yet; where nothing was left to cancel, the request is COMPLETED. FAILED:
    loading found an error (`failure_code`).

    The id is a UUIDv7 whose last 32 bits are zero; message ids count up from it (`messaging.ids`). `total`
    messages are expected, `loaded` are in the table, `left_out` rows of the file will not be sent.
    `placeholders` are the keys in the order of each message's `values`. `submission_token` makes a repeated
    form or API call return the first request, and `submission_digest` tells whether an API call that names it
    is the same. `time_zone`: the one that a program gave its time in. `shared_values` are the values of every
    message that has none of its own. `tag_condition` (`messaging.audience.conditions`) names the recipients
    of a TAG request; they are resolved when it is due, and until then `total` is what it would have been when
    it was asked, which stays as `expected`. `sender` is as dialled at home, digits only.
    `replaces_characters` is the project's setting when it was asked for, so that the text stays what it was.
    `goes_abroad`: some of its messages do. `load_attempts` counts the loaders that took it since the last row
    was loaded.
    """

    id = models.UUIDField(primary_key=True, default=new_request_id, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="send_requests", verbose_name=_("project")
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    kind = models.CharField(_("delivery type"), max_length=10, choices=DeliveryKind.choices)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, default=Source.CONSOLE)
    message_type = models.CharField(_("type"), max_length=3, choices=MessageType.choices)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    lane = models.CharField(_("lane"), max_length=10, choices=Lane.choices)
    sender = models.CharField(_("sender number"), max_length=20)
    subject = models.TextField(_("subject"), blank=True)
    body = models.TextField(_("text"))
    placeholders = ArrayField(models.TextField(), default=list, verbose_name=_("placeholders"))
    shared_values = ArrayField(models.TextField(), null=True, blank=True, verbose_name=_("values"))
    attachment_ids = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("attachments"))
    template_version = models.ForeignKey(
        TemplateVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="send_requests",
        verbose_name=_("template"),
    )
    statistics_key = models.ForeignKey(
        StatisticsKey,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="send_requests",
        verbose_name=_("event key"),
    )
    opt_out_line = models.ForeignKey(
        "senders.OptOutLine",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("080 line"),
    )
    tag_condition = models.JSONField(_("tag condition"), null=True, blank=True)
    collects_conversion = models.BooleanField(_("conversion rate"), default=False)
    recipient_file = models.ForeignKey(
        RecipientFile,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="send_requests",
        verbose_name=_("recipient file"),
    )
    include_duplicates = models.BooleanField(_("send to repeated numbers too"), default=False)
    replaces_characters = models.BooleanField(_("unsendable characters become ?"), default=False)
    goes_abroad = models.BooleanField(_("has numbers of other countries"), default=False)
    state = models.CharField(
        _("state"), max_length=12, choices=RequestState.choices, default=RequestState.WAITING
    )
    needs_release = models.BooleanField(_("after a check"), default=False)
    due_at = models.DateTimeField(_("due"))
    total = models.PositiveIntegerField(_("messages"), default=0)
    expected = models.PositiveIntegerField(_("expected messages"), null=True, blank=True)
    loaded = models.PositiveIntegerField(_("loaded"), default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)
    submission_token = models.CharField(max_length=80, null=True, blank=True, editable=False)
    submission_digest = models.CharField(max_length=64, blank=True, editable=False)
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True)
    failure_code = models.CharField(_("failure"), max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    load_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sent by"),
    )
    created_at = models.DateTimeField(_("requested"))
    loaded_at = models.DateTimeField(_("ready"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    canceled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("canceled by"),
    )
    canceled_at = models.DateTimeField(_("canceled"), null=True, blank=True)

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        constraints = [
            models.UniqueConstraint(fields=["project", "submission_token"], name="request_submitted_once"),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="request_newest_first"),
            models.Index(
                fields=["project", "-id"],
                name="request_converts",
                condition=models.Q(collects_conversion=True),
            ),
            # Which mass and tag sends may repeat each other (`messaging.sending.duplicates`): few of many.
            models.Index(
                fields=["project", "sender", "-id"],
                name="request_of_many",
                condition=models.Q(kind__in=["MASS", "TAG"]),
            ),
            # Reservations (`messaging.sens.reservations`): what is sent at once is due when it is asked for.
            models.Index(
                fields=["project", "-id"],
                name="request_reserved",
                condition=models.Q(due_at__gt=models.F("created_at")),
            ),
            models.Index(
                fields=["lease_until"],
                name="request_in_motion",
                condition=models.Q(state__in=["WAITING", "LOADING", "SCHEDULED", "SENDING", "CANCELING"]),
            ),
            models.Index(fields=["project"], name="request_held", condition=models.Q(state="HELD")),
            models.Index(
                fields=["id"],
                name="request_holds_code",
                condition=models.Q(source=Source.SYSTEM) & ~models.Q(body=REMOVED),
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)


class SendBatch(models.Model):
    """What is due at one time: all of a request, or one part of a split. Ordinals are inclusive.

    ```
    WAITING ─► RELEASED ─► COMPLETED
       └──────────┴──────► CANCELED
    ```
    """

    request = models.ForeignKey(
        SendRequest, on_delete=models.CASCADE, related_name="batches", verbose_name=_("request")
    )
    number = models.PositiveIntegerField(_("part"))
    state = models.CharField(
        _("state"), max_length=12, choices=BatchState.choices, default=BatchState.WAITING
    )
    due_at = models.DateTimeField(_("due"))
    first_ordinal = models.PositiveIntegerField()
    last_ordinal = models.PositiveIntegerField()
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    class Meta:
        verbose_name = _("part")
        verbose_name_plural = _("parts")
        ordering = ["request", "number"]
        constraints = [models.UniqueConstraint(fields=["request", "number"], name="batch_once")]
        indexes = [
            models.Index(fields=["due_at"], name="batch_due", condition=models.Q(state="WAITING")),
            models.Index(fields=["id"], name="batch_running", condition=models.Q(state="RELEASED")),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} · {self.number}"


class Chunk(models.Model):
    """An id range of a batch's messages: the unit of work and of lease. Both ids are inclusive.

    ```
    WAITING ─► READY ─► CLAIMED ─► DONE
       │         │  ◄──────┘            (its carrier was not to be had: again from `not_before`)
       └─────────┴─► CANCELED
    ```
    READY: its batch was released. CLAIMED: `claimed_by` (a token new with each claim) works on it until
    `lease_until`; past that it is taken again. Whoever records an outcome must still hold the claim.
    READY with `claimed_by` still set: it was cut short, so some of its messages may have been handed over.
    `is_settled`: DONE for so long that its messages without a report were given up. `screened_at`: when the
    policies had taken out what may not go (`messaging.sending.screening`); nothing of it is sent before.
    `abroad_counted_at`: when those to other countries were counted against the month's limit.
    """

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(
        SendRequest, on_delete=models.CASCADE, related_name="chunks", verbose_name=_("request")
    )
    batch = models.ForeignKey(
        SendBatch, on_delete=models.CASCADE, related_name="chunks", verbose_name=_("part")
    )
    number = models.PositiveIntegerField(_("number"))
    lane = models.CharField(_("lane"), max_length=10, choices=Lane.choices)
    first_id = models.UUIDField()
    last_id = models.UUIDField()
    state = models.CharField(
        _("state"), max_length=10, choices=ChunkState.choices, default=ChunkState.WAITING
    )
    account = models.ForeignKey(
        GatewayAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("carrier account"),
    )
    claimed_by = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    screened_at = models.DateTimeField(null=True, blank=True)
    abroad_counted_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    is_settled = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("chunk")
        verbose_name_plural = _("chunks")
        constraints = [models.UniqueConstraint(fields=["request", "number"], name="chunk_once")]
        indexes = [
            models.Index(
                fields=["lane", "number", "id"], name="chunk_ready", condition=models.Q(state="READY")
            ),
            models.Index(
                fields=["lane", "lease_until"], name="chunk_claimed", condition=models.Q(state="CLAIMED")
            ),
            models.Index(fields=["batch", "state"], name="chunk_of_batch"),
            models.Index(
                fields=["account", "done_at"],
                name="chunk_unsettled",
                condition=models.Q(state="DONE", is_settled=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} · {self.number}"
