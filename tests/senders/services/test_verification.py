"""Identity verification: each step, its order, and what closes or opens the console."""

import datetime
import threading

import pytest
import time_machine
from django.db import connection

from senders.models import IdentityVerification, PhoneCode
from senders.requirements import DOCUMENTS_OF_MEMBER, MemberCategory
from senders.services import phone_codes, verification
from senders.services.errors import Refused
from senders.states import IdentityState
from tests.factories import (
    IdentityVerificationFactory,
    MembershipFactory,
    OrganizationFactory,
    ProjectFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)


@pytest.fixture
def member():
    organization = OrganizationFactory(verification_exempt=False)
    user = UserFactory(name="김 민준", phone_number="010-2345-6789")
    return MembershipFactory(user=user, project=ProjectFactory(organization=organization))


@pytest.fixture
def agreed(member):
    row = verification.begin(user=member.user, project=member.project)
    verification.agree(verification=row, category=MemberCategory.EMPLOYEE)
    row.refresh_from_db()
    return row


def send(row, member, name="김민준", phone_number="01023456789"):
    verification.send_code(verification=row, project=member.project, name=name, phone_number=phone_number)


def problems_of(action, *arguments, **options):
    with pytest.raises(Refused) as caught:
        action(*arguments, **options)
    return {name: str(sentence) for name, sentence in caught.value.problems.items()}


def test_who_is_cleared(member):
    def cleared():
        return verification.is_cleared(user=member.user, project=member.project)

    assert not cleared()
    row = IdentityVerificationFactory(
        user=member.user, organization=member.project.organization, reviewing=True
    )
    assert not cleared()
    for state, expected in [("REJECTED", False), ("APPROVED", True)]:
        IdentityVerification.objects.filter(pk=row.pk).update(state=state)
        assert cleared() is expected
    assert not verification.is_cleared(user=UserFactory(), project=member.project)
    elsewhere = ProjectFactory(organization=OrganizationFactory(verification_exempt=False))
    assert not verification.is_cleared(user=member.user, project=elsewhere)
    exempt = ProjectFactory(organization=OrganizationFactory(verification_exempt=True))
    assert verification.is_cleared(user=UserFactory(), project=exempt)


def test_it_begins_once_with_the_likely_member_type(member):
    row = verification.begin(user=member.user, project=member.project)
    assert (row.state, row.member_category, row.round) == (IdentityState.DRAFT, MemberCategory.EMPLOYEE, 0)
    assert verification.begin(user=member.user, project=member.project) == row
    invited = MembershipFactory(project=member.project, is_invited=True)
    assert verification.begin(user=invited.user, project=member.project).member_category == MemberCategory.IAM


@time_machine.travel(NOON, tick=False)
def test_consent_is_kept_with_its_version_and_time(member):
    agreed = verification.begin(user=member.user, project=member.project)
    verification.agree(verification=agreed, category=MemberCategory.IAM)
    agreed.refresh_from_db()
    assert agreed.member_category == MemberCategory.IAM
    assert (agreed.consent_version, agreed.consented_at) == ("identity-1", NOON)


def test_no_code_without_consent(member, sent_codes):
    row = verification.begin(user=member.user, project=member.project)
    assert problems_of(send, row, member) == {
        "__all__": "Agree to the collection of personal information first."
    }
    assert sent_codes == []


@pytest.mark.parametrize(
    ("name", "phone_number", "fields"),
    [
        ("김민수", "01023456789", ["name"]),
        ("", "01023456789", ["name"]),
        ("김민준", "01023456780", ["phone_number"]),
        ("김민준", "02-123-4567", ["phone_number"]),
        ("김민준", "010-0345-6789", ["phone_number"]),
        ("김민준", "nonsense", ["phone_number"]),
        ("Kim", "01099999999", ["name", "phone_number"]),
    ],
)
def test_name_and_phone_must_be_the_accounts(name, phone_number, fields, agreed, member, sent_codes):
    assert list(problems_of(send, agreed, member, name, phone_number)) == fields
    assert sent_codes == []
    assert PhoneCode.objects.count() == 0


@pytest.mark.parametrize(
    "phone_number", ["01023456789", "010 2345 6789", "+82-10-2345-6789", "０１０２３４５６７８９"]
)
def test_a_code_goes_to_the_phone_and_is_kept_as_a_hash(phone_number, agreed, member, sent_codes):
    send(agreed, member, " 김민 준", phone_number)
    [(project_id, number, code)] = sent_codes
    assert (project_id, number) == (member.project.pk, "01023456789")
    assert len(code) == 6
    assert code.isdecimal()
    row = PhoneCode.objects.get()
    assert code not in row.code_hash
    assert len(row.code_hash) == 64
    assert row.expires_at - row.sent_at == datetime.timedelta(minutes=3)


def test_an_account_without_name_or_phone_cannot_verify(agreed, member):
    agreed.user.name = agreed.user.phone_number = ""
    assert list(problems_of(send, agreed, member, "", "01023456789")) == ["name", "phone_number"]


def test_a_provider_that_fails_costs_no_attempt(agreed, member, settings):
    settings.PHONE_VERIFICATION_PROVIDER = "tests.senders.providers.SilentProvider"
    expected = {"phone_number": "The carrier does not answer. Try again in a minute."}
    assert problems_of(send, agreed, member) == expected
    assert problems_of(send, agreed, member) == expected
    assert PhoneCode.objects.count() == 0


def test_codes_are_sent_half_a_minute_apart_and_five_an_hour(agreed, member, sent_codes):
    with time_machine.travel(NOON, tick=False) as clock:
        send(agreed, member)
        clock.shift(29)
        assert problems_of(send, agreed, member) == {
            "phone_number": "A code was sent a moment ago. Wait half a minute."
        }
        for _ in range(4):
            clock.shift(31)
            send(agreed, member)
        clock.shift(600)
        assert problems_of(send, agreed, member) == {
            "phone_number": "Five codes were sent within an hour. Try again later."
        }
        assert len(sent_codes) == 5
        clock.shift(3600)
        send(agreed, member)
        assert len(sent_codes) == 6


def test_another_phone_or_organization_does_not_give_more_codes(agreed, member, sent_codes):
    with time_machine.travel(NOON, tick=False) as clock:
        send(agreed, member)
        agreed.user.phone_number = "01088887777"
        assert list(problems_of(send, agreed, member, member.user.name, "01088887777")) == ["phone_number"]
        elsewhere = IdentityVerificationFactory(user=member.user, consented_at=NOON)
        assert list(problems_of(send, elsewhere, member)) == ["phone_number"]
        clock.shift(31)
        elsewhere.user = member.user
        send(elsewhere, member)
    assert [number for _project, number, _code in sent_codes] == ["01023456789", "01023456789"]


@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_at_once_one_gets_a_code_to_the_phone(sent_codes):
    """Each has a verification of its own; the limit is the phone's."""
    rows = [
        IdentityVerificationFactory(user__phone_number="01023456789", consented_at=NOON) for _ in range(4)
    ]
    project = ProjectFactory()
    start = threading.Barrier(len(rows))

    def ask(row):
        start.wait()
        try:
            phone_codes.send_code(verification=row, project=project, phone_number="01023456789")
        except Refused:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(sent_codes), PhoneCode.objects.count()) == (1, 1)


def confirm(row, code):
    verification.confirm_code(verification=row, code=code)


@time_machine.travel(NOON, tick=False)
def test_the_code_verifies_the_phone_once(agreed, member, sent_codes):
    send(agreed, member)
    code = sent_codes[0][2]
    confirm(agreed, f" {code} ")
    agreed.refresh_from_db()
    assert (agreed.phone_number, agreed.phone_verified_at) == ("01023456789", NOON)
    assert verification.has_verified_phone(agreed)
    assert problems_of(confirm, agreed, code) == {"code": "This code is no longer valid. Send a new one."}


def test_no_code_no_verification(agreed):
    assert problems_of(confirm, agreed, "123456") == {"code": "Send a code to your phone first."}


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def test_five_guesses_and_no_more(agreed, member, sent_codes):
    send(agreed, member)
    code = sent_codes[0][2]
    for _ in range(4):
        assert problems_of(confirm, agreed, wrong(code)) == {
            "code": "This is not the code that was sent. Look at the newest message."
        }
    assert problems_of(confirm, agreed, wrong(code)) == {
        "code": "The code was wrong five times. Send a new one."
    }
    assert problems_of(confirm, agreed, code) == {"code": "This code is no longer valid. Send a new one."}
    assert PhoneCode.objects.get().attempts == 5
    agreed.refresh_from_db()
    assert agreed.phone_verified_at is None


def test_a_code_lives_three_minutes(agreed, member, sent_codes):
    with time_machine.travel(NOON, tick=False) as clock:
        send(agreed, member)
        clock.shift(179)
        later = PhoneCode.objects.get()
        assert later.expires_at > datetime.datetime.now(datetime.UTC)
        clock.shift(1)
        assert problems_of(confirm, agreed, sent_codes[0][2]) == {
            "code": "This code is no longer valid. Send a new one."
        }


def test_only_the_newest_code_counts(agreed, member, sent_codes):
    with time_machine.travel(NOON, tick=False) as clock:
        send(agreed, member)
        clock.shift(31)
        send(agreed, member)
        (_, _, first), (_, _, second) = sent_codes
        if first != second:
            assert list(problems_of(confirm, agreed, first)) == ["code"]
        confirm(agreed, second)


def test_another_persons_code_is_worth_nothing(agreed, member, sent_codes):
    send(agreed, member)
    other = IdentityVerificationFactory(ready=True)
    assert problems_of(confirm, other, sent_codes[0][2]) == {"code": "Send a code to your phone first."}


@pytest.fixture
def ready(member):
    return IdentityVerificationFactory(
        user=member.user, organization=member.project.organization, ready=True, phone_number="01023456789"
    )


@pytest.mark.parametrize("category", MemberCategory)
@time_machine.travel(NOON, tick=False)
def test_submission(category, ready, put):
    IdentityVerification.objects.filter(pk=ready.pk).update(member_category=category)
    for kind in DOCUMENTS_OF_MEMBER[category]:
        put(ready, kind)
    verification.submit(verification=ready)
    ready.refresh_from_db()
    assert (ready.state, ready.round, ready.submitted_at) == (IdentityState.REVIEWING, 1, NOON)
    with pytest.raises(Refused, match="submitted already"):
        verification.submit(verification=ready)


@pytest.mark.parametrize("category", MemberCategory)
@pytest.mark.parametrize("missing", DOCUMENTS_OF_MEMBER[MemberCategory.EMPLOYEE])
def test_each_missing_document_is_named_and_nothing_moves(category, missing, ready, put):
    IdentityVerification.objects.filter(pk=ready.pk).update(member_category=category)
    for kind in DOCUMENTS_OF_MEMBER[category]:
        if kind != missing:
            put(ready, kind)
    assert problems_of(verification.submit, verification=ready) == {missing: "Upload this document."}
    ready.refresh_from_db()
    assert (ready.state, ready.round, ready.submitted_at) == (IdentityState.DRAFT, 0, None)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"consented_at": None}, "Agree to the collection of personal information first."),
        ({"phone_verified_at": None}, "Verify your mobile phone first."),
        ({"phone_number": "01099999999"}, "Verify your mobile phone first."),
    ],
)
def test_steps_cannot_be_skipped(fields, sentence, ready, put):
    IdentityVerification.objects.filter(pk=ready.pk).update(**fields)
    for kind in DOCUMENTS_OF_MEMBER[MemberCategory.EMPLOYEE]:
        put(ready, kind)
    assert problems_of(verification.submit, verification=ready) == {"__all__": sentence}
    ready.refresh_from_db()
    assert ready.state == IdentityState.DRAFT


@pytest.mark.parametrize("state", [IdentityState.REVIEWING, IdentityState.APPROVED])
def test_nothing_changes_while_it_is_reviewed_or_after(state, ready, member, sent_codes):
    now = datetime.datetime.now(datetime.UTC)
    IdentityVerification.objects.filter(pk=ready.pk).update(state=state, round=1, submitted_at=now)
    for action in (
        lambda: verification.agree(verification=ready, category=MemberCategory.IAM),
        lambda: send(ready, member),
        lambda: confirm(ready, "123456"),
        lambda: verification.submit(verification=ready),
    ):
        with pytest.raises(Refused, match="submitted already"):
            action()
    ready.refresh_from_db()
    assert (ready.state, ready.member_category, ready.round) == (state, MemberCategory.EMPLOYEE, 1)
    assert sent_codes == []
