"""The pages of evidence: staff ask, the members see it everywhere, a manager hands it in, staff decide."""

import datetime

import pytest
import time_machine
from django.urls import reverse

from console.accounts.roles import ProjectRole
from console.accounts.scoping import scope_for
from console.dashboard import needs_for
from senders.admin.badges import needs_you
from senders.models import Document, EvidenceRequest
from senders.requirements import Check
from senders.states import EvidenceState, NumberState
from tests.factories import EvidenceRequestFactory, MembershipFactory, SenderNumberFactory, UserFactory
from tests.senders.files import picture, upload

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
LATER = NOON + datetime.timedelta(hours=1)
DUE = NOON + datetime.timedelta(days=3)


@pytest.fixture
def number(manager):
    return SenderNumberFactory(
        approved=True, project=manager.project, registered_by=manager.user, number="021234567"
    )


@pytest.fixture
def asked(number):
    return EvidenceRequestFactory(sender_number=number, asked_at=NOON, reason="Show the <b>contract</b>.")


@pytest.fixture
def client(manager, sign_in):
    return sign_in(manager.user)


@pytest.fixture
def staff(reviewer, sign_in):
    return sign_in(reviewer)


def text(response):
    return response.content.decode()


def page_of(number):
    return reverse("admin:senders_number_evidence", args=[number.pk])


def sentences(user, project):
    return [str(need.sentence) for need in needs_for(scope_for(user, project.pk))]


# --- staff ask -----------------------------------------------------------------------------------


def test_a_number_is_found_and_evidence_asked(staff, number):
    found = text(staff.get(reverse("admin:senders_registered_numbers"), {"number": "02-1234"}))
    assert reverse("admin:senders_review", args=["number", number.pk]) in found
    review = text(staff.get(reverse("admin:senders_review", args=["number", number.pk])))
    address = reverse("admin:senders_evidence_ask", args=[number.pk])
    assert address in review
    with time_machine.travel(NOON, tick=False):
        assert "is due 2026-11-25 12:00: in three days of 24 hours" in text(staff.get(address))
        empty = staff.post(address, {"reason": " "})
        assert empty.status_code == 422
        assert "Write what the regulator asks for" in text(empty)
        done = staff.post(address, {"reason": "Show the contract."}, follow=True)
    assert "is asked for until 2026-11-25 12:00. Every member is mailed." in text(done)
    assert EvidenceRequest.objects.get().reason == "Show the contract."
    assert "none can be asked for now" in text(staff.get(address))
    running = text(staff.get(reverse("admin:senders_registered_numbers")))
    assert ">02-123-4567</a>" in running
    again = staff.post(address, {"reason": "<i>Again</i>"})
    assert again.status_code == 422
    assert "asked for already" in text(again)


@pytest.mark.parametrize("typed", ["", "123", "02-9", "x", "9999999"])
def test_a_search_that_finds_nothing(staff, number, typed):
    words = text(staff.get(reverse("admin:senders_registered_numbers"), {"number": typed}))
    assert ">02-123-4567</a>" not in words


def test_staff_reach_no_number_of_their_own_organization(staff, reviewer, number):
    MembershipFactory(user=reviewer, project__organization=number.project.organization)
    address = reverse("admin:senders_evidence_ask", args=[number.pk])
    assert staff.get(address).status_code == 404
    assert staff.post(address, {"reason": "Show it."}).status_code == 404
    words = text(staff.get(reverse("admin:senders_registered_numbers"), {"number": "021234567"}))
    assert ">02-123-4567</a>" not in words
    assert not EvidenceRequest.objects.exists()


# --- members see it ------------------------------------------------------------------------------


@time_machine.travel(LATER, tick=False)
def test_every_member_reads_it_on_the_home_page_and_on_the_numbers(asked, number, manager, sign_in):
    said = "Evidence for 02-123-4567 is due 2026-11-25 12:00, in 2 days. Then the number is suspended."
    for role in ProjectRole:
        user = MembershipFactory(project=manager.project, role=role).user
        assert said in sentences(user, manager.project)
        page = text(sign_in(user).get(reverse("admin:senders_number", args=[number.pk])))
        assert "Evidence is asked for this number." in page
        assert "2 days left" in page
        assert "Show the &lt;b&gt;contract&lt;/b&gt;." in page
        assert ("Hand in for review" in text(sign_in(user).get(page_of(number)))) is (
            role == ProjectRole.MANAGER
        )
    assert needs_you(scope_for(manager.user, manager.project_id)) == 1
    stranger = MembershipFactory()
    assert said not in sentences(stranger.user, stranger.project)


@time_machine.travel(DUE, tick=False)
def test_when_the_time_is_up_it_says_so(asked, number, manager, client):
    assert any("is suspended: evidence was due" in said for said in sentences(manager.user, manager.project))
    assert "It was due 2026-11-25 12:00: nothing is sent" in text(client.get(page_of(number)))


def test_without_a_request_there_is_nothing_to_do(number, client):
    page = text(client.get(page_of(number)))
    assert "No evidence is asked for this number." in page
    assert "Hand in for review" not in page
    assert client.post(page_of(number)).status_code == 404


# --- handing in and deciding ---------------------------------------------------------------------


def test_the_whole_way(asked, number, client, staff, reviewer):
    with time_machine.travel(LATER, tick=False):
        nothing = client.post(page_of(number))
        assert nothing.status_code == 422
        assert "Upload this document." in text(nothing)
        bad = client.post(page_of(number), {"action": "submit", "EVIDENCE": upload(b"x", "x.pdf")})
        assert bad.status_code == 422
        assert "It was not handed in yet." in text(bad)
        assert Document.objects.count() == 0
        file = upload(picture("PNG", (300, 400)), "contract.png")
        slot = client.post(page_of(number), {"action": "upload", "kind": "EVIDENCE", "EVIDENCE": file})
        assert "contract.png" in text(slot)
        done = client.post(page_of(number), {"action": "submit"}, follow=True)
        assert "Handed in. A reviewer looks at it" in text(done)
        assert "Hand in for review" not in text(done)
        queue = text(staff.get(reverse("admin:senders_review_queue")))
        assert "Evidence" in queue
        review = reverse("admin:senders_review", args=["evidence", asked.pk])
        assert review in queue
        page = text(staff.get(review))
        assert "Show the &lt;b&gt;contract&lt;/b&gt;." in page
        document = Document.objects.get()
        assert reverse("admin:senders_document_page", args=[document.pk, 1]) in page
        picked = staff.get(reverse("admin:senders_document_page", args=[document.pk, 1]))
        assert picked.status_code == 200
        unchecked = staff.post(review, {"decision": "APPROVED", "round": "1"})
        assert unchecked.status_code == 422
        sent = {"decision": "APPROVED", "round": "1", f"check-{document.pk}": Check.ANSWERS}
        staff.post(review, sent)
    asked.refresh_from_db()
    number.refresh_from_db()
    assert (asked.state, number.state) == (EvidenceState.APPROVED, NumberState.APPROVED)
    page = text(client.get(reverse("admin:senders_number", args=[number.pk])))
    for said in (
        "Evidence asked for",
        "Evidence handed in",
        "Evidence accepted",
        "can send from this number",
    ):
        assert said in page


def test_a_rejection_says_why_and_lets_it_be_handed_in_again(asked, number, client, staff):
    with time_machine.travel(LATER, tick=False):
        client.post(
            page_of(number),
            {"action": "submit", "EVIDENCE": upload(picture("PNG", (300, 400)), "contract.png")},
        )
        review = reverse("admin:senders_review", args=["evidence", asked.pk])
        staff.post(review, {"decision": "REJECTED", "round": "1", "note": "Another number’s."})
        page = text(client.get(page_of(number)))
    assert "Another number’s." in page
    assert "The time did not begin anew." in page
    assert "Hand in for review" in page
    again = client.post(page_of(number), {"action": "submit"})
    assert "Upload at least one new document" in text(again)


def test_who_may_not_manage_hands_in_nothing(asked, number, manager, sign_in):
    for role in (ProjectRole.VIEWER, ProjectRole.SENDER):
        user = MembershipFactory(project=manager.project, role=role).user
        assert sign_in(user).post(page_of(number), {"action": "submit"}).status_code == 403
    stranger = MembershipFactory().user
    assert sign_in(stranger).get(page_of(number)).status_code == 404
    asked.refresh_from_db()
    assert asked.state == EvidenceState.ASKED


def test_the_administrators_page_of_a_person(manager, sign_in):
    """Here too, because the limit is the other thing that staff do about numbers: allowed, with a reason."""
    SenderNumberFactory(registered_by=manager.user, number="021112222")
    boss = UserFactory(administrator=True)
    client = sign_in(boss)
    address = reverse("admin:person_number_limit", args=[manager.user.pk])
    page = text(client.get(address))
    assert "1 of 10 numbers" in page
    assert "02-111-2222" in page
    refused = client.post(address, {"most": "20", "reason": ""})
    assert refused.status_code == 422
    assert 'value="20"' in text(refused)
    done = text(client.post(address, {"most": "20", "reason": "A <b>call</b> center"}, follow=True))
    assert "may have 20 sender numbers." in done
    assert "1 of 20 numbers" in done
    assert "A &lt;b&gt;call&lt;/b&gt; center" in done
    person = text(client.get(reverse("admin:accounts_user_change", args=[manager.user.pk])))
    assert address in person
