"""What is mapped to a schedule: kept as it was asked for, judged before, and given back as a command."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from console.accounts.models import AuditEntry, Project, User
from messaging.audience.conditions import Condition
from messaging.models import Attachment, RecurringSchedule, ScheduledMessage, SendRequest
from messaging.schedules.messages import command_of, map_message, unmap_message
from messaging.schedules.services import create_schedule, delete_schedule
from messaging.sending.commands import Recipient, SendRefused, Split
from messaging.states import DeliveryKind, MessageType, Purpose, Source
from tests.factories import ProjectFactory, StatisticsKeyFactory, TagFactory, TemplateFactory, UidFactory
from tests.messaging.schedules.conftest import NOW, MakeCommand, wish
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db


def refused(schedule: RecurringSchedule, command: Any) -> list[tuple[str, str]]:
    before = ScheduledMessage.objects.count()
    with pytest.raises(SendRefused) as error:
        map_message(schedule, command)
    assert ScheduledMessage.objects.count() == before
    assert not SendRequest.objects.exists()
    return [(problem.field, problem.code) for problem in error.value.problems]


def test_a_message_comes_back_as_it_was_asked_for(
    schedule: RecurringSchedule, command: MakeCommand, person: User
) -> None:
    template = TemplateFactory(project=schedule.project)
    asked = command(
        body="To ##name##",
        name=" Weekly ",
        message_type=MessageType.LMS,
        subject="News",
        recipients=["010-1234-0001", Recipient("010-1234-0002", {"name": "Kim"})],
        shared_values={"name": "you"},
        template_version=template.versions.get(),
        statistics_key=StatisticsKeyFactory(project=schedule.project),
        include_duplicates=True,
        submission_token="once",
    )
    message = ScheduledMessage.objects.get(pk=map_message(schedule, asked).pk)
    given = command_of(message, date(2026, 3, 2))
    assert given == replace(
        asked,
        name="Weekly",
        source=Source.SCHEDULE,
        attachments=[],
        recipients=[Recipient("010-1234-0001"), Recipient("010-1234-0002", {"name": "Kim"})],
        submission_token=f"schedule:2026-03-02:{message.pk}",
    )
    assert not SendRequest.objects.exists()
    assert AuditEntry.objects.filter(actor=person, object_repr="WEEKLY").count() == 1


def test_files_and_tags_come_back(schedule: RecurringSchedule, command: MakeCommand) -> None:
    file = checked_file(schedule.project, numbers(3))
    mass = command(recipients=(), recipient_file=file, kind=DeliveryKind.MASS)
    assert command_of(map_message(schedule, mass)).recipient_file == file
    uid = UidFactory(project=schedule.project, numbers=["01012340001"])
    tag = TagFactory(project=schedule.project, uids=[uid])
    condition = Condition(all_of=(tag.pk,))
    tagged = command(recipients=(), tag_condition=condition, kind=DeliveryKind.TAG)
    assert command_of(map_message(schedule, tagged)).tag_condition == condition


def test_the_rules_of_sending_hold(schedule: RecurringSchedule, command: MakeCommand) -> None:
    wrong = command(sender="0299999999", body="", recipients=["12"])
    assert refused(schedule, wrong) == [
        ("sender", "sender_not_approved"),
        ("body", "required"),
        ("recipients", "wrong_number"),
    ]


def test_what_does_not_go_with_a_schedule_is_said(schedule: RecurringSchedule, command: MakeCommand) -> None:
    unfit = command(
        split=Split(2, timedelta(hours=1)),
        needs_release=True,
        collects_conversion=True,
        recipients=["+1 202 555 0101", "+1 202 555 0102"],
        purpose=Purpose.GENERAL,
    )
    assert [found for found in refused(schedule, unfit) if found[1].startswith("not_")] == [
        ("split_parts", "not_for_schedules"),
        ("needs_release", "not_for_schedules"),
        ("collects_conversion", "not_scheduled"),
    ]


def test_a_time_in_the_form_means_nothing(schedule: RecurringSchedule, command: MakeCommand) -> None:
    assert map_message(schedule, command(due_at=NOW - timedelta(days=3))).pk


def test_a_form_that_is_sent_twice_maps_once(schedule: RecurringSchedule, command: MakeCommand) -> None:
    first = map_message(schedule, command(submission_token="once"))
    assert map_message(schedule, command(submission_token="once", body="")) == first
    assert ScheduledMessage.objects.count() == 1


def test_a_schedule_has_a_bounded_number_of_messages(
    schedule: RecurringSchedule, command: MakeCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.schedules.messages.MAX_MESSAGES", 1)
    first = map_message(schedule, command())
    assert refused(schedule, command()) == [("schedule", "too_many")]
    assert first.created_by is not None
    assert unmap_message(first, first.created_by)
    assert map_message(schedule, command()).pk


def test_nothing_is_mapped_to_what_is_gone_ended_or_of_others(
    schedule: RecurringSchedule, command: MakeCommand, person: User, clock: time_machine.Traveller
) -> None:
    other: Project = ProjectFactory()  # type: ignore[assignment]
    foreign = create_schedule(project=other, user=person, wish=wish())
    assert refused(foreign, command()) == [("schedule", "not_found")]
    clock.move_to(NOW + timedelta(days=150))
    assert refused(schedule, command()) == [("schedule", "ended")]
    delete_schedule(schedule, user=person, typed_code="WEEKLY")
    assert refused(schedule, command()) == [("schedule", "not_found")]


def test_a_picture_that_is_gone_is_said(schedule: RecurringSchedule, command: MakeCommand) -> None:
    picture = Attachment.objects.create(
        project=schedule.project, name="a.jpg", storage_name="a", sha256="", size=1, width=1, height=1
    )
    mms = command(message_type=MessageType.MMS, subject="News", attachments=[picture])
    message = map_message(schedule, mms)
    assert command_of(message).attachments == [picture]
    Attachment.objects.all().delete()
    assert refused(schedule, mms) == [("attachments", "not_found")]


def test_a_message_is_taken_off_once(schedule: RecurringSchedule, command: MakeCommand, person: User) -> None:
    message = map_message(schedule, command())
    assert unmap_message(message, person) is True
    assert unmap_message(message, person) is False
    message.refresh_from_db()
    assert (message.removed_by, message.removed_at) == (person, NOW)
