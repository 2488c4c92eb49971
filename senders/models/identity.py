from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Organization, User
from senders.models.reviewable import Reviewable
from senders.requirements import DOCUMENTS_OF_MEMBER, DocumentKind, MemberCategory
from senders.states import IdentityState


class IdentityVerification(Reviewable):
    """That a person is who they say, and belongs to the organization. One a person and organization.

    States::

        DRAFT ──→ REVIEWING ──→ APPROVED
                   ↑     ↓
                   REJECTED

    DRAFT holds the steps done so far: consent, phone, documents. The phone counts as verified for the number
    kept here; it must still be the account's own when the documents are submitted. `left_at`: since when the
    person is no member of a project of the organization, as a sweep saw it; a year later the documents go.
    """

    SLUG = "identity"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="identity_verifications",
        verbose_name=_("person"),
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="identity_verifications",
        verbose_name=_("organization"),
    )
    member_category = models.CharField(
        _("member type"), max_length=20, choices=MemberCategory.choices, default=MemberCategory.EMPLOYEE
    )
    state = models.CharField(
        _("state"), max_length=20, choices=IdentityState.choices, default=IdentityState.DRAFT
    )
    phone_number = models.CharField(_("verified phone number"), max_length=20, blank=True)
    phone_verified_at = models.DateTimeField(_("phone verified"), null=True, blank=True)
    left_at = models.DateTimeField(_("left"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("identity verification")
        verbose_name_plural = _("identity verifications")
        constraints = [
            models.UniqueConstraint(fields=["user", "organization"], name="identity_once"),
            models.CheckConstraint(
                name="identity_submitted",
                condition=Q(state=IdentityState.DRAFT)
                | Q(submitted_at__isnull=False, consented_at__isnull=False, phone_verified_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index("submitted_at", name="identity_waiting", condition=Q(state=IdentityState.REVIEWING))
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization}"

    @property
    def required_kinds(self) -> tuple[DocumentKind, ...]:
        return DOCUMENTS_OF_MEMBER[MemberCategory(self.member_category)]

    @property
    def registrant(self) -> User:
        return self.user

    @property
    def owning_organization(self) -> Organization:
        return self.organization


class CodePurpose(models.TextChoices):
    """What a one-time code is to prove: a person's phone, or that it may become a sender number."""

    IDENTITY = "IDENTITY", _("Identity verification")
    NUMBER = "NUMBER", _("Sender number")


class PhoneCode(models.Model):
    """A one-time code sent to a phone. Only its keyed hash is kept; the newest of a verification and purpose
    counts.
    """

    verification = models.ForeignKey(
        IdentityVerification, on_delete=models.CASCADE, related_name="codes", verbose_name=_("verification")
    )
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=CodePurpose.choices, default=CodePurpose.IDENTITY
    )
    phone_number = models.CharField(_("phone number"), max_length=20)
    code_hash = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("phone code")
        verbose_name_plural = _("phone codes")
        indexes = [models.Index(fields=["verification", "-sent_at"], name="phone_code_newest")]

    def __str__(self) -> str:
        return f"{self.verification} · {self.sent_at:%Y-%m-%d %H:%M}"
