"""The runs of a schedule: what each sends, each day once, and never late."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from console.accounts.models import Notice, Project, User
from console.accounts.notice_mail import mail_notices
from messaging.gateways.simulator import Simulator
from messaging.models import (
    Message,
    RecurringSchedule,
    ScheduledMessage,
    ScheduledSend,
    ScheduleRun,
    SendRequest,
)
from messaging.schedules import running
from messaging.schedules.messages import map_message, unmap_message
from messaging.schedules.running import coming_runs, run_due, run_schedule
from messaging.schedules.services import change_schedule, create_schedule, delete_schedule
from messaging.sending.commands import SendCommand
from messaging.sending.loading import load_request
from messaging.sending.releasing import release_due
from messaging.sending.submitting import drain
from messaging.states import DeliveryKind, Lane, RequestState, Source
from senders.models import SenderNumber
from senders.states import NumberState
from tests.messaging.schedules.conftest import NOW, MakeCommand, wish
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(hours=1)  # Monday, 10:00 in Seoul
MONDAY, THURSDAY = date(2026, 3, 2), date(2026, 3, 5)


def runs() -> list[tuple[date, str]]:
    return [(run.day, run.state) for run in ScheduleRun.objects.order_by("day")]


def test_a_run_sends_what_is_mapped(
    schedule: RecurringSchedule,
    command: MakeCommand,
    person: User,
    simulator: Simulator,
    clock: time_machine.Traveller,
) -> None:
    message = map_message(schedule, command(name="Weekly"))
    clock.move_to(DUE - timedelta(seconds=1))
    assert (run_schedule(schedule.pk), run_due(), runs()) == (0, 0, [])
    clock.move_to(DUE)
    assert run_schedule(schedule.pk) == 1
    run = ScheduleRun.objects.get()
    assert (run.day, run.due_at, run.state, run.ran_at) == (MONDAY, DUE, "DONE", DUE)
    request = SendRequest.objects.get()
    assert (request.source, request.created_by, request.name) == (Source.SCHEDULE, person, "Weekly")
    assert (request.due_at, request.state, request.total) == (DUE, RequestState.SENDING, 1)
    send = ScheduledSend.objects.get()
    assert (send.run, send.message, send.request, send.problems) == (run, message, request, [])
    schedule.refresh_from_db()
    assert (schedule.looked_until, schedule.next_at) == (DUE, datetime(2026, 3, 5, 1, 0, tzinfo=UTC))
    drain(Lane.SINGLE)
    assert simulator.ledger.counts()["messages"] == 1


def test_who_comes_again_finds_it_done(
    schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    for later in (0, 0, 1, 60, 599, 601, 86_400):
        clock.move_to(DUE + timedelta(seconds=later))
        run_schedule(schedule.pk)
        run_due()
    assert (runs(), SendRequest.objects.count()) == ([(MONDAY, "DONE")], 1)


def test_ten_minutes_late_it_goes_and_later_never(
    schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    clock.move_to(DUE + timedelta(minutes=10))
    assert run_due() == 1
    clock.move_to(DUE + timedelta(days=3, minutes=10, seconds=1))
    assert run_due() == 1
    assert runs() == [(MONDAY, "DONE"), (THURSDAY, "STALE")]
    assert SendRequest.objects.count() == ScheduledSend.objects.count() == 1


def test_after_weeks_of_silence_every_day_is_marked_and_only_what_is_due_now_goes(
    schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    clock.move_to(DUE + timedelta(days=14, minutes=1))
    assert run_due() == 5
    days = [date(2026, 3, day) for day in (2, 5, 9, 12, 16)]
    assert runs() == list(zip(days, ["STALE"] * 4 + ["DONE"], strict=True))
    assert SendRequest.objects.count() == 1


def test_without_a_message_it_is_skipped(
    schedule: RecurringSchedule, command: MakeCommand, person: User, clock: time_machine.Traveller
) -> None:
    unmap_message(map_message(schedule, command()), person)
    clock.move_to(DUE)
    assert run_due() == 1
    assert (runs(), SendRequest.objects.count()) == ([(MONDAY, "SKIP")], 0)


def test_while_the_service_is_closed_it_is_skipped(
    schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    Project.objects.update(is_active=False)
    clock.move_to(DUE)
    run_due()
    assert (runs(), SendRequest.objects.count()) == ([(MONDAY, "SKIP")], 0)
    assert not Notice.objects.exists()


def test_what_is_refused_says_why_in_both_languages(
    schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    SenderNumber.objects.update(state=NumberState.WITHDRAWN)
    clock.move_to(DUE)
    with translation.override("ko"):  # whatever the worker speaks
        run_due()
    assert runs() == [(MONDAY, "FAIL")]
    send = ScheduledSend.objects.get()
    assert (send.request, SendRequest.objects.count()) == (None, 0)
    [problem] = send.problems
    assert (problem["field"], problem["code"]) == ("sender", "sender_not_approved")
    assert problem["text"]["en"].startswith("This sender number is not approved in this project.")
    assert problem["text"]["ko"] != problem["text"]["en"]


def test_one_refused_message_stops_no_other(
    schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    refused = map_message(schedule, command())
    ScheduledMessage.objects.filter(pk=refused.pk).update(sender="0299999999")
    sent = map_message(schedule, command(recipients=["010-1234-0002"]))
    clock.move_to(DUE)
    run_due()
    assert runs() == [(MONDAY, "DONE")]
    assert [(send.message, bool(send.problems)) for send in ScheduledSend.objects.order_by("pk")] == [
        (refused, True),
        (sent, False),
    ]
    assert Message.objects.get().recipient == "01012340002"


def test_a_file_is_sent_at_every_run(
    schedule: RecurringSchedule, command: MakeCommand, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    file = checked_file(schedule.project, numbers(30))
    map_message(schedule, command(recipients=(), recipient_file=file, kind=DeliveryKind.MASS))
    for day in (0, 3):
        clock.move_to(DUE + timedelta(days=day))
        run_due()
        load_request(SendRequest.objects.order_by("-id")[0].pk)
        release_due()
        drain(Lane.MASS)
    assert simulator.ledger.counts()["messages"] == 60


def test_after_a_change_of_time_today_does_not_run_again(
    schedule: RecurringSchedule, command: MakeCommand, person: User, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    clock.move_to(DUE)
    run_due()
    schedule.refresh_from_db()
    own = change_schedule(schedule, user=person, wish=wish(sends_at=time(18, 0)), seen=schedule.changed_at)
    assert [each.day for each in coming_runs(own, 2)] == [THURSDAY, date(2026, 3, 9)]
    clock.move_to(DUE + timedelta(hours=8))
    assert (run_schedule(own.pk), run_due()) == (0, 0)
    assert SendRequest.objects.count() == 1


def test_over_the_change_of_clocks_each_day_runs_once(
    project: Project, person: User, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    """A bell every half hour over both changes of the year, at times that are jumped over and come twice."""
    berlin = {"time_zone": "Europe/Berlin", "weekdays": 127, "sends_at": time(2, 30)}
    for code, first in (("SPRING", datetime(2026, 3, 27, tzinfo=UTC)), ("AUTUMN", datetime(2026, 10, 23))):
        first = first.replace(tzinfo=UTC)
        clock.move_to(first)
        period = {"starts_on": first.date(), "ends_on": first.date() + timedelta(days=5)}
        made = create_schedule(project=project, user=person, wish=wish(code=code, **berlin, **period))
        for step in range(2 * 24 * 7):
            run_schedule(made.pk, first + timedelta(minutes=30 * step))
    found = [f"{run.due_at:%m-%d %H:%M}" for run in ScheduleRun.objects.order_by("due_at")]
    assert found == [
        *["03-27 01:30", "03-28 01:30", "03-29 01:00", "03-30 00:30", "03-31 00:30", "04-01 00:30"],
        *["10-23 00:30", "10-24 00:30", "10-25 00:30", "10-26 01:30", "10-27 01:30", "10-28 01:30"],
    ]
    assert set(ScheduleRun.objects.values_list("state", flat=True)) == {"SKIP"}


def test_what_breaks_in_the_middle_leaves_nothing(
    schedule: RecurringSchedule,
    command: MakeCommand,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    map_message(schedule, command())
    second = map_message(schedule, command(recipients=["010-1234-0002"]))
    clock.move_to(DUE)
    plan = running.plan_send

    def fail_at_second(asked: SendCommand) -> SendRequest:
        if asked.submission_token == f"schedule:2026-03-02:{second.pk}":
            raise RuntimeError
        return plan(asked)

    monkeypatch.setattr(running, "plan_send", fail_at_second)
    assert run_due() == 0
    assert (runs(), SendRequest.objects.count(), Message.objects.count()) == ([], 0, 0)
    monkeypatch.setattr(running, "plan_send", plan)
    assert run_due() == 1
    assert (runs(), SendRequest.objects.count()) == ([(MONDAY, "DONE")], 2)


def test_one_that_breaks_stops_no_other(
    schedule: RecurringSchedule,
    project: Project,
    person: User,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = create_schedule(project=project, user=person, wish=wish(code="OTHER"))
    write = running.write_runs

    def fail_first(found: RecurringSchedule, now: datetime) -> int:
        if found.pk == schedule.pk:
            raise RuntimeError
        return write(found, now)

    monkeypatch.setattr(running, "write_runs", fail_first)
    clock.move_to(DUE)
    assert run_due() == 1
    assert ScheduleRun.objects.get().schedule == other


def test_a_sweep_with_nothing_due_is_one_query(schedule: RecurringSchedule) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert run_due() == 0
    assert len(queries) == 1


def test_a_deleted_schedule_is_not_run(
    schedule: RecurringSchedule, command: MakeCommand, person: User, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    delete_schedule(schedule, user=person, typed_code="WEEKLY")
    clock.move_to(DUE)
    assert (run_schedule(schedule.pk), run_due(), runs()) == (0, 0, [])


def test_members_are_told_of_what_was_missed_and_refused(
    schedule: RecurringSchedule, command: MakeCommand, person: User, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    SenderNumber.objects.update(state=NumberState.WITHDRAWN)
    clock.move_to(DUE + timedelta(days=7))
    run_due()
    assert runs() == [(MONDAY, "STALE"), (THURSDAY, "STALE"), (date(2026, 3, 9), "FAIL")]
    assert sorted(Notice.objects.values_list("kind", "key")) == [
        ("schedule_missed", f"schedule_missed:{schedule.pk}:2026-03-05"),
        ("schedule_refused", f"schedule_refused:{schedule.pk}:2026-03-09"),
    ]
    mail_notices()
    missed, refused = sorted(mail.outbox, key=lambda each: str(each.subject))[::-1]
    assert missed.to == refused.to == [person.email]
    assert str(missed.subject).endswith(": the schedule WEEKLY was missed")
    assert "2 runs of the schedule WEEKLY were due, the last at 2026-03-05 10:00" in str(missed.body)
    assert f"/deliveries/recurring/{schedule.pk}/" in str(missed.body)
    assert str(refused.subject).endswith(": messages of the schedule WEEKLY were refused")
