"""Which days are kept and what of them is shown: to the day, to the project, to the state."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from console.accounts.models import Project
from messaging.ids import new_request_id
from messaging.models import Message, RestoredDay, SendRequest
from messaging.sending.kept import (
    day_of,
    first_day,
    id_range,
    shown_messages,
    shown_requests,
    start_of,
)
from messaging.states import RequestState
from tests.factories import ProjectFactory
from tests.messaging.history.past import sent

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)  # noon in Seoul
FIRST_KEPT = datetime(2026, 5, 26, 15, tzinfo=UTC)  # the first moment of 2026-05-27 in Seoul
DAY = date(2026, 3, 10)
ENDED = {RequestState.COMPLETED, RequestState.CANCELED, RequestState.FAILED}


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


def restored(project: Project, keep_until: datetime = NOW + timedelta(seconds=1)) -> RestoredDay:
    first_id, end_id = id_range(DAY)
    return RestoredDay.objects.create(
        project=project,
        day=DAY,
        first_id=first_id,
        end_id=end_id,
        rows=1,
        restored_at=NOW,
        keep_until=keep_until,
    )


def shown() -> list[SendRequest]:
    """The requests that are shown; their messages are the same ones'."""
    found = list(shown_requests(SendRequest.objects.all()).order_by("pk"))
    messages = shown_messages(Message.objects.all()).order_by("pk")
    assert [message.request_id for message in messages] == [request.pk for request in found]
    return found


def test_today_is_the_last_of_180_days() -> None:
    assert first_day() == first_day(date(2026, 11, 22)) == date(2026, 5, 27)
    with time_machine.travel(datetime(2026, 11, 22, 15, tzinfo=UTC), tick=False):  # midnight in Seoul
        assert first_day() == date(2026, 5, 28)


def test_a_day_is_one_of_the_consoles_clock() -> None:
    assert start_of(date(2026, 5, 27)) == FIRST_KEPT
    last, first = (new_request_id(FIRST_KEPT - timedelta(milliseconds=n)) for n in (1, 0))
    assert (day_of(last), day_of(first)) == (date(2026, 5, 26), date(2026, 5, 27))
    assert last < id_range(date(2026, 5, 27))[0] == id_range(date(2026, 5, 26))[1] < first


def test_what_ended_is_shown_from_the_first_moment_that_is_kept(project: Project) -> None:
    sent(project, FIRST_KEPT - timedelta(milliseconds=1))
    kept = sent(project, FIRST_KEPT)
    assert shown() == [kept]


@pytest.mark.parametrize("state", RequestState.values)
def test_what_is_open_is_shown_however_old(project: Project, state: str) -> None:
    request = sent(project, FIRST_KEPT - timedelta(days=30), state=state)
    assert shown() == ([] if state in ENDED else [request])


def test_a_restored_day_is_shown_from_its_first_moment_to_its_last(project: Project) -> None:
    begins, ends = start_of(DAY), start_of(DAY + timedelta(days=1))
    moment = timedelta(milliseconds=1)
    made = [sent(project, at) for at in (begins - moment, begins, ends - moment, ends)]
    assert shown() == []
    restored(project)
    assert shown() == made[1:3]


def test_a_restored_day_is_a_projects_own(project: Project) -> None:
    own = sent(project, start_of(DAY))
    sent(ProjectFactory(), start_of(DAY))
    restored(project)
    assert shown() == [own]


def test_a_restored_day_is_shown_until_its_time(project: Project) -> None:
    sent(project, start_of(DAY))
    restored(project, keep_until=NOW)
    assert shown() == []
