"""What runs now and what is due next, each of its own project, and how fast."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.scoping import NOBODY, scope_for
from messaging.admin.deliveries.shown import RequestRow
from messaging.admin.home import motion
from messaging.admin.home.motion import Motion, motion_of
from messaging.models import SendRequest
from messaging.states import RequestState
from messaging.statistics.queries import Progress
from tests.factories import MembershipFactory
from tests.messaging.admin.delivering import in_a_day, send

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def seen(project: Project) -> Motion:
    member = MembershipFactory(project=project)
    return motion_of(scope_for(member.user, project.pk), timezone.now())


def made(project: Project, state: str, **fields: Any) -> SendRequest:
    request = send(project, ["01012340001"], due_at=in_a_day())
    SendRequest.objects.filter(pk=request.pk).update(state=state, **fields)
    return request


@pytest.mark.parametrize(
    ("state", "runs"),
    [
        ("WAITING", True),
        ("LOADING", True),
        ("SENDING", True),
        ("CANCELING", True),
        ("SCHEDULED", False),
        ("HELD", False),
        ("COMPLETED", False),
        ("CANCELED", False),
        ("FAILED", False),
    ],
)
def test_what_moves_by_itself_runs(project: Project, stranger: Project, state: str, runs: bool) -> None:
    request = made(project, state)
    made(stranger, state)
    assert [each.row.request for each in seen(project).running] == [request] * runs


def test_a_tag_that_is_looked_up_later_does_not_run_yet(project: Project) -> None:
    made(project, "WAITING", kind="TAG", due_at=timezone.now() + MINUTE)
    now = made(project, "WAITING", kind="TAG", due_at=timezone.now() - MINUTE)
    assert [each.row.request for each in seen(project).running] == [now]


def test_the_newest_five_run_and_the_next_five_are_due(project: Project, stranger: Project) -> None:
    running = [made(project, "SENDING") for _number in range(6)]
    due = [made(project, "SCHEDULED", due_at=NOW + n * MINUTE) for n in (3, 1, 2, 6, 5, 4)]
    made(stranger, "SCHEDULED", due_at=NOW)
    found = seen(project)
    assert [each.row.request for each in found.running] == running[:0:-1]
    scheduled = [row.request for row in found.due if row.request.state == "SCHEDULED"]
    assert scheduled == [due[1], due[2], due[0], due[5], due[4]]


def test_who_works_in_no_project_sees_nothing() -> None:
    assert motion_of(NOBODY, NOW) == Motion([], [])


@pytest.mark.parametrize(
    ("handled", "not_sent", "waiting", "expected"),
    [
        (60, 120, 0, (60, NOW + 2 * MINUTE)),
        (60, 120, 1, (60, None)),
        (60, 0, 0, (60, None)),
        (0, 120, 0, (0, None)),
    ],
)
def test_an_end_is_said_only_where_it_is_known(
    project: Project, handled: int, not_sent: int, waiting: int, expected: tuple[int, datetime | None]
) -> None:
    with time_machine.travel(NOW - MINUTE, tick=False):
        request = send(project, ["01012340001"])
    request.total = not_sent
    row = RequestRow(request, "Title", RequestState.SENDING, Progress(), parts_waiting=waiting)
    found = motion._running_row(row, handled, NOW - 2 * MINUTE, NOW)
    assert (found.per_minute, found.ends_at) == expected
