from senders.models.document import Document
from senders.models.evidence import EvidenceRequest
from senders.models.identity import CodePurpose, IdentityVerification, PhoneCode
from senders.models.number_limit import NumberLimit
from senders.models.opt_out import OptOut, OptOutCall, OptOutLine, OptOutSource
from senders.models.review import Review
from senders.models.reviewable import Reviewable
from senders.models.sender_number import RegistrationMethod, SenderNumber

__all__ = [
    "CodePurpose",
    "Document",
    "EvidenceRequest",
    "IdentityVerification",
    "NumberLimit",
    "OptOut",
    "OptOutCall",
    "OptOutLine",
    "OptOutSource",
    "PhoneCode",
    "RegistrationMethod",
    "Review",
    "Reviewable",
    "SenderNumber",
]
