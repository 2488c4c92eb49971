"""What a project's sends are judged by: its own, what is on, and changed only by who saw it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from console.accounts.models import Project, User
from messaging.models import CharacterSettings, DuplicateSettings
from messaging.policies.settings import (
    SettingsRefused,
    blocking_minutes,
    change_characters,
    change_duplicates,
    character_settings,
    duplicate_settings,
    replaces_characters,
)
from tests.factories import ProjectFactory, UserFactory
from tests.messaging.sending.test_concurrency import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


@pytest.fixture
def other(db: None) -> Project:
    """Another project, which has everything on."""
    other = ProjectFactory()
    CharacterSettings.objects.create(project=other, replaces=True)
    DuplicateSettings.objects.create(project=other, is_on=True, minutes=33)
    return other


def characters(project: Project, user: User, **wish: Any) -> CharacterSettings:
    return change_characters(project=project, user=user, **{"replaces": True, "seen": None, **wish})


def duplicates(project: Project, user: User, **wish: Any) -> DuplicateSettings:
    given = {"is_on": True, "minutes": 5, "seen": None, **wish}
    return change_duplicates(project=project, user=user, **given)


def test_a_project_without_settings_begins_with_all_off(project: Project, other: Project) -> None:
    assert (character_settings(project).replaces, duplicate_settings(project).is_on) == (False, False)
    assert (replaces_characters(project), blocking_minutes(project.pk)) == (False, 0)
    assert (replaces_characters(other), blocking_minutes(other.pk)) == (True, 33)


def test_what_is_off_counts_for_nothing(project: Project) -> None:
    CharacterSettings.objects.create(project=project, replaces=False)
    DuplicateSettings.objects.create(project=project, is_on=False, minutes=20)
    assert (replaces_characters(project), blocking_minutes(project.pk)) == (False, 0)


def test_a_change_is_the_projects_own_and_names_who_made_it(project: Project, other: Project) -> None:
    user = UserFactory()
    characters(project, user)
    duplicates(project, user)
    kept = [CharacterSettings.objects.get(project=project), DuplicateSettings.objects.get(project=project)]
    assert [each.updated_by for each in kept] == [user, user]
    assert (replaces_characters(project), blocking_minutes(project.pk)) == (True, 5)
    assert (CharacterSettings.objects.count(), blocking_minutes(other.pk)) == (2, 33)


@pytest.mark.parametrize("minutes", [1, 60])
def test_the_shortest_and_the_longest_minutes(project: Project, minutes: int) -> None:
    assert duplicates(project, UserFactory(), minutes=minutes).minutes == minutes
    assert blocking_minutes(project.pk) == minutes


@pytest.mark.parametrize("minutes", [-1, 0, 61])
def test_other_minutes_are_refused(project: Project, minutes: int) -> None:
    with pytest.raises(SettingsRefused) as refused:
        duplicates(project, UserFactory(), minutes=minutes)
    assert {name: str(said) for name, said in refused.value.problems.items()} == {
        "minutes": "Choose 1 to 60 minutes."
    }
    assert not DuplicateSettings.objects.exists()


@pytest.mark.parametrize("change", [characters, duplicates])
def test_who_saw_something_else_is_told(project: Project, change: Any) -> None:
    first, second = UserFactory(), UserFactory()
    kept = change(project, first)
    seen: datetime = kept.updated_at
    for stale in (None, seen - timedelta(microseconds=1)):
        with pytest.raises(SettingsRefused) as refused:
            change(project, second, seen=stale)
        assert list(refused.value.problems) == [""]
    again = type(kept).objects.get()
    assert (again.updated_at, again.updated_by) == (seen, first)
    change(project, second, seen=seen)
    assert type(kept).objects.get().updated_by == second


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [characters, duplicates])
def test_of_two_people_at_once_one_is_told(project: Project, change: Any) -> None:
    outcomes: list[str] = []

    def work() -> None:
        try:
            change(project, UserFactory())
            outcomes.append("changed")
        except SettingsRefused:
            outcomes.append("told")

    at_once(*[work] * 4)
    assert sorted(outcomes) == ["changed", "told", "told", "told"]
