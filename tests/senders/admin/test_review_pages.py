"""The review queue and the review page: for reviewers only, and never about their own."""

import pytest
from django.urls import reverse
from django.utils import timezone

from console.accounts.roles import ProjectRole
from senders.admin.badges import needs_you, waiting_for_review
from senders.models import Review
from senders.requirements import REQUIREMENTS
from senders.services.documents import current_documents
from senders.states import NumberState
from tests.factories import (
    DocumentFactory,
    IdentityVerificationFactory,
    MembershipFactory,
    ReviewFactory,
    SenderNumberFactory,
)

pytestmark = pytest.mark.django_db
QUEUE = "admin:senders_review_queue"


@pytest.fixture
def client(reviewer, sign_in):
    return sign_in(reviewer)


@pytest.fixture
def number(manager):
    row = SenderNumberFactory(project=manager.project, registered_by=manager.user, number="021234567")
    DocumentFactory(sender_number=row)
    return row


def address_of(subject):
    return reverse("admin:senders_review", args=[subject.SLUG, subject.pk])


def ticks(subject):
    documents = current_documents(subject, subject.round)
    return {
        f"check-{row.pk}": [str(check) for check in REQUIREMENTS[kind].checks]
        for kind, rows in documents.items()
        for row in rows
    }


def text(response):
    return response.content.decode()


def test_the_queue(client, number):
    IdentityVerificationFactory(reviewing=True)
    words = text(client.get(reverse(QUEUE)))
    assert "2 wait" in words
    assert "02-123-4567" in words
    assert "Executive or employee in charge" in words


def test_the_empty_queue(client):
    assert "Nothing waits for review." in text(client.get(reverse(QUEUE)))


def test_the_queue_asks_the_same_whatever_its_length(client, django_assert_max_num_queries):
    for _ in range(8):
        SenderNumberFactory()
        IdentityVerificationFactory(reviewing=True)
    with django_assert_max_num_queries(6):
        client.get(reverse(QUEUE))


@pytest.mark.parametrize("role", ProjectRole)
def test_members_do_not_enter(role, number, sign_in):
    client = sign_in(MembershipFactory(project=number.project, role=role).user)
    for address in (reverse(QUEUE), address_of(number)):
        assert client.get(address).status_code == 403
    response = client.post(address_of(number), {"decision": "REJECTED", "round": 1, "note": "x"})
    assert response.status_code == 403
    assert Review.objects.count() == 0


def test_the_page_shows_what_a_reviewer_needs(client, number, django_assert_max_num_queries):
    elsewhere = SenderNumberFactory(number="021234567", approved=True)
    ReviewFactory(sender_number=SenderNumberFactory(project=number.project, rejected=True), note="Too dark")
    with django_assert_max_num_queries(14):
        words = text(client.get(address_of(number)))
    document = number.documents.get()
    for expected in (
        str(number.project.organization),
        str(number.registered_by),
        "02-123-4567",
        "The same number is registered elsewhere:",
        str(elsewhere.project.organization),
        "Too dark",
        "No part of it is masked",
        reverse("admin:senders_document_page", args=[document.pk, 1]),
        "1 of 1",
    ):
        assert expected in words


def test_approve_and_next(client, number, reviewer):
    following = IdentityVerificationFactory(reviewing=True)
    response = client.post(address_of(number), {"decision": "APPROVED", "round": 1, **ticks(number)})
    assert response.status_code == 302
    assert response["Location"] == address_of(following)
    number.refresh_from_db()
    assert number.state == NumberState.APPROVED
    assert Review.objects.get().reviewer == reviewer


def test_the_last_one_leads_back_to_the_queue(client, number):
    response = client.post(address_of(number), {"decision": "REJECTED", "round": 1, "phrases": ["MASKED"]})
    assert response["Location"] == reverse(QUEUE)
    number.refresh_from_db()
    assert number.state == NumberState.REJECTED


def test_a_missing_check_keeps_what_was_ticked(client, number):
    (name, checks) = next(iter(ticks(number).items()))
    form = {"decision": "APPROVED", "round": 1, name: checks[:1], "note": "almost"}
    response = client.post(address_of(number), form)
    words = text(response)
    assert response.status_code == 422
    assert "Tick every check of every document, or reject with a reason." in words
    assert f'value="{checks[0]}" data-check checked' in words
    assert f'value="{checks[1]}" data-check>' in words
    assert "almost" in words
    number.refresh_from_db()
    assert number.state == NumberState.REVIEWING


@pytest.mark.parametrize("posted_round", ["", "x", "0", "2", "99999999999999999999"])
def test_a_decision_on_another_submission_is_none(posted_round, client, number):
    response = client.post(address_of(number), {"decision": "REJECTED", "round": posted_round, "note": "x"})
    assert response.status_code == 422
    number.refresh_from_db()
    assert (number.state, Review.objects.count()) == (NumberState.REVIEWING, 0)


def test_somebody_was_faster(client, number, reviewer):
    type(number).objects.update(state=NumberState.WITHDRAWN, withdrawn_at=timezone.now())
    response = client.post(address_of(number), {"decision": "REJECTED", "round": 1, "note": "x"})
    assert response.status_code == 422
    assert "Meanwhile somebody else decided this" in text(response)
    assert Review.objects.count() == 0


def test_the_own_organization_does_not_exist_here(client, number, reviewer):
    MembershipFactory(user=reviewer, project=number.project, role=ProjectRole.VIEWER)
    assert client.get(address_of(number)).status_code == 404
    response = client.post(address_of(number), {"decision": "APPROVED", "round": 1, **ticks(number)})
    assert response.status_code == 404
    assert "02-123-4567" not in text(client.get(reverse(QUEUE)))
    number.refresh_from_db()
    assert number.state == NumberState.REVIEWING


def test_drafts_and_strangers_are_not_found(client):
    draft = SenderNumberFactory(draft=True)
    for kind, pk in (("number", draft.pk), ("number", 999999), ("user", 1)):
        assert client.get(reverse("admin:senders_review", args=[kind, pk])).status_code == 404


def test_badges(number, reviewer):
    from console.accounts.scoping import scope_for

    assert waiting_for_review(scope_for(reviewer, None)) == 1
    assert needs_you(scope_for(number.registered_by, number.project.pk)) == 0


@pytest.mark.parametrize(
    ("hostile", "field"),
    [({"note": "x" * 2001}, "note"), ({"note": "x\0"}, "note"), ({"phrases": "MADE_UP"}, "phrases")],
)
def test_a_reason_that_cannot_be_taken_is_shown_again_with_what_was_typed(client, number, hostile, field):
    answer = client.post(address_of(number), {"decision": "REJECTED", "round": "1", **hostile})
    assert answer.status_code == 422
    assert list(answer.context["rejection"].errors) == [field]
    number.refresh_from_db()
    assert (number.state, Review.objects.count()) == (NumberState.REVIEWING, 0)


@pytest.mark.parametrize("round_", ["9" * 25, "9" * 5000, "-1", "٣", "²"])
def test_a_made_up_submission_is_not_decided(client, number, round_):
    answer = client.post(address_of(number), {"decision": "REJECTED", "note": "no", "round": round_})
    assert answer.status_code == 422
    number.refresh_from_db()
    assert (number.state, Review.objects.count()) == (NumberState.REVIEWING, 0)
