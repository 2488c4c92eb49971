"""What SENS calls the states of sender numbers and 080 lines: the one table of each."""

from django.db.models import Q

from senders.models import OptOutLine, SenderNumber
from senders.states import LineState, NumberState

# Of a number, as the list is filtered by them. SENS knows neither suspended numbers nor withdrawn ones.
NUMBERS: dict[str, Q] = {
    "READY": Q(state=NumberState.REVIEWING, review_began_at__isnull=True),
    "IN-PROGRESS": Q(state=NumberState.REVIEWING, review_began_at__isnull=False),
    "REJECTED": Q(state=NumberState.REJECTED),
    "APPROVED": Q(state=NumberState.APPROVED),
}
# Of an 080 line. An application that was rejected or canceled is none there.
LINES: dict[str, str] = {
    LineState.SCHEDULED: "PROCESSING",
    LineState.OPEN: "COMPLETE",
    LineState.STOPPED: "STOPPED",
}


def word_of(thing: SenderNumber | OptOutLine) -> str:
    """The word for the state of this number or line; "" where SENS has none."""
    if isinstance(thing, OptOutLine):
        return LINES.get(thing.state, "")
    if thing.state == NumberState.REVIEWING:
        return "READY" if thing.review_began_at is None else "IN-PROGRESS"
    return thing.state if thing.state in NUMBERS else ""
