"""Evidence that the regulator asks for: three days, suspended by the clock, usable again once accepted."""

import datetime
import threading

import pytest
import time_machine
from django.core import mail
from django.db import connection

from console.accounts.models import AuditEntry, Notice, NoticeMail, ProjectEvent
from console.accounts.notice_mail import mail_notices
from console.accounts.scoping import scope_for
from console.accounts.sentences import words_of
from senders.models import Document, EvidenceRequest, SenderNumber
from senders.requirements import Check, DocumentKind
from senders.services import evidence, registration, result_mail, review
from senders.services.documents import Upload, add_document, may_look_at
from senders.services.errors import Refused
from senders.services.retention import remove_old_documents
from senders.services.review import Verdict
from senders.states import Decision, EvidenceState, NumberState
from tests.factories import (
    DocumentFactory,
    EvidenceRequestFactory,
    MembershipFactory,
    SenderNumberFactory,
    UserFactory,
)
from tests.senders.files import picture, upload

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
DUE = NOON + 72 * HOUR
MICRO = datetime.timedelta(microseconds=1)


@pytest.fixture
def number(manager):
    return SenderNumberFactory(
        approved=True, project=manager.project, registered_by=manager.user, number="021234567"
    )


@pytest.fixture
def asked(number, reviewer):
    with time_machine.travel(NOON, tick=False):
        return evidence.ask(number=number, reviewer=reviewer, reason=" Show the contract. ")


def is_usable(number, at):
    with time_machine.travel(at, tick=False):
        return registration.is_approved(number.project, number.number)


def sweep(at):
    with time_machine.travel(at, tick=False):
        return evidence.suspend_overdue()


def hand_in(row, user, at):
    row.refresh_from_db()
    DocumentFactory(
        sender_number=row.sender_number,
        evidence=row,
        kind=DocumentKind.EVIDENCE,
        round=row.round + 1,
        issued_on=None,
    )
    with time_machine.travel(at, tick=False):
        return evidence.hand_in(evidence=row, user=user)


def decide(row, reviewer, decision, at):
    row = EvidenceRequest.objects.get(pk=row.pk)
    documents = Document.objects.filter(evidence=row, round=row.round)
    verdict = Verdict(
        decision=decision,
        round=row.round,
        checklist={each.pk: [Check.ANSWERS] for each in documents},
        note="" if decision == Decision.APPROVED else "It is another number’s contract.",
    )
    with time_machine.travel(at, tick=False):
        return review.decide(subject=row, reviewer=reviewer, verdict=verdict)


def state(row):
    return type(row)._default_manager.get(pk=row.pk).state


def deeds(number):
    rows = AuditEntry.objects.filter(object_pk=str(number.pk), project=number.project, action=5)
    rows = rows.filter(content_type__model="sendernumber").order_by("pk")
    return [words_of(row.additional_data["said"]) for row in rows]


# --- asking --------------------------------------------------------------------------------------


def test_three_days_of_24_hours_from_the_moment(asked, number, reviewer):
    assert (asked.asked_at, asked.due_at, asked.state) == (NOON, DUE, EvidenceState.ASKED)
    assert (asked.reason, asked.asked_by, asked.sender_number) == ("Show the contract.", reviewer, number)
    assert deeds(number) == ["evidence asked for until 2026-11-25 12:00:00: Show the contract."]
    assert state(number) == NumberState.APPROVED


def test_every_member_is_mailed_once(asked, number, manager):
    viewer = MembershipFactory(project=manager.project, role="VIEWER").user
    assert NoticeMail.objects.count() == 1  # who came later reads it in the console
    assert mail_notices() == 1
    [message] = mail.outbox
    assert message.to == [manager.user.email]
    assert message.subject == "Bongsu: evidence is needed for the sender number 02-123-4567"
    assert "Show the contract." in message.body
    assert "Hand it in until 2026-11-25 12:00." in message.body
    assert f"/senders/numbers/{number.pk}/evidence/" in message.body
    assert [row.pk for row in evidence.waiting_of(viewer.memberships.get().project)] == [asked.pk]


@pytest.mark.parametrize("reason", ["", " \n\0", "x" * 2001])
def test_a_reason_is_needed(number, reviewer, reason):
    with pytest.raises(Refused) as caught:
        evidence.ask(number=number, reviewer=reviewer, reason=reason)
    assert list(caught.value.problems) == ["reason"]
    assert not EvidenceRequest.objects.exists()
    assert not Notice.objects.exists()


@pytest.mark.parametrize("before", [s for s in NumberState if s != NumberState.APPROVED])
def test_only_of_an_approved_number(number, reviewer, before):
    SenderNumber.objects.filter(pk=number.pk).update(state=before)
    with pytest.raises(Refused):
        evidence.ask(number=number, reviewer=reviewer, reason="Show it.")
    assert not EvidenceRequest.objects.exists()


def test_one_request_at_a_time(asked, number, reviewer):
    with pytest.raises(Refused) as caught:
        evidence.ask(number=number, reviewer=reviewer, reason="Another.")
    assert str(caught.value) == "Evidence of this number is asked for already."
    assert EvidenceRequest.objects.count() == 1


def test_by_a_reviewer_of_no_own_organization(number, manager):
    own = UserFactory(reviewer=True)
    MembershipFactory(user=own, project__organization=manager.project.organization)
    for user in (own, manager.user, UserFactory()):
        with pytest.raises(Refused):
            evidence.ask(number=number, reviewer=user, reason="Show it.")
    assert not EvidenceRequest.objects.exists()
    assert list(evidence.registered_numbers(own, "1234567")) == []
    assert list(evidence.registered_numbers(UserFactory(reviewer=True), "1234567")) == [number]


# --- the clock -----------------------------------------------------------------------------------


def test_it_stops_by_the_clock_and_not_by_the_sweep(asked, number):
    assert is_usable(number, DUE - MICRO)
    assert not is_usable(number, DUE)
    assert state(number) == NumberState.APPROVED


def test_the_sweep_suspends_once_and_tells(asked, number):
    assert (sweep(DUE - MICRO), sweep(DUE), sweep(DUE + HOUR)) == (0, 1, 0)
    asked.refresh_from_db()
    assert (state(number), asked.state, asked.suspended_at) == (
        NumberState.SUSPENDED,
        EvidenceState.ASKED,
        DUE,
    )
    assert deeds(number)[1:] == [
        "suspended: the evidence asked for was due 2026-11-25 12:00:00 and not there"
    ]
    assert [event.payload for event in ProjectEvent.objects.all()] == [
        {
            "sendNo": "021234567",
            "decision": "SUSPENDED",
            "decidedDateTime": "2026-11-25T12:00:00.000+09:00",
            "about": "EVIDENCE",
        }
    ]
    assert set(Notice.objects.values_list("kind", flat=True)) == {"evidence_asked", "number_suspended"}
    assert mail_notices() == 2
    assert mail.outbox[1].subject == "Bongsu: the sender number 02-123-4567 is suspended"


def test_handed_in_in_time_it_stays_usable_while_it_is_reviewed(asked, number, manager):
    row = hand_in(asked, manager.user, DUE - MICRO)
    assert (row.state, row.round, row.submitted_at, row.handed_in_by) == (
        EvidenceState.REVIEWING,
        1,
        DUE - MICRO,
        manager.user,
    )
    assert deeds(number)[1:] == ["evidence handed in: 1 document"]
    assert sweep(DUE + 100 * HOUR) == 0
    assert is_usable(number, DUE + 100 * HOUR)


@pytest.mark.parametrize("late_by", [datetime.timedelta(0), HOUR])
def test_handed_in_too_late_it_stays_suspended_until_it_is_accepted(
    asked, number, manager, reviewer, late_by
):
    at = DUE + late_by
    hand_in(asked, manager.user, at)
    assert not is_usable(number, at)
    assert sweep(at) == 1
    assert not is_usable(number, at + HOUR)
    decide(asked, reviewer, Decision.APPROVED, at + 2 * HOUR)
    assert (state(number), state(asked)) == (NumberState.APPROVED, EvidenceState.APPROVED)
    assert is_usable(number, at + 2 * HOUR)
    assert deeds(number)[-1] == "may be sent from again: the evidence is accepted"
    assert sweep(at + 100 * HOUR) == 0


def test_accepted_in_time_nothing_is_suspended(asked, number, manager, reviewer):
    hand_in(asked, manager.user, NOON + HOUR)
    decide(asked, reviewer, Decision.APPROVED, NOON + 2 * HOUR)
    assert sweep(DUE + HOUR) == 0
    assert is_usable(number, DUE + HOUR)
    # Another time, evidence may be asked for again.
    with time_machine.travel(DUE + HOUR, tick=False):
        evidence.ask(number=number, reviewer=reviewer, reason="Again.")


def test_rejected_in_time_the_clock_goes_on(asked, number, manager, reviewer):
    hand_in(asked, manager.user, NOON + HOUR)
    decide(asked, reviewer, Decision.REJECTED, NOON + 2 * HOUR)
    asked.refresh_from_db()
    assert (asked.state, asked.due_at, state(number)) == (EvidenceState.REJECTED, DUE, NumberState.APPROVED)
    assert is_usable(number, DUE - MICRO)
    assert not is_usable(number, DUE)
    row = hand_in(asked, manager.user, DUE - HOUR)
    assert (row.state, row.round) == (EvidenceState.REVIEWING, 2)
    assert is_usable(number, DUE)


def test_rejected_after_the_clock_ran_out_it_is_suspended_at_once(asked, number, manager, reviewer):
    hand_in(asked, manager.user, NOON + HOUR)
    assert is_usable(number, DUE + HOUR)
    decide(asked, reviewer, Decision.REJECTED, DUE + HOUR)
    assert state(number) == NumberState.SUSPENDED
    assert not is_usable(number, DUE + HOUR)
    assert sweep(DUE + 2 * HOUR) == 0
    asked.refresh_from_db()
    assert asked.suspended_at == DUE + HOUR


def test_the_decision_is_mailed_and_told(asked, number, manager, reviewer):
    hand_in(asked, manager.user, NOON + HOUR)
    rejected = decide(asked, reviewer, Decision.REJECTED, NOON + 2 * HOUR)
    result_mail.mail_result(rejected.pk)
    [message] = mail.outbox
    assert (message.to, message.subject) == (
        [manager.user.email],
        "Bongsu: the evidence for 02-123-4567 was rejected",
    )
    assert "It is another number’s contract." in message.body
    assert "upload other documents and hand them in" in message.body
    [event] = ProjectEvent.objects.all()
    assert event.payload["decision"] == "REJECTED"
    assert event.payload["about"] == "EVIDENCE"


# --- handing in ----------------------------------------------------------------------------------


def test_nothing_uploaded_is_nothing_handed_in(asked, manager):
    with pytest.raises(Refused) as caught:
        evidence.hand_in(evidence=asked, user=manager.user)
    assert {name: str(said) for name, said in caught.value.problems.items()} == {
        DocumentKind.EVIDENCE: "Upload this document."
    }
    assert state(asked) == EvidenceState.ASKED


def test_documents_are_checked_and_kept_like_all_others(asked, number, manager, stored_files):
    file = upload(picture("PNG", (300, 400)), "contract.png")
    document = add_document(
        subject=asked, upload=Upload(DocumentKind.EVIDENCE, file), uploaded_by=manager.user
    )
    assert (document.evidence, document.sender_number, document.round) == (asked, number, 1)
    assert stored_files() == [document.storage_name]
    for kind, content in ((DocumentKind.EVIDENCE, b"nonsense"), (DocumentKind.USAGE_AGREEMENT, b"x")):
        chosen = Upload(kind, upload(content, "x.pdf"))
        with pytest.raises(Refused):
            add_document(subject=asked, upload=chosen, uploaded_by=manager.user)
    assert Document.objects.count() == 1
    # None of it is a document of the registration.
    assert review.current_documents(number, 1)[DocumentKind.SERVICE_CERTIFICATE] == []


def test_who_looks_at_it(asked, number, manager, reviewer):
    row = hand_in(asked, manager.user, NOON + HOUR)
    document = Document.objects.get(evidence=row)
    other = MembershipFactory()
    viewer = MembershipFactory(project=manager.project, role="VIEWER")
    for user, project, may in (
        (manager.user, manager.project, True),
        (viewer.user, manager.project, False),
        (other.user, other.project, False),
        (reviewer, None, True),
    ):
        scope = scope_for(user, project.pk if project else None)
        assert may_look_at(scope=scope, document=document) is may


def test_nobody_reviews_what_they_handed_in(asked, manager, number):
    staff = UserFactory(reviewer=True)
    hand_in(asked, staff, NOON + HOUR)
    assert review.queue(staff) == []
    with pytest.raises(Refused):
        decide(asked, staff, Decision.APPROVED, NOON + 2 * HOUR)
    other = UserFactory(reviewer=True)
    assert [(row.SLUG, row.pk) for row in review.queue(other)] == [("evidence", asked.pk)]
    assert review.waiting_count(scope_for(other, None)) == 1


# --- withdrawn, and two at once ------------------------------------------------------------------


@pytest.mark.parametrize("is_late", [False, True])
def test_a_withdrawn_number_is_asked_nothing_more(asked, number, is_late):
    if is_late:
        sweep(DUE)
    registration.withdraw(sender_number=number)
    asked.refresh_from_db()
    assert (asked.state, state(number)) == (EvidenceState.CLOSED, NumberState.WITHDRAWN)
    assert asked.closed_at is not None
    assert not evidence.waiting_of(number.project).exists()
    assert sweep(DUE + HOUR) == 0


def together(*actions):
    barrier, ended = threading.Barrier(len(actions)), []

    def act(action):
        try:
            barrier.wait()
            ended.append(action())
        except Refused:
            ended.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_and_a_withdrawal_at_once():
    for _ in range(4):
        past = datetime.datetime.now(datetime.UTC) - 100 * HOUR
        row = EvidenceRequestFactory(asked_at=past)
        number = row.sender_number
        ended = together(
            evidence.suspend_overdue,
            evidence.suspend_overdue,
            lambda number=number: registration.withdraw(sender_number=number),
        )
        assert len(ended) == 3
        assert "refused" not in ended
        number.refresh_from_db()
        row.refresh_from_db()
        assert (number.state, row.state) == (NumberState.WITHDRAWN, EvidenceState.CLOSED)
        told = Notice.objects.filter(project=number.project, kind="number_suspended").count()
        assert told == sum(each for each in ended if each) == bool(row.suspended_at)


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_ask_at_once():
    number = SenderNumberFactory(approved=True)
    staff = [UserFactory(reviewer=True) for _ in range(2)]

    def asks(user):
        return lambda: evidence.ask(number=number, reviewer=user, reason="Show it.") and "asked"

    assert sorted(together(*map(asks, staff))) == ["asked", "refused"]
    assert EvidenceRequest.objects.count() == 1


def test_what_was_uploaded_and_never_handed_in_goes_after_a_month(asked, number, manager):
    DocumentFactory(sender_number=number, round=1)
    hand_in(asked, manager.user, NOON + HOUR)
    EvidenceRequest.objects.update(state=EvidenceState.REJECTED, decided_at=NOON, created_at=NOON)
    left = DocumentFactory(sender_number=number, evidence=asked, kind=DocumentKind.EVIDENCE, round=2)
    Document.objects.filter(pk=left.pk).update(uploaded_at=NOON)
    for days, count in ((29, 3), (31, 2)):
        with time_machine.travel(NOON + days * 24 * HOUR, tick=False):
            remove_old_documents()
        assert Document.objects.count() == count
    assert EvidenceRequest.objects.get() == asked
    assert not Document.objects.filter(pk=left.pk).exists()
