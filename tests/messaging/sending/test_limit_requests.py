"""A higher limit: asked for by a manager, decided by staff of another organization, once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from console.accounts.models import AuditEntry, Notice, Project, User
from console.accounts.notice_mail import mail_notices
from console.accounts.scoping import scope_for
from messaging.models import InternationalSettings, LimitRequest
from messaging.sending.international_settings import AbroadRefused, AbroadWish, change_abroad
from messaging.sending.limit_requests import (
    RequestRefused,
    Verdict,
    ask,
    decide,
    decided_since,
    may_decide,
    open_request,
    requests_of,
    waiting_requests,
    waiting_requests_count,
    withdraw,
)
from tests.factories import MembershipFactory, ProjectFactory, UserFactory
from tests.messaging.sending.test_concurrency import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory(name="Shop")


@pytest.fixture
def manager(project: Project) -> User:
    return MembershipFactory(project=project).user


@pytest.fixture
def reviewer(db: None) -> User:
    return UserFactory(reviewer=True)


def asked(project: Project, user: User, wanted: int = 20_000) -> LimitRequest:
    return ask(project=project, user=user, wanted=wanted, reason="Orders to Japan")


def state_of(request: LimitRequest) -> tuple[str, int | None, str]:
    request.refresh_from_db()
    return request.state, request.granted, request.answer


@pytest.mark.parametrize(
    ("wanted", "reason", "fields"),
    [
        (10_000, "Orders", {"wanted"}),
        (10_000_001, "Orders", {"wanted"}),
        (10_001, " \n", {"reason"}),
        (0, "x" * 1001, {"wanted", "reason"}),
    ],
)
def test_what_is_wrong_is_said_at_once(
    project: Project, manager: User, wanted: int, reason: str, fields: set[str]
) -> None:
    with pytest.raises(RequestRefused) as raised:
        ask(project=project, user=manager, wanted=wanted, reason=reason)
    assert raised.value.problems.keys() == fields
    assert not LimitRequest.objects.exists()


@pytest.mark.parametrize(("wanted", "reason"), [(10_001, "x"), (10_000_000, "x" * 1000)])
def test_what_is_just_within_its_limits(project: Project, manager: User, wanted: int, reason: str) -> None:
    request = ask(project=project, user=manager, wanted=wanted, reason=f" {reason}\0\n")
    request.refresh_from_db()
    assert (request.wanted, request.reason, request.asked_by) == (wanted, reason, manager)


def test_who_was_allowed_more_asks_for_more_than_that(
    project: Project, manager: User, reviewer: User
) -> None:
    decide(request=asked(project, manager), reviewer=reviewer, verdict=Verdict(15_000))
    with pytest.raises(RequestRefused) as refused:
        asked(project, manager, wanted=15_000)
    assert list(refused.value.problems) == ["wanted"]
    assert asked(project, manager, wanted=15_001).state == "WAITING"


def test_a_project_sees_and_withdraws_its_own_alone(project: Project, manager: User) -> None:
    other = ProjectFactory()
    theirs = asked(other, UserFactory())
    assert (open_request(project), list(requests_of(project))) == (None, [])
    assert withdraw(project=project, user=manager) is False
    assert state_of(theirs)[0] == "WAITING"
    first = asked(project, manager)
    assert open_request(project) == first
    withdraw(project=project, user=manager)
    assert open_request(project) is None
    second = asked(project, manager)
    assert list(requests_of(project)) == [second, first]


def test_one_is_open_at_a_time(project: Project, manager: User) -> None:
    first = asked(project, manager)
    with pytest.raises(RequestRefused):
        asked(project, manager)
    assert LimitRequest.objects.get() == first
    assert withdraw(project=project, user=manager) is True
    assert withdraw(project=project, user=manager) is False
    assert state_of(first) == ("WITHDRAWN", None, "")
    assert asked(project, manager).state == "WAITING"


def test_a_closed_project_asks_for_nothing(project: Project, manager: User) -> None:
    Project.objects.filter(pk=project.pk).update(is_active=False)
    with pytest.raises(RequestRefused):
        asked(project, manager)
    assert not LimitRequest.objects.exists()


def test_what_staff_allow_is_the_limit_at_once(
    project: Project, manager: User, reviewer: User, mailoutbox: list[Any]
) -> None:
    MembershipFactory(project=project)
    request = asked(project, manager)
    decide(request=request, reviewer=reviewer, verdict=Verdict(15_000, "For the season"))
    assert state_of(request) == ("APPROVED", 15_000, "For the season")
    settings = InternationalSettings.objects.get()
    assert (settings.monthly_limit, settings.raised_limit, settings.updated_by) == (15_000, 15_000, reviewer)
    mail_notices()
    [mail] = mailoutbox  # who asked, not every member
    assert (mail.to, mail.subject) == ([manager.email], "Shop: 15,000 messages a month to other countries")
    assert "You asked for 20,000 messages a month" in mail.body
    assert "For the season" in mail.body


def test_a_rejection_needs_a_reason_and_changes_no_limit(
    project: Project, manager: User, reviewer: User, mailoutbox: list[Any]
) -> None:
    request = asked(project, manager)
    with pytest.raises(RequestRefused) as raised:
        decide(request=request, reviewer=reviewer, verdict=Verdict(None, " "))
    assert (raised.value.problems.keys(), state_of(request)[0]) == ({"answer"}, "WAITING")
    decide(request=request, reviewer=reviewer, verdict=Verdict(None, "Too many"))
    assert state_of(request) == ("REJECTED", None, "Too many")
    assert not InternationalSettings.objects.exists()
    mail_notices()
    assert [mail.subject for mail in mailoutbox] == ["Shop: the higher limit was not allowed"]


@pytest.mark.parametrize(
    ("granted", "answer"), [(10_001, "x" * 1000), (10_000_000, " \0"), (None, "x" * 1000)]
)
def test_a_verdict_just_within_its_limits(
    project: Project, manager: User, reviewer: User, granted: int | None, answer: str
) -> None:
    request = asked(project, manager)
    decide(request=request, reviewer=reviewer, verdict=Verdict(granted, answer))
    state = "REJECTED" if granted is None else "APPROVED"
    assert state_of(request) == (state, granted, answer.strip(" \0"))


def test_an_answer_has_an_end(project: Project, manager: User, reviewer: User) -> None:
    request = asked(project, manager)
    with pytest.raises(RequestRefused) as raised:
        decide(request=request, reviewer=reviewer, verdict=Verdict(20_000, "x" * 1001))
    assert list(raised.value.problems) == ["answer"]
    assert state_of(request)[0] == "WAITING"


def test_who_decided_and_who_withdrew_is_noted(project: Project, manager: User, reviewer: User) -> None:
    asked(project, manager)
    withdraw(project=project, user=manager)
    decide(request=asked(project, manager), reviewer=reviewer, verdict=Verdict(None, "No"))
    decide(request=asked(project, manager), reviewer=reviewer, verdict=Verdict(20_000))
    deeds = AuditEntry.objects.filter(action=AuditEntry.Action.DEED).order_by("pk")
    assert [(deed.actor, deed.additional_data["said"]["key"]) for deed in deeds] == [
        (manager, "limit_request_withdrawn"),
        (reviewer, "limit_request_rejected"),
        (reviewer, "limit_request_allowed"),
    ]


def test_who_left_before_it_was_decided_is_not_told(project: Project, manager: User, reviewer: User) -> None:
    request = asked(project, manager)
    LimitRequest.objects.update(asked_by=None)
    decide(request=LimitRequest.objects.get(), reviewer=reviewer, verdict=Verdict(20_000))
    assert (state_of(request)[0], Notice.objects.count()) == ("APPROVED", 0)


def test_the_newest_decision_is_the_projects_own_and_staffs(
    project: Project, manager: User, reviewer: User
) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    other = ProjectFactory()
    decide(request=asked(other, UserFactory()), reviewer=reviewer, verdict=Verdict(20_000))
    assert decided_since(project, long_ago) is None
    for granted in (20_000, 30_000):
        request = asked(project, manager, wanted=40_000)
        decide(request=request, reviewer=reviewer, verdict=Verdict(granted))
    asked(project, manager, wanted=40_000)
    withdraw(project=project, user=manager)
    newest = decided_since(project, long_ago)
    assert newest is not None
    assert newest.granted == 30_000
    decided_at = newest.decided_at
    assert decided_since(project, decided_at) == newest
    assert decided_since(project, decided_at + timedelta(microseconds=1)) is None


def test_the_oldest_waits_first(project: Project, reviewer: User) -> None:
    requests = [asked(each, UserFactory()) for each in (project, ProjectFactory())]
    LimitRequest.objects.filter(pk=requests[1].pk).update(asked_at=timezone.now() - timedelta(days=1))
    decide(request=asked(ProjectFactory(), UserFactory()), reviewer=reviewer, verdict=Verdict(20_000))
    assert list(waiting_requests(reviewer)) == requests[::-1]


@pytest.mark.parametrize("granted", [0, 10_000, 10_000_001])
def test_an_amount_has_limits(project: Project, manager: User, reviewer: User, granted: int) -> None:
    request = asked(project, manager)
    with pytest.raises(RequestRefused) as raised:
        decide(request=request, reviewer=reviewer, verdict=Verdict(granted))
    assert raised.value.problems.keys() == {"granted"}
    assert state_of(request)[0] == "WAITING"


def test_nobody_decides_for_their_own_organization(project: Project, manager: User, reviewer: User) -> None:
    sibling = ProjectFactory(organization=project.organization)
    own = MembershipFactory(project=sibling, user=UserFactory(reviewer=True)).user
    asking = UserFactory(administrator=True)
    request = asked(project, asking)
    stranger = UserFactory()
    assert not may_decide(user=stranger, request=request)
    assert waiting_requests_count(scope_for(stranger, None)) == 0
    with pytest.raises(RequestRefused):
        decide(request=request, reviewer=stranger, verdict=Verdict(20_000))
    for nobody in (own, asking, manager):
        assert not may_decide(user=nobody, request=request)
        assert list(waiting_requests(nobody)) == []
        with pytest.raises(RequestRefused):
            decide(request=request, reviewer=nobody, verdict=Verdict(20_000))
    assert (state_of(request)[0], InternationalSettings.objects.count()) == ("WAITING", 0)
    assert list(waiting_requests(reviewer)) == [request]
    counts = [waiting_requests_count(scope_for(user, None)) for user in (reviewer, own, manager)]
    assert counts == [1, 0, 0]


def test_what_was_decided_or_withdrawn_is_decided_no_more(
    project: Project, manager: User, reviewer: User
) -> None:
    request = asked(project, manager)
    withdraw(project=project, user=manager)
    with pytest.raises(RequestRefused):
        decide(request=request, reviewer=reviewer, verdict=Verdict(20_000))
    assert state_of(request)[0] == "WITHDRAWN"
    assert not InternationalSettings.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_counts(project: Project, manager: User, reviewer: User) -> None:
    request = asked(project, manager)
    refused: list[RequestRefused] = []

    def try_to(verdict: Verdict) -> None:
        try:
            decide(request=LimitRequest.objects.get(pk=request.pk), reviewer=reviewer, verdict=verdict)
        except RequestRefused as error:
            refused.append(error)

    at_once(lambda: try_to(Verdict(30_000)), lambda: try_to(Verdict(None, "No")))
    state, granted, _answer = state_of(request)
    assert len(refused) == 1
    limits = list(InternationalSettings.objects.values_list("monthly_limit", flat=True))
    assert (state, granted, limits) in [("APPROVED", 30_000, [30_000]), ("REJECTED", None, [])]


@pytest.mark.django_db(transaction=True)
def test_a_decision_waits_for_who_changes_the_settings(
    project: Project, manager: User, reviewer: User
) -> None:
    request = asked(project, manager)
    done = threading.Event()

    def work() -> None:
        decide(request=LimitRequest.objects.get(), reviewer=reviewer, verdict=Verdict(30_000))
        done.set()
        connection.close()

    thread = threading.Thread(target=work)
    with transaction.atomic():
        change_abroad(project=project, user=manager, wish=wish(monthly_limit=5))
        thread.start()
        assert not done.wait(0.5)
        assert state_of(request)[0] == "WAITING"
    thread.join(20)
    assert done.is_set()
    settings = InternationalSettings.objects.get()
    assert (settings.countries, settings.monthly_limit, settings.raised_limit) == ([1], 30_000, 30_000)


def wish(**changes: Any) -> AbroadWish:
    given: dict[str, Any] = {
        "is_on": True,
        "countries": frozenset({1}),
        "monthly_limit": 1_000,
        "notifies_limit": True,
    }
    return AbroadWish(**given | changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"monthly_limit": 0}, "monthly_limit"),
        ({"monthly_limit": 10_001}, "monthly_limit"),
        ({"countries": frozenset()}, "countries"),
        ({"countries": frozenset({82})}, "countries"),
        ({"countries": frozenset({1939})}, "countries"),
        ({"blocks_by_conversion": True}, "conversion_countries"),
        ({"conversion_rate": 0}, "conversion_rate"),
        ({"conversion_rate": 101}, "conversion_rate"),
        ({"conversion_minimum": 0}, "conversion_minimum"),
        ({"conversion_minimum": 10_001}, "conversion_minimum"),
        ({"conversion_hours": 0}, "conversion_hours"),
        ({"conversion_hours": 169}, "conversion_hours"),
    ],
)
def test_settings_have_limits(project: Project, manager: User, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(AbroadRefused) as raised:
        change_abroad(project=project, user=manager, wish=wish(**changes))
    assert raised.value.problems.keys() == {field}
    assert not InternationalSettings.objects.exists()


def test_settings_that_another_changed_are_not_overwritten(project: Project, manager: User) -> None:
    kept = change_abroad(project=project, user=manager, wish=wish(monthly_limit=5))
    with pytest.raises(AbroadRefused) as raised:
        change_abroad(project=project, user=manager, wish=wish(monthly_limit=6))
    assert raised.value.problems.keys() == {""}
    assert InternationalSettings.objects.get().monthly_limit == 5
    change_abroad(project=project, user=manager, wish=wish(monthly_limit=7, seen=kept.updated_at))
    assert InternationalSettings.objects.get().monthly_limit == 7


def test_a_manager_sets_up_to_what_staff_allowed(project: Project, manager: User, reviewer: User) -> None:
    decide(request=asked(project, manager), reviewer=reviewer, verdict=Verdict(15_000))
    seen = InternationalSettings.objects.get().updated_at
    with pytest.raises(AbroadRefused):
        change_abroad(project=project, user=manager, wish=wish(monthly_limit=15_001, seen=seen))
    settings = change_abroad(project=project, user=manager, wish=wish(monthly_limit=14_000, seen=seen))
    assert (settings.monthly_limit, settings.raised_limit) == (14_000, 15_000)
