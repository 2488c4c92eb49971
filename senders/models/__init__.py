from senders.models.document import Document
from senders.models.identity import IdentityVerification, PhoneCode
from senders.models.opt_out import OptOut, OptOutCall, OptOutLine, OptOutSource
from senders.models.review import Review
from senders.models.reviewable import Reviewable
from senders.models.sender_number import SenderNumber

__all__ = [
    "Document",
    "IdentityVerification",
    "OptOut",
    "OptOutCall",
    "OptOutLine",
    "OptOutSource",
    "PhoneCode",
    "Review",
    "Reviewable",
    "SenderNumber",
]
