"""Which changes of this app the audit log keeps. Never a file's content, its place, or a one-time code."""

from auditlog.registry import auditlog

from console.accounts.audit import watch
from senders.models import (
    Document,
    EvidenceRequest,
    IdentityVerification,
    NumberLimit,
    OptOutLine,
    Review,
    SenderNumber,
)


def register_models() -> None:
    """Register the models with the audit log, once, when the app is ready."""
    auditlog.register(IdentityVerification, mask_fields=["phone_number"])
    auditlog.register(SenderNumber)
    watch(EvidenceRequest, project="sender_number.project_id")
    watch(NumberLimit)
    watch(Document, project="sender_number.project_id", exclude_fields=["storage_name", "sha256"])
    auditlog.register(OptOutLine, exclude_fields=["mail_claimed_at", "mail_attempts"])
    watch(Review, project="sender_number.project_id", exclude_fields=["mail_claimed_at", "mail_attempts"])
