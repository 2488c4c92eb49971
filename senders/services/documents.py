"""Documents: taking them in, keeping them, giving them up, and who may look at them."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import TypeVar

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from senders.models import Document, EvidenceRequest, IdentityVerification, Reviewable, SenderNumber
from senders.requirements import (
    DOCUMENTS_OF_EVIDENCE,
    DOCUMENTS_OF_MEMBER,
    DOCUMENTS_OF_NUMBER,
    DocumentKind,
    issue_date_problem,
)
from senders.services.errors import Busy, Refused, Sentence
from senders.services.inspecting import FileRefused, Inspected, inspected
from senders.services.slots import NoSlot
from senders.states import EvidenceState, IdentityState

FOLDER = "documents"
MAX_FILES_OF_KIND = 5
# The values of all state machines, which name the last alike.
EDITABLE_STATES = (IdentityState.DRAFT, EvidenceState.ASKED, IdentityState.REJECTED)
BUSY = _("Other documents are being checked; try again in a moment. Your entries are kept.")
Subject = TypeVar("Subject", bound=Reviewable)


@dataclass(frozen=True)
class Upload:
    """A file that a person sent as a document of one kind. `issued_on`: as they entered it."""

    kind: DocumentKind
    file: UploadedFile
    issued_on: date | None = None


def add_document(*, subject: Reviewable, upload: Upload, uploaded_by: User) -> Document:
    """Keep a clean copy of the file for the subject's next submission. Raises Refused by the kind's field.

    Busy, which is one too, where too many others are being read. A wrong issue date does not lose the file:
    it is kept without a date, and the submission asks for it.
    """
    if upload.kind not in _kinds_for(subject):
        raise Refused(_("This document is not asked for here."))
    today = timezone.localdate()
    try:
        with inspected(upload.file, today=today) as found:
            return _keep(subject, upload, found, uploaded_by, today)
    except FileRefused as error:
        raise Refused({upload.kind: error.sentence}) from error
    except NoSlot as error:
        raise Busy({upload.kind: BUSY}) from error


def _kinds_for(subject: Reviewable) -> set[DocumentKind]:
    if isinstance(subject, EvidenceRequest):
        return set(DOCUMENTS_OF_EVIDENCE)
    table = DOCUMENTS_OF_MEMBER if isinstance(subject, IdentityVerification) else DOCUMENTS_OF_NUMBER
    return {kind for kinds in table.values() for kind in kinds}


def _keep(subject: Reviewable, upload: Upload, found: Inspected, uploaded_by: User, today: date) -> Document:
    document = Document(
        kind=upload.kind,
        original_name=_tidy_name(upload.file.name or ""),
        storage_name=_new_storage_name(),
        content_type=found.content_type,
        size=found.size,
        sha256=found.sha256,
        pages=found.pages,
        issued_on=upload.issued_on
        if issue_date_problem(upload.kind, upload.issued_on, today) is None
        else None,
        uploaded_by=uploaded_by,
    )
    try:
        _store(document, found)
        with transaction.atomic():
            _attach(document, lock_editable(subject))
            document.save(force_insert=True)
    except BaseException:
        delete_files(document.stored_names)
        raise
    return document


def lock_editable(subject: Subject) -> Subject:
    """The subject's row, locked, where its documents may change now. Raises Refused."""
    locked = type(subject)._default_manager.select_for_update().get(pk=subject.pk)
    if locked.state not in EDITABLE_STATES:
        raise Refused(
            _("It has been submitted already. Nothing can be changed while it is reviewed or after.")
        )
    return locked


def _attach(document: Document, subject: Reviewable) -> None:
    if isinstance(subject, IdentityVerification):
        document.verification = subject
    elif isinstance(subject, SenderNumber):
        document.sender_number = subject
    elif isinstance(subject, EvidenceRequest):
        document.evidence, document.sender_number = subject, subject.sender_number
    document.round = subject.round + 1
    others = documents_of(subject).filter(kind=document.kind, round=document.round)
    if others.count() >= MAX_FILES_OF_KIND:
        raise Refused({document.kind: _("Five files are the most for one document. Remove one first.")})


def _new_storage_name() -> str:
    name = secrets.token_hex(20)
    return f"{FOLDER}/{name[:2]}/{name}"


def _tidy_name(name: str) -> str:
    """The name that the person gave the file, without folders and control characters, its end kept."""
    plain = "".join(character for character in PurePath(name).name if character.isprintable())
    return plain[-120:] or "document"


def _store(document: Document, found: Inspected) -> None:
    sources = [found.path, *found.pictures]
    for name, source in zip(document.stored_names, sources, strict=True):
        with source.open("rb") as file:
            default_storage.save(name, File(file))


def delete_files(names: Iterable[str]) -> None:
    """Delete what is stored under these names; one that is gone already is no error."""
    for name in names:
        default_storage.delete(name)


def remove_document(*, subject: Reviewable, document_id: int) -> None:
    """Give up a document not submitted yet, files and all. Refused or DoesNotExist otherwise."""
    with transaction.atomic():
        locked = lock_editable(subject)
        document = documents_of(locked).get(pk=document_id, round=locked.round + 1)
        names = document.stored_names
        document.delete()
        transaction.on_commit(lambda: delete_files(names))


def set_issue_date(*, subject: Reviewable, kind: DocumentKind, issued_on: date) -> None:
    """Give every unsubmitted document of the kind its issue date. Raises Refused where it cannot be so."""
    problem = issue_date_problem(kind, issued_on, timezone.localdate())
    if problem is not None:
        raise Refused({date_field(kind): problem})
    with transaction.atomic():
        locked = lock_editable(subject)
        documents_of(locked).filter(kind=kind, round=locked.round + 1).update(issued_on=issued_on)


def date_field(kind: str) -> str:
    """The name of the form field that holds the issue date of a kind."""
    return f"{kind}-issued_on"


def documents_of(subject: Reviewable) -> QuerySet[Document]:
    """Every document of the subject, of all submissions."""
    if isinstance(subject, EvidenceRequest):
        return Document.objects.filter(evidence=subject)
    field = "verification" if isinstance(subject, IdentityVerification) else "sender_number"
    return Document.objects.filter(**{field: subject}, evidence=None)


def current_documents(subject: Reviewable, round_: int) -> dict[DocumentKind, list[Document]]:
    """What stands for each required kind at that submission: the documents uploaded last, up to it."""
    rows = list(documents_of(subject).filter(round__lte=round_, kind__in=subject.required_kinds))
    newest = {
        kind: max((row.round for row in rows if row.kind == kind), default=0)
        for kind in subject.required_kinds
    }
    return {
        kind: [row for row in rows if row.kind == kind and row.round == newest[kind]]
        for kind in subject.required_kinds
    }


def submission_problems(subject: Reviewable) -> dict[str, Sentence]:
    """What the documents still lack for the next submission, by field; empty where nothing."""
    next_round = subject.round + 1
    current = current_documents(subject, next_round)
    problems: dict[str, Sentence] = {}
    for kind, rows in current.items():
        if not rows:
            problems[kind] = _("Upload this document.")
        dates = (issue_date_problem(kind, row.issued_on, timezone.localdate()) for row in rows)
        problem = next((found for found in dates if found is not None), None)
        if problem is not None:
            problems[date_field(kind)] = problem
    if not problems and not any(row.round == next_round for rows in current.values() for row in rows):
        problems["documents"] = _("Upload at least one new document: the reviewer has seen these already.")
    return problems


def may_look_at(*, scope: Scope, document: Document) -> bool:
    """Whether the person may see the document's content now.

    A person sees the documents of their own identity, a manager those of the project's numbers, and a
    reviewer what has been submitted by others, for organizations that are not the reviewer's own.
    """
    if not isinstance(scope.user, User) or not scope.user.is_active:
        return False
    verification, number = document.verification, document.sender_number
    if verification is not None and verification.user_id == scope.user.pk:
        return True
    if number is not None and scope.project is not None and number.project_id == scope.project.pk:
        return scope.allows(Permission.MANAGE_SENDERS)
    return may_review(user=scope.user, subject=document.subject) and document.round <= document.subject.round


def may_review(*, user: User, subject: Reviewable) -> bool:
    """Whether the person is a reviewer, no member of the organization, and did not submit it themself.

    The last, because whoever leaves an organization does not become a stranger to what they handed in there.
    """
    if not user.has_platform_permission(Permission.REVIEW) or subject.registrant.pk == user.pk:
        return False
    return not user.memberships.filter(project__organization=subject.owning_organization).exists()
