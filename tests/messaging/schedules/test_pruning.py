"""What is over goes with the 180 days of history; what is in force, and what runs still name, stays."""

from datetime import timedelta

import pytest
import time_machine

from console.accounts.models import User
from messaging.models import RecurringSchedule, ScheduledMessage, ScheduledSend, ScheduleRun
from messaging.schedules.messages import map_message, unmap_message
from messaging.schedules.pruning import prune_schedules
from messaging.schedules.running import run_due
from messaging.schedules.services import delete_schedule
from tests.messaging.schedules.conftest import NOW, MakeCommand

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(hours=1)


def rows() -> list[int]:
    models = (RecurringSchedule, ScheduledMessage, ScheduleRun, ScheduledSend)
    return [model._default_manager.count() for model in models]


@pytest.fixture
def ran(schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller) -> ScheduledMessage:
    """A message that was sent at the first run."""
    message = map_message(schedule, command())
    clock.move_to(DUE)
    run_due()
    return message


def test_what_is_in_force_stays(ran: ScheduledMessage) -> None:
    assert (prune_schedules(), rows()) == (0, [1, 1, 1, 1])


def test_a_deleted_schedule_goes_with_its_runs(
    ran: ScheduledMessage, person: User, clock: time_machine.Traveller
) -> None:
    delete_schedule(ran.schedule, user=person, typed_code="WEEKLY")
    clock.move_to(DUE + timedelta(days=179))
    assert (prune_schedules(), rows()) == (0, [1, 1, 1, 1])
    clock.move_to(DUE + timedelta(days=180))
    prune_schedules()
    assert rows() == [0, 0, 0, 0]


def test_a_message_that_was_taken_off_goes_once_no_run_names_it(
    ran: ScheduledMessage, person: User, clock: time_machine.Traveller
) -> None:
    unmap_message(ran, person)
    RecurringSchedule.objects.update(next_at=None, ends_on=DUE.date() + timedelta(days=300))
    clock.move_to(DUE + timedelta(days=179))
    assert (prune_schedules(), rows()) == (0, [1, 1, 1, 1])
    clock.move_to(DUE + timedelta(days=180))
    prune_schedules()
    assert rows() == [1, 0, 0, 0]


def test_what_an_ended_schedule_sent_goes_and_its_code_stays(
    ran: ScheduledMessage, clock: time_machine.Traveller
) -> None:
    RecurringSchedule.objects.update(next_at=None)
    clock.move_to(NOW + timedelta(days=120 + 181))
    prune_schedules()
    assert rows() == [1, 0, 0, 0]
