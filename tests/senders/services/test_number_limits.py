"""How many sender numbers a person may have: ten, or what an administrator allows; exact at once."""

import datetime
import threading

import pytest
import time_machine
from django.db import connection

from console.accounts.models import AuditEntry
from console.accounts.sentences import words_of
from senders.models import NumberLimit, SenderNumber
from senders.requirements import DocumentKind, NumberType
from senders.services import registration
from senders.services.errors import WHOLE, Refused
from senders.services.number_limits import Usage, set_limit, usage_of
from senders.services.registration import Registration
from senders.states import NumberState
from tests.factories import MembershipFactory, SenderNumberFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
FULL = (
    "You have 10 of the 10 numbers that a member may have. Withdraw one, or ask an administrator of the"
    " platform for more."
)


def draft_of(member, put):
    row = registration.draft_for(project=member.project, user=member.user)
    put(row, DocumentKind.SERVICE_CERTIFICATE)
    return row


def submit(row, number, user):
    chosen = Registration(number=number, number_type=NumberType.COMPANY, has_agreed=True)
    return registration.submit(sender_number=row, registration=chosen, user=user)


@pytest.mark.parametrize("state", NumberState)
def test_what_counts(state):
    user = UserFactory()
    SenderNumberFactory(registered_by=user, state=state)
    counted = state in (NumberState.REVIEWING, NumberState.APPROVED, NumberState.SUSPENDED)
    assert usage_of(user) == Usage(int(counted), 10)


def test_the_tenth_is_taken_and_the_eleventh_refused(manager, put):
    SenderNumberFactory.create_batch(5, registered_by=manager.user)  # of other projects, too
    SenderNumberFactory.create_batch(4, registered_by=manager.user, project=manager.project, approved=True)
    SenderNumberFactory(registered_by=manager.user, project=manager.project, rejected=True)
    assert submit(draft_of(manager, put), "02-123-4567", manager.user).state == NumberState.REVIEWING
    with pytest.raises(Refused) as caught:
        submit(draft_of(manager, put), "02-123-4568", manager.user)
    assert {name: str(said) for name, said in caught.value.problems.items()} == {WHOLE: FULL}
    assert usage_of(manager.user) == Usage(10, 10)
    assert SenderNumber.objects.filter(state=NumberState.DRAFT).count() == 1
    # A colleague has ten of their own, and a withdrawn number makes room.
    colleague = MembershipFactory(project=manager.project)
    assert submit(draft_of(colleague, put), "02-123-4569", colleague.user).state == NumberState.REVIEWING
    registration.withdraw(sender_number=SenderNumber.objects.get(number="021234567"))
    assert submit(draft_of(manager, put), "02-123-4568", manager.user).state == NumberState.REVIEWING


def test_a_rejected_number_submitted_again_counts_again(manager, put):
    SenderNumberFactory.create_batch(10, registered_by=manager.user)
    row = SenderNumberFactory(registered_by=manager.user, project=manager.project, rejected=True)
    put(row, DocumentKind.SERVICE_CERTIFICATE)
    with pytest.raises(Refused):
        submit(row, "", manager.user)
    row.refresh_from_db()
    assert (row.state, row.round) == (NumberState.REJECTED, 1)


def test_a_setting_says_how_many(manager, put, settings):
    settings.BONGSU_NUMBERS_PER_MEMBER = 1
    submit(draft_of(manager, put), "02-123-4567", manager.user)
    with pytest.raises(Refused) as caught:
        submit(draft_of(manager, put), "02-123-4568", manager.user)
    assert str(caught.value).startswith("You have 1 of the 1 number that a member may have.")


@time_machine.travel(NOON, tick=False)
def test_an_administrator_allows_more(manager, put):
    SenderNumberFactory.create_batch(10, registered_by=manager.user)
    boss = UserFactory(administrator=True)
    limit = set_limit(user=manager.user, most=12, reason=" A call center. ", by=boss)
    assert (limit.most, limit.reason, limit.set_by, limit.set_at) == (12, "A call center.", boss, NOON)
    assert usage_of(manager.user) == Usage(10, 12)
    entry = AuditEntry.objects.get(actor=boss, action=AuditEntry.Action.DEED)
    assert words_of(entry.additional_data["said"]) == "12 sender numbers allowed: A call center."
    assert submit(draft_of(manager, put), "02-123-4567", manager.user).state == NumberState.REVIEWING
    set_limit(user=manager.user, most=10, reason="Back to normal.", by=boss)
    assert NumberLimit.objects.get().most == 10
    with pytest.raises(Refused):
        submit(draft_of(manager, put), "02-123-4568", manager.user)


@pytest.mark.parametrize(
    ("most", "reason", "fields"),
    [(9, "x", ["most"]), (10_001, "x", ["most"]), (11, " \n", ["reason"]), (0, "", ["most", "reason"])],
)
def test_a_wrong_limit_changes_nothing(most, reason, fields):
    with pytest.raises(Refused) as caught:
        set_limit(user=UserFactory(), most=most, reason=reason, by=UserFactory(administrator=True))
    assert list(caught.value.problems) == fields
    assert not NumberLimit.objects.exists()


def test_nobody_allows_themselves_more_and_no_reviewer_does():
    boss = UserFactory(administrator=True)
    for user, by in ((boss, boss), (UserFactory(), UserFactory(reviewer=True))):
        with pytest.raises(Refused):
            set_limit(user=user, most=11, reason="x", by=by)
    assert not NumberLimit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_the_tenth_and_the_eleventh_at_once_one_is_refused(put):
    """One person, two browsers, two projects."""
    for _ in range(3):
        user = UserFactory()
        SenderNumberFactory.create_batch(9, registered_by=user)
        members = [MembershipFactory(user=user) for _ in range(2)]
        drafts = [draft_of(member, put) for member in members]
        barrier, ended = threading.Barrier(2), []

        def act(row, user=user, barrier=barrier, ended=ended):
            try:
                barrier.wait()
                submit(row, "02-123-4567", user)
                ended.append("done")
            except Refused:
                ended.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=act, args=(row,)) for row in drafts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(ended) == ["done", "refused"]
        assert usage_of(user) == Usage(10, 10)
