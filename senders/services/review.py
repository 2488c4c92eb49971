"""Review: who waits, what a reviewer decides, and what was decided before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.events import moment, record_events
from console.accounts.models import EventName, Organization, Project, User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.queues import TaskName, enqueue_on_commit
from senders.models import EvidenceRequest, IdentityVerification, Review, Reviewable, SenderNumber
from senders.models.review import RejectionPhrase
from senders.requirements import REQUIREMENTS
from senders.services.documents import current_documents, may_review
from senders.services.errors import Refused
from senders.services.evidence import after_decision, lock_number
from senders.services.telling import tell_number
from senders.services.verification import has_verified_phone
from senders.states import EVIDENCE, IDENTITY, NUMBER, Decision, EvidenceState, IdentityState, NumberState

SUBJECTS: Mapping[str, type[Reviewable]] = {
    IdentityVerification.SLUG: IdentityVerification,
    SenderNumber.SLUG: SenderNumber,
    EvidenceRequest.SLUG: EvidenceRequest,
}
_MACHINES = {IdentityVerification: IDENTITY, SenderNumber: NUMBER, EvidenceRequest: EVIDENCE}
QUEUE_LIMIT = 200


@dataclass(frozen=True)
class Verdict:
    """A reviewer's decision on one submission. `checklist`: {document id: Check values that hold}.

    `round`: the submission that the reviewer looked at; a newer one is not decided by mistake.
    """

    decision: Decision
    round: int
    checklist: Mapping[int, Sequence[str]] = field(default_factory=dict)
    phrases: Sequence[str] = ()
    note: str = ""


def queue(user: User) -> list[Reviewable]:
    """What waits for this reviewer, oldest first, at most QUEUE_LIMIT; nothing of their own, or of their own
    organizations.
    """
    identities = _waiting_identities(user).select_related("user", "organization")
    numbers = _waiting_numbers(user).select_related("registered_by", "project__organization")
    evidence = _waiting_evidence(user).select_related(
        "handed_in_by", "sender_number__registered_by", "sender_number__project__organization"
    )
    rows: list[Reviewable] = [
        *identities.order_by("submitted_at")[:QUEUE_LIMIT],
        *numbers.order_by("submitted_at")[:QUEUE_LIMIT],
        *evidence.order_by("submitted_at")[:QUEUE_LIMIT],
    ]
    return sorted(rows, key=lambda row: (row.submitted_at, row.SLUG, row.pk))[:QUEUE_LIMIT]


def _own_organizations(user: User) -> QuerySet[Organization]:
    return Organization.objects.filter(projects__memberships__user=user)


def _waiting_identities(user: User) -> QuerySet[IdentityVerification]:
    rows = IdentityVerification.objects.filter(state=IdentityState.REVIEWING)
    return rows.exclude(organization__in=_own_organizations(user)).exclude(user=user)


def _waiting_numbers(user: User) -> QuerySet[SenderNumber]:
    rows = SenderNumber.objects.filter(state=NumberState.REVIEWING)
    return rows.exclude(project__organization__in=_own_organizations(user)).exclude(registered_by=user)


def _waiting_evidence(user: User) -> QuerySet[EvidenceRequest]:
    rows = EvidenceRequest.objects.filter(state=EvidenceState.REVIEWING)
    own = rows.exclude(sender_number__project__organization__in=_own_organizations(user))
    return own.exclude(handed_in_by=user)


def waiting_count(scope: Scope) -> int:
    """How many submissions wait for this reviewer; 0 for anybody else."""
    if not isinstance(scope.user, User) or not scope.user.has_platform_permission(Permission.REVIEW):
        return 0
    waiting = (_waiting_identities, _waiting_numbers, _waiting_evidence)
    return sum(rows_of(scope.user).count() for rows_of in waiting)


def begin(*, subject: Reviewable, reviewer: User) -> None:
    """Note that a reviewer opened a number's submission: from then on it is being worked on."""
    if isinstance(subject, SenderNumber) and may_review(user=reviewer, subject=subject):
        rows = SenderNumber.objects.filter(pk=subject.pk, round=subject.round, review_began_at=None)
        rows.filter(state=NumberState.REVIEWING).update(review_began_at=timezone.now())


def decide(*, subject: Reviewable, reviewer: User, verdict: Verdict) -> Review:
    """Approve or reject the submission; the result is mailed. Raises Refused; of two at once one wins."""
    if not may_review(user=reviewer, subject=subject):
        raise Refused(_("Nobody reviews the documents of their own organization."))
    with transaction.atomic():
        if isinstance(subject, EvidenceRequest):
            lock_number(subject.sender_number)
        _check_verdict(subject, verdict)
        now = timezone.now()
        rows = type(subject)._default_manager.filter(pk=subject.pk, round=verdict.round)
        machine = next(each for kind, each in _MACHINES.items() if isinstance(subject, kind))
        if not machine.advance(rows, verdict.decision, decided_at=now):
            raise Refused(_("Meanwhile somebody else decided this, or it was withdrawn or submitted again."))
        review = Review.objects.create(**_link(subject), **_record(subject, reviewer, verdict, now))
        enqueue_on_commit(TaskName.SEND_REVIEW_MAIL, review.pk)
        tell_programs(subject, verdict, now)
        if isinstance(subject, EvidenceRequest):
            after_decision(evidence=subject, decision=verdict.decision, at=now)
    return review


def tell_programs(subject: Reviewable, verdict: Verdict, now: datetime) -> None:
    """Write the decision down for the programs of the projects that it concerns."""
    decision = str(verdict.decision)
    if isinstance(subject, SenderNumber):
        tell_number(number=subject, decision=decision, at=now)
    elif isinstance(subject, EvidenceRequest):
        tell_number(number=subject.sender_number, decision=decision, at=now, is_evidence=True)
    elif isinstance(subject, IdentityVerification):
        said = {"username": subject.user.username, "decision": decision, "decidedDateTime": moment(now)}
        projects = Project.objects.filter(organization=subject.organization, memberships__user=subject.user)
        for project_id in projects.order_by("pk").values_list("pk", flat=True):
            record_events(project_id=project_id, name=EventName.IDENTITY_DECIDED, payloads=[said], at=now)


def _check_verdict(subject: Reviewable, verdict: Verdict) -> None:
    if verdict.decision == Decision.REJECTED:
        if not verdict.phrases and not verdict.note.strip():
            raise Refused({"reason": _("Choose or write a reason, so that the registrant knows what to do.")})
        if not set(verdict.phrases) <= set(RejectionPhrase.values):
            raise Refused({"reason": _("Choose the reasons from the list.")})
        return
    if isinstance(subject, IdentityVerification) and not has_verified_phone(subject):
        raise Refused(
            _(
                "The registrant’s phone number was changed after it was verified. Reject, so that it is"
                " verified anew."
            )
        )
    documents = current_documents(subject, verdict.round)
    for kind, rows in documents.items():
        needed = set(REQUIREMENTS[kind].checks)
        if not rows or not all(needed <= set(verdict.checklist.get(row.pk, ())) for row in rows):
            raise Refused({"checklist": _("Tick every check of every document, or reject with a reason.")})


def _link(subject: Reviewable) -> dict[str, Reviewable]:
    if isinstance(subject, EvidenceRequest):
        return {"evidence": subject, "sender_number": subject.sender_number}
    return {"verification" if isinstance(subject, IdentityVerification) else "sender_number": subject}


def _record(subject: Reviewable, reviewer: User, verdict: Verdict, now: datetime) -> dict[str, object]:
    return {
        "round": verdict.round,
        "submitted_at": subject.submitted_at,
        "reviewer": reviewer,
        "decision": verdict.decision,
        "phrases": list(verdict.phrases) if verdict.decision == Decision.REJECTED else [],
        "note": verdict.note.strip(),
        "checklist": {str(pk): sorted(checks) for pk, checks in verdict.checklist.items()},
        "decided_at": now,
    }


def decisions_on(organization: Organization) -> QuerySet[Review]:
    """Every decision on the organization's identities and numbers, newest first."""
    rows = Review.objects.filter(
        Q(verification__organization=organization) | Q(sender_number__project__organization=organization)
    )
    return rows.select_related(
        "reviewer", "evidence", "verification__user", "verification__organization", "sender_number__project"
    )


def same_number_elsewhere(number: SenderNumber) -> QuerySet[SenderNumber]:
    """The same number in other projects, whatever became of it there, newest first; never a draft."""
    rows = SenderNumber.objects.filter(number=number.number).exclude(project=number.project_id)
    rows = rows.exclude(state=NumberState.DRAFT)
    return rows.select_related("project__organization").order_by("-id")
