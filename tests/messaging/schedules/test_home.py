"""What Home says of schedules: the last run, where it did not do what is expected of it, to who may send."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from console.accounts.models import Membership, User
from console.accounts.scoping import scope_for
from messaging.admin.home.schedules import needs_of
from messaging.models import RecurringSchedule, ScheduledMessage
from messaging.schedules.messages import map_message
from messaging.schedules.running import run_due
from messaging.schedules.services import delete_schedule
from tests.factories import MembershipFactory
from tests.messaging.schedules.conftest import NOW, MakeCommand

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(hours=1)


def said(user: User) -> list[str]:
    return [str(need.sentence) for need in needs_of(scope_for(user, None))]


def test_a_missed_run_is_said_until_the_next_one_goes(
    schedule: RecurringSchedule, command: MakeCommand, person: User, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    assert said(person) == []
    clock.move_to(DUE + timedelta(hours=1))
    run_due()
    [need] = needs_of(scope_for(person, None))
    assert need.sentence == (
        "The run of the schedule WEEKLY at 2026-03-02 10:00 was missed: nothing of it was sent."
    )
    assert (need.url, need.colour) == (reverse("admin:schedule", args=[schedule.pk]), "amber")
    clock.move_to(DUE + timedelta(days=3))
    run_due()
    assert said(person) == []


def test_refused_messages_are_said(
    schedule: RecurringSchedule, command: MakeCommand, person: User, clock: time_machine.Traveller
) -> None:
    map_message(schedule, command())
    ScheduledMessage.objects.update(sender="0299999999")
    clock.move_to(DUE)
    run_due()
    whole = "At the run of the schedule WEEKLY at 2026-03-02 10:00 every message was refused."
    assert said(person) == [whole]
    map_message(schedule, command())
    clock.move_to(DUE + timedelta(days=3))
    run_due()
    assert said(person) == [
        "At the run of the schedule WEEKLY at 2026-03-05 10:00 some messages were refused."
    ]
    clock.move_to(DUE + timedelta(days=10))
    assert said(person) == []


def test_only_who_may_send_is_told_and_nothing_of_what_is_deleted(
    schedule: RecurringSchedule, person: User, clock: time_machine.Traveller
) -> None:
    viewer: Membership = MembershipFactory(project=schedule.project, role="VIEWER")  # type: ignore[assignment]
    stranger: Membership = MembershipFactory()  # type: ignore[assignment]
    clock.move_to(DUE + timedelta(hours=1))
    run_due()
    assert [len(said(user)) for user in (person, viewer.user, stranger.user)] == [1, 0, 0]
    delete_schedule(schedule, user=person, typed_code="WEEKLY")
    assert said(person) == []
