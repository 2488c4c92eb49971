from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from console.accounts.models import Membership, User
from senders.models import Document, SenderNumber
from senders.requirements import REQUIREMENTS, DocumentKind, NumberType
from senders.services import registration
from senders.services.documents import Upload, add_document
from senders.services.registration import Registration
from tests.factories import DocumentFactory, MembershipFactory, UserFactory
from tests.senders.files import picture, upload
from tests.senders.providers import RecordingProvider


@pytest.fixture(autouse=True)
def private_folder(tmp_path: Path, settings: Any) -> Path:
    """An empty private storage for each test."""
    folder = tmp_path / "private"
    options = {"location": folder, "base_url": None}
    default = settings.STORAGES["default"] | {"OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": default}
    return folder


@pytest.fixture(autouse=True)
def sent_codes(settings: Any) -> list[tuple[int, str, str]]:
    """The codes that a provider of the tests was asked to send."""
    settings.PHONE_VERIFICATION_PROVIDER = "tests.senders.providers.RecordingProvider"
    RecordingProvider.sent.clear()
    return RecordingProvider.sent


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def manager(db: None) -> Membership:
    return MembershipFactory()


@pytest.fixture
def reviewer(db: None) -> User:
    return UserFactory(reviewer=True)


@pytest.fixture
def stored_files(private_folder: Path) -> Callable[[], list[str]]:
    """The names of everything in the private storage now."""

    def names() -> list[str]:
        return sorted(
            str(path.relative_to(private_folder)) for path in private_folder.rglob("*") if path.is_file()
        )

    assert default_storage.path("x") == str(private_folder / "x")
    return names


@pytest.fixture
def add(db: None) -> Callable[..., Any]:
    """Uploads a good document of that kind for a subject, issued today where a date is asked for."""

    def added(subject: Any, kind: DocumentKind, user: User, **options: Any) -> Any:
        issued_on = timezone.localdate() if REQUIREMENTS[kind].needs_issue_date else None
        content = options.get("content") or picture("PNG", (300, 400))
        chosen = Upload(kind, upload(content, "scan.png"), options.get("issued_on", issued_on))
        return add_document(subject=subject, upload=chosen, uploaded_by=user)

    return added


@pytest.fixture
def put(db: None) -> Callable[..., Document]:
    """The row of a good document for a subject's next submission, without a file: quicker than `add`."""

    def done(subject: Any, kind: DocumentKind, **fields: Any) -> Document:
        field = "verification" if subject.SLUG == "identity" else "sender_number"
        return DocumentFactory(**{field: subject, "kind": kind, "round": subject.round + 1, **fields})

    return done


@pytest.fixture
def submitted(put: Callable[..., Document]) -> Callable[..., SenderNumber]:
    """Registers a number with all that it needs, as that member, and gives it back under review."""

    def done(
        member: Membership, number: str = "02-123-4567", kind: NumberType = NumberType.COMPANY
    ) -> SenderNumber:
        draft = registration.draft_for(project=member.project, user=member.user)
        draft.number_type = kind
        for document_kind in draft.required_kinds:
            put(draft, document_kind)
        chosen = Registration(number=number, number_type=kind, has_agreed=True)
        return registration.submit(sender_number=draft, registration=chosen, user=member.user)

    return done
