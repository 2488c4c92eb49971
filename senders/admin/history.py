"""What happened to something that is reviewed, as the steps of a timeline, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from senders.models import EvidenceRequest, RegistrationMethod, Review, Reviewable, SenderNumber
from senders.services.errors import Sentence
from senders.states import EvidenceState


@dataclass(frozen=True)
class Step:
    """A line of the timeline, as its component reads it."""

    title: Sentence
    moment: datetime | None
    note: str = ""
    colour: str = "grey"


def history_of(
    subject: Reviewable, reviews: Iterable[Review], evidence: Iterable[EvidenceRequest] = ()
) -> list[Step]:
    """The steps, newest first. `reviews`: newest first. Who reviewed is not told to registrants here."""
    steps = _of_registration(subject, reviews)
    for asked in evidence:
        steps += _of_evidence(asked)
    return sorted(steps, key=lambda step: step.moment or subject.created_at, reverse=True)


def _of_registration(subject: Reviewable, reviews: Iterable[Review]) -> list[Step]:
    number = subject if isinstance(subject, SenderNumber) else None
    steps = []
    if number is not None and number.withdrawn_at is not None:
        steps.append(Step(_("Withdrawn"), number.withdrawn_at))
    if number is not None and number.method == RegistrationMethod.SMS:
        return [*steps, Step(_("Approved by a code to the phone"), number.decided_at, colour="green")]
    if subject.decided_at is None and not steps:
        steps.append(Step(_submitted(subject.round), subject.submitted_at, colour="blue"))
    for review in reviews:
        colour = "green" if review.decision == "APPROVED" else "red"
        steps.append(Step(review.get_decision_display(), review.decided_at, " ".join(review.reasons), colour))
        steps.append(Step(_submitted(review.round), review.submitted_at, colour="blue"))
    return steps


def _of_evidence(asked: EvidenceRequest) -> list[Step]:
    """What was asked for, and everything that became of it."""
    steps = [Step(_("Evidence asked for"), asked.asked_at, asked.reason, "amber")]
    for review in asked.reviews.all():
        is_accepted = review.decision == "APPROVED"
        title = _("Evidence accepted") if is_accepted else _("Evidence rejected")
        colour = "green" if is_accepted else "red"
        steps.append(Step(title, review.decided_at, " ".join(review.reasons), colour))
        steps.append(Step(_("Evidence handed in"), review.submitted_at, colour="blue"))
    if asked.state == EvidenceState.REVIEWING:
        steps.append(Step(_("Evidence handed in"), asked.submitted_at, colour="blue"))
    if asked.suspended_at is not None:
        steps.append(Step(_("Suspended: no evidence in time"), asked.suspended_at, colour="red"))
    return steps


def _submitted(round_: int) -> Sentence:
    return _("Submitted for review") if round_ <= 1 else _("Submitted again")
