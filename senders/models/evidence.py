from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Organization, User
from senders.models.reviewable import Reviewable
from senders.models.sender_number import SenderNumber
from senders.requirements import DOCUMENTS_OF_EVIDENCE, DocumentKind
from senders.states import OPEN_EVIDENCE_STATES, EvidenceState

# Three days as the regulator counts them here: 72 hours from the moment at which it is asked for.
DUE_AFTER = timedelta(days=3)


def overdue(now: datetime, prefix: str = "") -> Q:
    """What keeps its number from sending: the clock ran out and nothing was handed in before.

    Handed in too late, it does so until it is accepted. `prefix`: the way to the request, as `evidence__`.
    """
    waits = (EvidenceState.ASKED, EvidenceState.REJECTED)
    due, handed_in = f"{prefix}due_at", f"{prefix}submitted_at"
    ran_out = Q(**{f"{prefix}state__in": waits, f"{due}__lte": now})
    too_late = Q(**{f"{prefix}state": EvidenceState.REVIEWING, f"{handed_in}__gte": F(due)})
    return ran_out | too_late


class EvidenceRequest(Reviewable):
    """That the regulator doubts an approved number, and wants to see why the project may send from it.

    States::

        ASKED ──→ REVIEWING ──→ APPROVED
                   ↑     ↓
                   REJECTED            every one but APPROVED ──→ CLOSED

    Documents are handed in like those of a registration. `due_at` is three days of 24 hours after it was
    asked for and never moves: rejected evidence is mended within them, or the number is suspended at once.
    `suspended_at`: when that was noted and told; sending stops by `due_at` itself (`overdue`). CLOSED: the
    number was withdrawn. A number has one open request at most.
    """

    SLUG = "evidence"

    sender_number = models.ForeignKey(
        SenderNumber, on_delete=models.CASCADE, related_name="evidence", verbose_name=_("sender number")
    )
    state = models.CharField(
        _("state"), max_length=20, choices=EvidenceState.choices, default=EvidenceState.ASKED
    )
    reason = models.TextField(_("what is asked for"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("due"))
    handed_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("handed in by"),
    )
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("request for evidence")
        verbose_name_plural = _("requests for evidence")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sender_number"],
                name="evidence_one_open",
                condition=Q(state__in=OPEN_EVIDENCE_STATES),
            ),
            models.CheckConstraint(
                name="evidence_handed_in",
                condition=Q(state__in=(EvidenceState.ASKED, EvidenceState.CLOSED))
                | Q(submitted_at__isnull=False, handed_in_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index("due_at", name="evidence_due", condition=Q(state__in=OPEN_EVIDENCE_STATES)),
        ]

    def __str__(self) -> str:
        return str(self.sender_number)

    @property
    def required_kinds(self) -> tuple[DocumentKind, ...]:
        return DOCUMENTS_OF_EVIDENCE

    @property
    def registrant(self) -> User:
        return self.handed_in_by or self.sender_number.registered_by

    @property
    def owning_organization(self) -> Organization:
        return self.sender_number.owning_organization

    @property
    def project_id(self) -> int:
        return self.sender_number.project_id

    def is_overdue(self, now: datetime) -> bool:
        """The same as `overdue`, of this one."""
        if self.state == EvidenceState.REVIEWING:
            return self.submitted_at is not None and self.submitted_at >= self.due_at
        return self.state in OPEN_EVIDENCE_STATES and self.due_at <= now
