"""What happened to something that is reviewed, as the steps of a timeline, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from senders.models import Review, Reviewable, SenderNumber
from senders.services.errors import Sentence


@dataclass(frozen=True)
class Step:
    """A line of the timeline, as its component reads it."""

    title: Sentence
    moment: datetime | None
    note: str = ""
    colour: str = "grey"


def history_of(subject: Reviewable, reviews: Iterable[Review]) -> list[Step]:
    """The steps, newest first. `reviews`: newest first. Who reviewed is not told to registrants here."""
    steps = []
    withdrawn_at = subject.withdrawn_at if isinstance(subject, SenderNumber) else None
    if withdrawn_at is not None:
        steps.append(Step(_("Withdrawn"), withdrawn_at))
    if subject.decided_at is None and withdrawn_at is None:
        steps.append(Step(_submitted(subject.round), subject.submitted_at, colour="blue"))
    for review in reviews:
        colour = "green" if review.decision == "APPROVED" else "red"
        steps.append(Step(review.get_decision_display(), review.decided_at, " ".join(review.reasons), colour))
        steps.append(Step(_submitted(review.round), review.submitted_at, colour="blue"))
    return steps


def _submitted(round_: int) -> Sentence:
    return _("Submitted for review") if round_ <= 1 else _("Submitted again")
