"""Sender numbers: what each type needs, that a number is registered once, and which may send."""

import datetime
import threading

import pytest
import time_machine
from django.db import connection, transaction

from console.accounts.roles import ProjectRole
from console.accounts.scoping import scope_for
from senders.models import Document, IdentityVerification, SenderNumber
from senders.requirements import DOCUMENTS_OF_NUMBER, DocumentKind, NumberType
from senders.services import registration
from senders.services.errors import Refused
from senders.services.registration import Registration
from senders.states import NumberState
from tests.factories import (
    DocumentFactory,
    IdentityVerificationFactory,
    MembershipFactory,
    OrganizationFactory,
    ProjectFactory,
    SenderNumberFactory,
)

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
CERTIFICATE = DocumentKind.SERVICE_CERTIFICATE


@pytest.fixture
def draft(manager):
    return registration.draft_for(project=manager.project, user=manager.user)


def chosen(number="02-123-4567", kind=NumberType.COMPANY, has_agreed=True):
    return Registration(number=number, number_type=kind, has_agreed=has_agreed)


def submit(row, choice, user):
    return registration.submit(sender_number=row, registration=choice, user=user)


def problems_of(row, choice, user):
    with pytest.raises(Refused) as caught:
        submit(row, choice, user)
    return {name: str(sentence) for name, sentence in caught.value.problems.items()}


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("kind", NumberType)
def test_each_type_with_its_documents(kind, draft, manager, put):
    for document in DOCUMENTS_OF_NUMBER[kind]:
        put(draft, document)
    row = submit(draft, chosen(kind=kind), manager.user)
    assert (row.state, row.number, row.number_type, row.round) == (
        NumberState.REVIEWING,
        "021234567",
        kind,
        1,
    )
    assert (row.submitted_at, row.consented_at, row.consent_version) == (NOON, NOON, "number-1")
    assert row.decided_at is None


@pytest.mark.parametrize(
    ("kind", "missing"), [(kind, document) for kind in NumberType for document in DOCUMENTS_OF_NUMBER[kind]]
)
def test_each_type_without_one_of_its_documents(kind, missing, draft, manager, put):
    for document in set(DocumentKind) - {missing}:
        put(draft, document)
    assert problems_of(draft, chosen(kind=kind), manager.user) == {missing: "Upload this document."}
    draft.refresh_from_db()
    assert (draft.state, draft.number, draft.round, draft.submitted_at) == (NumberState.DRAFT, "", 0, None)


def test_everything_wrong_is_said_at_once(manager):
    organization = OrganizationFactory(verification_exempt=False)
    member = MembershipFactory(project=ProjectFactory(organization=organization))
    row = registration.draft_for(project=member.project, user=member.user)
    assert problems_of(row, chosen("070-0123-4567", NumberType.OTHER, has_agreed=False), member.user) == {
        "number": "Numbers that begin with 070-0 or 070-1 are assigned to nobody.",
        "identity": "Verify your identity before you register a sender number.",
        "consent": "Agree to the collection of personal information.",
        CERTIFICATE: "Upload this document.",
        DocumentKind.USAGE_AGREEMENT: "Upload this document.",
    }


def test_a_verified_member_registers(put):
    project = ProjectFactory(organization=OrganizationFactory(verification_exempt=False))
    member = MembershipFactory(project=project)
    IdentityVerificationFactory(user=member.user, organization=project.organization, approved=True)
    row = registration.draft_for(project=project, user=member.user)
    put(row, CERTIFICATE)
    assert submit(row, chosen(), member.user).state == NumberState.REVIEWING
    IdentityVerification.objects.all().delete()
    again = registration.draft_for(project=project, user=member.user)
    put(again, CERTIFICATE)
    assert list(problems_of(again, chosen("02-765-4321"), member.user)) == ["identity"]


def test_a_certificate_may_grow_too_old_before_it_is_submitted(draft, manager, put):
    document = put(draft, CERTIFICATE, issued_on=datetime.date(2026, 8, 22))
    with time_machine.travel(NOON + datetime.timedelta(days=1), tick=False):
        assert problems_of(draft, chosen(), manager.user) == {
            f"{CERTIFICATE}-issued_on": (
                "This document was issued more than three months ago. Ask the carrier for a new one."
            )
        }
    assert Document.objects.get() == document
    with time_machine.travel(NOON, tick=False):
        assert submit(draft, chosen(), manager.user).state == NumberState.REVIEWING


@pytest.mark.parametrize("state", [NumberState.REVIEWING, NumberState.APPROVED, NumberState.REJECTED])
def test_a_number_is_registered_once_in_a_project(state, draft, manager, put):
    put(draft, CERTIFICATE)
    SenderNumberFactory(project=manager.project, number="021234567", state=state)
    sentence = problems_of(draft, chosen(), manager.user)["number"]
    if state == NumberState.REJECTED:
        assert sentence == (
            "This number was rejected before. Open it in the list and submit it again with new documents."
        )
    else:
        assert sentence == "This number is registered in this project already."
    draft.refresh_from_db()
    assert draft.state == NumberState.DRAFT


def test_a_withdrawn_number_and_one_of_another_project_do_not_count(draft, manager, put):
    put(draft, CERTIFICATE)
    SenderNumberFactory(project=manager.project, number="021234567", state=NumberState.WITHDRAWN)
    SenderNumberFactory(number="021234567")
    assert submit(draft, chosen(), manager.user).state == NumberState.REVIEWING


def test_the_database_has_the_last_word_on_duplicates(draft, manager, put, monkeypatch):
    put(draft, CERTIFICATE)
    SenderNumberFactory(project=manager.project, number="021234567")
    monkeypatch.setattr(registration, "_number_of", lambda locked, choice: ("021234567", {}))
    assert problems_of(draft, chosen(), manager.user) == {
        "number": "This number is registered in this project already."
    }
    draft.refresh_from_db()
    assert (draft.state, draft.number) == (NumberState.DRAFT, "")


@pytest.mark.django_db(transaction=True)
def test_two_people_who_register_the_same_number_at_once(put):
    project = ProjectFactory()
    members = [MembershipFactory(project=project) for _ in range(2)]
    drafts = [registration.draft_for(project=project, user=member.user) for member in members]
    for draft in drafts:
        put(draft, CERTIFICATE)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def register(draft, member):
        try:
            start.wait()
            outcomes.append(submit(draft, chosen(), member.user).state)
        except Refused as refused:
            outcomes.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=register, args=pair) for pair in zip(drafts, members, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["REVIEWING", "This number is registered in this project already."]
    assert sorted(SenderNumber.objects.values_list("state", flat=True)) == ["DRAFT", "REVIEWING"]


@pytest.mark.django_db(transaction=True)
def test_a_draft_begun_twice_at_once_is_one():
    member = MembershipFactory()
    ids: list[int] = []
    start = threading.Barrier(4)

    def begin():
        start.wait()
        ids.append(registration.draft_for(project=member.project, user=member.user).pk)
        connection.close()

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1


def test_a_draft_keeps_what_was_chosen(draft, manager):
    registration.keep_choices(sender_number=draft, registration=chosen("070-0123-4567", NumberType.OTHER))
    draft.refresh_from_db()
    assert (draft.number, draft.number_type, draft.state) == (
        "07001234567",
        NumberType.OTHER,
        NumberState.DRAFT,
    )
    registration.keep_choices(sender_number=draft, registration=chosen("not a number", NumberType.COMPANY))
    draft.refresh_from_db()
    assert (draft.number, draft.number_type) == ("", NumberType.COMPANY)


def test_a_rejected_number_is_submitted_again_with_something_new(manager, put):
    row = SenderNumberFactory(rejected=True, project=manager.project, number="021234567")
    DocumentFactory(sender_number=row, round=1)
    assert problems_of(row, chosen("", NumberType.COMPANY), manager.user) == {
        "documents": "Upload at least one new document: the reviewer has seen these already."
    }
    other = MembershipFactory(project=manager.project)
    put(row, CERTIFICATE)
    again = submit(row, chosen("02-999-9999", NumberType.REPRESENTATIVE), other.user)
    assert (again.state, again.round, again.number) == (NumberState.REVIEWING, 2, "021234567")
    assert (again.registered_by, again.number_type) == (other.user, NumberType.REPRESENTATIVE)


def test_another_type_may_need_more(manager, put):
    row = SenderNumberFactory(rejected=True, project=manager.project)
    DocumentFactory(sender_number=row, round=1)
    put(row, CERTIFICATE)
    assert problems_of(row, chosen(kind=NumberType.EMPLOYEE), manager.user) == {
        DocumentKind.PROOF_OF_EMPLOYMENT: "Upload this document."
    }
    row.refresh_from_db()
    assert (row.state, row.number_type) == (NumberState.REJECTED, NumberType.COMPANY)


@pytest.mark.parametrize("state", [NumberState.REVIEWING, NumberState.APPROVED, NumberState.WITHDRAWN])
def test_nothing_is_submitted_twice(state, manager):
    row = SenderNumberFactory(project=manager.project, state=state)
    assert list(problems_of(row, chosen(), manager.user)) == ["__all__"]
    row.refresh_from_db()
    assert (row.state, row.round) == (state, 1)


@time_machine.travel(NOON, tick=False)
def test_withdrawal(manager):
    row = SenderNumberFactory(approved=True, project=manager.project)
    assert registration.is_approved(manager.project, row.number)
    registration.withdraw(sender_number=row)
    row.refresh_from_db()
    assert (row.state, row.withdrawn_at) == (NumberState.WITHDRAWN, NOON)
    assert not registration.is_approved(manager.project, row.number)
    with pytest.raises(Refused):
        registration.withdraw(sender_number=row)


def test_only_approved_numbers_of_the_project_may_send(manager):
    mine = [SenderNumberFactory(approved=True, project=manager.project) for _ in range(2)]
    others = [
        SenderNumberFactory(state=state, project=manager.project)
        for state in ("REVIEWING", "REJECTED", "WITHDRAWN")
    ]
    elsewhere = SenderNumberFactory(approved=True)
    approved = registration.approved_numbers(manager.project)
    assert [row.pk for row in approved] == [row.pk for row in mine]
    for row in [*others, elsewhere]:
        assert not registration.is_approved(manager.project, row.number)
    assert all(registration.is_approved(manager.project, row.number) for row in mine)


def test_what_needs_attention(manager):
    organization = manager.project.organization
    SenderNumberFactory(rejected=True, project=manager.project)
    SenderNumberFactory(rejected=True)
    SenderNumberFactory(project=manager.project)
    IdentityVerificationFactory(rejected=True, user=manager.user, organization=organization)
    viewer = MembershipFactory(project=manager.project, role=ProjectRole.VIEWER)
    assert registration.needs_attention_count(scope_for(manager.user, manager.project.pk)) == 2
    assert registration.needs_attention_count(scope_for(viewer.user, manager.project.pk)) == 0
    assert registration.needs_attention_count(scope_for(MembershipFactory().user, None)) == 0


def test_a_submission_that_fails_late_changes_nothing(draft, manager, put, monkeypatch):
    put(draft, CERTIFICATE)
    monkeypatch.setattr(registration.NUMBER, "advance", lambda *arguments, **fields: 0)
    assert list(problems_of(draft, chosen(), manager.user)) == ["__all__"]
    draft.refresh_from_db()
    assert draft.state == NumberState.DRAFT
    assert transaction.get_connection().in_atomic_block
