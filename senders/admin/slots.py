"""The place of one document on a form: what is asked for, what is there already, and what was wrong.

A form posts the files of a kind under the kind's name and their issue date under `<kind>-issued_on`. Whatever
could be kept is kept, even where another field of the form is wrong.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.forms import DateField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from senders.models import Document, Reviewable
from senders.requirements import REQUIREMENTS, DocumentKind, Requirement
from senders.services.documents import (
    MAX_FILES_OF_KIND,
    Upload,
    add_document,
    date_field,
    documents_of,
    set_issue_date,
)
from senders.services.errors import Busy, Refused, Sentence


@dataclass
class Slot:
    """One kind on a form. `types`: the sender number types that ask for it, for the page's style sheet."""

    kind: DocumentKind
    requirement: Requirement
    types: str = ""
    new: list[Document] = field(default_factory=list)
    earlier: list[Document] = field(default_factory=list)
    problem: Sentence = ""
    date_problem: Sentence = ""
    typed_date: str = ""

    @property
    def date_name(self) -> str:
        return date_field(self.kind)

    @property
    def date_value(self) -> str:
        """What stands in the date field: as typed, else as kept."""
        known = next((row.issued_on for row in self.new if row.issued_on), None)
        return self.typed_date or (known.isoformat() if known else "")

    @property
    def title(self) -> str:
        return str(self.kind.label)


def build_slots(
    subject: Reviewable | None,
    kinds: Iterable[DocumentKind],
    *,
    problems: Mapping[str, Sentence] | None = None,
    typed: Mapping[str, str] | None = None,
) -> list[Slot]:
    """The slots of those kinds, with the documents of the next submission and of the one before it."""
    problems, typed = problems or {}, typed or {}
    slots = [Slot(kind, REQUIREMENTS[kind]) for kind in kinds]
    rows = list(documents_of(subject)) if subject is not None else []
    for slot in slots:
        own = [row for row in rows if row.kind == slot.kind]
        slot.new = [row for row in own if subject is not None and row.round > subject.round]
        newest = max((row.round for row in own if row not in slot.new), default=0)
        slot.earlier = [row for row in own if row.round == newest]
        slot.problem = problems.get(slot.kind, "")
        slot.date_problem = problems.get(slot.date_name, "")
        slot.typed_date = typed.get(slot.date_name, "") if slot.date_problem else ""
    return slots


def receive_documents(
    request: HttpRequest, *, subject: Reviewable, kinds: Iterable[DocumentKind], user: User
) -> dict[str, Sentence]:
    """Keep every file and date of the request that can be kept; what was wrong with the others, by field."""
    kinds = list(kinds)
    problems = _receive_files(request, subject, kinds, user)
    for kind in kinds:
        problems |= _receive_date(request.POST.get(date_field(kind), ""), subject, kind)
    return problems


def _receive_files(
    request: HttpRequest, subject: Reviewable, kinds: Iterable[DocumentKind], user: User
) -> dict[str, Sentence]:
    most = MAX_FILES_OF_KIND + 1  # the last one is refused
    uploads = [Upload(kind, file) for kind in kinds for file in request.FILES.getlist(kind)[:most]]
    problems: dict[str, Sentence] = {}
    for place, upload in enumerate(uploads):
        try:
            add_document(subject=subject, upload=upload, uploaded_by=user)
        except Busy as busy:  # the person has waited once, and does not for each of the rest
            sentence = busy.problems[upload.kind]
            return problems | {left.kind: sentence for left in uploads[place:]}
        except Refused as refused:
            problems |= refused.problems
    return problems


def _receive_date(typed: str, subject: Reviewable, kind: DocumentKind) -> dict[str, Sentence]:
    if not typed.strip():
        return {}
    try:
        set_issue_date(subject=subject, kind=kind, issued_on=DateField().clean(typed))
    except ValidationError:
        return {date_field(kind): _("Enter a date such as 2026-10-30.")}
    except Refused as refused:
        return refused.problems
    return {}
