"""The pages of sender numbers: list, registration, one number, withdrawal; each for its role and project."""

import pytest
from django.urls import reverse
from django.utils import timezone

from console.accounts.roles import ProjectRole
from senders.models import Document, SenderNumber
from senders.requirements import DocumentKind, NumberType
from senders.states import NumberState
from tests.factories import DocumentFactory, MembershipFactory, ReviewFactory, SenderNumberFactory
from tests.senders.files import pdf, picture, upload

pytestmark = pytest.mark.django_db
CERTIFICATE = DocumentKind.SERVICE_CERTIFICATE
LIST = "admin:senders_numbers"
ADD = "admin:senders_number_add"


@pytest.fixture
def client(manager, sign_in):
    return sign_in(manager.user)


def text(response):
    return response.content.decode()


def test_the_list(manager, client):
    SenderNumberFactory(project=manager.project, number="021234567", approved=True)
    SenderNumberFactory(project=manager.project, number="15881234")
    SenderNumberFactory(number="029999999")
    SenderNumberFactory(draft=True, project=manager.project, number="027777777", registered_by=manager.user)
    words = text(client.get(reverse(LIST)))
    assert words.index("1588-1234") < words.index("02-123-4567")
    assert "02-999-9999" not in words
    assert "02-777-7777" not in words
    assert "Register a number" in words


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"number": "123-4567"}, ["02-123-4567"]),
        ({"number": "x"}, []),
        ({"state": "APPROVED"}, ["02-123-4567"]),
        ({"number_type": "OTHER"}, ["1588-1234"]),
        ({"state": "APPROVED", "number_type": "OTHER"}, []),
        ({"state": "nonsense"}, ["02-123-4567", "1588-1234"]),
        ({"cursor": "'; drop"}, ["02-123-4567", "1588-1234"]),
    ],
)
def test_filters(query, shown, manager, client):
    SenderNumberFactory(project=manager.project, number="021234567", approved=True)
    SenderNumberFactory(project=manager.project, number="15881234", number_type=NumberType.OTHER)
    words = text(client.get(reverse(LIST), query))
    assert [number for number in ("02-123-4567", "1588-1234") if f">{number}</a>" in words] == shown


def test_the_empty_list_offers_the_first_one(client, manager, sign_in):
    assert "Register a number" in text(client.get(reverse(LIST)))
    viewer = MembershipFactory(project=manager.project, role=ProjectRole.VIEWER)
    words = text(sign_in(viewer.user).get(reverse(LIST)))
    assert "once it is approved." in words
    assert "Register a number" not in words


def test_the_list_asks_the_same_whatever_its_length(manager, client, django_assert_max_num_queries):
    for _ in range(12):
        SenderNumberFactory(project=manager.project)
    with django_assert_max_num_queries(7):
        client.get(reverse(LIST))


def register(client, **fields):
    today = timezone.localdate().isoformat()
    form = {
        "action": "submit",
        "number_type": "COMPANY",
        "number": "02-123-4567",
        "has_agreed": "1",
        CERTIFICATE: upload(pdf("x"), "certificate.pdf"),
        f"{CERTIFICATE}-issued_on": today,
        **fields,
    }
    return client.post(reverse(ADD), {name: value for name, value in form.items() if value is not None})


def test_registration_in_one_go(manager, client):
    response = register(client)
    row = SenderNumber.objects.get()
    assert response.status_code == 302
    assert response["Location"] == reverse("admin:senders_number", args=[row.pk])
    assert (row.project, row.registered_by, row.state) == (
        manager.project,
        manager.user,
        NumberState.REVIEWING,
    )
    assert (row.number, row.number_type) == ("021234567", NumberType.COMPANY)


def test_nothing_is_lost_by_an_error(client):
    response = register(client, number="070-0123-4567", number_type="OTHER")
    words = text(response)
    assert response.status_code == 422
    assert "Numbers that begin with 070-0 or 070-1 are assigned to nobody." in words
    assert 'value="070-0123-4567"' in words
    assert "certificate.pdf" in words
    assert 'name="has_agreed" value="1" checked' in words
    assert 'value="OTHER" checked' in words
    again = text(client.get(reverse(ADD)))
    assert "certificate.pdf" in again
    assert 'value="07001234567"' in again
    assert 'name="has_agreed" value="1" checked' in again
    response = register(
        client,
        number="070-2123-4567",
        number_type="OTHER",
        **{CERTIFICATE: None, DocumentKind.USAGE_AGREEMENT: upload(picture(), "agreement.jpg")},
    )
    assert response.status_code == 302
    row = SenderNumber.objects.get()
    assert (row.number, row.state, row.documents.count()) == ("07021234567", NumberState.REVIEWING, 2)


def test_nothing_is_collected_before_consent(client):
    response = register(client, number="070-0123-4567", number_type="OTHER", has_agreed=None)
    words = text(response)
    assert response.status_code == 422
    assert "Agree to the collection of personal information." in words
    assert "Numbers that begin with 070-0 or 070-1 are assigned to nobody." in words
    assert 'value="070-0123-4567"' in words
    file = {"action": "upload", "kind": CERTIFICATE, CERTIFICATE: upload(pdf("x"), "certificate.pdf")}
    assert "Agree to the collection of personal information first." in text(client.post(reverse(ADD), file))
    row = SenderNumber.objects.get()
    assert (row.number, row.consented_at, Document.objects.count()) == ("", None, 0)
    file[CERTIFICATE] = upload(pdf("x"), "certificate.pdf")
    assert "certificate.pdf" in text(client.post(reverse(ADD), {**file, "has_agreed": "1"}))
    row.refresh_from_db()
    assert (row.consent_version, row.consented_at is None) == ("number-1", False)
    assert Document.objects.get().original_name == "certificate.pdf"


def test_a_wrong_file_beside_a_good_one(client):
    response = register(
        client, number_type="EMPLOYEE", **{DocumentKind.PROOF_OF_EMPLOYMENT: upload(b"<html>")}
    )
    assert response.status_code == 422
    assert "This is no PDF, JPEG or PNG file" in text(response)
    assert [row.kind for row in Document.objects.all()] == [CERTIFICATE]
    assert SenderNumber.objects.get().state == NumberState.DRAFT


@pytest.mark.parametrize("typed", ["tomorrow", "2026-13-01", "1/1/1"])
def test_a_date_that_is_none_is_shown_again(typed, client):
    response = register(client, **{f"{CERTIFICATE}-issued_on": typed})
    assert response.status_code == 422
    assert "Enter a date such as 2026-10-30." in text(response)
    assert f'value="{typed}"' in text(response)


def test_a_type_that_is_none_submits_nothing(client):
    assert register(client, number_type="FRIEND").status_code == 422
    assert SenderNumber.objects.get().state == NumberState.DRAFT


@pytest.mark.parametrize("role", [ProjectRole.VIEWER, ProjectRole.SENDER])
def test_only_managers_register_submit_and_withdraw(role, manager, sign_in):
    row = SenderNumberFactory(rejected=True, project=manager.project)
    client = sign_in(MembershipFactory(project=manager.project, role=role).user)
    assert client.get(reverse(ADD)).status_code == 403
    assert register(client).status_code == 403
    one = reverse("admin:senders_number", args=[row.pk])
    assert client.get(one).status_code == 200
    assert client.post(one, {"action": "submit"}).status_code == 403
    withdraw = reverse("admin:senders_number_withdraw", args=[row.pk])
    assert (client.get(withdraw).status_code, client.post(withdraw).status_code) == (403, 403)
    row.refresh_from_db()
    assert (row.state, SenderNumber.objects.count()) == (NumberState.REJECTED, 1)


def test_another_projects_number_does_not_exist(client):
    row = SenderNumberFactory(rejected=True)
    for name in ("admin:senders_number", "admin:senders_number_withdraw"):
        address = reverse(name, args=[row.pk])
        assert client.get(address).status_code == 404
        assert client.post(address, {"action": "submit"}).status_code == 404
    row.refresh_from_db()
    assert row.state == NumberState.REJECTED


def test_one_number_with_its_history(manager, client, sign_in):
    row = SenderNumberFactory(rejected=True, project=manager.project, number="021234567")
    DocumentFactory(sender_number=row, original_name="old.pdf")
    ReviewFactory(sender_number=row, phrases=["TOO_OLD"], note="<b>Sorry</b>")
    words = text(client.get(reverse("admin:senders_number", args=[row.pk])))
    assert "The certificate was issued more than three months ago." in words
    assert "&lt;b&gt;Sorry&lt;/b&gt;" in words
    assert "old.pdf" in words
    assert "Submit again" in words
    assert "blocks the abuse of your number" in words
    viewer = MembershipFactory(project=manager.project, role=ProjectRole.VIEWER)
    words = text(sign_in(viewer.user).get(reverse("admin:senders_number", args=[row.pk])))
    assert "old.pdf" not in words
    assert "A manager of the project can submit it again" in words


def test_submitting_again(manager, client):
    row = SenderNumberFactory(rejected=True, project=manager.project, number="021234567")
    DocumentFactory(sender_number=row)
    address = reverse("admin:senders_number", args=[row.pk])
    form = {"action": "submit", "number_type": "COMPANY", "has_agreed": "1"}
    response = client.post(address, form)
    assert response.status_code == 422
    assert "Upload at least one new document" in text(response)
    file = {
        CERTIFICATE: upload(picture(), "new.jpg"),
        f"{CERTIFICATE}-issued_on": timezone.localdate().isoformat(),
    }
    assert client.post(address, {**form, **file}).status_code == 302
    again = SenderNumber.objects.get()
    assert (again.state, again.round, again.number) == (NumberState.REVIEWING, 2, "021234567")


def test_withdrawing_asks_first(manager, client):
    row = SenderNumberFactory(approved=True, project=manager.project, number="021234567")
    address = reverse("admin:senders_number_withdraw", args=[row.pk])
    assert "02-123-4567 is withdrawn from" in text(client.get(address))
    assert SenderNumber.objects.get().state == NumberState.APPROVED
    assert client.post(address).status_code == 302
    assert SenderNumber.objects.get().state == NumberState.WITHDRAWN
    assert client.post(address).status_code == 302


def test_the_agreement_form_is_a_pdf_of_one_page(client):
    import pypdfium2 as pdfium
    from django.contrib.staticfiles import finders

    assert "senders/usage-agreement.pdf" in text(client.get(reverse(ADD)))
    with pdfium.PdfDocument(finders.find("senders/usage-agreement.pdf")) as form:
        assert len(form) == 1
        words = form[0].get_textpage().get_text_range()
    assert "발신번호 이용승낙서" in words
    assert "Sender number usage agreement" in words


def test_the_guides_help_is_on_the_page(client):
    words = text(client.get(reverse(ADD)))
    for number in (
        "080-011-6000",
        "080-816-2000",
        "1588-0010",
        "1544-0010",
        "106",
        "1688-1000",
        "070-8188-0114",
    ):
        assert number in words
    assert words.count("1855-1144") == 2
    assert "1855-2114" in words
    for way in (
        "Sign in › My Account › Get Certificate of Use",
        "Sign in › Membership Information › View/Change › Print Proof of Membership",
        "Sign in › Product Signup › Get Confirmation of Signup",
        "subscription confirmation, proof of subscription, proof of contract registration",
        "within the last three months, with no part masked",
        "000000-0******",
        "proof of headquarters and branch office",
    ):
        assert way in words


def test_the_warning_about_blocked_numbers_is_on_the_list(manager, client):
    SenderNumberFactory(project=manager.project, approved=True)
    assert "blocks the abuse of your number" in text(client.get(reverse(LIST)))
