"""What programs send: the same request as a person's, by the rules of an API.

A person's list is refused until it is right; a program's is taken, and what cannot go of it fails as a
message with its code. Each recipient may have a text of its own, so the request's text is placeholders for
all of it: a program's text is never read as a template.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from console.accounts.models import Project
from messaging.content.length import compose, cut, normalize_newlines
from messaging.content.limits import KOREA, Surface, text_limits
from messaging.models import Attachment, SeenSignature, SendRequest
from messaging.policies.advertising import names_number
from messaging.recipients.numbers import WRONG_FORMAT, Number, WrongNumber, with_country_code, without_plus
from messaging.result_codes import WRONG_NUMBER
from messaging.sending.checking import Checked, PlannedRecipient
from messaging.sending.commands import SendCommand
from messaging.sending.planning import submitted_before, write_checked
from messaging.states import MessageType, Purpose, Source
from senders.models import OptOutLine
from senders.services.opt_out_lines import open_lines
from senders.services.registration import is_approved

SUBJECT, CONTENT = "subject", "content"
# A timestamp is believed five minutes before and after: ten, and a clock that is set meanwhile.
SIGNATURES_KEPT = timedelta(minutes=15)
PRUNED_AT_ONCE = 50_000
LONGEST_AHEAD = timedelta(days=180)


class ProgramRecipient(NamedTuple):
    """A number as the program wrote it (digits), with a text of its own where it has one."""

    number: str
    subject: str | None = None
    content: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProgramSend:
    """One wish of a program. Texts that are too long are cut, never inside a character.

    `due_at` None is now; `time_zone` is the one it was given in. `token` makes a repeated call return the
    first one's request, where `digest` says that it is the same call.
    """

    project: Project
    source: Source
    surface: Surface
    message_type: MessageType
    purpose: Purpose
    sender: str
    content: str
    recipients: Sequence[ProgramRecipient]
    subject: str = ""
    country_code: int = KOREA
    attachments: Sequence[Attachment] = ()
    due_at: datetime | None = None
    time_zone: str = ""
    token: str | None = None
    digest: str = ""


class Replayed(Exception):
    """The very same call was carried out before."""


class NotAllowed(Exception):
    """The wish as a whole is refused; the text says why, to a programmer."""


def send_for_program(wish: ProgramSend, *, is_new: Callable[[], bool]) -> SendRequest:
    """The request of a wish. Raises NotAllowed, OtherSubmission, and Replayed where `is_new`, which is asked
    within the transaction that writes it, says no.

    Whoever has a token asks `submitted_under` first: a wish that was carried out is answered again, whatever
    became since of what it names. Here a token counts only between calls at the same time.
    """
    command = _command(wish)
    _refuse(wish)
    checked = _checked(wish, command)
    try:
        with transaction.atomic():
            if not is_new():
                raise Replayed
            return write_checked(command, checked)
    except IntegrityError:
        if found := submitted_before(command):
            return found
        raise


def prune_signatures() -> int:
    """Forget the signatures whose timestamps nobody believes any more; how many."""
    old = SeenSignature.objects.filter(seen_at__lt=timezone.now() - SIGNATURES_KEPT).values("pk")
    return SeenSignature.objects.filter(pk__in=old[:PRUNED_AT_ONCE]).delete()[0]


def texts_of(wish: ProgramSend) -> tuple[str, ...]:
    """Every text that somebody gets: the shared one where somebody has none of their own, and those."""
    own = {each.content for each in wish.recipients if each.content}
    shares = any(not each.content for each in wish.recipients)
    return (*([wish.content] if shares else []), *own)


def _command(wish: ProgramSend) -> SendCommand:
    subject, content = _fitted(wish, wish.subject, wish.content)
    has_subject = wish.message_type != MessageType.SMS
    return SendCommand(
        project=wish.project,
        actor=None,
        message_type=wish.message_type,
        purpose=wish.purpose,
        sender=wish.sender,
        subject=f"##{SUBJECT}##" if has_subject else "",
        body=f"##{CONTENT}##",
        source=wish.source,
        shared_values={SUBJECT: subject, CONTENT: content},
        attachments=wish.attachments,
        opt_out_line=line_named(wish) if wish.purpose == Purpose.ADVERTISING else None,
        due_at=wish.due_at,
        include_duplicates=True,
        submission_token=wish.token,
        submission_digest=wish.digest,
        time_zone=wish.time_zone,
    )


def _refuse(wish: ProgramSend) -> None:
    if not is_approved(wish.project, wish.sender):
        raise NotAllowed(f"The caller ID {wish.sender} is not registered and approved in this service.")
    now = timezone.now()
    if wish.due_at is not None and not now <= wish.due_at <= now + LONGEST_AHEAD:
        raise NotAllowed(f"The reserved time has passed, or is more than {LONGEST_AHEAD.days} days ahead.")


def line_named(wish: ProgramSend) -> OptOutLine:
    """The open 080 line that all texts of advertising name. Raises NotAllowed."""
    texts = texts_of(wish)
    for line in open_lines(wish.project):
        if all(names_number(text, line.number) for text in texts):
            return line
    raise NotAllowed("Advertising (AD) names in each text an 080 number that is open in this service.")


def _checked(wish: ProgramSend, command: SendCommand) -> Checked:
    shared = command.shared_values[SUBJECT], command.shared_values[CONTENT]
    recipients = [_planned(wish, each, shared) for each in wish.recipients]
    countries: dict[int, int] = {}
    for each in recipients:
        countries[each.number.country_code] = countries.get(each.number.country_code, 0) + 1
    return Checked(
        keys=[SUBJECT, CONTENT] if command.subject else [CONTENT],
        subject=command.subject,
        body=command.body,
        due_at=wish.due_at or timezone.now(),
        total=len(recipients),
        left_out=0,
        recipients=recipients,
        countries=countries,
    )


def _planned(wish: ProgramSend, recipient: ProgramRecipient, shared: tuple[str, str]) -> PlannedRecipient:
    """`shared` are the subject and text of whoever has none of their own, as they are sent."""
    fitted = shared
    if own := recipient.subject or recipient.content:
        fitted = _fitted(wish, recipient.subject or wish.subject, recipient.content or wish.content)
    values = fitted[1:] if wish.message_type == MessageType.SMS else fitted
    try:
        return PlannedRecipient(_number(wish.country_code, recipient.number), values, is_shared=not own)
    except WrongNumber:
        number = Number(wish.country_code, recipient.number)
        return PlannedRecipient(number, values, is_shared=not own, code=WRONG_NUMBER)


def _number(country_code: int, digits: str) -> Number:
    if country_code != KOREA:
        return with_country_code(f"{country_code}{digits}")
    number = without_plus(digits)
    if number.country_code != KOREA:
        raise WrongNumber(WRONG_FORMAT)
    return number


def _fitted(wish: ProgramSend, subject: str, content: str) -> tuple[str, str]:
    """As they are sent: cut to the bytes of the type at home, whole abroad, where parts count."""
    subject, content = sendable(subject), sendable(content)
    if wish.country_code != KOREA:
        return subject, content
    limits = text_limits(wish.message_type, wish.surface)
    return cut(subject, limits.subject_bytes), cut(content, limits.body_bytes)


def sendable(text: str) -> str:
    """A text as it is kept: whole syllables, newlines of one character, and nothing that cannot be stored."""
    if text.isascii() and "\x00" not in text and "\r" not in text:
        return text
    text = text.replace("\x00", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return compose(normalize_newlines(text))
