from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Collate, Reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.accounts.models import Project
from senders.phone_numbers import format_number
from senders.states import LineState

MAX_BUSINESS_NAME = 20


class OptOutLine(models.Model):
    """An 080 number where recipients refuse a project's advertising by a free call.

    States::

        SCHEDULED ──→ OPEN ──→ STOPPED
            ├──────→ REJECTED
            └──────→ CANCELED

    SCHEDULED ("Registration Scheduled"): applied for with the business name that callers will hear; staff
    open it with the number that the carrier assigned. Until then it is canceled freely. OPEN ("Registration
    Completed"): advertising may name it. STOPPED: nothing brings it back. What was refused on it stays
    refused until `purge_at`, and is then deleted: `purged_at` once that is done, `purged_count` how many.
    `number`: digits only, empty until it is open; among open lines of all projects a number occurs once.
    The mail about the result is claimed, sent and marked as that of a review is (`services/result_mail.py`).
    """

    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="opt_out_lines", verbose_name=_("project")
    )
    business_name = models.CharField(_("business name"), max_length=MAX_BUSINESS_NAME)
    number = models.CharField(_("080 number"), max_length=11, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=LineState.choices, default=LineState.SCHEDULED
    )
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("applied by"),
    )
    applied_at = models.DateTimeField(_("applied"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("opened by"),
    )
    opened_at = models.DateTimeField(_("start date"), null=True, blank=True)
    rejected_at = models.DateTimeField(_("rejected"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    canceled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("canceled by"),
    )
    canceled_at = models.DateTimeField(_("canceled"), null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("stopped by"),
    )
    stopped_at = models.DateTimeField(pgettext_lazy("080 line", "stopped"), null=True, blank=True)
    purge_at = models.DateTimeField(_("numbers deleted from"), null=True, blank=True)
    purged_at = models.DateTimeField(_("numbers deleted"), null=True, blank=True)
    purged_count = models.PositiveIntegerField(_("deleted numbers"), default=0)
    mail_claimed_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)

    class Meta:
        verbose_name = _("080 line")
        verbose_name_plural = _("080 lines")
        constraints = [
            models.UniqueConstraint(
                fields=["number"], name="opt_out_line_open_once", condition=Q(state=LineState.OPEN)
            ),
            models.CheckConstraint(
                name="opt_out_line_opened",
                condition=~Q(state=LineState.OPEN) | (~Q(number="") & Q(opened_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="opt_out_line_stopped",
                condition=~Q(state=LineState.STOPPED)
                | (~Q(number="") & Q(stopped_at__isnull=False, purge_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="opt_out_line_newest"),
            models.Index("applied_at", name="opt_out_line_waiting", condition=Q(state=LineState.SCHEDULED)),
            models.Index(
                "purge_at",
                name="opt_out_line_to_purge",
                condition=Q(state=LineState.STOPPED, purged_at__isnull=True),
            ),
            models.Index(fields=["number"], name="opt_out_line_number", condition=~Q(number="")),
        ]

    def __str__(self) -> str:
        return format_number(self.number) if self.number else self.business_name

    @property
    def decided_at(self) -> datetime | None:
        """When staff opened or rejected it."""
        return self.rejected_at or self.opened_at


class OptOutSource(models.TextChoices):
    """How a refusal came to us."""

    CALL = "CALL", _("080 call")
    HAND = "HAND", _("By hand")
    FILE = "FILE", pgettext_lazy("opt-out source", "File")
    API = "API", _("API")


class OptOut(models.Model):
    """That a number refuses the advertising of a project. It holds for all of the project's 080 lines.

    `number` is digits as dialled at home for country 82, without the country code elsewhere, as on a message.
    At most one that is not removed a project and number; a removed one stays as evidence, with its reason.
    `last_refused_at` is `created_at` until the number refuses once more while it is in force: a consent that
    is older cancels nothing. `is_elsewhere`: it refused by another way than `line` too (another line, by
    hand, by a program), so it outlives the line.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="opt_outs", verbose_name=_("project")
    )
    country_code = models.PositiveSmallIntegerField(_("country"), default=82)
    number = models.CharField(_("number"), max_length=20)
    source = models.CharField(_("source"), max_length=6, choices=OptOutSource.choices)
    line = models.ForeignKey(
        OptOutLine,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="opt_outs",
        verbose_name=_("080 line"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("entered by"),
    )
    created_at = models.DateTimeField(_("refused"))
    last_refused_at = models.DateTimeField(_("last refused"))
    is_elsewhere = models.BooleanField(_("refused elsewhere too"), default=False, db_default=False)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("removed by"),
    )
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)
    removal_reason = models.CharField(_("reason for the removal"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "number", "country_code"],
                name="opt_out_once",
                condition=Q(removed_at__isnull=True),
            ),
        ]
        # The list is read newest first, the removed ones apart; a number is looked for whole or by its end.
        indexes = [
            models.Index(
                fields=["project", "-created_at", "-id"],
                name="opt_out_newest",
                condition=Q(removed_at__isnull=True),
            ),
            models.Index(
                fields=["project", "source", "-created_at", "-id"],
                name="opt_out_by_source",
                condition=Q(removed_at__isnull=True),
            ),
            models.Index(
                fields=["project", "-removed_at", "-id"],
                name="opt_out_removed",
                condition=Q(removed_at__isnull=False),
            ),
            models.Index(
                F("project"),
                Collate(Reverse("number"), "C"),
                name="opt_out_number_end",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OptOutCall(models.Model):
    """A call to an 080 number, as the carrier told it: each once, however often it is told.

    `line` is whose number it was last before the call, even if that line was canceled meanwhile: messages
    that name it still lie in phones. Empty for a number that was nobody's yet: such a call refused somebody's
    advertising, so staff see it until they have settled it (`settled_at`). `caller` is as the carrier wrote
    it. A call whose caller cannot be read (a withheld number) is kept as well.
    """

    id = models.BigAutoField(primary_key=True)
    line = models.ForeignKey(
        OptOutLine,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("080 line"),
    )
    line_number = models.CharField(_("080 number"), max_length=20)
    caller = models.CharField(_("caller"), max_length=40)
    is_readable = models.BooleanField(_("caller can be read"), default=True)
    called_at = models.DateTimeField(_("called"))
    received_at = models.DateTimeField(_("received"))
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("call to an 080 number")
        verbose_name_plural = _("calls to 080 numbers")
        constraints = [
            models.UniqueConstraint(fields=["line_number", "caller", "called_at"], name="opt_out_call_once"),
        ]
        indexes = [
            models.Index(
                fields=["-id"],
                name="opt_out_call_stray",
                condition=Q(settled_at__isnull=True) & (Q(line__isnull=True) | Q(is_readable=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{format_number(self.line_number)} · {self.called_at:%Y-%m-%d %H:%M}"
