"""What waits in each lane, of whom, and since when."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from console.accounts.models import Project
from messaging.health.readings import LaneReading, read_lanes
from messaging.models import Chunk
from messaging.states import Lane
from tests.factories import ProjectFactory, RouteFactory, SenderNumberFactory
from tests.messaging.admin.delivering import SENDER, send

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 0, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def projects() -> list[Project]:
    """Two that have something ready: one of two messages, one of one."""
    RouteFactory()
    found = [ProjectFactory() for _number in range(2)]
    with time_machine.travel(NOW, tick=False):
        for project, numbers in zip(found, (["01012340001", "01012340002"], ["01012340003"]), strict=True):
            SenderNumberFactory(approved=True, project=project, number=SENDER)
            send(project, numbers)
    return found


def single(project: Project | None = None) -> tuple[int, datetime | None]:
    found = {each.lane: each for each in read_lanes(LATER, project_id=project.pk if project else None)}
    assert found[Lane.AUTH] == LaneReading(Lane.AUTH, 0, None)
    assert found[Lane.MASS] == LaneReading(Lane.MASS, 0, None)
    return found[Lane.SINGLE].waiting, found[Lane.SINGLE].oldest


def test_each_project_has_its_own_and_the_platform_all(projects: list[Project]) -> None:
    assert [single(each) for each in (*projects, None)] == [(2, NOW), (1, NOW), (3, NOW)]


@pytest.mark.parametrize(("state", "n"), [("WAITING", 0), ("READY", 2), ("CLAIMED", 2), ("DONE", 0)])
def test_what_is_ready_or_in_work_waits(projects: list[Project], state: str, n: int) -> None:
    Chunk.objects.update(state=state)
    assert single(projects[0])[0] == n


@pytest.mark.parametrize(
    ("seconds", "oldest"), [(-60, NOW), (30, NOW + timedelta(seconds=30)), (60, LATER), (61, None)]
)
def test_it_waits_since_its_hour_came(projects: list[Project], seconds: int, oldest: datetime | None) -> None:
    Chunk.objects.update(not_before=NOW + timedelta(seconds=seconds))
    assert single(projects[0]) == (2, oldest)


def test_it_waits_since_it_was_released(projects: list[Project]) -> None:
    for chunk in Chunk.objects.select_related("batch"):
        chunk.batch.released_at = NOW + timedelta(seconds=20)
        chunk.batch.save()
    assert single(projects[0]) == (2, NOW + timedelta(seconds=20))
