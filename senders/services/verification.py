"""Identity verification: consent, phone, documents, submission; and who is cleared."""

import unicodedata

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Membership, Organization, Project, User
from senders import phone_numbers
from senders.models import IdentityVerification
from senders.requirements import MemberCategory
from senders.services import phone_codes
from senders.services.consent import IDENTITY_CONSENT
from senders.services.documents import lock_editable, submission_problems
from senders.services.errors import WHOLE, Refused, Sentence
from senders.states import IDENTITY, IdentityState


def is_cleared(*, user: User, project: Project) -> bool:
    """Whether the console is open to this member of the project: verified, or exempt from verification."""
    if project.organization.verification_exempt:
        return True
    return IdentityVerification.objects.filter(
        user=user, organization_id=project.organization_id, state=IdentityState.APPROVED
    ).exists()


def approved_membership() -> Exists:
    """Whether the member is verified in the organization of the project: an expression over memberships."""
    rows = IdentityVerification.objects.filter(state=IdentityState.APPROVED)
    return Exists(rows.filter(user=OuterRef("user"), organization=OuterRef("project__organization")))


def is_settled(*, user: User) -> bool:
    """Whether the person's name and phone number were verified, or are under review, in any organization.

    They stay then, wherever the person works now: what was approved would stand for somebody else.
    """
    settled = (IdentityState.REVIEWING, IdentityState.APPROVED)
    return IdentityVerification.objects.filter(user=user, state__in=settled).exists()


def verification_of(*, user: User, project: Project) -> IdentityVerification | None:
    """The member's verification in the project's organization, where one was begun."""
    rows = IdentityVerification.objects.filter(user=user, organization_id=project.organization_id)
    return rows.select_related("user", "organization").first()


def begin(*, user: User, project: Project) -> IdentityVerification:
    """The member's verification in the project's organization, begun where there is none."""
    category = likely_category(user=user, organization=project.organization)
    row, _created = IdentityVerification.objects.get_or_create(
        user=user, organization=project.organization, defaults={"member_category": category}
    )
    return row


def likely_category(*, user: User, organization: Organization) -> MemberCategory:
    """In what capacity the person most likely verifies: invited ones as IAM members."""
    invited = Membership.objects.filter(user=user, project__organization=organization, is_invited=True)
    return MemberCategory.IAM if invited.exists() else MemberCategory.EMPLOYEE


def agree(*, verification: IdentityVerification, category: MemberCategory) -> None:
    """Record that the person agreed to the present text, and in what capacity they verify. Raises Refused."""
    with transaction.atomic():
        locked = lock_editable(verification)
        IdentityVerification.objects.filter(pk=locked.pk).update(
            member_category=category, consent_version=IDENTITY_CONSENT.version, consented_at=timezone.now()
        )


def send_code(*, verification: IdentityVerification, project: Project, name: str, phone_number: str) -> None:
    """Send a one-time code, where name and number are the account's own. Raises Refused by field."""
    _check_editable(verification)
    if verification.consented_at is None:
        raise Refused(_("Agree to the collection of personal information first."))
    problems = _account_problems(verification.user, name, phone_number)
    if problems:
        raise Refused(problems)
    number = phone_numbers.normalize(phone_number)
    phone_codes.send_code(verification=verification, project=project, phone_number=number)


def confirm_code(*, verification: IdentityVerification, code: str) -> None:
    """Mark the phone as verified where the code is the one sent. Raises Refused."""
    _check_editable(verification)
    number = phone_codes.use_code(verification=verification, code=code)
    with transaction.atomic():
        locked = lock_editable(verification)
        IdentityVerification.objects.filter(pk=locked.pk).update(
            phone_number=number, phone_verified_at=timezone.now()
        )


def _check_editable(verification: IdentityVerification) -> None:
    with transaction.atomic():
        lock_editable(verification)


def _account_problems(user: User, name: str, phone_number: str) -> dict[str, Sentence]:
    problems: dict[str, Sentence] = {}
    if not _same_name(name, user.name):
        problems["name"] = _("This is not the name of your account. Enter it as you signed up.")
    try:
        number = phone_numbers.validate(phone_number)
    except phone_numbers.WrongNumber as error:
        return problems | {"phone_number": error.sentence}
    if not number.startswith(phone_numbers.MOBILE):
        problems["phone_number"] = _("Enter a mobile phone number that begins with 010.")
    elif not _is_account_phone(user, number):
        problems["phone_number"] = _("This is not the number of your account. Enter it as you signed up.")
    return problems


def _same_name(entered: str, known: str) -> bool:
    def plain(name: str) -> str:
        return "".join(unicodedata.normalize("NFKC", name).split()).casefold()

    return bool(plain(known)) and plain(entered) == plain(known)


def _is_account_phone(user: User, number: str) -> bool:
    try:
        return phone_numbers.normalize(user.phone_number) == number
    except phone_numbers.WrongNumber:
        return False


def has_verified_phone(verification: IdentityVerification) -> bool:
    """Whether the phone that was verified is still the account's own."""
    if verification.phone_verified_at is None:
        return False
    return _is_account_phone(verification.user, verification.phone_number)


def submit(*, verification: IdentityVerification) -> None:
    """Hand the verification to the reviewers. Raises Refused with everything that is still missing."""
    with transaction.atomic():
        locked = lock_editable(verification)
        problems = _steps_missing(locked) | submission_problems(locked)
        if problems:
            raise Refused(problems)
        rows = IdentityVerification.objects.filter(pk=locked.pk)
        now, round_ = timezone.now(), locked.round + 1
        if not IDENTITY.advance(
            rows, IdentityState.REVIEWING, round=round_, submitted_at=now, decided_at=None
        ):
            raise Refused(_("It has been submitted already."))


def _steps_missing(verification: IdentityVerification) -> dict[str, Sentence]:
    if verification.consented_at is None:
        return {WHOLE: _("Agree to the collection of personal information first.")}
    if not has_verified_phone(verification):
        return {WHOLE: _("Verify your mobile phone first.")}
    return {}
