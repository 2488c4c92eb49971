from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.models.send_request import SendRequest
from messaging.states import MessageState


class Message(models.Model):
    """One text to one number. Range-partitioned by id, a month a partition (`messaging.partitions`).

    ```
    READY ─► SENT ─► DELIVERED | FAILED
      │        └───► UNKNOWN ─► DELIVERED | FAILED    (no report in time; or a person decides)
      ├─► FAILED      refused by a policy or by the carrier
      ├─► CANCELED
      ├─► UNKNOWN     may have been handed over, nobody knows
      └─► DELIVERED | FAILED    its report came before the outcome of handing it over was written
    ```
    The id is the clock and the place in the request (`messaging.ids`). The text is not stored: it is a pure
    function of the request's text and `values` (in the order of the request's placeholders). `recipient` is
    digits as dialled at home for country 82, without the country code elsewhere. `row_number` is the row in
    the recipient file, `uid` the one that a tag send found the number under. What changes is in no index but
    a BRIN, and pages have room, so that updates stay HOT.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(
        SendRequest,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("request"),
    )
    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("project"),
    )
    row_number = models.PositiveIntegerField(_("row"), null=True, blank=True)
    country_code = models.PositiveSmallIntegerField(_("country"))
    recipient = models.CharField(_("recipient"), max_length=20)
    values = ArrayField(models.TextField(), null=True, blank=True, verbose_name=_("values"))
    state = models.CharField(
        _("state"), max_length=10, choices=MessageState.choices, default=MessageState.READY
    )
    result_code = models.CharField(_("result code"), max_length=8, null=True, blank=True)
    telco = models.CharField(_("network"), max_length=10, null=True, blank=True)
    submitted_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    reported_at = models.DateTimeField(_("reported"), null=True, blank=True)
    uid = models.CharField(_("UID"), max_length=100, null=True, blank=True)
    converted_at = models.DateTimeField(_("converted"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["project", "-id"], name="message_newest_first"),
            models.Index(fields=["project", "recipient", "-id"], name="message_of_recipient"),
            # The one index on what changes: of ranges of pages, so updates stay HOT (from PostgreSQL 16 on).
            BrinIndex(fields=["finished_at"], name="message_finished", pages_per_range=32),
        ]

    def __str__(self) -> str:
        return str(self.id)
