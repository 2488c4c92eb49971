from typing import cast

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from senders.models.evidence import EvidenceRequest
from senders.models.identity import IdentityVerification
from senders.models.reviewable import Reviewable
from senders.models.sender_number import SenderNumber
from senders.requirements import DocumentKind

# What belongs to exactly one of the two things that are reviewed.
ONE_SUBJECT = Q(verification__isnull=False, sender_number__isnull=True) | Q(
    verification__isnull=True, sender_number__isnull=False
)
# What came in as evidence names the number too, whose it is.
EVIDENCE_OF_NUMBER = Q(evidence__isnull=True) | Q(sender_number__isnull=False)


class ContentType(models.TextChoices):
    """What a document was found to be by its content."""

    PDF = "application/pdf", "PDF"
    JPEG = "image/jpeg", "JPEG"
    PNG = "image/png", "PNG"


class Document(models.Model):
    """A file that proves something, cleaned before it was kept: no metadata in images, only pages in PDFs.

    `storage_name` is random, below `documents/`; a PDF has a picture of each page, `<name>.<page>.png`.
    `round` is the submission for which it was uploaded; one above its owner's has not been submitted yet.
    `size` and `sha256` are of the cleaned file.
    """

    verification = models.ForeignKey(
        IdentityVerification,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("identity verification"),
    )
    sender_number = models.ForeignKey(
        SenderNumber,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("sender number"),
    )
    evidence = models.ForeignKey(
        EvidenceRequest,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("evidence"),
    )
    kind = models.CharField(_("kind"), max_length=30, choices=DocumentKind.choices)
    round = models.PositiveSmallIntegerField(_("submission"))
    original_name = models.CharField(_("file name"), max_length=120)
    storage_name = models.CharField(max_length=80, unique=True)
    content_type = models.CharField(_("format"), max_length=20, choices=ContentType.choices)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    pages = models.PositiveSmallIntegerField(_("pages"))
    issued_on = models.DateField(_("issue date"), null=True, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="document_one_subject", condition=ONE_SUBJECT),
            models.CheckConstraint(name="document_evidence_of_number", condition=EVIDENCE_OF_NUMBER),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.original_name}"

    @property
    def subject(self) -> Reviewable:
        """What the document proves something about."""
        return cast(Reviewable, self.evidence or self.verification or self.sender_number)

    @property
    def is_pdf(self) -> bool:
        return self.content_type == ContentType.PDF

    def picture_name(self, page: int) -> str:
        """The storage name of the picture of a page, counted from 1: of an image, the image itself."""
        return f"{self.storage_name}.{page}.png" if self.is_pdf else self.storage_name

    @property
    def stored_names(self) -> list[str]:
        """Every storage name that holds something of this document."""
        pictures = [self.picture_name(page) for page in range(1, self.pages + 1)] if self.is_pdf else []
        return [self.storage_name, *pictures]
