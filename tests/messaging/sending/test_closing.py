"""Which requests keep the SMS service of a project open."""

from datetime import UTC, datetime

import pytest

from console.accounts.models import Project
from messaging.sending import closing
from messaging.sending.closing import HELD, LATER, open_requests, why_not_close
from messaging.states import RequestState
from tests.factories import ProjectFactory
from tests.messaging.history.past import sent

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
ENDED = {"COMPLETED", "CANCELED", "FAILED"}


@pytest.fixture
def project() -> Project:
    found: Project = ProjectFactory()
    return found


@pytest.mark.parametrize("state", RequestState.values)
def test_whatever_may_still_go_keeps_it_open(project: Project, state: str) -> None:
    sent(project, NOW, state=state)
    expected = {HELD: int(state == "HELD"), LATER: int(state not in ENDED | {"HELD"})}
    assert open_requests(project) == expected
    assert bool(why_not_close(project)) is (state not in ENDED)


def test_what_another_project_sends_keeps_nobodys_open(project: Project) -> None:
    for state in ("HELD", "SENDING"):
        sent(ProjectFactory(), NOW, state=state)
    assert open_requests(project) == {HELD: 0, LATER: 0}
    assert why_not_close(project) == ""


def test_all_of_them_are_said_at_once(project: Project) -> None:
    for state in ("HELD", "HELD", "SENDING", "SCHEDULED", "WAITING"):
        sent(project, NOW, state=state)
    assert why_not_close(project) == (
        "3 requests are scheduled or being sent. 2 requests wait for a check. Let them end, or cancel them."
    )


def test_many_are_counted_no_further(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "MOST_COUNTED", 2)
    for state in ("HELD", "SENDING"):
        for _number in range(3):
            sent(project, NOW, state=state)
    assert open_requests(project) == {HELD: 2, LATER: 2}
