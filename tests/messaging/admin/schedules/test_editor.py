"""Adding a schedule and changing one; the next runs beside the form."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import RecurringSchedule, ScheduleRun
from messaging.states import RunState
from tests.factories import RecurringScheduleFactory
from tests.messaging.admin.schedules.conftest import NOW
from tests.messaging.admin.schedules.reading import schedule_fields, words
from tests.messaging.admin.sending_people import Desk, desk

ADD = "/deliveries/recurring/add/"


def address(schedule: RecurringSchedule, what: str = "schedule") -> str:
    return reverse(f"admin:{what}", args=[schedule.pk])


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def preview(sender: Desk, **changes: Any) -> str:
    response = sender.client.post(ADD, {**schedule_fields(**changes), "step": "look"})
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    return words(response)


def test_a_new_form_shows_the_usual(sender: Desk) -> None:
    form = sender.client.get(ADD).context["form"]
    shown = {name: str(form[name].value()) for name in ("sends_at", "time_zone", "starts_on", "ends_on")}
    assert shown == {
        "sends_at": "09:00",
        "time_zone": "Asia/Seoul",
        "starts_on": "2026-03-02",
        "ends_on": "2026-05-30",
    }
    assert form["weekdays"].value() == [0, 1, 2, 3, 4]


def test_a_schedule_is_added_as_entered(sender: Desk, project: Project) -> None:
    response = sender.client.post(ADD, schedule_fields(time_zone="new york"), follow=True)
    schedule = RecurringSchedule.objects.get()
    assert response.redirect_chain == [(address(schedule), 302)]
    assert "It sends nothing until a message is added to it." in words(response)
    assert (schedule.project, schedule.created_by, schedule.code) == (project, sender.user, "WEEKLY")
    assert (schedule.weekdays, schedule.sends_at) == (0b0001001, time(10, 0))
    assert schedule.time_zone == "America/New_York"
    assert (schedule.starts_on, schedule.ends_on) == (date(2026, 3, 2), date(2026, 6, 30))
    assert (schedule.description, schedule.removed_at) == ("News of the week", None)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"code": ""}, {"code": ["Give the schedule a code."]}),
        ({"code": "A B"}, {"code": ["A code has letters without accents, digits, “-” and “_” only."]}),
        ({"weekdays": []}, {"weekdays": ["Choose at least one day."]}),
        ({"sends_at": ""}, {"sends_at": ["Choose the time."]}),
        ({"sends_at": "25:00"}, {"sends_at": ["Enter a valid time."]}),
        ({"time_zone": "Atlantis"}, {"time_zone": ["There is no such time zone. Choose one of the list."]}),
        ({"starts_on": ""}, {"starts_on": ["Choose the first day."]}),
        ({"ends_on": "2026-03-01"}, {"ends_on": ["This day has passed. Choose a later one."]}),
        (
            {"ends_on": "2026-09-03"},
            {"ends_on": ["A schedule runs for at most 6 months: until 2026-09-02."]},
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved_or_lost(
    sender: Desk, changes: dict[str, Any], wrong: dict[str, list[str]]
) -> None:
    response = sender.client.post(ADD, schedule_fields(**changes))
    assert errors(response) == wrong
    assert 'value="News of the week"' in response.content.decode()
    assert "Nothing was saved yet" in words(response)
    assert RecurringSchedule.objects.count() == 0


def test_every_day_is_one_press_without_script_too(sender: Desk) -> None:
    response = sender.client.post(ADD, schedule_fields(weekdays=[], code="", step="every-day"))
    assert (response.status_code, response.context["form"].errors) == (200, {})
    assert response.context["form"]["weekdays"].value() == [str(day) for day in range(7)]
    assert RecurringSchedule.objects.count() == 0


# --- the next runs -------------------------------------------------------------------------------


def test_the_next_five_runs_in_the_consoles_own_zone(sender: Desk) -> None:
    said = preview(sender)
    assert "Mon 2026-03-02 10:00 in 1 hour Thu 2026-03-05 10:00 in 3 days" in said
    assert "Mon 2026-03-16 10:00 in 14 days It runs 35 times in this period." in said
    assert "At most 6 months: the last day is 2026-09-02 at the latest." in said
    assert "here" not in said


def test_the_next_runs_on_both_clocks_and_when_one_of_them_changes(sender: Desk) -> None:
    said = preview(sender, time_zone="America/New_York", weekdays=["0"], sends_at="09:00")
    assert "Mon 2026-03-02 09:00 2026-03-02 23:00 here · in 14 hours" in said
    assert "Mon 2026-03-09 09:00 2026-03-09 22:00 here · in 7 days" in said
    assert "On the clocks of America/New_York; “here” is Asia/Seoul." in said
    change = (
        "The clocks change before the run of 2026-03-09: 09:00 in America/New_York is 22:00 here from then"
        " on, no longer 23:00 (UTC-04:00, was UTC-05:00)."
    )
    assert change in said


def test_a_time_that_does_not_exist_or_comes_twice_is_told(
    sender: Desk, project: Project, clock: time_machine.Traveller
) -> None:
    said = preview(sender, time_zone="America/New_York", weekdays=["6"], sends_at="02:30")
    assert "Sun 2026-03-08 03:00" in said
    assert "The clocks jump over 02:30 on this day: it runs at 03:00." in said
    clock.move_to(datetime(2026, 10, 28, tzinfo=UTC))
    sender = desk(project=project)  # a session does not last that long
    changes = {"starts_on": "2026-10-28", "ends_on": "2026-12-01"}
    said = preview(sender, time_zone="America/New_York", weekdays=["6"], sends_at="01:30", **changes)
    assert "01:30 comes twice on this day: it runs the first time." in said
    assert "Sun 2026-11-01 01:30 2026-11-01 14:30 here" in said


def test_half_a_form_has_no_runs_yet_and_an_empty_period_says_so(sender: Desk) -> None:
    assert "They stand here as soon as days, time, zone and period are chosen." in preview(
        sender, sends_at=""
    )
    said = preview(sender, starts_on="2026-03-03", ends_on="2026-03-04")
    assert "No day of this period is left on which it would run." in said
    assert "No day of this period is left" in preview(sender, starts_on="2026-05-03", ends_on="2026-03-04")


def test_a_day_that_ran_is_not_shown_to_run_again(
    sender: Desk, project: Project, clock: time_machine.Traveller
) -> None:
    schedule = RecurringScheduleFactory(project=project, code="DAILY")
    ScheduleRun.objects.create(schedule=schedule, day=date(2026, 3, 2), due_at=NOW, state=RunState.DONE)
    fields = schedule_fields(weekdays=[str(day) for day in range(7)], step="look")
    said = words(sender.client.post(address(schedule, "schedule_edit"), fields))
    assert "Next runs Tue 2026-03-03 10:00" in said


# --- changing ------------------------------------------------------------------------------------


def test_the_form_of_a_schedule_shows_it_and_saves_what_is_changed(sender: Desk, project: Project) -> None:
    schedule = RecurringScheduleFactory(project=project, code="DAILY")
    page = sender.client.get(address(schedule, "schedule_edit"))
    form = page.context["form"]
    assert (form["code"].value(), form["weekdays"].value()) == ("DAILY", [0, 1, 2, 3, 4, 5, 6])
    fields = schedule_fields(seen=form["seen"].value())
    response = sender.client.post(address(schedule, "schedule_edit"), fields)
    assert response["Location"] == address(schedule)
    schedule.refresh_from_db()
    assert (schedule.code, schedule.weekdays, schedule.sends_at) == ("WEEKLY", 0b0001001, time(10, 0))
    assert schedule.next_at == datetime(2026, 3, 2, 1, tzinfo=UTC)


def test_what_another_saved_meanwhile_is_shown_before_it_is_replaced(
    sender: Desk, project: Project, clock: time_machine.Traveller
) -> None:
    schedule = RecurringScheduleFactory(project=project, code="DAILY", description="Mine")
    seen = schedule.changed_at.isoformat()
    clock.shift(60)
    theirs = schedule_fields(code="DAILY", description="Theirs", seen=seen)
    assert sender.client.post(address(schedule, "schedule_edit"), theirs).status_code == 302
    response = sender.client.post(address(schedule, "schedule_edit"), schedule_fields(seen=seen))
    assert "Somebody else changed this schedule meanwhile." in words(response)
    assert "As it is now: every Mon, Thu at 10:00 (Asia/Seoul) · 2026-03-02 – 2026-06-30 · Theirs" in words(
        response
    )
    assert errors(response).keys() == {"__all__"}
    schedule.refresh_from_db()
    assert (schedule.code, schedule.description) == ("DAILY", "Theirs")
    again = schedule_fields(seen=response.context["form"]["seen"].value())
    assert sender.client.post(address(schedule, "schedule_edit"), again).status_code == 302
    schedule.refresh_from_db()
    assert (schedule.code, schedule.description) == ("WEEKLY", "News of the week")


def test_without_what_was_seen_nothing_is_changed(sender: Desk, project: Project) -> None:
    schedule = RecurringScheduleFactory(project=project, code="DAILY")
    for seen in ("", "nonsense"):
        response = sender.client.post(address(schedule, "schedule_edit"), schedule_fields(seen=seen))
        assert "Somebody else changed this schedule meanwhile." in words(response)
    schedule.refresh_from_db()
    assert schedule.code == "DAILY"


def test_a_deleted_one_and_anothers_are_not_there(sender: Desk, project: Project) -> None:
    gone = RecurringScheduleFactory(project=project, removed_at=NOW, next_at=None)
    theirs = RecurringScheduleFactory()
    for schedule in (gone, theirs):
        before = RecurringSchedule.objects.filter(pk=schedule.pk).values().get()
        fields = schedule_fields(seen=schedule.changed_at.isoformat())
        assert sender.client.get(address(schedule, "schedule_edit")).status_code == 404
        assert sender.client.post(address(schedule, "schedule_edit"), fields).status_code == 404
        assert RecurringSchedule.objects.filter(pk=schedule.pk).values().get() == before


def test_a_viewer_adds_and_changes_nothing(project: Project) -> None:
    viewer = desk(ProjectRole.VIEWER, project)
    schedule = RecurringScheduleFactory(project=project, code="DAILY")
    fields = schedule_fields(seen=schedule.changed_at.isoformat())
    assert viewer.client.get(ADD).status_code == 403
    assert viewer.client.post(ADD, fields).status_code == 403
    assert viewer.client.post(address(schedule, "schedule_edit"), fields).status_code == 403
    assert list(RecurringSchedule.objects.values_list("code", flat=True)) == ["DAILY"]
