"""A member's own phone as a sender number: by a code to it, approved at once; nobody else's phone."""

import datetime

import pytest
import time_machine

from console.accounts.models import AuditEntry, EventName, ProjectEvent
from senders.models import CodePurpose, PhoneCode, RegistrationMethod, SenderNumber
from senders.requirements import NumberType
from senders.services import own_phone, phone_codes, registration, verification
from senders.services.errors import WHOLE, Refused
from senders.states import NumberState
from tests.factories import (
    IdentityVerificationFactory,
    MembershipFactory,
    OrganizationFactory,
    SenderNumberFactory,
)

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
PHONE = "01020003000"


@pytest.fixture
def member(db):
    """Verified, with a phone."""
    organization = OrganizationFactory(verification_exempt=False)
    member = MembershipFactory(project__organization=organization, user__phone_number="010-2000-3000")
    IdentityVerificationFactory(
        approved=True, user=member.user, organization=organization, phone_number=PHONE
    )
    return member


def send(member, number="010-2000-3000", has_agreed=True):
    own_phone.send_code(user=member.user, project=member.project, phone_number=number, has_agreed=has_agreed)


def confirm(member, code):
    return own_phone.confirm(user=member.user, project=member.project, code=code)


def problems(action):
    with pytest.raises(Refused) as caught:
        action()
    return {name: str(said) for name, said in caught.value.problems.items()}


def test_it_is_approved_at_once_and_can_be_sent_from(member, sent_codes):
    with time_machine.travel(NOON, tick=False):
        send(member)
    [(project_id, phone, code)] = sent_codes
    assert (project_id, phone) == (member.project_id, PHONE)
    assert not registration.is_approved(member.project, PHONE)
    later = NOON + datetime.timedelta(minutes=1)
    with time_machine.travel(later, tick=False):
        row = confirm(member, code)
    assert (row.state, row.method, row.number_type) == (
        NumberState.APPROVED,
        RegistrationMethod.SMS,
        NumberType.EMPLOYEE,
    )
    assert (row.number, row.registered_by, row.project) == (PHONE, member.user, member.project)
    assert (row.consented_at, row.decided_at, row.consent_version) == (NOON, later, "number-1")
    assert registration.is_approved(member.project, PHONE)
    event = ProjectEvent.objects.get()
    assert (event.name, event.payload) == (
        EventName.SENDER_NUMBER_DECIDED,
        {"sendNo": PHONE, "decision": "APPROVED", "decidedDateTime": "2026-11-22T12:01:00.000+09:00"},
    )
    assert AuditEntry.objects.filter(actor=member.user, action=AuditEntry.Action.DEED).count() == 1


@pytest.mark.parametrize(
    ("number", "field"),
    [
        ("010-2000-3001", "phone_number"),
        ("02-123-4567", "phone_number"),
        ("", "phone_number"),
        ("abc", "phone_number"),
    ],
)
def test_any_other_number_is_refused(member, number, field, sent_codes):
    assert list(problems(lambda: send(member, number))) == [field]
    assert (sent_codes, PhoneCode.objects.count()) == ([], 0)


def test_without_consent_no_code_is_sent(member, sent_codes):
    assert list(problems(lambda: send(member, has_agreed=False))) == ["consent"]
    assert sent_codes == []


def test_who_is_not_verified_has_no_own_phone(sent_codes):
    organization = OrganizationFactory(verification_exempt=False)
    member = MembershipFactory(project__organization=organization, user__phone_number=PHONE)
    IdentityVerificationFactory(reviewing=True, user=member.user, organization=organization)
    assert own_phone.own_number(user=member.user, project=member.project) == ""
    assert list(problems(lambda: send(member))) == [WHOLE]
    assert sent_codes == []


@pytest.mark.parametrize(
    ("phone", "own"), [("010-2000-3000", PHONE), ("02-123-4567", ""), ("", ""), ("nonsense", "")]
)
def test_in_an_exempt_organization_the_account_tells(phone, own):
    member = MembershipFactory(user__phone_number=phone)
    assert own_phone.own_number(user=member.user, project=member.project) == own


def test_a_verified_phone_counts_before_the_accounts(member):
    member.user.phone_number = "010-9999-9999"
    member.user.save(update_fields=["phone_number"])
    assert own_phone.own_number(user=member.user, project=member.project) == ""


def test_a_wrong_code_registers_nothing(member, sent_codes):
    send(member)
    wrong = "000000" if sent_codes[0][2] != "000000" else "000001"
    assert list(problems(lambda: confirm(member, wrong))) == ["code"]
    assert not SenderNumber.objects.exists()
    assert confirm(member, sent_codes[0][2]).state == NumberState.APPROVED


def test_a_code_is_used_once_and_is_for_this_alone(member, sent_codes):
    row = verification.verification_of(user=member.user, project=member.project)
    phone_codes.send_code(verification=row, project=member.project, phone_number=PHONE)
    assert list(problems(lambda: confirm(member, sent_codes[0][2]))) == ["code"]
    assert not SenderNumber.objects.exists()
    with time_machine.travel(datetime.timedelta(minutes=1)):
        send(member)
        with pytest.raises(Refused):
            phone_codes.use_code(verification=row, code=sent_codes[1][2], purpose=CodePurpose.IDENTITY)
        confirm(member, sent_codes[1][2])
        assert list(problems(lambda: confirm(member, sent_codes[1][2]))) == ["code"]
    assert SenderNumber.objects.count() == 1


@pytest.mark.parametrize(
    "state", [NumberState.REVIEWING, NumberState.REJECTED, NumberState.APPROVED, NumberState.SUSPENDED]
)
def test_a_number_that_is_there_is_not_registered_again(member, state, sent_codes):
    SenderNumberFactory(project=member.project, number=PHONE, state=state)
    assert list(problems(lambda: send(member))) == ["phone_number"]
    assert sent_codes == []


def test_a_withdrawn_one_is(member, sent_codes):
    SenderNumberFactory(project=member.project, number=PHONE, state=NumberState.WITHDRAWN)
    send(member)
    assert confirm(member, sent_codes[0][2]).state == NumberState.APPROVED


def test_the_limit_holds_before_the_code_and_after(member, sent_codes):
    SenderNumberFactory.create_batch(9, registered_by=member.user)
    send(member)
    SenderNumberFactory(registered_by=member.user)
    assert list(problems(lambda: confirm(member, sent_codes[0][2]))) == [WHOLE]
    assert not SenderNumber.objects.filter(number=PHONE).exists()
    with time_machine.travel(datetime.timedelta(minutes=1)):
        assert list(problems(lambda: send(member))) == [WHOLE]
    assert len(sent_codes) == 1
