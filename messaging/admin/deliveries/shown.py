"""Requests and messages as pages show them: names, bars, chips, and what a role may read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.choices import ColouredChoices
from console.formatting import percent
from messaging import result_codes
from messaging.mass_status import mass_status
from messaging.models import Message, SendRequest
from messaging.models.send_request import REMOVED
from messaging.policies.advertising import OPENING
from messaging.sending.advertising_hours import waiting_until
from messaging.sending.texts import is_programs, masked_text_of, text_of, written
from messaging.sens.reservations import CANCELABLE as READY_STATES
from messaging.sens.reservations import ReservationState
from messaging.states import DeliveryKind, MessageState, Purpose, RequestState, Source
from messaging.statistics.queries import Progress, progress_of

HIDDEN = "•••"
FIRST_WORDS = 40
BAR_WIDTH, THINNEST = 1000, 6
# In these states a request's figures still change by themselves.
IN_MOTION = frozenset(
    {
        RequestState.WAITING,
        RequestState.LOADING,
        RequestState.SCHEDULED,
        RequestState.SENDING,
        RequestState.CANCELING,
    }
)
CANCELABLE = frozenset(
    {
        RequestState.WAITING,
        RequestState.LOADING,
        RequestState.HELD,
        RequestState.SCHEDULED,
        RequestState.SENDING,
    }
)


@dataclass(frozen=True)
class Segment:
    """A part of a bar: `start` and `width` in thousandths."""

    label: str
    colour: str
    n: int
    start: int
    width: int


def segments(progress: Progress, total: int) -> list[Segment]:
    """What became of `total` messages, as parts of one bar in the palette's colours."""
    parts = (
        (_("delivered"), "green", progress.delivered),
        (_("waiting for result"), "blue", progress.waiting_for_result),
        (_("unknown"), "amber", progress.unknown),
        (_("failed"), "red", progress.failed),
        (_("canceled"), "grey", progress.canceled),
    )
    whole = max(total, progress.finished + progress.waiting_for_result, 1)
    # What exists is never too thin to be seen; the widest part makes room for it.
    widths = [max(n * BAR_WIDTH // whole, THINNEST) if n > 0 else 0 for _label, _colour, n in parts]
    widest = widths.index(max(widths))
    widths[widest] -= max(sum(widths) - BAR_WIDTH, 0)
    starts = accumulate(widths, initial=0)
    return [
        Segment(*part, start, width)
        for part, start, width in zip(parts, starts, widths, strict=False)
        if width
    ]


@dataclass
class RequestRow:
    """A request in a list. The scheduled ones also know their parts and SENS's state of them, those in closed
    hours until when, tag sends their condition in words.
    """

    request: SendRequest
    title: str
    status: ColouredChoices
    progress: Progress
    segments: Sequence[Segment] = field(default_factory=list)
    part_count: int = 0
    parts_waiting: int = 0
    next_due_at: datetime | None = None
    waits_until: datetime | None = None
    condition: str = ""
    reservation: ReservationState | None = None
    due_there: str = ""

    @property
    def total(self) -> int:
        return self.request.total

    @property
    def not_sent(self) -> int:
        """Neither handed over nor refused nor canceled yet."""
        progress = self.progress
        return max(self.request.total - progress.sent - progress.send_failed - progress.canceled, 0)

    @property
    def may_cancel(self) -> bool:
        return self.request.state in CANCELABLE

    @property
    def is_ready(self) -> bool:
        """Whether nothing of it was released: what SENS calls READY."""
        return self.request.state in READY_STATES

    @property
    def is_held(self) -> bool:
        return self.request.state == RequestState.HELD

    @property
    def done(self) -> int:
        """Out of our hands: handed over, refused or canceled."""
        return self.total - self.not_sent

    @property
    def percent(self) -> int:
        return percent(self.done, self.total)


def rows_of(requests: Iterable[SendRequest], scope: Scope) -> list[RequestRow]:
    """The requests with their progress, which one statement reads for all of them."""
    requests = list(requests)
    progress = progress_of([request.pk for request in requests]) if requests else {}
    waiting = waiting_until(requests, timezone.now())
    rows = [row_of(request, progress[request.pk], scope) for request in requests]
    for row in rows:
        row.waits_until = waiting.get(row.request.pk)
    return rows


def row_of(request: SendRequest, progress: Progress, scope: Scope) -> RequestRow:
    return RequestRow(
        request=request,
        title=title_of(request, scope),
        status=status_of(request),
        progress=progress,
        segments=segments(progress, request.total),
    )


def title_of(request: SendRequest, scope: Scope) -> str:
    """The request's name, or its subject, or its template's name, or the first words of its text.

    The template's name only where the template was read with the request: a title asks the database nothing.
    Of a program's text that the person may not read, where it came from.
    """
    subject, body = written_text(request, scope)
    is_read = SendRequest.template_version.is_cached(request)
    version = request.template_version if is_read else None
    words = request.name or _one_line(subject)
    words = words or (version.template.name if version else "")
    if words:
        return words
    if body == HIDDEN:
        return str(request.get_source_display())
    words = _one_line(body)
    words = words.removeprefix(OPENING).lstrip() or words  # all advertising begins alike
    return words if len(words) <= FIRST_WORDS else words[: FIRST_WORDS - 1].rstrip() + "…"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def status_of(request: SendRequest) -> ColouredChoices:
    """A mass delivery has the guide's status; any other request its state."""
    if request.kind != DeliveryKind.MASS:
        return RequestState(request.state)
    file = request.recipient_file
    return mass_status(state=request.state, file_state=file.state if file else None, loaded=request.loaded)


def waits_for_its_time(request: SendRequest, now: datetime) -> bool:
    """Whether it is a tag request that is not due: only then its recipients are looked up."""
    is_waiting = request.kind == DeliveryKind.TAG and request.state == RequestState.WAITING
    return is_waiting and request.due_at > now


def may_read(scope: Scope) -> bool:
    return scope.allows(Permission.READ_PERSONAL_DATA)


def may_read_shared(request: SendRequest, scope: Scope) -> bool:
    """Whether the person may read values that are the same for all. What is said to everybody with a tag is
    about none of them; those of a few typed numbers may be about one.
    """
    return request.kind == DeliveryKind.TAG or may_read(scope)


def readable(text: str, request: SendRequest, scope: Scope) -> str:
    """A text as this person may read it: the digits of a one-time code are hidden from some."""
    text = readable_by_members(text, request)
    is_for_all = may_read(scope) or request.purpose != Purpose.AUTHENTICATION
    return text if is_for_all else without_digits(text)


def written_text(request: SendRequest, scope: Scope) -> tuple[str, str]:
    """(subject, text) of the request as it was written, as this person may read it. A program's may be about
    one recipient, as any value.
    """
    subject, body = written(request)
    if is_programs(request) and not may_read_shared(request, scope):
        return "", HIDDEN
    return readable(subject, request, scope), readable(body, request, scope)


def readable_by_members(text: str, request: SendRequest) -> str:
    """A text as those may read it who may read most: a code of the console's own is its recipient's alone.

    It proves whose phone it is. Whoever could read it here could verify the phone of another person.
    """
    if request.source != Source.SYSTEM:
        return text
    return _("(removed)") if text == REMOVED else without_digits(text)


def without_digits(text: str) -> str:
    return "".join("•" if character.isdigit() else character for character in text)


def readable_text(message: Message, scope: Scope) -> tuple[str, str]:
    """(subject, text) of the message as it was sent; what is about its recipient is hidden from some."""
    request = message.request
    own, shared = message.values, request.shared_values or []
    is_readable = may_read(scope) if own else may_read_shared(request, scope)
    is_hidden = (own or shared) and not is_readable
    subject, text = masked_text_of(request, message, HIDDEN) if is_hidden else text_of(request, message)
    return readable(subject, request, scope), readable(text, request, scope)


@dataclass(frozen=True)
class MessageRow:
    """A message in a list, with its result in plain words."""

    message: Message
    state: MessageState
    result: result_codes.ResultCode | None
    text: str = ""


def message_rows(messages: Iterable[Message], scope: Scope) -> list[MessageRow]:
    return [message_row(message, scope) for message in messages]


def message_row(message: Message, scope: Scope) -> MessageRow:
    code = message.result_code
    shown = result_codes.lookup(code) if code and code != result_codes.DELIVERED else None
    return MessageRow(message, MessageState(message.state), shown, readable_text(message, scope)[1])
