import secrets
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.encryption import EncryptedTextField
from console.accounts.models import EventName, Project
from messaging.states import CallState, WebhookState


def new_key() -> str:
    """What a receiver calls the webhook by (`webhookConfigId`)."""
    return secrets.token_hex(16)


class Webhook(models.Model):
    """An address of a project's own program that is told what happens, in order, at least once.

    ```
    ACTIVE ─► PAUSED      by a person ─► ACTIVE
       └────► DISABLED    after a day of failures, or because the receiver said 410 ─► ACTIVE
    ```
    Every state collects what happens; only an ACTIVE one is called. `claimed_by` is the one worker that
    calls it now, until `lease_until`: never two calls at once, so that the order holds. `next_at`: not
    before; `failures` in a row, since `failing_since`. `served_at`: when a worker last had it, so that all
    get a turn. `old_secret` signs beside `secret` until `old_secret_until`. `signature` is sent as it is.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="webhooks", verbose_name=_("project")
    )
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    url = models.CharField(_("address"), max_length=500)
    events = ArrayField(models.CharField(max_length=30, choices=EventName.choices), verbose_name=_("events"))
    signature = EncryptedTextField(_("signature"), blank=True)
    secret = EncryptedTextField(_("secret"))
    secret_made_at = models.DateTimeField(default=timezone.now)
    old_secret = EncryptedTextField(blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=WebhookState.choices, default=WebhookState.ACTIVE
    )
    disabled_at = models.DateTimeField(_("disabled"), null=True, blank=True)
    disabled_because = models.CharField(max_length=20, blank=True)
    verified_at = models.DateTimeField(_("verified"), default=timezone.now)
    claimed_by = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(default=timezone.now)
    served_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(_("last success"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("added by"),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [models.UniqueConstraint(fields=["project", "url"], name="webhook_once")]

    def __str__(self) -> str:
        return self.url


class WebhookEntry(models.Model):
    """What a webhook is still to be told: a set of results, one event or a set; gone once it is in a call.

    Results name their messages, each with the code and time of that move, so that what is told later is what
    happened. No constraint to the webhook: the path of a mass send writes these, and locks no row for it.
    """

    webhook = models.ForeignKey(
        Webhook, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    event = models.CharField(max_length=30, choices=EventName.choices)
    n = models.PositiveIntegerField(default=1)
    message_ids = ArrayField(models.UUIDField(), null=True, blank=True)
    codes = ArrayField(models.TextField(), null=True, blank=True)
    times = ArrayField(models.DateTimeField(), null=True, blank=True)
    payload = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("entry of a webhook")
        verbose_name_plural = _("entries of webhooks")
        indexes = [models.Index(fields=["webhook", "id"], name="webhook_entry_in_order")]

    def __str__(self) -> str:
        return f"{self.webhook_id} {self.event} × {self.n}"


class WebhookCall(models.Model):
    """One POST, with what it tells fixed: attempted until it is taken, and kept as the log.

    ```
    WAITING ─► DELIVERED
       └─────► FAILED ─► REPLAYED    left out by a person, or waiting for too long; told again in a new call
    ```
    `key` is the same at every attempt (`hooksId`, `webhook-id`); `origin` is the key of the call that this
    one repeats, or its own, and what the hooks' ids are made of. `is_replay`: results are told as they are
    now, so that no replay brings an older one after a newer. `payloads` are those of events that are no
    results.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, db_index=False, related_name="calls")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    origin = models.UUIDField(editable=False)
    event = models.CharField(_("event"), max_length=30)
    n = models.PositiveIntegerField(_("hooks"))
    message_ids = ArrayField(models.UUIDField(), null=True, blank=True)
    codes = ArrayField(models.TextField(), null=True, blank=True)
    times = ArrayField(models.DateTimeField(), null=True, blank=True)
    payloads = models.JSONField(null=True, blank=True)
    is_replay = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=10, choices=CallState.choices, default=CallState.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    happened_at = models.DateTimeField(_("happened"))
    created_at = models.DateTimeField(_("made"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        indexes = [
            models.Index(fields=["webhook", "-id"], name="webhook_call_newest_first"),
            models.Index(
                fields=["webhook", "state", "id"],
                name="webhook_call_open",
                condition=models.Q(state__in=["WAITING", "FAILED"]),
            ),
            models.Index(fields=["created_at"], name="webhook_call_made"),
        ]

    def __str__(self) -> str:
        return str(self.key)


class WebhookAttempt(models.Model):
    """One attempt of a call: what the receiver answered, or why nothing came (`messaging.webhooks.words`).

    `answer` is its first kilobyte, `address` the one that was called, `trouble` empty where it was taken.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, db_index=False, related_name="+")
    call = models.ForeignKey(WebhookCall, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField(_("time"))
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    trouble = models.CharField(_("trouble"), max_length=20, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    address = models.CharField(_("address"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [models.Index(fields=["webhook", "at"], name="webhook_attempt_by_time")]

    def __str__(self) -> str:
        return f"{self.call_id} {self.status or self.trouble}"


class WebhookDrop(models.Model):
    """What a webhook was never told, since it waited for longer than it is kept: by event, until it is seen.

    `hooks` of what happened from `first_at` to `last_at`, dropped last at `dropped_at`. The row grows until a
    person notes that they saw it; what is dropped after that makes another.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, db_index=False, related_name="drops")
    event = models.CharField(_("event"), max_length=30)
    hooks = models.PositiveBigIntegerField(_("hooks"))
    first_at = models.DateTimeField(_("first happened"))
    last_at = models.DateTimeField(_("last happened"))
    dropped_at = models.DateTimeField(_("dropped"))
    seen_at = models.DateTimeField(_("seen"), null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("seen by"),
    )

    class Meta:
        verbose_name = _("dropped hooks of a webhook")
        verbose_name_plural = _("dropped hooks of webhooks")
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "event"],
                name="webhook_drop_unseen_once",
                condition=models.Q(seen_at__isnull=True),
            )
        ]
        indexes = [models.Index(fields=["webhook", "-id"], name="webhook_drop_newest_first")]

    def __str__(self) -> str:
        return f"{self.webhook_id} {self.event} × {self.hooks}"


class WebhookNetwork(models.Model):
    """A network that webhooks may call although it is no public one, at any port and without TLS."""

    network = models.CharField(_("network"), max_length=49, unique=True)
    note = models.CharField(_("what for"), max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("added by"),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("network of webhooks")
        verbose_name_plural = _("networks of webhooks")
        ordering = ["network"]

    def __str__(self) -> str:
        return self.network
