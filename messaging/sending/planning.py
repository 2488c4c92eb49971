"""A command becomes a request: everything is checked first, then all is written in one transaction."""

from collections import Counter as Tally
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from console.accounts.audit import record_deed
from console.accounts.models import Project
from console.queues import TaskName, enqueue_on_commit
from messaging.deeds import HELD, SENT, SENT_TO_TAGS
from messaging.ids import message_id, new_request_id
from messaging.models import SendBatch, SendRequest
from messaging.sending.advertising_rules import line_of
from messaging.sending.bells import ring_lane
from messaging.sending.checking import Checked, batch_due_times, check
from messaging.sending.commands import OtherSubmission, SendCommand
from messaging.sending.copying import copy_messages, ranges_of, typed_lines, write_chunks
from messaging.sending.outcomes import move_failed
from messaging.sending.ranges import Range, batch_ranges, chunk_ranges
from messaging.sending.releasing import make_ready
from messaging.states import (
    BatchState,
    Counter,
    DeliveryKind,
    Lane,
    MessageType,
    Purpose,
    RequestState,
    Source,
)
from messaging.statistics.counting import Delta, add_deltas


def plan_send(command: SendCommand) -> SendRequest:
    """Check a command and write its request; a typed list becomes messages in the same transaction.

    Where it is due now, it is released in that transaction too. A file is loaded by a worker; so are those
    whom tags meet, when it is due. Raises SendRefused with all problems at once, and then nothing was
    written. A `submission_token` seen before returns its request.
    """
    if found := submitted_before(command):
        return found
    checked = check(command)
    try:
        with transaction.atomic():
            return write_checked(command, checked)
    except IntegrityError:
        # Of two submissions at once, the other was first.
        if found := submitted_before(command):
            return found
        raise


def submitted_before(command: SendCommand) -> SendRequest | None:
    """The request of an earlier command with its token. Raises OtherSubmission."""
    return submitted_under(command.project, command.submission_token, command.submission_digest)


def submitted_under(project: Project, token: str | None, digest: str) -> SendRequest | None:
    """The request that was made under a token, for whoever asks before there is a command. Raises
    OtherSubmission where that was another submission.
    """
    if not token:
        return None
    found = SendRequest.objects.filter(project=project, submission_token=token).first()
    if found is not None and found.submission_digest != digest:
        raise OtherSubmission
    return found


def write_checked(command: SendCommand, checked: Checked) -> SendRequest:
    """Write the request of a command that was checked. Within a transaction of the caller; IntegrityError
    where another one with its token was first.
    """
    request = _write_request(command, checked)
    _note(command, request)
    batches = _write_batches(command, checked, request)
    if command.tag_condition is not None and request.due_at > request.created_at:
        return request  # the sweep has it loaded when it is due
    if command.recipient_file is not None or command.tag_condition is not None:
        enqueue_on_commit(TaskName.LOAD_REQUEST, str(request.pk))
    else:
        _write_messages(request, batches, checked)
        if request.state == RequestState.SENDING:
            ring_lane(request.lane)
        else:
            make_ready(request)
    return request


def _note(command: SendCommand, request: SendRequest) -> None:
    """Keep in the audit trail who sent it; what a program sends is in the history alone."""
    if command.actor is None or command.source != Source.CONSOLE:
        return
    values = {"sender": request.sender, "due": request.due_at}
    if command.tag_condition is not None:
        what = SENT_TO_TAGS(**values)
    else:
        what = (HELD if command.needs_release else SENT)(n=request.total, **values)
    record_deed(actor=command.actor, obj=request, project=command.project, what=what)


def _write_request(command: SendCommand, checked: Checked) -> SendRequest:
    request = request_of(command, checked)
    request.save(force_insert=True)
    return request


def request_of(command: SendCommand, checked: Checked) -> SendRequest:
    """The request of a checked command as it would be written now."""
    now = timezone.now()
    is_typed = command.recipient_file is None and command.tag_condition is None
    # What is typed and due is born moving: a move of each of its rows would cost more than all else of it.
    moves = is_typed and not command.needs_release and checked.due_at <= now
    is_sms = command.message_type == MessageType.SMS
    return SendRequest(
        id=new_request_id(now),
        project=command.project,
        name=command.name.strip(),
        kind=command.kind,
        source=command.source,
        message_type=command.message_type,
        purpose=command.purpose,
        lane=lane_of(command),
        sender=command.sender,
        subject="" if is_sms else command.subject.strip(),
        body=command.body,
        placeholders=checked.keys,
        shared_values=[command.shared_values.get(key, "") for key in checked.keys]
        if command.shared_values
        else None,
        attachment_ids=[each.pk for each in command.attachments],
        template_version=command.template_version,
        statistics_key=command.statistics_key,
        opt_out_line=line_of(command),
        collects_conversion=command.collects_conversion,
        tag_condition=command.tag_condition.to_json() if command.tag_condition else None,
        recipient_file=command.recipient_file,
        include_duplicates=command.include_duplicates,
        replaces_characters=checked.replaces_characters,
        goes_abroad=checked.goes_abroad,
        state=RequestState.SENDING if moves else RequestState.WAITING,
        needs_release=command.needs_release,
        due_at=checked.due_at,
        total=checked.total,
        expected=checked.total if command.tag_condition else None,
        loaded=checked.total if is_typed else 0,
        loaded_at=now if is_typed else None,
        left_out=checked.left_out,
        submission_token=command.submission_token or None,
        submission_digest=command.submission_digest,
        time_zone=command.time_zone,
        created_by=command.actor,
        created_at=now,
    )


def lane_of(command: SendCommand) -> Lane:
    """One-time codes first, then what is typed, then files."""
    if command.purpose == Purpose.AUTHENTICATION:
        return Lane.AUTH
    is_single = command.kind == DeliveryKind.GENERAL and command.recipient_file is None
    return Lane.SINGLE if is_single else Lane.MASS


def _write_batches(command: SendCommand, checked: Checked, request: SendRequest) -> list[SendBatch]:
    due_times = batch_due_times(checked.due_at, command.split)
    ranges = batch_ranges(checked.total, len(due_times))
    moves = request.state == RequestState.SENDING
    return SendBatch.objects.bulk_create(
        _batch(request, each, due_at, is_released=moves and due_at <= request.created_at)
        for each, due_at in zip(ranges, due_times, strict=True)
    )


def _batch(request: SendRequest, range_: Range, due_at: datetime, *, is_released: bool) -> SendBatch:
    return SendBatch(
        request=request,
        number=range_.number,
        state=BatchState.RELEASED if is_released else BatchState.WAITING,
        due_at=due_at,
        first_ordinal=range_.first,
        last_ordinal=range_.last,
        released_at=request.created_at if is_released else None,
    )


def _write_messages(request: SendRequest, batches: list[SendBatch], checked: Checked) -> None:
    """A typed list: messages, chunks and counts at once."""
    ranges = ranges_of(batches)
    copy_messages(request, 1, typed_lines(checked.recipients))
    write_chunks(request, batches, chunk_ranges(ranges))
    countries = [recipient.number.country_code for recipient in checked.recipients]
    deltas = [
        Delta(request.pk, batch.number, Counter.REQUESTED, "", country_code, n)
        for batch in ranges
        for country_code, n in Tally(countries[batch.first - 1 : batch.last]).items()
    ]
    deltas += _fail_at_once(request, checked)
    add_deltas(deltas, at=request.created_at)


def _fail_at_once(request: SendRequest, checked: Checked) -> list[Delta]:
    """Messages that a program may ask for and that cannot go; what is to be counted of them."""
    failing = [
        (str(message_id(request.pk, ordinal)), recipient.code)
        for ordinal, recipient in enumerate(checked.recipients, 1)
        if recipient.code
    ]
    moved = move_failed(failing, request.created_at)
    return [Delta(request.pk, 1, Counter.SEND_FAILED, *counted) for counted in moved]
