"""The page of a schedule: its facts, its messages, its runs; taking a message off, deleting it."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import (
    RecurringSchedule,
    ScheduledMessage,
    ScheduledSend,
    ScheduleRun,
    SendRequest,
)
from messaging.schedules.running import run_schedule
from messaging.states import RunState
from senders.models import SenderNumber
from senders.states import NumberState
from tests.factories import RecurringScheduleFactory, ScheduledMessageFactory, TagFactory
from tests.messaging.admin.schedules.conftest import NOW
from tests.messaging.admin.schedules.reading import words
from tests.messaging.admin.sending_people import Desk, desk
from tests.messaging.sending.files import checked_file

DUE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def schedule(project: Project) -> RecurringSchedule:
    """Every day at 10:00 in Seoul, which is in an hour."""
    return RecurringScheduleFactory(  # type: ignore[no-any-return]
        project=project,
        code="DAILY",
        sends_at=time(10, 0),
        ends_on=date(2026, 3, 31),
        description="Tea",
        looked_until=NOW,
    )


def mapped(schedule: RecurringSchedule, **changes: Any) -> ScheduledMessage:
    return ScheduledMessageFactory(schedule=schedule, **changes)  # type: ignore[no-any-return]


def address(schedule: RecurringSchedule, what: str = "schedule") -> str:
    return reverse(f"admin:{what}", args=[schedule.pk])


def removal(message: ScheduledMessage) -> str:
    return reverse("admin:schedule_message_remove", args=[message.schedule_id, message.pk])


def shown(person: Desk, schedule: RecurringSchedule, query: str = "") -> Any:
    response = person.client.get(address(schedule) + query)
    assert response.status_code == 200
    return response


# --- what it is and sends ------------------------------------------------------------------------


def test_its_facts_and_its_next_runs(sender: Desk, schedule: RecurringSchedule) -> None:
    response = shown(sender, schedule)
    said = words(response)
    assert "Next runs Mon 2026-03-02 10:00 in 1 hour Tue 2026-03-03 10:00 in 1 day" in said
    assert "30 runs are left." in said
    assert "Description Tea Days Every day Time 10:00 Asia/Seoul · UTC+09:00" in said
    assert "Period 2026-03-02 – 2026-03-31" in said
    assert "No message is mapped to it: until there is one, its runs are skipped." in said
    assert f"{reverse('admin:send_general')}?schedule={schedule.pk}" in response.content.decode()


def test_what_it_sends_from_which_number_to_whom(
    sender: Desk, project: Project, schedule: RecurringSchedule
) -> None:
    both = [{"number": number, "values": {}} for number in ("01012345678", "01087654321")]
    mapped(schedule, body="##name##님, 안녕하세요", recipients=both, shared_values={"name": "Kim"})
    file = checked_file(project, ["01012345678", "01012345679"], body="Good morning")
    mapped(schedule, name="File", kind="MASS", recipients=[], recipient_file=file)
    tag = TagFactory(project=project, name="tea")
    mapped(schedule, name="Tags", kind="TAG", recipients=[], tag_condition={"all": [tag.pk]})
    mapped(schedule, name="Gone", removed_at=NOW)
    said = words(shown(sender, schedule))
    assert "##name##님, 안녕하세요 General · SMS From 02-1234-5678 to 2 numbers ##name## Kim" in said
    assert f"File Mass · SMS From 02-1234-5678 to 2 rows of {file.original_name} Good morning" in said
    assert "Tags Tag · SMS From 02-1234-5678 to UIDs with “tea”, looked up at each run" in said
    assert "Gone" not in said


def test_a_viewer_reads_no_value_and_no_digit_of_a_code_and_changes_nothing(
    project: Project, schedule: RecurringSchedule
) -> None:
    mapped(schedule, body="##name##님", shared_values={"name": "Kim"})
    code = mapped(schedule, purpose="AUTH", body="Code 864209")
    viewer = desk(ProjectRole.VIEWER, project)
    page = shown(viewer, schedule).content.decode()
    assert "Kim" not in page
    assert "864209" not in page
    assert "Code ••••••" in page
    assert "Take off" not in page
    assert address(schedule, "schedule_edit") not in page
    for url in (removal(code), address(schedule, "schedule_delete")):
        assert viewer.client.get(url).status_code == 403
        assert viewer.client.post(url, {"code": "DAILY"}).status_code == 403
    assert ScheduledMessage.objects.filter(removed_at=None).count() == 2
    assert RecurringSchedule.objects.filter(removed_at=None).count() == 1


# --- runs ----------------------------------------------------------------------------------------


def test_a_run_with_what_it_sent_and_what_was_refused(
    sender: Desk, schedule: RecurringSchedule, clock: time_machine.Traveller
) -> None:
    mapped(schedule, name="Good")
    mapped(schedule, name="Bad", sender="0299999999")
    clock.move_to(DUE)
    assert run_schedule(schedule.pk) == 1
    request = SendRequest.objects.get()
    response = shown(sender, schedule)
    said = words(response)
    assert (
        "2026-03-02 Due 2026-03-02 10:00:00 now Sent DONE Some of it was sent; the rest was refused" in said
    )
    assert "Good Delivering 1 message" in said
    assert "Bad Refused This sender number is not approved in this project." in said
    assert reverse("admin:delivery_request", args=[request.pk]) in response.content.decode()
    with translation.override("ko"):
        again = sender.client.get(address(schedule), headers={"Accept-Language": "ko"}).content.decode()
    english = "This sender number is not approved in this project."
    korean = ScheduledSend.objects.get(request=None).problems[0]["text"]["ko"]
    assert korean != english
    assert korean in again


def test_a_number_that_a_refusal_quotes_is_for_who_may_read_numbers(
    sender: Desk, schedule: RecurringSchedule, clock: time_machine.Traveller
) -> None:
    mapped(schedule, recipients=[{"number": "010-1234-567", "values": {}}])
    clock.move_to(DUE)
    assert run_schedule(schedule.pk) == 1
    said = "Line 1: “%s” is not a phone number."
    assert said % "010-1234-567" in words(shown(sender, schedule))
    viewer = words(shown(desk(ProjectRole.VIEWER, schedule.project), schedule))
    assert said % "•••-••••-•••" in viewer
    assert "1234-567”" not in viewer


def test_the_request_of_a_run_names_the_schedule_and_the_day(
    sender: Desk, schedule: RecurringSchedule, clock: time_machine.Traveller
) -> None:
    mapped(schedule)
    clock.move_to(DUE)
    run_schedule(schedule.pk)
    url = reverse("admin:delivery_request", args=[SendRequest.objects.get().pk])
    response = sender.client.get(url)
    assert "Schedule DAILY Run of 2026-03-02" in words(response)
    assert address(schedule) in response.content.decode()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (RunState.DONE, "Sent DONE All of it was sent."),
        (RunState.FAIL, "Refused FAIL Everything was refused, so nothing was sent."),
        (RunState.SKIP, "Skipped SKIP Nothing was sent: no message was mapped to it then, or the SMS"),
        (RunState.STALE, "Missed STALE Nothing was sent: the console could not run it in time, and a run"),
    ],
)
def test_each_state_of_a_run_says_what_it_means(
    sender: Desk, schedule: RecurringSchedule, state: str, said: str
) -> None:
    ScheduleRun.objects.create(schedule=schedule, day=date(2026, 3, 1), due_at=DUE, state=state)
    assert said in words(shown(sender, schedule))


def test_what_is_kept_no_more_is_said(sender: Desk, schedule: RecurringSchedule) -> None:
    run = ScheduleRun.objects.create(schedule=schedule, day=date(2026, 3, 1), due_at=DUE, state=RunState.DONE)
    ScheduledSend.objects.create(run=run, message=mapped(schedule, name="Old"))
    assert "Old Its request is kept no more." in words(shown(sender, schedule))


def test_runs_newest_first_by_key(sender: Desk, schedule: RecurringSchedule) -> None:
    for day in range(1, 26):
        ScheduleRun.objects.create(
            schedule=schedule, day=date(2026, 1, day), due_at=DUE, state=RunState.STALE
        )
    first = shown(sender, schedule)
    assert [row.run.day.day for row in first.context["runs_before"]] == list(range(25, 5, -1))
    rest = shown(sender, schedule, f"?cursor={first.context['page'].older}")
    assert [row.run.day.day for row in rest.context["runs_before"]] == [5, 4, 3, 2, 1]


def test_as_many_queries_for_one_run_as_for_many(
    sender: Desk, schedule: RecurringSchedule, clock: time_machine.Traveller
) -> None:
    mapped(schedule)
    mapped(schedule, name="Another", body="Another")
    counts = []
    for day in (2, 3, 4, 5):
        clock.move_to(datetime(2026, 3, day, 1, tzinfo=UTC))
        run_schedule(schedule.pk)
        person = desk(project=schedule.project)
        shown(person, schedule)
        with CaptureQueriesContext(connection) as queries:
            shown(person, schedule)
        counts.append(len(queries))
    assert ScheduleRun.objects.count() == 4
    assert len(set(counts)) == 1


# --- its end -------------------------------------------------------------------------------------


def test_a_message_is_taken_off_after_it_was_said(sender: Desk, schedule: RecurringSchedule) -> None:
    message = mapped(schedule, name="News")
    said = words(sender.client.get(removal(message)))
    assert "“News” (SMS from 02-1234-5678, 1 number) is sent by DAILY no more." in said
    assert "It is the only one: the run at Mon 2026-03-02 10:00 has nothing to send and is skipped." in said
    other = mapped(schedule)
    assert "The next run, at Mon 2026-03-02 10:00, goes without it." in words(
        sender.client.get(removal(message))
    )
    response = sender.client.post(removal(message), follow=True)
    assert response.redirect_chain == [(address(schedule), 302)]
    assert "The message is taken off." in words(response)
    message.refresh_from_db()
    assert (message.removed_by, message.removed_at) == (sender.user, NOW)
    assert ScheduledMessage.objects.get(removed_at=None) == other
    assert sender.client.post(removal(message)).status_code == 404


def test_of_another_schedule_or_project_no_message_is_taken_off(
    sender: Desk, schedule: RecurringSchedule
) -> None:
    mine, theirs = mapped(schedule), mapped(RecurringScheduleFactory())
    crossed = reverse("admin:schedule_message_remove", args=[schedule.pk, theirs.pk])
    for url in (removal(theirs), crossed):
        assert sender.client.get(url).status_code == 404
        assert sender.client.post(url).status_code == 404
    assert set(ScheduledMessage.objects.filter(removed_at=None)) == {mine, theirs}


def test_a_schedule_is_deleted_by_typing_its_code(sender: Desk, schedule: RecurringSchedule) -> None:
    mapped(schedule, name="News")
    url = address(schedule, "schedule_delete")
    said = words(sender.client.get(url))
    assert "Delete the schedule DAILY? 30 runs are left, the next at Mon 2026-03-02 10:00;" in said
    assert "These messages go no more: News From 02-1234-5678 to 1 number" in said
    for typed in ("", "daily", "DAIL"):
        refused = sender.client.post(url, {"code": typed})
        assert refused.status_code == 422
        assert "Type the code exactly as it stands above: DAILY." in words(refused)
        assert f'value="{typed}"' in refused.content.decode()
    assert RecurringSchedule.objects.get().removed_at is None
    response = sender.client.post(url, {"code": " DAILY "}, follow=True)
    assert response.redirect_chain == [(reverse("admin:deliveries_recurring"), 302)]
    assert "DAILY is deleted: nothing of it goes any more." in words(response)
    schedule.refresh_from_db()
    assert (schedule.removed_by, schedule.removed_at, schedule.next_at) == (sender.user, NOW, None)


def test_a_deleted_one_is_still_looked_at(sender: Desk, schedule: RecurringSchedule) -> None:
    sender.client.post(address(schedule, "schedule_delete"), {"code": "DAILY"})
    response = shown(sender, schedule)
    said = words(response)
    assert "This schedule was deleted; what it sent stays." in said
    assert "Next runs" not in said
    assert address(schedule, "schedule_edit") not in response.content.decode()
    assert sender.client.post(address(schedule, "schedule_delete"), {"code": "DAILY"}).status_code == 404


def test_anothers_is_not_there(sender: Desk) -> None:
    theirs = RecurringScheduleFactory(code="THEIRS")
    assert sender.client.get(address(theirs)).status_code == 404
    assert sender.client.post(address(theirs, "schedule_delete"), {"code": "THEIRS"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.removed_at is None


def test_what_keeps_it_from_sending_is_said(
    sender: Desk, project: Project, schedule: RecurringSchedule
) -> None:
    mapped(schedule)
    RecurringSchedule.objects.update(next_at=None)
    assert "Its period is over: it runs no more." in words(shown(sender, schedule))
    Project.objects.filter(pk=project.pk).update(is_active=False)
    assert "runs are skipped until it is open again." in words(shown(sender, schedule))
    assert SenderNumber.objects.get().state == NumberState.APPROVED
