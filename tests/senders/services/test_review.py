"""Review: who may decide, that exactly one decision wins, and that its mail goes out once."""

import datetime
import threading
from smtplib import SMTPException

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from console import queues
from console.accounts.roles import PlatformRole, ProjectRole
from console.accounts.scoping import scope_for
from console.queues import QUEUE_OF_TASK, Queue, TaskName
from senders import tasks
from senders.models import Review, SenderNumber
from senders.requirements import REQUIREMENTS, NumberType
from senders.services import result_mail, review
from senders.services.documents import current_documents
from senders.services.errors import Refused
from senders.services.review import Verdict, decide, queue, waiting_count
from senders.states import Decision, IdentityState, NumberState
from tests.factories import (
    DocumentFactory,
    IdentityVerificationFactory,
    MembershipFactory,
    OrganizationFactory,
    ProjectFactory,
    ReviewFactory,
    SenderNumberFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)


@pytest.fixture
def rung(monkeypatch):
    """The tasks whose bell was rung."""
    bells = []
    monkeypatch.setattr(queues, "ring", lambda task, *arguments: bells.append((task, *arguments)))
    return bells


def all_checks(subject):
    return {
        row.pk: [str(check) for check in REQUIREMENTS[kind].checks]
        for kind, rows in current_documents(subject, subject.round).items()
        for row in rows
    }


def approval(subject, **changes):
    fields = {
        "decision": Decision.APPROVED,
        "round": subject.round,
        "checklist": all_checks(subject),
        **changes,
    }
    return Verdict(**fields)


def rejection(subject, **changes):
    fields = {
        "decision": Decision.REJECTED,
        "round": subject.round,
        "phrases": ["MASKED"],
        "note": " See page 2. ",
    }
    return Verdict(**{**fields, **changes})


def problems_of(subject, reviewer, verdict):
    with pytest.raises(Refused) as caught:
        decide(subject=subject, reviewer=reviewer, verdict=verdict)
    return {name: str(sentence) for name, sentence in caught.value.problems.items()}


@time_machine.travel(NOON, tick=False)
def test_an_approval(submitted, manager, reviewer, rung, django_capture_on_commit_callbacks):
    number = submitted(manager, kind=NumberType.THIRD_PARTY)
    with django_capture_on_commit_callbacks(execute=True):
        row = decide(subject=number, reviewer=reviewer, verdict=approval(number))
    number.refresh_from_db()
    assert (number.state, number.decided_at) == (NumberState.APPROVED, NOON)
    assert (row.sender_number, row.verification, row.reviewer) == (number, None, reviewer)
    assert (row.decision, row.round, row.submitted_at, row.decided_at) == ("APPROVED", 1, NOON, NOON)
    assert row.checklist == {str(pk): sorted(checks) for pk, checks in all_checks(number).items()}
    assert (row.phrases, row.note) == ([], "")
    assert rung == [(TaskName.SEND_REVIEW_MAIL, row.pk)]


def test_a_rejection_of_an_identity(reviewer):
    row = IdentityVerificationFactory(reviewing=True)
    decided = decide(subject=row, reviewer=reviewer, verdict=rejection(row))
    row.refresh_from_db()
    assert row.state == IdentityState.REJECTED
    assert decided.reasons == [
        "A part of the certificate is masked. Upload one without masks.",
        "See page 2.",
    ]


def test_an_identity_is_approved_only_while_its_phone_is_the_accounts(reviewer):
    row = IdentityVerificationFactory(reviewing=True)
    for kind in row.required_kinds:
        DocumentFactory(verification=row, kind=kind)
    verified, row.user.phone_number = row.user.phone_number, "01098765432"
    row.user.save()
    assert problems_of(row, reviewer, approval(row)) == {
        "__all__": "The registrant’s phone number was changed after it was verified."
        " Reject, so that it is verified anew."
    }
    row.refresh_from_db()
    assert (row.state, Review.objects.count()) == (IdentityState.REVIEWING, 0)
    row.user.phone_number = verified
    row.user.save()
    decide(subject=row, reviewer=reviewer, verdict=approval(row))
    row.refresh_from_db()
    assert row.state == IdentityState.APPROVED


@pytest.mark.parametrize("role", [PlatformRole.REVIEWER, PlatformRole.ADMINISTRATOR])
def test_nobody_reviews_the_own_organization(role, submitted, manager):
    number = submitted(manager)
    user = UserFactory(platform_role=role)
    sibling = ProjectFactory(organization=manager.project.organization)
    MembershipFactory(user=user, project=sibling, role=ProjectRole.VIEWER)
    assert problems_of(number, user, approval(number)) == {
        "__all__": "Nobody reviews the documents of their own organization."
    }
    number.refresh_from_db()
    assert (number.state, Review.objects.count()) == (NumberState.REVIEWING, 0)


def test_nobody_reviews_what_they_handed_in_before_they_left(submitted, manager):
    number = submitted(manager)
    identity = IdentityVerificationFactory(
        reviewing=True, user=manager.user, organization=manager.project.organization
    )
    type(manager.user).objects.filter(pk=manager.user_id).update(platform_role=PlatformRole.ADMINISTRATOR)
    manager.delete()
    manager.user.refresh_from_db()
    for subject in (number, identity):
        assert "__all__" in problems_of(subject, manager.user, approval(subject))
        subject.refresh_from_db()
        assert subject.state == "REVIEWING"
    assert queue(manager.user) == []
    assert Review.objects.count() == 0


def test_only_reviewers_review(submitted, manager):
    number = submitted(manager)
    for user in (manager.user, UserFactory(), UserFactory(reviewer=True, is_active=False)):
        assert list(problems_of(number, user, approval(number))) == ["__all__"]
    assert Review.objects.count() == 0


def test_an_approval_needs_every_check_of_every_document(submitted, manager, reviewer):
    number = submitted(manager, kind=NumberType.EMPLOYEE)
    ticked = all_checks(number)
    for document, checks in ticked.items():
        for check in checks:
            less = {**ticked, document: [other for other in checks if other != check]}
            assert list(problems_of(number, reviewer, approval(number, checklist=less))) == ["checklist"]
    without = dict(list(ticked.items())[1:])
    assert list(problems_of(number, reviewer, approval(number, checklist=without))) == ["checklist"]
    number.refresh_from_db()
    assert (number.state, Review.objects.count()) == (NumberState.REVIEWING, 0)


@pytest.mark.parametrize("changes", [{"phrases": [], "note": "  "}, {"phrases": ["MASKED", "NONSENSE"]}])
def test_a_rejection_needs_a_reason_of_the_list_or_in_words(changes, submitted, manager, reviewer):
    number = submitted(manager)
    assert list(problems_of(number, reviewer, rejection(number, **changes))) == ["reason"]
    assert Review.objects.count() == 0
    decide(subject=number, reviewer=reviewer, verdict=rejection(number, phrases=[], note="No."))
    assert Review.objects.get().reasons == ["No."]


def test_a_decision_is_about_the_submission_that_was_seen(submitted, manager, reviewer):
    number = submitted(manager)
    SenderNumber.objects.update(round=2)
    assert problems_of(number, reviewer, rejection(number)) == {
        "__all__": "Meanwhile somebody else decided this, or it was withdrawn or submitted again."
    }
    number.refresh_from_db()
    assert number.state == NumberState.REVIEWING


@pytest.mark.parametrize("state", [NumberState.APPROVED, NumberState.REJECTED, NumberState.WITHDRAWN])
def test_what_is_decided_or_withdrawn_stays_so(state, reviewer):
    number = SenderNumberFactory(state=state)
    assert list(problems_of(number, reviewer, rejection(number))) == ["__all__"]
    number.refresh_from_db()
    assert (number.state, Review.objects.count()) == (state, 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_exactly_one_decides(rung):
    number = SenderNumberFactory()
    DocumentFactory(sender_number=number)
    reviewers = [UserFactory(reviewer=True) for _ in range(2)]
    verdicts = [approval(number), rejection(number)]
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def run(reviewer, verdict):
        try:
            start.wait()
            outcomes.append(decide(subject=number, reviewer=reviewer, verdict=verdict).decision)
        except Refused:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(reviewers, verdicts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [decided] = Review.objects.all()
    number.refresh_from_db()
    assert sorted(outcomes) == sorted(["too late", decided.decision])
    assert number.state == decided.decision
    assert rung == [(TaskName.SEND_REVIEW_MAIL, decided.pk)]


def test_the_queue_is_oldest_first_and_never_ones_own(reviewer, django_assert_num_queries):
    own = OrganizationFactory()
    MembershipFactory(user=reviewer, project=ProjectFactory(organization=own))
    ages = [datetime.timedelta(hours=hours) for hours in (1, 3, 2)]
    numbers = [SenderNumberFactory(submitted_at=NOON - age) for age in ages]
    identity = IdentityVerificationFactory(
        reviewing=True, submitted_at=NOON - datetime.timedelta(hours=2, minutes=30)
    )
    SenderNumberFactory(project=ProjectFactory(organization=own))
    IdentityVerificationFactory(reviewing=True, organization=own)
    SenderNumberFactory(approved=True)
    SenderNumberFactory(draft=True)
    with django_assert_num_queries(3):
        rows = queue(reviewer)
        assert [str(row.owning_organization) + str(row.registrant) for row in rows]
    expected = [numbers[1], identity, numbers[2], numbers[0]]
    assert [(row.SLUG, row.pk) for row in rows] == [(row.SLUG, row.pk) for row in expected]
    assert waiting_count(scope_for(reviewer, None)) == 4
    assert waiting_count(scope_for(MembershipFactory().user, None)) == 0


def test_earlier_decisions_and_the_same_number_elsewhere(manager, reviewer):
    mine = SenderNumberFactory(project=manager.project, number="021234567")
    other = SenderNumberFactory(number="021234567", state=NumberState.WITHDRAWN)
    SenderNumberFactory(draft=True, number="021234567")
    SenderNumberFactory(number="029999999")
    assert [row.pk for row in review.same_number_elsewhere(mine)] == [other.pk]
    organization = manager.project.organization
    first = ReviewFactory(sender_number=mine, decided_at=NOON)
    identity = IdentityVerificationFactory(rejected=True, organization=organization)
    second = ReviewFactory(verification=identity, decided_at=NOON + datetime.timedelta(hours=1))
    ReviewFactory(sender_number=other)
    assert [row.pk for row in review.decisions_on(organization)] == [second.pk, first.pk]


class TestMail:
    @pytest.fixture
    def decided(self, manager):
        manager.user.language = "en"
        manager.user.save()
        number = SenderNumberFactory(project=manager.project, registered_by=manager.user, number="021234567")
        return ReviewFactory(sender_number=number, note="See <page> 2 & 3.", decided_at=NOON)

    def test_what_it_says(self, decided, manager):
        assert result_mail.mail_result(decided.pk)
        [message] = mail.outbox
        assert message.to == [manager.user.email]
        assert message.subject == "Bongsu: the sender number 02-123-4567 was rejected"
        assert "- A part of the certificate is masked. Upload one without masks." in message.body
        assert "- See <page> 2 & 3." in message.body
        assert message.extra_headers["Message-ID"] == (
            f"<review-{decided.pk}.20261122030000000000@example.com>"
        )

    def test_an_approval_of_an_identity(self):
        row = IdentityVerificationFactory(approved=True)
        decided = ReviewFactory(verification=row, decision=Decision.APPROVED, phrases=[])
        tasks.send_review_mail(decided.pk)
        [message] = mail.outbox
        assert message.subject == "Bongsu: your identity is verified"
        assert str(row.organization) in message.body
        assert message.to == [row.user.email]

    @time_machine.travel(NOON, tick=False)
    def test_it_is_sent_once(self, decided):
        assert result_mail.mail_result(decided.pk)
        assert not result_mail.mail_result(decided.pk)
        assert result_mail.mail_pending_results() == 0
        decided.refresh_from_db()
        assert (len(mail.outbox), decided.mailed_at, decided.mail_attempts) == (1, NOON, 1)

    def test_a_mail_that_failed_is_sent_by_the_sweep_later(self, decided, monkeypatch):
        def refuse(*arguments):
            raise SMTPException

        with time_machine.travel(NOON, tick=False) as clock:
            with monkeypatch.context() as broken:
                broken.setattr(EmailBackend, "send_messages", refuse)
                assert not result_mail.mail_result(decided.pk)
            clock.shift(600)
            assert result_mail.mail_pending_results() == 0
            clock.shift(1)
            tasks.mail_pending_results()
            assert result_mail.mail_pending_results() == 0
        decided.refresh_from_db()
        assert (len(mail.outbox), decided.mail_attempts) == (1, 2)

    def test_a_lost_task_is_found_by_the_sweep(self, decided):
        assert result_mail.mail_pending_results() == 1
        assert len(mail.outbox) == 1

    def test_it_is_given_up_in_the_end(self, decided):
        Review.objects.update(mail_attempts=result_mail.MAX_ATTEMPTS)
        assert result_mail.mail_pending_results() == 0
        assert mail.outbox == []

    def test_its_tasks_have_a_queue(self):
        assert QUEUE_OF_TASK[TaskName.SEND_REVIEW_MAIL] == Queue.SWEEPS
        assert QUEUE_OF_TASK[TaskName.MAIL_PENDING_RESULTS] == Queue.SWEEPS
        assert tasks.send_review_mail.name == "senders.send_review_mail"
        assert tasks.mail_pending_results.name == "senders.mail_pending_results"

    @pytest.mark.django_db(transaction=True)
    def test_two_workers_at_once_send_one(self):
        decided = ReviewFactory(sender_number=SenderNumberFactory())
        start = threading.Barrier(3)
        sent: list[bool] = []

        def run():
            start.wait()
            sent.append(result_mail.mail_result(decided.pk))
            connection.close()

        threads = [threading.Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(sent) == [False, False, True]
        assert len(mail.outbox) == 1
