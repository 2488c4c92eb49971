"""What a project sends abroad, changed by a person, to the limits; and a country unblocked, its own alone."""

from typing import Any

import pytest
from django.utils import timezone

from console import queues
from console.accounts.models import Project, User
from console.queues import TaskName
from messaging.content.countries import MAJOR
from messaging.models import CountryBlock, InternationalSettings
from messaging.sending.international_settings import (
    AbroadRefused,
    AbroadWish,
    change_abroad,
    lift_block,
    most_allowed,
)
from tests.factories import MembershipFactory, ProjectFactory, UserFactory
from tests.messaging.sending.test_concurrency import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


@pytest.fixture
def manager(project: Project) -> User:
    return MembershipFactory(project=project).user


def wish(**changes: Any) -> AbroadWish:
    given: dict[str, Any] = {
        "is_on": True,
        "countries": frozenset({81, 1}),
        "monthly_limit": 1_000,
        "notifies_limit": True,
    }
    return AbroadWish(**given | changes)


def block(project: Project, code: int) -> CountryBlock:
    return CountryBlock.objects.create(
        project=project, country_code=code, sent=4, converted=0, blocked_at=timezone.now()
    )


def test_all_of_a_wish_is_kept_with_who_wished_it(project: Project, manager: User) -> None:
    change_abroad(
        project=project,
        user=manager,
        wish=wish(
            notifies_limit=False,
            blocks_by_conversion=True,
            conversion_countries=frozenset({81, 1}),
            conversion_rate=30,
            conversion_minimum=20,
            conversion_hours=10,
        ),
    )
    kept = InternationalSettings.objects.get(project=project)
    assert (kept.is_on, kept.countries, kept.monthly_limit, kept.notifies_limit) == (
        True,
        [1, 81],
        1000,
        False,
    )
    assert (kept.blocks_by_conversion, kept.conversion_countries) == (True, [1, 81])
    assert (kept.conversion_rate, kept.conversion_minimum, kept.conversion_hours) == (30, 20, 10)
    assert kept.updated_by == manager


def test_the_major_countries_follow_when_they_change(project: Project, manager: User) -> None:
    assert change_abroad(project=project, user=manager, wish=wish(countries=MAJOR)).countries is None


@pytest.mark.parametrize(
    "changes",
    [
        {"monthly_limit": 1},
        {"monthly_limit": 10_000},
        {"conversion_rate": 1, "conversion_minimum": 1, "conversion_hours": 1},
        {"conversion_rate": 100, "conversion_minimum": 10_000, "conversion_hours": 168},
        {"is_on": False, "countries": frozenset()},
    ],
)
def test_what_is_just_within_its_limits(project: Project, manager: User, changes: dict[str, Any]) -> None:
    kept = change_abroad(project=project, user=manager, wish=wish(**changes))
    assert {name: getattr(kept, name) for name in changes if name != "countries"} == {
        name: value for name, value in changes.items() if name != "countries"
    }


@pytest.mark.parametrize("unknown", [82, 1939, 999])
def test_nothing_goes_to_a_country_that_nobody_named(project: Project, manager: User, unknown: int) -> None:
    with pytest.raises(AbroadRefused) as refused:
        change_abroad(
            project=project,
            user=manager,
            wish=wish(blocks_by_conversion=True, conversion_countries=frozenset({unknown})),
        )
    problems = {name: str(said) for name, said in refused.value.problems.items()}
    assert problems == {"countries": f"No messages go to +{unknown}."}
    assert not InternationalSettings.objects.exists()


def test_what_staff_allowed_counts_where_it_is_more() -> None:
    raised = [most_allowed(InternationalSettings(raised_limit=limit)) for limit in (None, 5_000, 15_000)]
    assert raised == [10_000, 10_000, 15_000]


def test_a_change_is_looked_at_once_it_is_kept(
    project: Project, manager: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(queues, "ring", lambda *named: rung.append(named))
    with django_capture_on_commit_callbacks(execute=True):
        change_abroad(project=project, user=manager, wish=wish())
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(AbroadRefused):
        change_abroad(project=project, user=manager, wish=wish())
    assert rung == [(TaskName.CHECK_LIMITS,)]


def test_only_the_projects_own_country_is_unblocked(project: Project, manager: User) -> None:
    other = ProjectFactory()
    theirs, japan, states = block(other, 1), block(project, 81), block(project, 1)
    assert lift_block(project=project, user=manager, country_code=84) is False
    assert lift_block(project=project, user=manager, country_code=1) is True
    left = CountryBlock.objects.filter(lifted_at=None).order_by("pk")
    assert list(left) == [theirs, japan]
    states.refresh_from_db()
    assert states.lifted_by == manager
    lifted_at = states.lifted_at
    assert lift_block(project=project, user=UserFactory(), country_code=1) is False
    states.refresh_from_db()
    assert (states.lifted_by, states.lifted_at) == (manager, lifted_at)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_is_told(project: Project, manager: User) -> None:
    outcomes: list[str] = []

    def work() -> None:
        try:
            change_abroad(project=project, user=manager, wish=wish())
            outcomes.append("changed")
        except AbroadRefused as refused:
            outcomes.extend(refused.problems)

    at_once(*[work] * 4)
    assert sorted(outcomes) == ["", "", "", "changed"]
