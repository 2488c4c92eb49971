"""Evidence that the regulator asks for: asked by staff, handed in by the project, decided as documents are.

The clock is three days of 24 hours. Whether a number may be sent from is judged by the clock itself
(`registration.approved_numbers`); the sweep only notes what the clock did, and tells. Whoever moves a number
because of its evidence locks the number first, then the request.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import Project, User
from console.accounts.notices import notify_members
from console.accounts.roles import Permission
from senders.deeds import (
    EVIDENCE_ASKED,
    EVIDENCE_CLOSED,
    EVIDENCE_HANDED_IN,
    NUMBER_RESUMED,
    NUMBER_SUSPENDED,
)
from senders.models import EvidenceRequest, SenderNumber
from senders.models.evidence import DUE_AFTER, overdue
from senders.services.documents import documents_of, lock_editable, may_review, submission_problems
from senders.services.errors import Refused
from senders.services.telling import tell_number
from senders.states import EVIDENCE, NUMBER, OPEN_EVIDENCE_STATES, Decision, EvidenceState, NumberState

MAX_REASON = 2000
WAITING = (EvidenceState.ASKED, EvidenceState.REJECTED)


def lock_number(number: SenderNumber) -> SenderNumber:
    """The number's row as it is now, locked to the end of the caller's transaction."""
    return SenderNumber.objects.select_for_update(no_key=True).get(pk=number.pk)


def evidence_of(number: SenderNumber) -> QuerySet[EvidenceRequest]:
    """Everything that was ever asked for of the number, newest first."""
    rows = EvidenceRequest.objects.filter(sender_number=number)
    return rows.select_related("sender_number__project__organization", "sender_number__registered_by")


def open_evidence(number: SenderNumber) -> EvidenceRequest | None:
    """What is asked for and not accepted yet."""
    return evidence_of(number).filter(state__in=OPEN_EVIDENCE_STATES).first()


def waiting_of(project: Project) -> QuerySet[EvidenceRequest]:
    """What the project has to hand in, due first first."""
    rows = EvidenceRequest.objects.filter(sender_number__project=project, state__in=WAITING)
    return rows.select_related("sender_number").order_by("due_at", "id")


def running(user: User) -> QuerySet[EvidenceRequest]:
    """What was asked for and is not handed in, of others than this reviewer's organizations."""
    rows = EvidenceRequest.objects.filter(state__in=WAITING)
    rows = rows.exclude(sender_number__project__organization__projects__memberships__user=user)
    return rows.select_related("sender_number__project__organization").order_by("due_at", "id")


def registered_numbers(user: User, digits: str) -> QuerySet[SenderNumber]:
    """Approved and suspended numbers with these digits, of others than the reviewer's organizations."""
    rows = SenderNumber.objects.filter(state__in=(NumberState.APPROVED, NumberState.SUSPENDED))
    rows = rows.exclude(project__organization__projects__memberships__user=user).exclude(registered_by=user)
    found = rows.filter(number__contains=digits) if digits else rows.none()
    return found.select_related("project__organization", "registered_by").order_by("-id")


def may_ask(*, user: User, number: SenderNumber) -> bool:
    """Whether this person asks for evidence of this number: a reviewer, no member of its organization."""
    return user.has_platform_permission(Permission.REVIEW) and may_review(user=user, subject=number)


def ask(*, number: SenderNumber, reviewer: User, reason: str) -> EvidenceRequest:
    """Ask for evidence of an approved number; every member is mailed. Raises Refused."""
    if not may_ask(user=reviewer, number=number):
        raise Refused(_("Nobody asks for evidence in their own organization."))
    words = reason.replace("\0", "").strip()
    if not words:
        raise Refused(
            {"reason": _("Write what the regulator asks for, so that the project knows what to do.")}
        )
    if len(words) > MAX_REASON:
        raise Refused({"reason": _("The reason is too long: 2,000 characters at most.")})
    try:
        with transaction.atomic():
            return _ask(number, reviewer, words)
    except IntegrityError as error:
        raise Refused(_("Evidence of this number is asked for already.")) from error


def _ask(number: SenderNumber, reviewer: User, reason: str) -> EvidenceRequest:
    locked = lock_number(number)
    if locked.state != NumberState.APPROVED:
        if open_evidence(locked) is not None:
            raise Refused(_("Evidence of this number is asked for already."))
        raise Refused(_("Evidence is asked for of approved numbers only. Meanwhile this one has changed."))
    now = timezone.now()
    asked = EvidenceRequest.objects.create(
        sender_number=locked, reason=reason, asked_by=reviewer, asked_at=now, due_at=now + DUE_AFTER
    )
    what = EVIDENCE_ASKED(due=asked.due_at, reason=reason)
    record_deed(actor=reviewer, obj=locked, project=locked.project, what=what)
    _tell_members(asked, "evidence_asked", f"evidence-{asked.pk}")
    return asked


def _tell_members(evidence: EvidenceRequest, kind: str, key: str) -> None:
    number = evidence.sender_number
    context = {
        "number": str(number),
        "reason": evidence.reason,
        "due_at": evidence.due_at.isoformat(),
        "path": f"/senders/numbers/{number.pk}/evidence/",
    }
    notify_members(project_id=number.project_id, kind=kind, key=key, context=context)


def hand_in(*, evidence: EvidenceRequest, user: User) -> EvidenceRequest:
    """Hand in what was uploaded. Raises Refused.

    What comes too late is taken as well: the number stays suspended until it is accepted.
    """
    with transaction.atomic():
        locked = lock_editable(evidence)
        if problems := submission_problems(locked):
            raise Refused(problems)
        moved = EVIDENCE.advance(
            EvidenceRequest.objects.filter(pk=locked.pk),
            EvidenceState.REVIEWING,
            round=locked.round + 1,
            submitted_at=timezone.now(),
            handed_in_by=user,
            decided_at=None,
        )
        if not moved:
            raise Refused(_("It has been submitted already."))
        locked.refresh_from_db()
        number = locked.sender_number
        count = documents_of(locked).filter(round=locked.round).count()
        record_deed(actor=user, obj=number, project=number.project, what=EVIDENCE_HANDED_IN(n=count))
    return locked


def after_decision(*, evidence: EvidenceRequest, decision: Decision, at: datetime) -> None:
    """What a decision does to the number, in its transaction, with the number locked."""
    number = SenderNumber.objects.select_related("project").get(pk=evidence.sender_number_id)
    if decision == Decision.REJECTED:
        _suspend(number, at)
        return
    suspended = SenderNumber.objects.filter(pk=number.pk, state=NumberState.SUSPENDED)
    if NUMBER.advance(suspended, NumberState.APPROVED):
        record_deed(actor=None, obj=number, project=number.project, what=NUMBER_RESUMED())


def suspend_overdue() -> int:
    """Note and tell which numbers may not be sent from since the clock ran out; for beat. How many.

    Any number of these may run at once; each number is suspended once.
    """
    late = EvidenceRequest.objects.filter(overdue(timezone.now()), sender_number=OuterRef("pk"))
    found = SenderNumber.objects.filter(Exists(late), state=NumberState.APPROVED).order_by("pk")
    return sum(map(_suspend_one, list(found)))


def _suspend_one(number: SenderNumber) -> bool:
    with transaction.atomic():
        return _suspend(lock_number(number), timezone.now())


def _suspend(number: SenderNumber, at: datetime) -> bool:
    """Suspend the locked number where its evidence is overdue; whether that was done now."""
    late = EvidenceRequest.objects.filter(overdue(at), sender_number=number).first()
    rows = SenderNumber.objects.filter(pk=number.pk)
    if late is None or not NUMBER.advance(rows, NumberState.SUSPENDED):
        return False
    EvidenceRequest.objects.filter(pk=late.pk).update(suspended_at=at)
    what = NUMBER_SUSPENDED(due=late.due_at)
    record_deed(actor=None, obj=number, project=number.project, what=what)
    tell_number(number=number, decision=NumberState.SUSPENDED.value, at=at, is_evidence=True)
    _tell_members(late, "number_suspended", f"evidence-{late.pk}-suspended")
    return True


def close_open(*, sender_number: SenderNumber, at: datetime) -> None:
    """Ask no more for evidence of a number that is withdrawn. In the caller's transaction."""
    rows = EvidenceRequest.objects.filter(sender_number=sender_number)
    if EVIDENCE.advance(rows, EvidenceState.CLOSED, closed_at=at):
        record_deed(actor=None, obj=sender_number, project=sender_number.project, what=EVIDENCE_CLOSED())
