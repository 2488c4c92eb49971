"""The identity page, as a new member walks through it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from senders.models import Document, IdentityVerification
from senders.requirements import DocumentKind, MemberCategory
from senders.states import IdentityState
from tests.factories import (
    IdentityVerificationFactory,
    MembershipFactory,
    OrganizationFactory,
    ProjectFactory,
    ReviewFactory,
    UserFactory,
)
from tests.senders.files import pdf, picture, upload

pytestmark = pytest.mark.django_db
BUSINESS = DocumentKind.BUSINESS_REGISTRATION
PROOF = DocumentKind.PROOF_OF_EMPLOYMENT


@pytest.fixture
def member():
    organization = OrganizationFactory(verification_exempt=False)
    user = UserFactory(name="Kim Minjun", phone_number="01023456789")
    return MembershipFactory(user=user, project=ProjectFactory(organization=organization))


@pytest.fixture
def client(member, sign_in):
    return sign_in(member.user)


@pytest.fixture
def page():
    return reverse("admin:senders_identity")


def post(client, page, action, **fields):
    return client.post(page, {"action": action, **fields})


def text(response):
    return response.content.decode()


def test_looking_begins_nothing(client, page):
    response = client.get(page)
    assert "Verify your identity to use the service." in text(response)
    assert IdentityVerification.objects.count() == 0


def test_the_sender_pages_stay_open_before_it(client, page):
    assert client.get(page).status_code == 200
    assert client.get(reverse("admin:senders_numbers")).status_code == 200
    words = text(client.get(reverse("admin:senders_number_add")))
    assert "Verify your identity before you submit" in words


def test_the_whole_way(member, client, page, sent_codes):
    assert post(client, page, "agree", category="REPRESENTATIVE", has_agreed="on").status_code == 302
    assert post(client, page, "send_code", name="Kim Minjun", phone_number="010-2345-6789").status_code == 302
    assert "A code was sent to 010-2345-6789" in text(client.get(page))
    assert post(client, page, "confirm_code", code=sent_codes[0][2]).status_code == 302
    response = post(client, page, "upload", kind=BUSINESS, **{BUSINESS: upload(pdf("x"), "biz.pdf")})
    assert response.status_code == 200
    assert "biz.pdf" in text(response)
    assert "<html" not in text(response)
    response = post(client, page, "submit", **{PROOF: upload(picture(), "proof.jpg")})
    assert response.status_code == 422
    assert "Enter the issue date printed on this document." in text(response)
    assert "proof.jpg" in text(response)
    assert "biz.pdf" in text(response)
    response = post(client, page, "submit", **{f"{PROOF}-issued_on": timezone.localdate().isoformat()})
    assert response.status_code == 302
    row = IdentityVerification.objects.get()
    assert (row.user, row.state, row.member_category) == (
        member.user,
        IdentityState.REVIEWING,
        "REPRESENTATIVE",
    )
    assert Document.objects.count() == 2
    assert "Your documents are being reviewed." in text(client.get(page))


def test_no_agreement_no_step(client, page):
    response = post(client, page, "agree", category="EMPLOYEE")
    assert response.status_code == 422
    assert "Agree to go on." in text(response)
    assert IdentityVerification.objects.get().consented_at is None


@pytest.mark.parametrize("action", ["send_code", "confirm_code", "upload", "remove", "submit", "anything"])
def test_nothing_is_collected_before_consent(action, client, page):
    fields = {
        "kind": BUSINESS,
        BUSINESS: upload(picture()),
        "name": "Kim Minjun",
        "phone_number": "01023456789",
    }
    response = post(client, page, action, **fields)
    assert response.status_code == 422
    assert "Agree to the collection of personal information first." in text(response)
    assert Document.objects.count() == 0


def test_wrong_words_stay_in_the_form(client, page, sent_codes):
    post(client, page, "agree", category="EMPLOYEE", has_agreed="on")
    response = post(client, page, "send_code", name="Somebody", phone_number="010-9999-9999")
    assert response.status_code == 422
    assert "This is not the name of your account. Enter it as you signed up." in text(response)
    assert "This is not the number of your account. Enter it as you signed up." in text(response)
    assert 'value="Somebody"' in text(response)
    assert 'value="010-9999-9999"' in text(response)
    assert sent_codes == []


def test_a_resident_number_is_refused_in_the_slot(client, page):
    post(client, page, "agree", category="EMPLOYEE", has_agreed="on")
    file = upload(pdf("900101-1234567"), "proof.pdf")
    response = post(client, page, "upload", kind=PROOF, **{PROOF: file})
    assert "A resident registration number is shown in full." in text(response)
    assert Document.objects.count() == 0


def test_an_unknown_kind_uploads_nothing(client, page):
    post(client, page, "agree", category="EMPLOYEE", has_agreed="on")
    response = post(client, page, "upload", kind="SOMETHING", SOMETHING=upload(picture()))
    assert response.status_code == 200
    assert Document.objects.count() == 0


def test_a_name_is_shown_as_text(client, page):
    post(client, page, "agree", category="EMPLOYEE", has_agreed="on")
    name = "<img src=x onerror=alert(1)>.jpg"
    response = post(client, page, "upload", kind=BUSINESS, **{BUSINESS: upload(picture(), name)})
    assert "<img src=x" not in text(response)
    assert "&lt;img src=x" in text(response)


def test_removing(member, client, page):
    post(client, page, "agree", category="EMPLOYEE", has_agreed="on")
    post(client, page, "upload", kind=BUSINESS, **{BUSINESS: upload(picture())})
    other = IdentityVerificationFactory(ready=True)
    document = Document.objects.get()
    Document.objects.filter(pk=document.pk).update(verification=other)
    assert post(client, page, "remove", document=document.pk).status_code == 302
    assert post(client, page, "remove", document="x").status_code == 302
    assert Document.objects.count() == 1
    own = IdentityVerification.objects.get(user=member.user)
    Document.objects.update(verification=own)
    post(client, page, "remove", document=document.pk)
    assert Document.objects.count() == 0


def test_a_rejection_says_why_and_what_to_do(member, client, page):
    row = IdentityVerificationFactory(
        rejected=True,
        user=member.user,
        organization=member.project.organization,
        member_category=MemberCategory.IAM,
    )
    ReviewFactory(verification=row, phrases=["NO_STAMP"], note="Page <2>")
    words = text(client.get(page))
    assert "The proof of employment bears no issue date or no stamp." in words
    assert "Page &lt;2&gt;" in words
    assert "Upload new documents below and submit them again." in words


@pytest.mark.parametrize(
    ("trait", "words"),
    [
        ({"approved": True}, "Your identity is verified."),
        ({"reviewing": True}, "Your documents are being reviewed."),
    ],
)
def test_other_states(trait, words, member, client, page):
    IdentityVerificationFactory(user=member.user, organization=member.project.organization, **trait)
    response = client.get(page)
    assert words in text(response)
    assert "Submit for review" not in text(response)


def test_an_exempt_organization(manager, sign_in, page):
    assert "exempt from identity verification" in text(sign_in(manager.user).get(page))
