"""Sender numbers: a draft that keeps itself, its submission, withdrawal, and which numbers may send."""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from senders import phone_numbers
from senders.models import EvidenceRequest, IdentityVerification, SenderNumber
from senders.models.evidence import overdue
from senders.requirements import NumberType
from senders.services import verification
from senders.services.consent import NUMBER_CONSENT
from senders.services.documents import lock_editable, submission_problems
from senders.services.errors import WHOLE, Refused, Sentence
from senders.services.evidence import close_open, lock_number
from senders.services.number_limits import limit_problem
from senders.states import LIVE_NUMBER_STATES, NUMBER, IdentityState, NumberState

_NO_LONGER = _("This number has changed meanwhile. Reload the page and look at it again.")


@dataclass(frozen=True)
class Registration:
    """What a person fills in beside the documents. `number` as typed; ignored for one submitted before."""

    number: str
    number_type: NumberType
    has_agreed: bool


def approved_numbers(project: Project) -> QuerySet[SenderNumber]:
    """The numbers from which the project may send now, in the order in which they were registered.

    By the clock, not by the sweep: one whose evidence is overdue is not among them.
    """
    late = EvidenceRequest.objects.filter(overdue(timezone.now()), sender_number=OuterRef("pk"))
    approved = SenderNumber.objects.filter(project=project, state=NumberState.APPROVED)
    return approved.filter(~Exists(late)).order_by("id")


def is_approved(project: Project, number: str) -> bool:
    """Whether the project may send from this number (digits as dialled at home)."""
    return approved_numbers(project).filter(number=number).exists()


def draft_for(*, project: Project, user: User) -> SenderNumber:
    """The person's unsubmitted registration in the project, begun where there is none."""
    row, _created = SenderNumber.objects.get_or_create(
        project=project, registered_by=user, state=NumberState.DRAFT
    )
    return row


def agree(*, sender_number: SenderNumber) -> None:
    """Record that the person agreed to the present text: before that nothing is kept. Raises Refused."""
    with transaction.atomic():
        locked = lock_editable(sender_number)
        SenderNumber.objects.filter(pk=locked.pk).update(
            consent_version=NUMBER_CONSENT.version, consented_at=timezone.now()
        )


def keep_choices(*, sender_number: SenderNumber, registration: Registration) -> None:
    """Keep what was chosen and typed, right or wrong, so that nothing of a draft is lost. Raises Refused."""
    with transaction.atomic():
        locked = lock_editable(sender_number)
        fields: dict[str, Any] = {"number_type": registration.number_type}
        if registration.has_agreed:
            fields |= {"consent_version": NUMBER_CONSENT.version, "consented_at": timezone.now()}
        if locked.state == NumberState.DRAFT:
            fields["number"] = _typed(registration.number)
        SenderNumber.objects.filter(pk=locked.pk).update(**fields)


def _typed(number: str) -> str:
    """The number as far as it can be kept: its digits where it has only those, else its first characters."""
    try:
        return phone_numbers.normalize(number)[: phone_numbers.MAX_DIGITS]
    except phone_numbers.WrongNumber:
        return ""


def submit(*, sender_number: SenderNumber, registration: Registration, user: User) -> SenderNumber:
    """Hand the number to the reviewers, first or again. Raises Refused with all that is missing."""
    try:
        with transaction.atomic():
            return _submit(sender_number, registration, user)
    except IntegrityError as error:
        raise Refused({"number": _duplicate(sender_number.project, registration.number)}) from error


def _submit(sender_number: SenderNumber, registration: Registration, user: User) -> SenderNumber:
    locked = lock_editable(sender_number)
    locked.number_type = registration.number_type
    number, problems = _number_of(locked, registration)
    if not verification.is_cleared(user=user, project=locked.project):
        problems["identity"] = _("Verify your identity before you register a sender number.")
    if not registration.has_agreed:
        problems["consent"] = _("Agree to the collection of personal information.")
    problems |= submission_problems(locked)
    if too_many := limit_problem(user):
        problems[WHOLE] = too_many
    if problems:
        raise Refused(problems)
    now = timezone.now()
    moved = NUMBER.advance(
        SenderNumber.objects.filter(pk=locked.pk),
        NumberState.REVIEWING,
        number=number,
        number_type=registration.number_type,
        registered_by=user,
        round=locked.round + 1,
        consent_version=NUMBER_CONSENT.version,
        consented_at=now,
        submitted_at=now,
        review_began_at=None,
        decided_at=None,
    )
    if not moved:
        raise Refused(_NO_LONGER)
    locked.refresh_from_db()
    return locked


def _number_of(locked: SenderNumber, registration: Registration) -> tuple[str, dict[str, Sentence]]:
    if locked.state != NumberState.DRAFT:
        return locked.number, {}
    try:
        number = phone_numbers.validate(registration.number)
    except phone_numbers.WrongNumber as error:
        return "", {"number": error.sentence}
    taken = SenderNumber.objects.filter(project=locked.project, number=number, state__in=LIVE_NUMBER_STATES)
    if taken.exists():
        return "", {"number": _duplicate(locked.project, number)}
    return number, {}


def _duplicate(project: Project, typed: str) -> Sentence:
    return taken_problem(project, phone_numbers.normalize(typed))


def taken_problem(project: Project, number: str) -> Sentence:
    """Why a number that is registered in the project is not registered there once more."""
    row = SenderNumber.objects.filter(project=project, number=number, state__in=LIVE_NUMBER_STATES).first()
    if row is not None and row.state == NumberState.REJECTED:
        return _(
            "This number was rejected before. Open it in the list and submit it again with new documents."
        )
    return _("This number is registered in this project already.")


def withdraw(*, sender_number: SenderNumber) -> None:
    """Give the number up: nothing is sent from it any more. Raises Refused where that was done already."""
    rows, now = SenderNumber.objects.filter(pk=sender_number.pk), timezone.now()
    with transaction.atomic():
        lock_number(sender_number)
        if not NUMBER.advance(rows, NumberState.WITHDRAWN, withdrawn_at=now):
            raise Refused(_NO_LONGER)
        close_open(sender_number=sender_number, at=now)


def needs_attention_count(scope: Scope) -> int:
    """How many things wait for this person on the sender pages: rejected numbers, a rejected identity."""
    if scope.project is None or not isinstance(scope.user, User):
        return 0
    rejected = IdentityVerification.objects.filter(
        user=scope.user, organization_id=scope.project.organization_id, state=IdentityState.REJECTED
    )
    if not scope.allows(Permission.MANAGE_SENDERS):
        return rejected.count()
    numbers = SenderNumber.objects.filter(project=scope.project, state=NumberState.REJECTED)
    return rejected.count() + numbers.count()
