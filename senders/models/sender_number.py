from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Organization, Project, User
from senders.models.reviewable import Reviewable
from senders.phone_numbers import format_number
from senders.requirements import DOCUMENTS_OF_NUMBER, DocumentKind, NumberType
from senders.states import LIVE_NUMBER_STATES, NumberState


class RegistrationMethod(models.TextChoices):
    """How it was shown whose number it is."""

    DOCUMENT = "DOCUMENT", _("Documents")
    SMS = "SMS", _("Code to the phone")


class SenderNumber(Reviewable):
    """A number from which a project may send once it is approved. `number`: digits only, as dialled at home.

    States::

                                 SUSPENDED ───┐
                                   ↑   ↓      ↓
        DRAFT ──→ REVIEWING ──→ APPROVED ──→ WITHDRAWN
                   ↑     ↓  └─────────────────↑
                   REJECTED ──────────────────┘

    A draft keeps what a person has chosen and uploaded so far, one a person and project; its number may still
    be empty. Among live ones (reviewing, rejected, approved, suspended) a number occurs once in a project.
    `method`: by documents, which are reviewed, or by a code to the registrant's own phone: such a one begins
    APPROVED. `review_began_at`: when a reviewer first opened the submission that waits.
    """

    SLUG = "number"

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="sender_numbers", verbose_name=_("project")
    )
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="sender_numbers",
        verbose_name=_("registrant"),
    )
    number = models.CharField(_("sender number"), max_length=11, blank=True)
    number_type = models.CharField(
        _("type"), max_length=20, choices=NumberType.choices, default=NumberType.COMPANY
    )
    state = models.CharField(
        _("state"), max_length=20, choices=NumberState.choices, default=NumberState.DRAFT
    )
    method = models.CharField(
        _("verified by"),
        max_length=10,
        choices=RegistrationMethod.choices,
        default=RegistrationMethod.DOCUMENT,
    )
    review_began_at = models.DateTimeField(_("review began"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("sender number")
        verbose_name_plural = _("sender numbers")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "number"],
                name="sender_number_once",
                condition=Q(state__in=LIVE_NUMBER_STATES),
            ),
            models.UniqueConstraint(
                fields=["project", "registered_by"],
                name="sender_number_one_draft",
                condition=Q(state=NumberState.DRAFT),
            ),
            models.CheckConstraint(
                name="sender_number_submitted",
                condition=Q(state=NumberState.DRAFT)
                | (Q(submitted_at__isnull=False, consented_at__isnull=False) & ~Q(number="")),
            ),
        ]
        indexes = [
            models.Index(
                "submitted_at", name="sender_number_waiting", condition=Q(state=NumberState.REVIEWING)
            ),
            models.Index(fields=["number"], name="sender_number_elsewhere"),
        ]

    def __str__(self) -> str:
        return format_number(self.number)

    @property
    def required_kinds(self) -> tuple[DocumentKind, ...]:
        return DOCUMENTS_OF_NUMBER[NumberType(self.number_type)]

    @property
    def registrant(self) -> User:
        return self.registered_by

    @property
    def owning_organization(self) -> Organization:
        return self.project.organization
