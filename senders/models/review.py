from typing import cast

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from senders.models.document import EVIDENCE_OF_NUMBER, ONE_SUBJECT
from senders.models.evidence import EvidenceRequest
from senders.models.identity import IdentityVerification
from senders.models.reviewable import Reviewable
from senders.models.sender_number import SenderNumber
from senders.states import Decision


class RejectionPhrase(models.TextChoices):
    """Reasons that reviewers give again and again; each reads them in their own language."""

    UNREADABLE = "UNREADABLE", _("The document cannot be read. Upload a sharper picture or the PDF itself.")
    TOO_OLD = "TOO_OLD", _("The certificate was issued more than three months ago.")
    WRONG_DATE = "WRONG_DATE", _("The issue date entered is not the one on the document.")
    MASKED = "MASKED", _("A part of the certificate is masked. Upload one without masks.")
    NUMBER_DIFFERS = "NUMBER_DIFFERS", _("The certificate is for another number.")
    NAME_DIFFERS = "NAME_DIFFERS", _("The name on the document is not the registrant’s or the company’s.")
    NO_STAMP = "NO_STAMP", _("The proof of employment bears no issue date or no stamp.")
    RESIDENT_NUMBER = "RESIDENT_NUMBER", _("Mask the last six digits of the resident registration number.")
    NOT_SIGNED = "NOT_SIGNED", _("The usage agreement is not complete or not signed by the owner.")
    NO_RELATIONSHIP = "NO_RELATIONSHIP", _("The document does not show how the two companies are related.")
    WRONG_TYPE = "WRONG_TYPE", _("The type does not fit the owner of the number. Choose another type.")


class Review(models.Model):
    """A decision: who decided what about which submission, when and why. Written once, never changed.

    `checklist`: {document id: [Check values that held]}. `phrases`: RejectionPhrase values; `note`: free
    text. The mail about it is claimed (`mail_claimed_at`), sent, then marked (`mailed_at`): a retry neither
    doubles nor loses it.
    """

    verification = models.ForeignKey(
        IdentityVerification,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reviews",
        verbose_name=_("identity verification"),
    )
    sender_number = models.ForeignKey(
        SenderNumber,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reviews",
        verbose_name=_("sender number"),
    )
    evidence = models.ForeignKey(
        EvidenceRequest,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reviews",
        verbose_name=_("evidence"),
    )
    round = models.PositiveSmallIntegerField(_("submission"))
    submitted_at = models.DateTimeField(_("submitted"))
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("reviewer")
    )
    decision = models.CharField(_("decision"), max_length=20, choices=Decision.choices)
    phrases = models.JSONField(_("reasons"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True)
    checklist = models.JSONField(_("checks"), default=dict, blank=True)
    decided_at = models.DateTimeField(_("decided"))
    mail_claimed_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-decided_at", "-id"]
        constraints = [
            models.CheckConstraint(name="review_one_subject", condition=ONE_SUBJECT),
            models.UniqueConstraint(fields=["verification", "round"], name="identity_decided_once"),
            models.CheckConstraint(name="review_evidence_of_number", condition=EVIDENCE_OF_NUMBER),
            models.UniqueConstraint(
                fields=["sender_number", "round"],
                name="sender_number_decided_once",
                condition=models.Q(evidence__isnull=True),
            ),
            models.UniqueConstraint(fields=["evidence", "round"], name="evidence_decided_once"),
        ]
        indexes = [
            models.Index("decided_at", name="review_to_mail", condition=models.Q(mailed_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.subject} · {self.get_decision_display()}"

    @property
    def subject(self) -> Reviewable:
        """What was decided on."""
        return cast(Reviewable, self.evidence or self.verification or self.sender_number)

    @property
    def outcome(self) -> Decision:
        """The decision with its word and colour."""
        return Decision(self.decision)

    @property
    def reasons(self) -> list[str]:
        """The reasons as sentences, in the reader's language, the free text last."""
        phrases = [str(RejectionPhrase(value).label) for value in self.phrases]
        return [*phrases, self.note] if self.note else phrases
