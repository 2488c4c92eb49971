"""The list of recurring schedules."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import ScheduleRun
from messaging.states import RunState
from tests.factories import ProjectFactory, RecurringScheduleFactory, ScheduledMessageFactory
from tests.messaging.admin.schedules.conftest import NOW
from tests.messaging.admin.schedules.reading import words
from tests.messaging.admin.sending_people import Desk, desk

LIST, ADD = "admin:deliveries_recurring", "admin:schedule_add"


def listed(sender: Desk, query: str = "") -> Any:
    response = sender.client.get(reverse(LIST) + query)
    assert response.status_code == 200
    return response


def codes(sender: Desk, query: str = "") -> list[str]:
    return [row.schedule.code for row in listed(sender, query).context["rows"]]


def test_an_empty_list_says_what_belongs_there_and_makes_the_first(sender: Desk, project: Project) -> None:
    response = listed(sender)
    assert "Make the first schedule" in words(response)
    assert reverse(ADD) in response.content.decode()
    assert "b-filters" not in response.content.decode()
    viewer = listed(desk(ProjectRole.VIEWER, project))
    assert "sends what is mapped to it by itself" in words(viewer)
    assert reverse(ADD) not in viewer.content.decode()


def test_a_row_says_when_it_runs_what_it_sends_and_how_it_went(sender: Desk, project: Project) -> None:
    schedule = RecurringScheduleFactory(
        project=project,
        code="WEEKLY",
        description="News of the week",
        weekdays=0b0001001,
        sends_at=time(10, 0),
        starts_on=date(2026, 2, 2),
        ends_on=date(2026, 6, 30),
    )
    ScheduledMessageFactory(schedule=schedule)
    ScheduledMessageFactory(schedule=schedule)
    ScheduledMessageFactory(schedule=schedule, removed_at=NOW)
    for day, state in ((date(2026, 2, 23), RunState.DONE), (date(2026, 2, 26), RunState.STALE)):
        due_at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        ScheduleRun.objects.create(schedule=schedule, day=day, due_at=due_at, state=state)
    response = listed(sender)
    row = response.context["rows"][0]
    assert (row.days, row.messages, row.last.state) == ("Mon, Thu", 2, "STALE")
    assert row.schedule.next_at == datetime(2026, 3, 2, 1, tzinfo=UTC)
    said = words(response)
    assert "WEEKLY News of the week Mon, Thu 10:00 Asia/Seoul 2026-02-02 – 2026-06-30" in said
    assert "2026-03-02 10:00:00 in 1 hour 2 Missed 2026-02-26 10:00" in said


def test_newest_first_in_force_ended_deleted_and_found(sender: Desk, project: Project) -> None:
    RecurringScheduleFactory(project=project, code="MORNING", description="Tea time")
    ended = RecurringScheduleFactory(
        project=project, code="WINTER", starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 28)
    )
    assert ended.next_at is None
    RecurringScheduleFactory(project=project, code="GONE", removed_at=NOW, next_at=None)
    RecurringScheduleFactory(project=ProjectFactory(), code="THEIRS")
    assert codes(sender) == ["WINTER", "MORNING"]
    assert codes(sender, "?state=in_force") == ["MORNING"]
    assert codes(sender, "?state=ended") == ["WINTER"]
    assert codes(sender, "?state=deleted") == ["GONE"]
    assert codes(sender, "?q=tea+morn") == ["MORNING"]
    assert "No schedule fits these conditions." in words(listed(sender, "?q=coffee"))
    assert listed(sender, "?state=nonsense").context["form"].errors.keys() == {"state"}


def test_pages_by_key(sender: Desk, project: Project) -> None:
    for number in range(51):
        RecurringScheduleFactory(project=project, code=f"S{number:02}")
    first = listed(sender)
    assert [row.schedule.code for row in first.context["rows"]] == [f"S{n:02}" for n in range(50, 0, -1)]
    assert codes(sender, f"?cursor={first.context['page'].older}") == ["S00"]


def test_as_many_queries_for_one_as_for_many(sender: Desk, project: Project) -> None:
    counts = []
    listed(sender)
    for number in (1, 20):
        for _each in range(number):
            schedule = ScheduledMessageFactory(schedule__project=project).schedule
            day = date(2026, 3, 1)
            ScheduleRun.objects.create(
                schedule=schedule, day=day, due_at=NOW - timedelta(days=1), state=RunState.DONE
            )
        with CaptureQueriesContext(
            connection,
        ) as queries:
            listed(sender)
        counts.append(len(queries))
    assert counts[0] == counts[1]
