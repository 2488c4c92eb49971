"""SENS's second method: a member registers their own mobile phone as a sender number, by a one-time code.

Whose phone it is was shown by their identity verification; in an organization that is exempt from it, the
account's own number counts. So the number is approved at once, and can be sent from.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import Project, User
from senders import phone_numbers
from senders.deeds import PHONE_REGISTERED
from senders.models import CodePurpose, PhoneCode, RegistrationMethod, SenderNumber
from senders.requirements import NumberType
from senders.services import phone_codes, verification
from senders.services.consent import NUMBER_CONSENT
from senders.services.errors import WHOLE, Refused, Sentence
from senders.services.number_limits import full_sentence, limit_problem, usage_of
from senders.services.registration import taken_problem
from senders.services.telling import tell_number
from senders.states import LIVE_NUMBER_STATES, Decision, IdentityState, NumberState


def own_number(*, user: User, project: Project) -> str:
    """The mobile number that is known to be the member's own, digits only; "" where none is."""
    row = verification.verification_of(user=user, project=project)
    if row is not None and row.state == IdentityState.APPROVED:
        return row.phone_number if verification.has_verified_phone(row) else ""
    if not project.organization.verification_exempt:
        return ""
    try:
        number = phone_numbers.validate(user.phone_number)
    except phone_numbers.WrongNumber:
        return ""
    return number if number.startswith(phone_numbers.MOBILE) else ""


def send_code(*, user: User, project: Project, phone_number: str, has_agreed: bool) -> None:
    """Send a code to the member's own phone, which they typed. Raises Refused by field."""
    problems, number = _problems(user, project, phone_number)
    if not has_agreed:
        problems["consent"] = _("Agree to the collection of personal information.")
    usage = usage_of(user)
    if usage.is_full:
        problems[WHOLE] = full_sentence(usage)
    if problems:
        raise Refused(problems)
    row = verification.begin(user=user, project=project)
    phone_codes.send_code(verification=row, project=project, phone_number=number, purpose=CodePurpose.NUMBER)


def _problems(user: User, project: Project, typed: str) -> tuple[dict[str, Sentence], str]:
    """What keeps this number from being registered so, and its digits."""
    if not verification.is_cleared(user=user, project=project):
        return {WHOLE: _("Verify your identity before you register a sender number.")}, ""
    try:
        number = phone_numbers.validate(typed)
    except phone_numbers.WrongNumber as error:
        return {"phone_number": error.sentence}, ""
    if number != own_number(user=user, project=project):
        sentence = _(
            "This is not your own phone, as we know it. Only that can be registered by a code; register any"
            " other number with documents."
        )
        return {"phone_number": sentence}, number
    taken = SenderNumber.objects.filter(project=project, number=number, state__in=LIVE_NUMBER_STATES)
    return ({"phone_number": taken_problem(project, number)}, number) if taken.exists() else ({}, number)


def pending_code(*, user: User, project: Project) -> PhoneCode | None:
    """The code that can still be entered, where one was sent."""
    row = verification.verification_of(user=user, project=project)
    return phone_codes.pending_code(row, CodePurpose.NUMBER) if row is not None else None


def confirm(*, user: User, project: Project, code: str) -> SenderNumber:
    """Register and approve the phone that the code proves. Raises Refused; each call is an attempt."""
    row = verification.begin(user=user, project=project)
    number = phone_codes.use_code(verification=row, code=code, purpose=CodePurpose.NUMBER)
    agreed = row.codes.filter(purpose=CodePurpose.NUMBER, used_at__isnull=False).latest("sent_at")
    try:
        with transaction.atomic():
            return _register(user, project, number, agreed)
    except IntegrityError as error:
        raise Refused({"phone_number": taken_problem(project, number)}) from error


def _register(user: User, project: Project, number: str, agreed: PhoneCode) -> SenderNumber:
    """What held when the code was sent must hold still. The person agreed when they asked for the code."""
    too_many = limit_problem(user)
    problems, _number = _problems(user, project, number)
    if too_many:
        problems[WHOLE] = too_many
    if problems:
        raise Refused(problems)
    now = timezone.now()
    row = SenderNumber.objects.create(
        project=project,
        registered_by=user,
        number=number,
        number_type=NumberType.EMPLOYEE,
        method=RegistrationMethod.SMS,
        state=NumberState.APPROVED,
        round=1,
        consent_version=NUMBER_CONSENT.version,
        consented_at=agreed.sent_at,
        submitted_at=agreed.sent_at,
        decided_at=now,
    )
    record_deed(actor=user, obj=row, project=project, what=PHONE_REGISTERED())
    tell_number(number=row, decision=Decision.APPROVED.value, at=now)
    return row
