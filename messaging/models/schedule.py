from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.models.recipient_file import RecipientFile
from messaging.models.send_request import SendRequest
from messaging.models.statistics_key import StatisticsKey
from messaging.models.template import TemplateVersion
from messaging.states import DeliveryKind, MessageType, Purpose, RunState

# What stands at most in `weekdays`: Monday is the lowest bit.
EVERY_DAY = 0b1111111


class RecurringSchedule(models.Model):
    """Days and a time at which the messages that are mapped to it go, each day once at most.

    `weekdays` are bits, Monday the lowest. `sends_at` is the clock of `time_zone`; a time that the clocks
    jump over is the moment after the jump, one that comes twice the first. `starts_on` and `ends_on` are days
    of that zone, inclusive. Its runs up to `looked_until` are written; what fell due since is run or, where
    it is too late, marked. `next_at` is when it is due next: by that a sweep finds it. `periodic_task` is
    what beat rings; it goes with the schedule (`messaging.schedules`). Deleted ones stay for their runs, with
    `removed_at`; their code is free again.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="schedules", verbose_name=_("project")
    )
    code = models.CharField(_("schedule code"), max_length=50)
    weekdays = models.PositiveSmallIntegerField(_("days"), default=EVERY_DAY)
    sends_at = models.TimeField(_("time"))
    time_zone = models.CharField(_("time zone"), max_length=40)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    description = models.CharField(_("description"), max_length=200, blank=True)
    periodic_task = models.OneToOneField(
        "django_celery_beat.PeriodicTask",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    looked_until = models.DateTimeField(default=timezone.now, editable=False)
    next_at = models.DateTimeField(_("next run"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("added by"),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("deleted by"),
    )
    removed_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    class Meta:
        verbose_name = _("recurring schedule")
        verbose_name_plural = _("recurring schedules")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "code"],
                name="schedule_code_once",
                condition=models.Q(removed_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__gte=1, weekdays__lte=EVERY_DAY), name="schedule_has_days"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="schedule_has_a_period"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="schedule_due",
                condition=models.Q(removed_at__isnull=True, next_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ScheduledMessage(models.Model):
    """What a schedule sends at each run: a wish as `messaging.sending.commands.SendCommand` has it, kept.

    It is checked anew at each run, as if a person sent it then. `recipients` are entries of a General send,
    {"number": as written, "values": {placeholder: value}}; a Mass send has its `recipient_file`, whose rows
    and the pictures of `attachment_ids` stay as long as this may still be sent (`needed_messages`); a Tag
    send its `tag_condition`. One that was taken off, or went with its schedule, has `removed_at`.
    """

    schedule = models.ForeignKey(
        RecurringSchedule, on_delete=models.CASCADE, related_name="messages", verbose_name=_("schedule")
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    kind = models.CharField(_("delivery type"), max_length=10, choices=DeliveryKind.choices)
    message_type = models.CharField(_("type"), max_length=3, choices=MessageType.choices)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    sender = models.CharField(_("sender number"), max_length=20)
    subject = models.TextField(_("subject"), blank=True)
    body = models.TextField(_("text"))
    recipients = models.JSONField(_("recipients"), default=list)
    recipient_file = models.ForeignKey(
        RecipientFile,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recipient file"),
    )
    tag_condition = models.JSONField(_("tag condition"), null=True, blank=True)
    shared_values = models.JSONField(_("values"), default=dict)
    attachment_ids = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("attachments"))
    template_version = models.ForeignKey(
        TemplateVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("template"),
    )
    statistics_key = models.ForeignKey(
        StatisticsKey,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
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
    collects_conversion = models.BooleanField(_("conversion rate"), default=False)
    include_duplicates = models.BooleanField(_("send to repeated numbers too"), default=False)
    submission_token = models.CharField(max_length=80, null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("added by"),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("deleted by"),
    )
    removed_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    class Meta:
        verbose_name = _("message of a schedule")
        verbose_name_plural = _("messages of a schedule")
        constraints = [
            models.UniqueConstraint(fields=["schedule", "submission_token"], name="scheduled_once"),
        ]

    def __str__(self) -> str:
        return self.name or self.body[:40]


def needed_messages(since: date) -> models.QuerySet[ScheduledMessage]:
    """The messages that a schedule may still send, or might have sent since that day: what they are made of
    stays.
    """
    return ScheduledMessage.objects.filter(removed_at=None, schedule__ends_on__gte=since)


def coming_messages() -> models.QuerySet[ScheduledMessage]:
    """The messages that a run still to come will send, with their schedules, what is due first first."""
    found = ScheduledMessage.objects.filter(removed_at=None, schedule__next_at__isnull=False)
    return found.select_related("schedule").order_by("schedule__next_at", "pk")


class ScheduleRun(models.Model):
    """A day of a schedule: written once, in its final state, with all that it sent, in one transaction.

    DONE: at least one message was requested. FAIL: every message was refused. SKIP: there was nothing that
    might go (no message mapped, the project's SMS service closed). STALE: nobody came in time, and nothing is
    sent late. One a day, whoever comes: of two beats and a sweep the first writes it.
    """

    schedule = models.ForeignKey(
        RecurringSchedule, on_delete=models.CASCADE, related_name="runs", verbose_name=_("schedule")
    )
    day = models.DateField(_("day"))
    due_at = models.DateTimeField(_("due"))
    state = models.CharField(_("state"), max_length=5, choices=RunState.choices)
    ran_at = models.DateTimeField(_("run"), default=timezone.now)

    class Meta:
        verbose_name = _("run of a schedule")
        verbose_name_plural = _("runs of a schedule")
        constraints = [models.UniqueConstraint(fields=["schedule", "day"], name="schedule_run_once_a_day")]

    def __str__(self) -> str:
        return f"{self.schedule_id} · {self.day}"


class ScheduledSend(models.Model):
    """What became of a message at a run: its request, or the sentences for which it was refused.

    `problems` are [{"field", "code", "text"}], the text in the project's language. The request goes with the
    history; the row stays.
    """

    run = models.ForeignKey(ScheduleRun, on_delete=models.CASCADE, related_name="sends")
    message = models.ForeignKey(
        ScheduledMessage, on_delete=models.CASCADE, related_name="sends", verbose_name=_("message")
    )
    request = models.OneToOneField(
        SendRequest,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="scheduled_send",
        verbose_name=_("request"),
    )
    problems = models.JSONField(_("why it was not sent"), default=list)

    class Meta:
        verbose_name = _("send of a schedule")
        verbose_name_plural = _("sends of a schedule")
        constraints = [models.UniqueConstraint(fields=["run", "message"], name="scheduled_send_once")]

    def __str__(self) -> str:
        return f"{self.run_id} · {self.message_id}"
