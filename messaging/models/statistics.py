from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.models.send_request import SendRequest
from messaging.states import Counter, DeliveryKind, MessageType, Purpose


class CountDelta(models.Model):
    """How many messages moved, written by the statement that moved them. Folded, then deleted.

    `minute` is when it happened, cut to the minute. `n` may be negative only to correct UNKNOWN, and is large
    where it is a sum of seconds (HANDSET_SECONDS).
    """

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(
        SendRequest, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    batch_number = models.PositiveIntegerField(default=0)
    minute = models.DateTimeField()
    counter = models.CharField(max_length=16, choices=Counter.choices)
    code = models.CharField(max_length=8, blank=True)
    country_code = models.PositiveSmallIntegerField()
    n = models.BigIntegerField()

    class Meta:
        verbose_name = _("count delta")
        verbose_name_plural = _("count deltas")

    def __str__(self) -> str:
        return f"{self.request_id} {self.counter} {self.n:+}"


class RequestCount(models.Model):
    """Folded counts of one request, by part, minute, counter, code and country: its page reads them."""

    request = models.ForeignKey(SendRequest, on_delete=models.CASCADE, related_name="counts")
    batch_number = models.PositiveIntegerField()
    minute = models.DateTimeField()
    counter = models.CharField(max_length=16, choices=Counter.choices)
    code = models.CharField(max_length=8, blank=True)
    country_code = models.PositiveSmallIntegerField()
    n = models.IntegerField()

    class Meta:
        verbose_name = _("request count")
        verbose_name_plural = _("request counts")
        constraints = [
            models.UniqueConstraint(
                fields=["request", "batch_number", "minute", "counter", "code", "country_code"],
                name="request_count_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.counter} {self.n}"


class StatisticsCount(models.Model):
    """Folded counts of a project by hour, and by every dimension that statistics ask for.

    `request_hour` is when it was requested, `hour` when it happened, both cut to the hour.
    `template` and `statistics_key` are ids, 0 for none.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    request_hour = models.DateTimeField()
    hour = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=DeliveryKind.choices)
    message_type = models.CharField(max_length=3, choices=MessageType.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    counter = models.CharField(max_length=16, choices=Counter.choices)
    code = models.CharField(max_length=8, blank=True)
    country_code = models.PositiveSmallIntegerField()
    template = models.BigIntegerField(default=0)
    statistics_key = models.BigIntegerField(default=0)
    n = models.BigIntegerField()

    class Meta:
        verbose_name = _("statistics count")
        verbose_name_plural = _("statistics counts")
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "project",
                    "hour",
                    "request_hour",
                    "kind",
                    "message_type",
                    "purpose",
                    "counter",
                    "code",
                    "country_code",
                    "template",
                    "statistics_key",
                ],
                name="statistics_count_once",
            ),
        ]
        indexes = [models.Index(fields=["project", "request_hour"], name="statistics_count_by_request")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.hour} {self.counter} {self.n}"
