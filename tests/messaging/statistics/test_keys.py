"""Event keys: registered, described, their end moved while it has not come, inactive by themselves."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from console.accounts.models import Project
from messaging.models import StatisticsKey
from messaging.statistics.errors import WHOLE, KeyRefused
from messaging.statistics.keys import (
    KeyState,
    Period,
    active_keys,
    create_key,
    describe_key,
    end_now,
    move_end,
    state_of,
)
from tests.factories import ProjectFactory, StatisticsKeyFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MONTH = Period(NOW, NOW + 30 * DAY)


@pytest.fixture(autouse=True)
def clock() -> object:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def project() -> Project:
    project: Project = ProjectFactory()
    return project


def create(
    project: Project, name: str = "Autumn", period: Period = MONTH, description: str = ""
) -> StatisticsKey:
    return create_key(project=project, user=None, name=name, description=description, period=period)


def refused(call: object, **given: object) -> dict[str, str]:
    with pytest.raises(KeyRefused) as error:
        call(**given)  # type: ignore[operator]
    return {name: str(sentence) for name, sentence in error.value.problems.items()}


def test_a_key_has_its_stats_id_from_the_beginning(project: Project) -> None:
    user = UserFactory()
    key = create_key(project=project, user=user, name="  Autumn   sale ", description=" A \n", period=MONTH)
    key.refresh_from_db()
    assert (key.name, key.description, key.created_by) == ("Autumn sale", "A", user)
    assert (key.starts_at, key.ends_at) == MONTH
    assert len(key.stats_id) == 16
    assert key.stats_id.isalnum()
    assert create(project, "Winter").stats_id != key.stats_id


def test_a_key_is_active_by_the_clock_alone(project: Project, clock: time_machine.Traveller) -> None:
    key = create(project, period=Period(NOW + DAY, NOW + 3 * DAY))
    seen = []
    for moment in (NOW, NOW + DAY, NOW + 3 * DAY - timedelta(microseconds=1), NOW + 3 * DAY):
        clock.move_to(moment)
        seen.append((state_of(key), list(active_keys(project)) == [key]))
    assert seen == [
        (KeyState.UPCOMING, False),
        (KeyState.ACTIVE, True),
        (KeyState.ACTIVE, True),
        (KeyState.ENDED, False),
    ]


def test_only_the_projects_own_keys_may_be_chosen_by_name(project: Project) -> None:
    second, first = create(project, "B"), create(project, "A")
    create(ProjectFactory(), "C")
    assert list(active_keys(project)) == [first, second]


def test_what_is_wrong_is_said_at_once_and_nothing_is_registered(project: Project) -> None:
    said = refused(
        create_key,
        project=project,
        user=None,
        name=" ",
        description="x" * 201,
        period=Period(NOW, NOW),
    )
    assert said == {
        "name": "Give the key a name.",
        "description": "At most 200 characters.",
        "ends_at": "The end must be after the beginning.",
    }
    long = refused(create_key, project=project, user=None, name="x" * 51, description="", period=MONTH)
    assert long == {"name": "At most 50 characters."}
    past = Period(NOW - 2 * DAY, NOW)
    said = refused(create_key, project=project, user=None, name="x", description="", period=past)
    assert said == {"ends_at": "This has passed. A key that has ended collects nothing."}
    assert not StatisticsKey.objects.exists()


def test_a_name_occurs_once_in_a_project(project: Project) -> None:
    create(project)
    other = create(project, "Winter")
    create(ProjectFactory())
    taken = {"name": "This project has an event key of this name already. Choose another name."}
    given = {"project": project, "user": None, "name": "Autumn", "description": "", "period": MONTH}
    assert refused(create_key, **given) == taken
    assert refused(describe_key, key=other, name="Autumn", description="") == taken
    assert sorted(StatisticsKey.objects.filter(project=project).values_list("name", flat=True)) == [
        "Autumn",
        "Winter",
    ]


def test_describing_changes_nothing_else(project: Project) -> None:
    key = create(project)
    before = key.stats_id
    describe_key(key=key, name="Winter", description="From December")
    key.refresh_from_db()
    assert (key.name, key.description, key.stats_id) == ("Winter", "From December", before)
    assert (key.starts_at, key.ends_at) == MONTH
    assert refused(describe_key, key=key, name="", description="") == {"name": "Give the key a name."}


def test_the_end_is_moved_while_it_has_not_come_and_never_into_the_past(project: Project) -> None:
    key = create(project)
    for ends_at in (NOW + DAY, NOW + 90 * DAY):
        move_end(key=key, ends_at=ends_at)
        key.refresh_from_db()
        assert key.ends_at == ends_at
    passed = {"ends_at": "This has passed. Choose a later end, or end the key now."}
    assert refused(move_end, key=key, ends_at=NOW) == passed
    later = create(project, "Later", Period(NOW + 5 * DAY, NOW + 9 * DAY))
    early = {"ends_at": "The end must be after the beginning."}
    assert refused(move_end, key=later, ends_at=NOW + 5 * DAY) == early
    key.refresh_from_db()
    assert key.ends_at == NOW + 90 * DAY


def test_an_end_that_has_come_stays(project: Project, clock: time_machine.Traveller) -> None:
    key = create(project)
    stale = StatisticsKey.objects.get(pk=key.pk)
    clock.shift(DAY)
    end_now(key=key)
    key.refresh_from_db()
    assert (key.ends_at, state_of(key)) == (NOW + DAY, KeyState.ENDED)
    ended = {WHOLE: "This event key has ended. Its end cannot be moved any more; register another one."}
    assert refused(move_end, key=stale, ends_at=NOW + 9 * DAY) == ended  # as another person still saw it
    assert refused(end_now, key=stale) == ended
    key.refresh_from_db()
    assert key.ends_at == NOW + DAY
    by_itself = StatisticsKeyFactory(project=project)
    clock.move_to(by_itself.ends_at)
    assert refused(move_end, key=by_itself, ends_at=by_itself.ends_at + DAY) == ended


def test_a_key_that_has_not_begun_is_not_ended_now(project: Project) -> None:
    key = create(project, period=Period(NOW + DAY, NOW + 3 * DAY))
    assert WHOLE in refused(end_now, key=key)
    key.refresh_from_db()
    assert key.ends_at == NOW + 3 * DAY
