"""Keeping documents: all of a file or nothing, only while it may change, and only for those who may look."""

import datetime
import hashlib

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError

from console.accounts.roles import PlatformRole, ProjectRole
from console.accounts.scoping import Scope, scope_for
from senders.models import Document, SenderNumber
from senders.requirements import DocumentKind, NumberType
from senders.services import documents
from senders.services.documents import (
    Upload,
    add_document,
    current_documents,
    may_look_at,
    may_review,
    remove_document,
    set_issue_date,
    submission_problems,
)
from senders.services.errors import Refused
from senders.states import NumberState
from tests.factories import (
    DocumentFactory,
    IdentityVerificationFactory,
    MembershipFactory,
    ProjectFactory,
    SenderNumberFactory,
    UserFactory,
)
from tests.senders.files import pdf, picture, upload

pytestmark = pytest.mark.django_db
CERTIFICATE = DocumentKind.SERVICE_CERTIFICATE
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)


@pytest.fixture
def draft(manager):
    return SenderNumberFactory(draft=True, project=manager.project, registered_by=manager.user)


def test_a_pdf_is_kept_clean_beside_its_pictures(draft, stored_files):
    chosen = Upload(CERTIFICATE, upload(pdf("a", "b"), "../../이용 증명원\n.pdf"))
    row = add_document(subject=draft, upload=chosen, uploaded_by=draft.registered_by)
    assert stored_files() == sorted(row.stored_names)
    assert len(row.stored_names) == 3
    folder, shelf, name = row.storage_name.split("/")
    assert (folder, shelf, len(name)) == ("documents", name[:2], 40)
    assert (row.original_name, row.content_type, row.pages, row.round) == (
        "이용 증명원.pdf",
        "application/pdf",
        2,
        1,
    )
    content = default_storage.open(row.storage_name).read()
    assert (row.size, row.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_an_image_is_its_own_picture(draft, stored_files):
    chosen = Upload(CERTIFICATE, upload(picture("JPEG"), "scan.jpg"))
    row = add_document(subject=draft, upload=chosen, uploaded_by=draft.registered_by)
    assert stored_files() == [row.storage_name] == [row.picture_name(1)]


def test_a_refused_file_leaves_nothing(draft, stored_files):
    chosen = Upload(CERTIFICATE, upload(b"<html>", "scan.jpg"))
    with pytest.raises(Refused) as caught:
        add_document(subject=draft, upload=chosen, uploaded_by=draft.registered_by)
    assert {key: str(sentence) for key, sentence in caught.value.problems.items()} == {
        CERTIFICATE: "This is no PDF, JPEG or PNG file, whatever its name says. Upload one of these."
    }
    assert Document.objects.count() == 0
    assert stored_files() == []


def test_a_row_that_cannot_be_written_leaves_no_file(draft, stored_files, monkeypatch):
    def fail(*arguments, **options):
        raise DatabaseError

    monkeypatch.setattr(Document, "save", fail)
    with pytest.raises(DatabaseError):
        add_document(
            subject=draft, upload=Upload(CERTIFICATE, upload(picture())), uploaded_by=draft.registered_by
        )
    assert stored_files() == []


@pytest.mark.parametrize("state", [NumberState.REVIEWING, NumberState.APPROVED, NumberState.WITHDRAWN])
def test_nothing_is_added_or_removed_once_it_is_submitted(state, manager, add, stored_files):
    number = SenderNumberFactory(state=state, project=manager.project)
    row = DocumentFactory(sender_number=number, round=2)
    for action in (
        lambda: add(number, CERTIFICATE, manager.user),
        lambda: remove_document(subject=number, document_id=row.pk),
        lambda: set_issue_date(subject=number, kind=CERTIFICATE, issued_on=row.issued_on),
    ):
        with pytest.raises(Refused, match="submitted already"):
            action()
    assert Document.objects.get().pk == row.pk
    assert stored_files() == []


def test_a_kind_that_nobody_asks_for_is_refused(draft, add, manager):
    with pytest.raises(Refused, match="not asked for"):
        add(draft, DocumentKind.BUSINESS_REGISTRATION, manager.user)


def test_five_files_are_the_most_of_a_kind(draft, add, manager, stored_files):
    for _ in range(5):
        add(draft, CERTIFICATE, manager.user)
    with pytest.raises(Refused, match="Five files"):
        add(draft, CERTIFICATE, manager.user)
    assert Document.objects.count() == len(stored_files()) == 5


def test_removing_takes_the_files_along(
    draft, add, manager, stored_files, django_capture_on_commit_callbacks
):
    row = add(draft, CERTIFICATE, manager.user, content=pdf("a"))
    assert len(stored_files()) == 2
    with django_capture_on_commit_callbacks(execute=True):
        remove_document(subject=draft, document_id=row.pk)
    assert stored_files() == []
    assert Document.objects.count() == 0


def test_what_was_submitted_before_cannot_be_removed(manager):
    number = SenderNumberFactory(rejected=True, project=manager.project)
    row = DocumentFactory(sender_number=number, round=1)
    with pytest.raises(Document.DoesNotExist):
        remove_document(subject=number, document_id=row.pk)
    assert Document.objects.filter(pk=row.pk).exists()


def test_a_document_of_another_number_cannot_be_removed(draft, manager):
    other = DocumentFactory(sender_number=SenderNumberFactory(draft=True), round=1)
    with pytest.raises(Document.DoesNotExist):
        remove_document(subject=draft, document_id=other.pk)
    assert Document.objects.filter(pk=other.pk).exists()


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("issued_on", "sentence"),
    [
        (datetime.date(2026, 8, 21), "more than three months ago"),
        (datetime.date(2026, 11, 23), "in the future"),
    ],
)
def test_a_wrong_date_is_refused_and_the_file_kept(draft, add, manager, issued_on, sentence):
    row = add(draft, CERTIFICATE, manager.user, issued_on=issued_on)
    assert row.issued_on is None
    with pytest.raises(Refused, match=sentence):
        set_issue_date(subject=draft, kind=CERTIFICATE, issued_on=issued_on)
    row.refresh_from_db()
    assert row.issued_on is None
    set_issue_date(subject=draft, kind=CERTIFICATE, issued_on=datetime.date(2026, 8, 22))
    row.refresh_from_db()
    assert row.issued_on == datetime.date(2026, 8, 22)


def test_today_is_seouls_day(draft, add, manager):
    with time_machine.travel(datetime.datetime(2026, 11, 22, 15, 1, tzinfo=datetime.UTC), tick=False):
        row = add(draft, CERTIFICATE, manager.user, issued_on=datetime.date(2026, 11, 23))
    assert row.issued_on == datetime.date(2026, 11, 23)


def test_the_newest_documents_of_each_kind_count(manager):
    number = SenderNumberFactory(rejected=True, number_type=NumberType.EMPLOYEE, round=2)
    old = DocumentFactory(sender_number=number, kind=CERTIFICATE, round=1)
    proof = DocumentFactory(sender_number=number, kind=DocumentKind.PROOF_OF_EMPLOYMENT, round=1)
    second = [DocumentFactory(sender_number=number, kind=CERTIFICATE, round=2) for _ in range(2)]
    next_one = DocumentFactory(sender_number=number, kind=CERTIFICATE, round=3)
    DocumentFactory(sender_number=number, kind=DocumentKind.USAGE_AGREEMENT, round=2)

    def current(round_):
        rows = current_documents(number, round_)
        return {kind: [row.pk for row in rows[kind]] for kind in rows}

    proofs = {DocumentKind.PROOF_OF_EMPLOYMENT: [proof.pk]}
    assert current(1) == {CERTIFICATE: [old.pk], **proofs}
    assert current(2) == {CERTIFICATE: [row.pk for row in second], **proofs}
    assert current(3) == {CERTIFICATE: [next_one.pk], **proofs}
    assert submission_problems(number) == {}


def test_a_second_submission_needs_something_new(manager):
    number = SenderNumberFactory(rejected=True)
    DocumentFactory(sender_number=number, round=1)
    assert list(submission_problems(number)) == ["documents"]


def test_the_database_holds_that_a_document_has_one_subject():
    with pytest.raises(IntegrityError):
        DocumentFactory()


class TestWhoMayLook:
    """One document of a number under review, and one of an identity, before each kind of person."""

    @pytest.fixture
    def of_number(self, manager):
        return DocumentFactory(sender_number=SenderNumberFactory(project=manager.project))

    @pytest.fixture
    def of_identity(self, manager):
        row = IdentityVerificationFactory(reviewing=True, organization=manager.project.organization)
        return DocumentFactory(verification=row, kind=DocumentKind.PROOF_OF_EMPLOYMENT)

    @staticmethod
    def sees(user, project, *rows):
        scope = scope_for(user, project.pk if project else None)
        return [may_look_at(scope=scope, document=row) for row in rows]

    def test_a_manager_sees_the_numbers_of_the_project(self, manager, of_number, of_identity):
        assert self.sees(manager.user, manager.project, of_number, of_identity) == [True, False]

    @pytest.mark.parametrize("role", [ProjectRole.VIEWER, ProjectRole.SENDER])
    def test_lesser_roles_see_nothing(self, role, manager, of_number, of_identity):
        member = MembershipFactory(project=manager.project, role=role)
        assert self.sees(member.user, member.project, of_number, of_identity) == [False, False]

    def test_a_manager_of_another_project_sees_nothing(self, manager, of_number, of_identity):
        sibling = ProjectFactory(organization=manager.project.organization)
        for member in (MembershipFactory(), MembershipFactory(project=sibling)):
            assert self.sees(member.user, member.project, of_number, of_identity) == [False, False]

    def test_a_manager_who_works_in_another_project_now_sees_nothing(self, manager, of_number):
        other = MembershipFactory(user=manager.user)
        assert self.sees(manager.user, other.project, of_number) == [False]

    def test_a_person_sees_the_own_identity(self, of_identity):
        assert self.sees(of_identity.verification.user, None, of_identity) == [True]

    @pytest.mark.parametrize("role", [PlatformRole.REVIEWER, PlatformRole.ADMINISTRATOR])
    def test_a_reviewer_sees_what_is_submitted(self, role, of_number, of_identity):
        user = UserFactory(platform_role=role)
        assert self.sees(user, None, of_number, of_identity) == [True, True]

    def test_a_reviewer_sees_no_draft(self, reviewer, of_number):
        of_number.round = 2
        assert self.sees(reviewer, None, of_number) == [False]

    def test_a_reviewer_sees_nothing_of_the_own_organization(self, reviewer, manager, of_number, of_identity):
        sibling = ProjectFactory(organization=manager.project.organization)
        MembershipFactory(user=reviewer, project=sibling, role=ProjectRole.VIEWER)
        assert self.sees(reviewer, sibling, of_number, of_identity) == [False, False]
        assert not may_review(user=reviewer, subject=SenderNumberFactory(project=manager.project))
        assert may_review(user=reviewer, subject=SenderNumberFactory())
        assert may_review(user=reviewer, subject=IdentityVerificationFactory())

    def test_nobody_and_the_inactive_see_nothing(self, manager, of_number):
        manager.user.is_active = False
        scope = Scope(user=manager.user, membership=manager)
        assert not may_look_at(scope=scope, document=of_number)
        from console.accounts.scoping import NOBODY

        assert not may_look_at(scope=NOBODY, document=of_number)


def test_numbers_and_identities_agree_on_what_may_change():
    assert {str(state) for state in documents.EDITABLE_STATES} == {"DRAFT", "ASKED", "REJECTED"}
    assert SenderNumber.SLUG == "number"
