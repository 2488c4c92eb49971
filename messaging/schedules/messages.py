"""What a schedule sends: wishes to send that are kept, checked when they are added and again at each run."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import User
from messaging.audience.conditions import parse_condition
from messaging.deeds import MESSAGE_MAPPED, MESSAGE_UNMAPPED
from messaging.models import Attachment, RecipientFile, RecurringSchedule, ScheduledMessage
from messaging.schedules.rules import next_due, rule_of
from messaging.sending.attachments import attachments_of
from messaging.sending.checking import check
from messaging.sending.commands import Problem, Recipient, SendCommand, SendRefused
from messaging.states import DeliveryKind, MessageType, Purpose, Source

MAX_MESSAGES = 20


def map_message(schedule: RecurringSchedule, command: SendCommand) -> ScheduledMessage:
    """Have the schedule send this at each run. Raises SendRefused with all problems at once.

    It is judged as if it went now; when it goes, it is judged again. A second command with the same
    `submission_token` is the first.
    """
    now = timezone.now()
    with transaction.atomic():
        own = _living(schedule, command)
        if found := _submitted_before(own, command):
            return found
        problems = [*_room(own, now), *_unfit(command), *_held(command)]
        problems += problems_of(replace(command, due_at=None, split=None, needs_release=False))
        if problems:
            raise SendRefused(problems)
        message = _message_of(own, command, now)
        message.save(force_insert=True)
        what = MESSAGE_MAPPED(sender=message.sender)
        record_deed(actor=command.actor, obj=own, project=own.project, what=what)
    return message


def unmap_message(message: ScheduledMessage, user: User) -> bool:
    """Let the schedule send it no more; what was sent stays. Whether it was there until now."""
    with transaction.atomic():
        now = timezone.now()
        if not live_messages(message.schedule).filter(pk=message.pk).update(removed_by=user, removed_at=now):
            return False
        what = MESSAGE_UNMAPPED(sender=message.sender)
        record_deed(actor=user, obj=message.schedule, project=message.schedule.project, what=what)
    return True


def live_messages(schedule: RecurringSchedule) -> QuerySet[ScheduledMessage]:
    """What the schedule sends at its next run, in the order in which it was added."""
    return ScheduledMessage.objects.filter(schedule=schedule, removed_at=None).order_by("pk")


def command_of(message: ScheduledMessage, day: date | None = None) -> SendCommand:
    """The wish as it was kept, for a run of that day (None to look at it), due now, once a day."""
    project = message.schedule.project
    condition = message.tag_condition
    return SendCommand(
        project=project,
        actor=message.created_by,
        source=Source.SCHEDULE,
        kind=DeliveryKind(message.kind),
        message_type=MessageType(message.message_type),
        purpose=Purpose(message.purpose),
        sender=message.sender,
        subject=message.subject,
        body=message.body,
        recipients=[Recipient(each["number"], each["values"]) for each in message.recipients],
        recipient_file=message.recipient_file,
        tag_condition=parse_condition(condition) if condition else None,
        shared_values=message.shared_values,
        attachments=attachments_of(project, message.attachment_ids),
        template_version=message.template_version,
        statistics_key=message.statistics_key,
        opt_out_line=message.opt_out_line,
        collects_conversion=message.collects_conversion,
        include_duplicates=message.include_duplicates,
        name=message.name,
        submission_token=f"schedule:{day}:{message.pk}" if day else None,
    )


def gone_attachments(message: ScheduledMessage, command: SendCommand) -> Iterable[Problem]:
    """That a picture of the message is not to be had any more."""
    if len(command.attachments) < len(message.attachment_ids):
        yield Problem("attachments", "not_found", GONE)


GONE = _("An attachment is gone. Attach it again.")


def _living(schedule: RecurringSchedule, command: SendCommand) -> RecurringSchedule:
    rows = RecurringSchedule.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    own = rows.filter(pk=schedule.pk, project=command.project, removed_at=None).first()
    if own is None:
        said = _("This schedule was deleted meanwhile. Choose another one.")
        raise SendRefused([Problem("schedule", "not_found", said)])
    return own


def _submitted_before(schedule: RecurringSchedule, command: SendCommand) -> ScheduledMessage | None:
    if not command.submission_token:
        return None
    messages = ScheduledMessage.objects.filter(schedule=schedule)
    return messages.filter(submission_token=command.submission_token).first()


def _room(schedule: RecurringSchedule, now: datetime) -> Iterable[Problem]:
    if next_due(rule_of(schedule), now) is None:
        said = _("This schedule has no run any more. Choose another one, or move its last day.")
        yield Problem("schedule", "ended", said)
    if live_messages(schedule).count() >= MAX_MESSAGES:
        said = _("A schedule sends at most %(n)s messages. Take one off, or use another schedule.")
        yield Problem("schedule", "too_many", said % {"n": MAX_MESSAGES})


def _unfit(command: SendCommand) -> Iterable[Problem]:
    """What does not go with a schedule: it would be dropped without a word otherwise."""
    if command.split is not None:
        said = _("What a schedule sends is not split into parts.")
        yield Problem("split_parts", "not_for_schedules", said)
    if command.needs_release:
        said = _("What a schedule sends does not wait for a check.")
        yield Problem("needs_release", "not_for_schedules", said)
    if command.collects_conversion:
        said = _("Conversions cannot be collected for a scheduled send. Send it now.")
        yield Problem("collects_conversion", "not_scheduled", said)


def _held(command: SendCommand) -> Iterable[Problem]:
    """Lock what is deleted once nothing needs it, so that it does not go while it is being chosen."""
    ids = [each.pk for each in command.attachments]
    pictures = Attachment.objects.select_for_update(no_key=True).filter(project=command.project, pk__in=ids)
    if ids and len(pictures) < len(ids):
        yield Problem("attachments", "not_found", GONE)
    if command.recipient_file is not None:
        files = RecipientFile.objects.select_for_update(no_key=True).filter(pk=command.recipient_file.pk)
        if not files.values_list("pk"):
            said = _("This file is gone. Upload it again.")
            yield Problem("recipient_file", "not_found", said)


def problems_of(command: SendCommand) -> list[Problem]:
    """What is wrong with a wish now."""
    try:
        check(command)
    except SendRefused as refused:
        return refused.problems
    return []


def _message_of(schedule: RecurringSchedule, command: SendCommand, now: datetime) -> ScheduledMessage:
    return ScheduledMessage(
        schedule=schedule,
        name=command.name.strip(),
        kind=command.kind,
        message_type=command.message_type,
        purpose=command.purpose,
        sender=command.sender,
        subject=command.subject,
        body=command.body,
        recipients=[_kept(each) for each in command.recipients],
        recipient_file=command.recipient_file,
        tag_condition=command.tag_condition.to_json() if command.tag_condition else None,
        shared_values=dict(command.shared_values),
        attachment_ids=[each.pk for each in command.attachments],
        template_version=command.template_version,
        statistics_key=command.statistics_key,
        opt_out_line=command.opt_out_line,
        collects_conversion=command.collects_conversion,
        include_duplicates=command.include_duplicates,
        submission_token=command.submission_token or None,
        created_by=command.actor,
        created_at=now,
    )


def _kept(entry: str | Recipient) -> dict[str, Any]:
    recipient = Recipient(entry) if isinstance(entry, str) else entry
    return {"number": recipient.number, "values": dict(recipient.values)}
