"""POST messages: from the body of a call to one wish, and from its request to the answer."""

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from messaging.api import replay
from messaging.api.sens.auth import Caller
from messaging.api.sens.errors import bad_request, made_before
from messaging.api.sens.files import attachments_for
from messaging.api.sens.schemas import SendIn, SendOut
from messaging.content.limits import KOREA, Surface
from messaging.models import SendRequest
from messaging.sending.commands import OtherSubmission
from messaging.sending.planning import submitted_under
from messaging.sending.programs import (
    NotAllowed,
    ProgramRecipient,
    ProgramSend,
    Replayed,
    send_for_program,
)
from messaging.sens.words import HOME, request_time
from messaging.states import MessageType, Purpose, Source

RESERVED_AS = "%Y-%m-%d %H:%M"
LONGEST_KEY = 255
# Whoever reserves for this minute means now.
JUST_PAST = timedelta(minutes=1)


def send(caller: Caller, body: SendIn, *, idempotency_key: str) -> SendOut:
    """Carry out a wish, once. Raises Refused.

    What was carried out under its key is answered before anything that it names is looked at: a file may have
    expired meanwhile, or a sender number been withdrawn.
    """
    token = _token(idempotency_key)
    digest = hashlib.sha256(caller.body).hexdigest() if token else ""
    try:
        if found := submitted_under(caller.project, token, digest):
            return answer(found)
        request = send_for_program(
            _wish(caller, body, token, digest),
            is_new=lambda: replay.is_new(caller.signature, caller.body, caller.at),
        )
    except NotAllowed as refused:
        raise bad_request(str(refused)) from refused
    except OtherSubmission as error:
        raise bad_request("This Idempotency-Key was used with another body.") from error
    except Replayed as error:
        raise made_before() from error
    return answer(request)


def answer(request: SendRequest) -> SendOut:
    """What the first call and every repetition of it is told."""
    return SendOut(
        request_id=str(request.pk),
        request_time=request_time(request.created_at),
        status_code="202",
        status_name="success",
    )


def _wish(caller: Caller, body: SendIn, token: str | None, digest: str) -> ProgramSend:
    attachments = attachments_for(caller.project, body)
    message_type = MessageType(body.type)
    if message_type == MessageType.MMS and not attachments:
        message_type = MessageType.LMS  # so the document has it
    _refuse_type(message_type, body)
    due_at, zone = _reserved(body)
    return ProgramSend(
        project=caller.project,
        source=Source.SENS,
        surface=Surface.SENS,
        message_type=message_type,
        purpose=Purpose.ADVERTISING if body.content_type == "AD" else Purpose.GENERAL,
        sender=body.sender,
        subject=body.subject,
        content=body.content,
        country_code=int(body.country_code),
        recipients=[ProgramRecipient(each.to, each.subject, each.content) for each in body.messages],
        attachments=attachments,
        due_at=due_at,
        time_zone=zone,
        token=token,
        digest=digest,
    )


def _refuse_type(message_type: MessageType, body: SendIn) -> None:
    if int(body.country_code) != KOREA and message_type != MessageType.SMS:
        raise bad_request("To other countries (countryCode) only SMS is sent.")


def _token(idempotency_key: str) -> str | None:
    """Keys of any characters, as long as the column takes, apart from those of forms. Raises Refused."""
    if not idempotency_key:
        return None
    if len(idempotency_key) > LONGEST_KEY:
        raise bad_request(f"An Idempotency-Key has at most {LONGEST_KEY} characters.")
    return f"sens:{hashlib.sha256(idempotency_key.encode()).hexdigest()}"


def _reserved(body: SendIn) -> tuple[datetime | None, str]:
    """When a message is due, and the zone's name as it was given; (None, "") for now."""
    if not body.reserve_time:
        return None, ""
    name = body.reserve_time_zone or HOME.key
    zone = zone_of(name)
    try:
        written = datetime.strptime(body.reserve_time, RESERVED_AS).replace(tzinfo=zone)
        due_at = written.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the year 1 begins before time does, in some zones
        raise bad_request("reserveTime is written as yyyy-MM-dd HH:mm.") from error
    if due_at.astimezone(zone).strftime(RESERVED_AS) != written.strftime(RESERVED_AS):
        raise bad_request("At this reserveTime clocks are set forward in reserveTimeZone: it does not exist.")
    now = timezone.now()
    return (max(due_at, now) if due_at > now - JUST_PAST else due_at), name


def zone_of(name: str) -> ZoneInfo:
    """A zone of the TZ database. Raises Refused."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise bad_request("reserveTimeZone is a name of the TZ database, such as Asia/Seoul.") from error
