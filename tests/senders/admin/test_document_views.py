"""A document's content: given with safe headers to those who may see it, and every look is on record."""

import pytest
from django.urls import reverse

from console.accounts.models import AuditEntry
from console.accounts.roles import ProjectRole
from senders.models import Document
from senders.requirements import DocumentKind
from senders.services import registration
from tests.factories import IdentityVerificationFactory, MembershipFactory, ProjectFactory, UserFactory
from tests.senders.files import pdf, picture

pytestmark = pytest.mark.django_db
CERTIFICATE = DocumentKind.SERVICE_CERTIFICATE


@pytest.fixture
def document(manager, add):
    """A PDF of two pages, submitted with a number under review."""
    draft = registration.draft_for(project=manager.project, user=manager.user)
    row = add(draft, CERTIFICATE, manager.user, content=pdf("one", "two"))
    chosen = registration.Registration("02-123-4567", "COMPANY", True)
    registration.submit(sender_number=draft, registration=chosen, user=manager.user)
    return row


def addresses(document):
    return [
        reverse("admin:senders_document", args=[document.pk]),
        reverse("admin:senders_document_page", args=[document.pk, 1]),
        reverse("admin:senders_document_page", args=[document.pk, 2]),
    ]


def looks():
    noted = AuditEntry.objects.filter(action__in=[AuditEntry.Action.ACCESS, AuditEntry.Action.DOWNLOAD])
    return [(entry.actor_id, entry.said(), entry.project_id) for entry in noted.order_by("pk")]


def test_a_manager_sees_it_and_the_look_is_recorded(document, manager, sign_in):
    client = sign_in(manager.user)
    responses = [client.get(address) for address in addresses(document)]
    assert [response.status_code for response in responses] == [200] * 3
    assert [response["Content-Type"] for response in responses] == [
        "application/pdf",
        "image/png",
        "image/png",
    ]
    file, *pages = responses
    assert b"".join(file.streaming_content).startswith(b"%PDF-")
    assert file["Content-Disposition"] == f'attachment; filename="service_certificate-{document.pk}.pdf"'
    for response in pages:
        assert b"".join(response.streaming_content).startswith(b"\x89PNG")
        assert response["Content-Disposition"].startswith("inline")
    for response in responses:
        assert response["X-Content-Type-Options"] == "nosniff"
        assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    said = ["document opened", "page 1 opened", "page 2 opened"]
    assert looks() == [(manager.user.pk, words, manager.project.pk) for words in said]


def test_an_image_is_shown_inline(manager, add, sign_in):
    draft = registration.draft_for(project=manager.project, user=manager.user)
    row = add(draft, CERTIFICATE, manager.user, content=picture("JPEG"))
    response = sign_in(manager.user).get(reverse("admin:senders_document", args=[row.pk]))
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("inline")


def test_a_reviewer_sees_it(document, reviewer, sign_in):
    assert [sign_in(reviewer).get(address).status_code for address in addresses(document)] == [200] * 3
    assert {actor for actor, *_rest in looks()} == {reviewer.pk}


def others(document):
    """People who may not see it, by what they are."""
    project = document.sender_number.project
    sibling = ProjectFactory(organization=project.organization)
    own_reviewer = UserFactory(reviewer=True)
    MembershipFactory(user=own_reviewer, project=sibling, role=ProjectRole.VIEWER)
    own_administrator = UserFactory(administrator=True)
    MembershipFactory(user=own_administrator, project=sibling, role=ProjectRole.MANAGER)
    return {
        "viewer": MembershipFactory(project=project, role=ProjectRole.VIEWER).user,
        "sender": MembershipFactory(project=project, role=ProjectRole.SENDER).user,
        "manager of a sibling": MembershipFactory(project=sibling).user,
        "manager elsewhere": MembershipFactory().user,
        "reviewer of the organization": own_reviewer,
        "administrator of the organization": own_administrator,
        "nobody's member": UserFactory(),
    }


def test_for_everybody_else_it_does_not_exist(document, sign_in):
    for who, user in others(document).items():
        client = sign_in(user)
        assert [client.get(address).status_code for address in addresses(document)] == [404] * 3, who
    assert looks() == []


def test_anonymous_people_are_asked_to_sign_in(document, client):
    for address in addresses(document):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("admin:login"))
    assert looks() == []


def test_a_reviewer_does_not_see_what_is_not_submitted(manager, reviewer, add, sign_in):
    draft = registration.draft_for(project=manager.project, user=manager.user)
    row = add(draft, CERTIFICATE, manager.user)
    assert sign_in(reviewer).get(reverse("admin:senders_document_page", args=[row.pk, 1])).status_code == 404
    assert looks() == []


def test_the_own_identity_and_nobody_elses(add, sign_in):
    verification = IdentityVerificationFactory(ready=True)
    row = add(verification, DocumentKind.PROOF_OF_EMPLOYMENT, verification.user)
    address = reverse("admin:senders_document_page", args=[row.pk, 1])
    colleague = MembershipFactory(project=ProjectFactory(organization=verification.organization))
    assert sign_in(colleague.user).get(address).status_code == 404
    assert looks() == []
    assert sign_in(verification.user).get(address).status_code == 200
    assert [actor for actor, *_rest in looks()] == [verification.user.pk]


@pytest.mark.parametrize("page", [0, 3, 999])
def test_a_page_that_is_not_there(page, document, manager, sign_in):
    address = reverse("admin:senders_document_page", args=[document.pk, page])
    assert sign_in(manager.user).get(address).status_code == 404
    assert looks() == []


def test_a_file_that_is_gone(document, manager, sign_in, private_folder):
    (private_folder / document.storage_name).unlink()
    assert sign_in(manager.user).get(addresses(document)[0]).status_code == 404
    assert looks() == []


def test_nothing_of_the_storage_is_below_a_public_folder(document, manager, sign_in):
    client = sign_in(manager.user)
    for prefix in ("", "media/", "static/", "private/"):
        assert client.get(f"/{prefix}{document.storage_name}").status_code == 404


def test_the_audit_log_keeps_no_place_and_no_hash(document):
    entry = AuditEntry.objects.get_for_model(Document).get(action=AuditEntry.Action.CREATE)
    assert set(entry.changes_dict) & {"storage_name", "sha256"} == set()
    assert entry.changes_dict["original_name"] == ["None", "scan.png"]
