"""What a schedule still needs stays, and whoever would take it away is told."""

from datetime import date, timedelta

import pytest
import time_machine

from console.accounts.models import Project, User
from messaging.admin.audience.tags import schedules_sentence
from messaging.admin.line_uses import upcoming_uses
from messaging.admin.templates.one import delete_sentence
from messaging.audience.conditions import Condition
from messaging.audience.tags import schedules_naming
from messaging.library.usage import used_by
from messaging.models import Attachment, RecipientFile, RecurringSchedule, ScheduledMessage
from messaging.recipients.pruning import prune_files
from messaging.schedules.messages import command_of, map_message, unmap_message
from messaging.sending.attachments import prune_attachments
from messaging.sending.checking import check
from messaging.sending.commands import SendRefused
from messaging.sending.planning import plan_send
from messaging.states import DeliveryKind, MessageType, Purpose
from tests.factories import OptOutLineFactory, TagFactory, TemplateFactory, UidFactory
from tests.messaging.schedules.conftest import NOW, MakeCommand
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db
END = date(2026, 6, 30)


@pytest.fixture
def file(project: Project) -> RecipientFile:
    return checked_file(project, numbers(3))


@pytest.fixture
def mass(schedule: RecurringSchedule, command: MakeCommand, file: RecipientFile) -> ScheduledMessage:
    return map_message(schedule, command(recipients=(), recipient_file=file, kind=DeliveryKind.MASS))


def is_kept(file: RecipientFile) -> bool:
    found = RecipientFile.objects.filter(pk=file.pk).first()
    return found is not None and bool(found.staging_name)


def test_a_file_stays_until_a_week_after_the_end(
    mass: ScheduledMessage, file: RecipientFile, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOW + timedelta(days=127))  # 7 July
    prune_files()
    assert is_kept(file)
    clock.move_to(NOW + timedelta(days=128))
    prune_files()
    assert not is_kept(file)
    mass.refresh_from_db()
    assert mass.recipient_file is None


def test_a_file_that_was_sent_too_keeps_its_rows(
    mass: ScheduledMessage, file: RecipientFile, clock: time_machine.Traveller
) -> None:
    plan_send(command_of(mass, date(2026, 3, 2))).__class__.objects.update(state="COMPLETED")
    clock.move_to(NOW + timedelta(days=60))
    prune_files()
    assert is_kept(file)
    clock.move_to(NOW + timedelta(days=128))
    prune_files()
    assert not is_kept(file)
    with pytest.raises(SendRefused) as refused:
        check(command_of(ScheduledMessage.objects.get()))
    assert [problem.code for problem in refused.value.problems] == ["expired"]


def test_a_file_that_was_taken_off_goes(
    mass: ScheduledMessage, file: RecipientFile, person: User, clock: time_machine.Traveller
) -> None:
    unmap_message(mass, person)
    clock.move_to(NOW + timedelta(days=8))
    prune_files()
    assert not is_kept(file)


def test_pictures_stay_as_long(
    schedule: RecurringSchedule, command: MakeCommand, clock: time_machine.Traveller
) -> None:
    picture = Attachment.objects.create(
        project=schedule.project, name="a.jpg", storage_name="a", sha256="", size=1, width=1, height=1
    )
    map_message(schedule, command(message_type=MessageType.MMS, subject="News", attachments=[picture]))
    clock.move_to(NOW + timedelta(days=127))
    assert prune_attachments() == 0
    clock.move_to(NOW + timedelta(days=128))
    assert prune_attachments() == 1


def test_a_template_says_which_schedules_send_it(
    schedule: RecurringSchedule, command: MakeCommand, person: User
) -> None:
    template = TemplateFactory(project=schedule.project, name="News", text={"body": "Hello"})
    message = map_message(schedule, command(template_version=template.versions.get()))
    usage = used_by(template)
    assert (usage.scheduled, bool(usage)) == ([message], True)
    said = "1 message of a recurring schedule keeps its text and goes out at every run."
    assert said in delete_sentence(template, usage)
    unmap_message(message, person)
    assert not used_by(template)


def test_a_line_says_which_schedules_name_it(schedule: RecurringSchedule, command: MakeCommand) -> None:
    line = OptOutLineFactory(project=schedule.project, opened=True, number="0801234567")
    asked = {"purpose": Purpose.ADVERTISING, "body": "(광고)Hello\n무료거부 0801234567"}
    map_message(schedule, command(opt_out_line=line, name="Sale", **asked))
    [use] = upcoming_uses(line)
    assert (use.title, use.due_at, use.messages) == (
        "schedule WEEKLY: Sale",
        NOW + timedelta(hours=1),
        None,
    )
    assert use.url == f"/deliveries/recurring/{schedule.pk}/"


def test_a_tag_says_which_schedules_send_to_it(schedule: RecurringSchedule, command: MakeCommand) -> None:
    uid = UidFactory(project=schedule.project, numbers=["01012340001"])
    tag, other = (TagFactory(project=schedule.project, uids=[uid]) for _n in range(2))
    for _n in range(2):
        condition = Condition(any_of=(tag.pk,))
        map_message(schedule, command(recipients=(), tag_condition=condition, kind=DeliveryKind.TAG))
    assert schedules_naming(tag) == [schedule]
    assert schedules_naming(other) == []
    assert schedules_sentence([schedule]) == (
        "1 recurring schedule sends to this tag, and is refused without it. Take its message off first."
    )
    assert schedules_sentence([]) == ""


def test_what_has_ended_uses_nothing(schedule: RecurringSchedule, command: MakeCommand, person: User) -> None:
    template = TemplateFactory(project=schedule.project, text={"body": "Hello"})
    map_message(schedule, command(template_version=template.versions.get()))
    RecurringSchedule.objects.update(next_at=None)
    assert not used_by(template)
