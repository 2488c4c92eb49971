"""What programs are told of sender numbers: that one may be sent from, or not any more."""

from datetime import datetime

from console.accounts.events import moment, record_events
from console.accounts.models import EventName
from senders.models import SenderNumber


def tell_number(*, number: SenderNumber, decision: str, at: datetime, is_evidence: bool = False) -> None:
    """Write it down in the caller's transaction. `decision`: APPROVED, REJECTED or SUSPENDED.

    `is_evidence`: it is about evidence that was asked for later, not about the registration.
    """
    said = {"sendNo": number.number, "decision": decision, "decidedDateTime": moment(at)}
    about = {"about": "EVIDENCE"} if is_evidence else {}
    record_events(
        project_id=number.project_id,
        name=EventName.SENDER_NUMBER_DECIDED,
        payloads=[said | about],
        at=at,
    )
