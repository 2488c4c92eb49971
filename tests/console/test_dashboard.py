"""The home page and the search."""

from uuid import UUID

import pytest
from django.utils import timezone

from console import dashboard, overview
from console.accounts.models import Membership, User
from console.accounts.scoping import scope_for
from messaging.models import SendRequest, UidImport
from messaging.states import RequestState
from senders.models import OptOutLine
from tests.factories import (
    MembershipFactory,
    OptOutLineFactory,
    OrganizationFactory,
    StatisticsKeyFactory,
    TemplateFactory,
)

pytestmark = pytest.mark.django_db


def a_request(member: Membership, **fields: object) -> SendRequest:
    now = timezone.now()
    values = {
        "name": "Autumn notice",
        "kind": "MASS",
        "message_type": "SMS",
        "purpose": "GENERAL",
        "lane": "MASS",
        "sender": "021234567",
        "body": "Hello",
        "due_at": now,
        "created_at": now,
        **fields,
    }
    return SendRequest.objects.create(project=member.project, **values)


def sentences(member: Membership) -> list[str]:
    return [str(need.sentence) for need in overview.needs_of(scope_for(member.user, member.project_id))]


def test_held_requests_of_this_project_come_first(manager) -> None:
    a_request(manager, state=RequestState.HELD, total=99812)
    a_request(MembershipFactory(), state=RequestState.HELD, name="Another's")
    first, second = sentences(manager)
    assert first == "“Autumn notice” is ready: 99,812 messages wait for you to send or cancel them."
    assert "No sender number is approved" in second


def test_a_viewer_is_asked_for_nothing_that_they_may_not_do(viewer) -> None:
    a_request(viewer, state=RequestState.HELD)
    assert sentences(viewer) == []


def test_an_unverified_member_is_told_only_that(monkeypatch) -> None:
    member = MembershipFactory(project__organization=OrganizationFactory(verification_exempt=False))
    monkeypatch.setattr("senders.services.verification.is_cleared", lambda *, user, project: False)
    a_request(member, state=RequestState.HELD)
    (only,) = sentences(member)
    assert "not verified yet" in only
    assert dashboard.panels_for(scope_for(member.user, None), whole=True) == []


def test_the_badge_counts_what_moves_or_waits_here(manager) -> None:
    for state in (RequestState.HELD, RequestState.SENDING, RequestState.COMPLETED, RequestState.SCHEDULED):
        a_request(manager, state=state)
    a_request(MembershipFactory(), state=RequestState.SENDING)
    assert overview.running_and_held(scope_for(manager.user, None)) == 2


def test_steps_tick_themselves_off_and_can_be_closed_for_good(manager, sign_in) -> None:
    scope = scope_for(manager.user, None)
    assert not overview.has_released(scope)
    a_request(manager, released_by=manager.user)
    assert overview.has_released(scope)
    assert not overview.has_sent_a_file(scope)
    a_request(manager, created_by=manager.user)
    assert overview.has_sent_a_file(scope)
    assert not overview.has_sent_with_a_key(scope)
    a_request(manager, created_by=manager.user, statistics_key=StatisticsKeyFactory(project=manager.project))
    assert overview.has_sent_with_a_key(scope)
    assert not overview.has_sent_to_a_tag(scope)
    a_request(manager, created_by=manager.user, kind="TAG")
    assert overview.has_sent_to_a_tag(scope)
    client = sign_in(manager.user)
    assert "The first five minutes" in client.get("/").content.decode()
    client.post("/first-steps/close/")
    assert "The first five minutes" not in client.get("/").content.decode()
    assert User.objects.get(pk=manager.user_id).first_steps_closed


def test_steps_of_settings_tick_themselves_off(manager) -> None:
    scope = scope_for(manager.user, None)
    assert not overview.has_invited(scope)
    assert not overview.has_second_factor(scope)
    assert not overview.has_webhook(scope)
    MembershipFactory()
    assert not overview.has_invited(scope)
    MembershipFactory(project=manager.project)
    manager.user.second_factor_at = timezone.now()
    assert overview.has_invited(scope)
    assert overview.has_second_factor(scope)


def test_a_template_or_uids_of_somebody_else_tick_no_step_off(manager) -> None:
    scope = scope_for(manager.user, None)
    template = TemplateFactory(project=manager.project)
    upload = UidImport.objects.create(project=manager.project, original_name="a.csv", size=1, state="SAVED")
    assert not overview.has_kept_a_template(scope)
    assert not overview.has_uploaded_uids(scope)
    template.versions.update(created_by=manager.user)
    UidImport.objects.filter(pk=upload.pk).update(uploaded_by=manager.user)
    assert overview.has_kept_a_template(scope)
    assert overview.has_uploaded_uids(scope)
    UidImport.objects.filter(pk=upload.pk).update(state="CHECKED")
    assert not overview.has_uploaded_uids(scope)


def test_a_line_that_waits_is_told_to_whom_may_open_it(manager, administrator) -> None:
    line = OptOutLineFactory(project=manager.project)
    (need,) = overview.needs_of(scope_for(administrator, None))
    assert (str(need.sentence), need.url) == ("1 080 line waits to be opened.", "/review/080/")
    assert not overview.has_opened_a_line(scope_for(administrator, None))
    OptOutLineFactory(project=manager.project, opened=True, decided_by=administrator)
    assert overview.has_opened_a_line(scope_for(administrator, None))
    assert not overview.has_opened_a_line(scope_for(manager.user, None))
    OptOutLine.objects.filter(pk=line.pk).update(state="REJECTED")
    assert overview.needs_of(scope_for(administrator, None)) == []


class TestSearch:
    def test_an_id_opens_its_request(self, manager, sign_in) -> None:
        request = a_request(manager)
        response = sign_in(manager.user).get("/search/", {"q": f" {request.pk} "})
        assert (response.status_code, response.url) == (302, f"/deliveries/requests/{request.pk}/")

    def test_a_request_of_another_project_is_not_found(self, manager, sign_in) -> None:
        request = a_request(MembershipFactory(), name="Another's")
        client = sign_in(manager.user)
        for words in (str(request.pk), "Another"):
            page = client.get("/search/", {"q": words})
            assert (page.status_code, page.context["found"]) == (200, [])

    def test_names_numbers_and_pages_are_found(self, manager, sign_in) -> None:
        a_request(manager)
        client = sign_in(manager.user)
        found = client.get("/search/", {"q": "autumn"}).context["found"]
        assert [str(each.title) for each in found] == ["Autumn notice"]
        found = client.get("/search/", {"q": "01012345678"}).context["found"]
        assert [str(each.title) for each in found] == ["Sent to 010-1234-5678"]
        found = client.get("/search/", {"q": "members"}).context["found"]
        assert [each.url for each in found] == ["/accounts/membership/"]

    def test_people_are_found_by_administrators_only(self, manager, administrator, sign_in) -> None:
        words = {"q": manager.user.email}
        assert sign_in(manager.user).get("/search/", words).context["found"] == []
        assert len(sign_in(administrator).get("/search/", words).context["found"]) == 1

    @pytest.mark.parametrize(
        "words",
        [
            "\x00",
            "%",
            "'; --",
            "<script>",
            "x" * 5000,
            str(UUID(int=1)),
            "019a2c5e-7b00-7000-8000-000100000000",
        ],
    )
    def test_hostile_words_find_nothing(self, manager, sign_in, words) -> None:
        page = sign_in(manager.user).get("/search/", {"q": words})
        assert (page.status_code, page.context["found"]) == (200, [])
        assert "<script>" not in page.content.decode().replace("<script src", "")
