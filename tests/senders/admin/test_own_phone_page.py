"""Registering one's own phone: two steps on one page; what the list of numbers says of methods and limits."""

import pytest
from django.urls import reverse

from senders.models import SenderNumber
from senders.states import NumberState
from tests.factories import MembershipFactory, SenderNumberFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGE, LIST = "admin:senders_number_phone", "admin:senders_numbers"


@pytest.fixture
def member(db):
    return MembershipFactory(user__phone_number="010-2000-3000")


@pytest.fixture
def client(member, sign_in):
    return sign_in(member.user)


def text(response):
    return response.content.decode()


def test_a_code_and_the_number_is_there(client, member, sent_codes):
    assert 'value="010-2000-3000"' in text(client.get(reverse(PAGE)))
    refused = client.post(reverse(PAGE), {"action": "send", "phone_number": "010-2000-3000"})
    assert refused.status_code == 422
    assert "Agree to the collection of personal information." in text(refused)
    sent = {"action": "send", "phone_number": "010-2000-3000", "has_agreed": "1"}
    page = text(client.post(reverse(PAGE), sent, follow=True))
    assert "A code was sent to 010-2000-3000." in page
    wrong = client.post(reverse(PAGE), {"action": "confirm", "code": "12"})
    assert wrong.status_code == 422
    assert "This is not the code that was sent." in text(wrong)
    done = client.post(reverse(PAGE), {"action": "confirm", "code": sent_codes[0][2]}, follow=True)
    number = SenderNumber.objects.get()
    assert done.redirect_chain[-1][0] == reverse("admin:senders_number", args=[number.pk])
    words = text(done)
    for said in (
        "010-2000-3000 is approved",
        ">APPROVED</code>",
        ">SMS</code>",
        "Approved by a code to the phone",
    ):
        assert said in words


def test_another_number_is_refused_and_stays_typed(client, sent_codes):
    sent = {"action": "send", "phone_number": "010-9999-8888", "has_agreed": "1"}
    response = client.post(reverse(PAGE), sent)
    assert response.status_code == 422
    assert "This is not your own phone, as we know it." in text(response)
    assert 'value="010-9999-8888"' in text(response)
    assert (sent_codes, SenderNumber.objects.count()) == ([], 0)


def test_without_a_known_phone_the_page_says_what_to_do(sign_in):
    client = sign_in(MembershipFactory(user__phone_number="").user)
    page = text(client.get(reverse(PAGE)))
    assert "No mobile phone is known to be yours." in page
    assert "Send a code" not in page


def test_the_pages_say_how_many_and_whom_to_ask(client, member, settings):
    SenderNumberFactory.create_batch(3, registered_by=member.user, project=member.project)
    for name in (PAGE, LIST, "admin:senders_number_add"):
        words = text(client.get(reverse(name)))
        assert "You have registered 3 of 10 numbers." in words
        assert "For more, ask an administrator of the platform." in words
    settings.BONGSU_CONTACT = "numbers@example.com"
    assert "For more, write to numbers@example.com." in text(client.get(reverse(LIST)))


def test_methods_and_the_words_of_sens(client, member, reviewer, sign_in):
    project = member.project
    ready = SenderNumberFactory(project=project, number="021110001")
    begun = SenderNumberFactory(project=project, number="021110002")
    SenderNumberFactory(project=project, number="021110003", rejected=True)
    SenderNumberFactory(project=project, number="021110004", approved=True, method="SMS")
    SenderNumberFactory(project=project, number="021110005", state=NumberState.SUSPENDED)
    sign_in(reviewer).get(reverse("admin:senders_review", args=["number", begun.pk]))
    words = text(client.get(reverse(LIST)))
    for word in ("READY", "IN-PROGRESS", "REJECTED", "APPROVED"):
        assert words.count(f">{word}</code>") == 1
    assert (words.count(">DOCUMENT</code>"), words.count(">SMS</code>")) == (4, 1)
    begun.refresh_from_db()
    ready.refresh_from_db()
    assert begun.review_began_at is not None
    assert ready.review_began_at is None

    def shown(**query):
        page = text(client.get(reverse(LIST), query))
        return [last for last in "12345" if f">02-111-000{last}</a>" in page]

    assert shown(sens="READY") == ["1"]
    assert shown(sens="IN-PROGRESS") == ["2"]
    assert shown(sens="REJECTED") == ["3"]
    assert shown(sens="APPROVED") == ["4"]
    assert shown(method="SMS") == ["4"]
    assert shown(method="DOCUMENT", sens="APPROVED") == []
    assert shown(sens="nonsense") == list("12345")


def test_a_review_that_began_is_noted_once_and_not_by_members(client, member, sign_in):
    number = SenderNumberFactory(project=member.project)
    client.get(reverse("admin:senders_number", args=[number.pk]))
    number.refresh_from_db()
    assert number.review_began_at is None
    page = reverse("admin:senders_review", args=["number", number.pk])
    sign_in(UserFactory(reviewer=True)).get(page)
    number.refresh_from_db()
    first = number.review_began_at
    sign_in(UserFactory(reviewer=True)).get(page)
    number.refresh_from_db()
    assert (number.review_began_at, first is not None) == (first, True)


def test_the_days_of_a_review_are_said(client, member):
    number = SenderNumberFactory(project=member.project)
    assert "1 to 2 business days" in text(client.get(reverse("admin:senders_number", args=[number.pk])))
