"""Every rule that a command must fulfil, checked at once. Reads the database, writes nothing."""

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from messaging.audience.reach import Reach
from messaging.content.limits import (
    CONSOLE_IMAGES,
    KOREA,
    LIMITS,
    TYPES_ABROAD,
    Surface,
    may_reach,
    text_limits,
)
from messaging.content.rendering import ReservedKey, Template, compile_template
from messaging.models import RecipientFile, Route
from messaging.policies.characters import as_sent
from messaging.policies.content import refusal
from messaging.policies.settings import replaces_characters
from messaging.policies.writing import faults
from messaging.recipients.numbers import Number, WrongNumber, read_number
from messaging.recipients.results import CheckResult
from messaging.recipients.typed import MAX_TYPED
from messaging.result_codes import TOO_LONG
from messaging.sending.advertising_rules import (
    line_problems,
    purpose_problems,
    statements_missing,
    template_problems,
)
from messaging.sending.commands import Problem, Recipient, SendCommand, SendRefused, Split
from messaging.sending.international_rules import abroad_problems
from messaging.sending.statistics_rules import statistics_problems
from messaging.sending.tag_rules import is_tagged, kind_problems, look_up
from messaging.states import FileState, MessageType, Source
from senders.services.registration import is_approved

MAX_PARTS = 100
MIN_INTERVAL = timedelta(minutes=1)
MAX_INTERVAL = timedelta(days=1)
SCHEDULED_DAYS = LIMITS[Surface.CONSOLE].scheduled_days or 60
# A form that says "now" in whole minutes, and the time that filling it in takes.
PAST_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class PlannedRecipient:
    """A recipient of a typed list, read and with its values in the order of the text's keys.

    `is_shared`: they are those of every recipient, and kept with the request. `code`: our result code for
    why its message fails at once; a person's list is refused instead.
    """

    number: Number
    values: tuple[str, ...]
    is_shared: bool = False
    code: str = ""


@dataclass(slots=True)
class Checked:
    """A command that may be carried out. `recipients` is empty where they come from a file, or by tags: then
    `total` is what they would be now, and `reach` whom the tags meet. `countries` says how many go to each.
    """

    keys: list[str]
    subject: str
    body: str
    due_at: datetime
    total: int
    left_out: int
    recipients: list[PlannedRecipient] = field(default_factory=list)
    reach: Reach | None = None
    replaces_characters: bool = False
    countries: dict[int, int] = field(default_factory=dict)

    @property
    def goes_abroad(self) -> bool:
        return any(country_code != KOREA for country_code in self.countries)


def check(command: SendCommand) -> Checked:
    """Check everything that a command asks for. Raises SendRefused with all problems at once."""
    now = timezone.now()
    due_at = command.due_at or now
    problems = [*_project(command), *purpose_problems(command), *line_problems(command)]
    problems += [*_sender(command), *_type(command)]
    problems += kind_problems(command)
    replaces = replaces_characters(command.project)
    template, text_problems = _text(command, replaces)
    problems += [*text_problems, *statements_missing(command), *_attachments(command)]
    checked = Checked([], command.subject, command.body, due_at, 0, 0, replaces_characters=replaces)
    if template is not None:
        checked.keys = list(template.keys)
        problems += _recipients(command, template, checked)
        problems += abroad_problems(command, checked.countries)
    problems += [*_due(due_at, now), *_split(command.split, due_at, now, checked.total)]
    problems += [*template_problems(command), *statistics_problems(command, now)]
    if problems:
        raise SendRefused(problems)
    return checked


def _project(command: SendCommand) -> Iterator[Problem]:
    if not command.project.is_active:
        yield Problem("project", "project_closed", _("The SMS service of this project is closed."))
    elif not Route.objects.filter(Q(project=command.project) | Q(project=None)).exists():
        yield Problem(
            "project",
            "no_route",
            _("No carrier is set up for this project yet. Ask the administrator to set one up."),
        )


def _sender(command: SendCommand) -> Iterator[Problem]:
    if not command.sender:
        yield Problem("sender", "required", _("Choose a sender number."))
    # The console's own number is the operator's, who registers nothing here.
    elif command.source != Source.SYSTEM and not is_approved(command.project, command.sender):
        yield Problem(
            "sender",
            "sender_not_approved",
            _("This sender number is not approved in this project. Choose an approved one, or register it."),
        )


def _type(command: SendCommand) -> Iterator[Problem]:
    if bool(command.recipients) and command.recipient_file is not None:
        yield Problem("recipients", "both", _("Give either numbers or a file, not both."))
    if len(command.name) > 100:
        yield Problem("name", "too_long", _("A name has at most 100 characters."))


# --- the text ------------------------------------------------------------------------------------


def _text(command: SendCommand, replaces: bool) -> tuple[Template | None, list[Problem]]:
    """The compiled text, or None where it cannot be compiled, and what is wrong with it."""
    found = list(faults(command.message_type, command.subject, command.body, replaces=replaces))
    if any(fault.is_at_home for fault in found) and _only_abroad(command):
        found = [fault for fault in found if not fault.is_at_home]
    problems = [Problem(fault.field, fault.code, fault.message) for fault in found]
    try:
        subject = command.subject if command.message_type != MessageType.SMS else ""
        return compile_template(subject, command.body), problems
    except ReservedKey:
        return None, problems


def _only_abroad(command: SendCommand) -> bool:
    """Whether every readable number is in another country, where EUC-KR does not count."""
    if command.recipient_file is not None:
        result = command.recipient_file.result or {}
        return bool(result.get("sendable")) and result["international"] == result["sendable"]
    numbers = [_number(each) for each in command.recipients[:MAX_TYPED]]
    known = [number for number in numbers if number is not None]
    return bool(known) and all(number.country_code != KOREA for number in known)


def _number(entry: str | Recipient) -> Number | None:
    try:
        return read_number(_written_number(entry))
    except WrongNumber:
        return None


def _attachments(command: SendCommand) -> Iterator[Problem]:
    attached = command.attachments
    if not attached:
        return
    limits = CONSOLE_IMAGES
    if command.message_type != MessageType.MMS:
        yield Problem(
            "attachments", "only_mms", _("Only an MMS has attachments. Choose MMS, or remove them.")
        )
    if any(each.project_id != command.project.pk for each in attached):
        yield Problem("attachments", "not_found", _("An attachment is gone. Attach it again."))
    if len(attached) > limits.max_count:
        message = _("At most %(count)s attachments.") % {"count": limits.max_count}
        yield Problem("attachments", "too_many", message)
    if sum(each.size for each in attached) > limits.max_total_bytes:
        message = _("All attachments together are at most %(size)s KB.") % {
            "size": limits.max_total_bytes // 1024
        }
        yield Problem("attachments", "too_large", message)


# --- recipients ----------------------------------------------------------------------------------


def _recipients(command: SendCommand, template: Template, checked: Checked) -> list[Problem]:
    if is_tagged(command):
        problems, reach = look_up(command, template, replaces=checked.replaces_characters)
        checked.total, checked.reach, checked.countries = reach.numbers, reach, dict(reach.countries)
        checked.left_out = reach.abroad if command.message_type not in TYPES_ABROAD else 0
        return problems
    if command.recipient_file is not None:
        return list(_file(command, command.recipient_file, template, checked))
    if len(command.recipients) > MAX_TYPED:
        too_many = _("At most %(limit)s numbers at a time. Send a file instead.") % {"limit": MAX_TYPED}
        return [Problem("recipients", "too_many", too_many)]
    return list(_typed(command, template, checked))


def _typed(command: SendCommand, template: Template, checked: Checked) -> Iterator[Problem]:
    seen: set[tuple[int, str]] = set()
    for line, entry in enumerate(command.recipients, 1):
        recipient = Recipient(entry) if isinstance(entry, str) else entry
        if not _written_number(entry):
            continue
        try:
            number = read_number(recipient.number)
        except WrongNumber:
            wrong = _("Line %(line)s: “%(written)s” is not a phone number.")
            said = wrong % {"line": line, "written": recipient.number[:40]}
            yield Problem("recipients", "wrong_number", said, line)
            continue
        if number[:2] in seen and not command.include_duplicates:
            checked.left_out += 1
            continue
        seen.add(number[:2])
        given = recipient.values or command.shared_values
        values = tuple(given.get(key, "") for key in template.keys)
        is_shared = bool(command.shared_values) and not recipient.values
        checked.recipients.append(PlannedRecipient(number, values, is_shared))
        if not may_reach(command.message_type, number.country_code):
            abroad = _("Line %(line)s: a number of another country (+%(country_code)s) gets SMS only.")
            said = abroad % {"line": line, "country_code": number.country_code}
            yield Problem("recipients", "only_sms_abroad", said, line)
            continue
        yield from _rendered(command, template, line, checked)
    checked.total = len(checked.recipients)
    checked.countries = dict(Tally(each.number.country_code for each in checked.recipients))
    if not any(map(_written_number, command.recipients)):
        yield Problem("recipients", "required", _("Give at least one number."))


def _written_number(entry: str | Recipient) -> str:
    return (entry if isinstance(entry, str) else entry.number).strip()


def _rendered(command: SendCommand, template: Template, line: int, checked: Checked) -> Iterator[Problem]:
    """What is wrong with the text for the last recipient, where its values or its country make it so."""
    recipient = checked.recipients[-1]
    missing = [key for key, value in zip(template.keys, recipient.values, strict=True) if not value.strip()]
    if missing:
        said = _("Line %(line)s: no value for ##%(key)s##. To send each their own, use a file.")
        yield Problem("recipients", "missing_value", said % {"line": line, "key": missing[0]}, line)
        return
    country_code = recipient.number.country_code
    if not template.keys and country_code == KOREA:
        return  # said of the text itself
    limits = text_limits(command.message_type)
    for text, limit in zip(
        template.render(recipient.values), (limits.subject_bytes, limits.body_bytes), strict=True
    ):
        text = as_sent(text, country_code, replaces=checked.replaces_characters)
        code = refusal(command.message_type, country_code, text, limit) if text else None
        if code is not None:
            long = _("Line %(line)s: the text is too long for this recipient.")
            strange = _("Line %(line)s: the text for this recipient has a character that cannot be sent.")
            said = long if code == TOO_LONG else strange
            name = "too_long" if code == TOO_LONG else "unsendable"
            yield Problem("recipients", name, said % {"line": line}, line)
            return


def _file(
    command: SendCommand, file: RecipientFile, template: Template, checked: Checked
) -> Iterator[Problem]:
    if file.project_id != command.project.pk:
        yield Problem("recipient_file", "not_found", _("This file is gone. Upload it again."))
    elif file.state in (FileState.UPLOADED, FileState.CHECKING):
        yield Problem(
            "recipient_file", "not_checked", _("The file is still being checked. Wait for its end.")
        )
    elif file.state == FileState.REFUSED:
        yield Problem("recipient_file", "refused", _("This file cannot be sent. Upload another one."))
    elif not file.staging_name or file.result is None:
        yield Problem("recipient_file", "expired", _("The file was kept for seven days. Upload it again."))
    elif not _is_for_this_text(command, file, template, checked):
        yield Problem(
            "recipient_file",
            "other_text",
            _("The file was checked for another text. Have it checked once more for this one."),
        )
    else:
        result = CheckResult.from_json(file.result)
        sent_too = result.duplicates if command.include_duplicates else 0
        checked.countries = result.sent_to(include_duplicates=command.include_duplicates)
        checked.total = result.sendable + sent_too
        checked.left_out = result.total_rows - checked.total
        if not checked.total:
            yield Problem("recipient_file", "nothing_to_send", _("No row of this file can be sent."))


def _is_for_this_text(
    command: SendCommand, file: RecipientFile, template: Template, checked: Checked
) -> bool:
    same_subject = command.message_type == MessageType.SMS or file.subject == command.subject
    same = file.message_type == command.message_type and file.body == command.body
    same_characters = file.replaces_characters == checked.replaces_characters
    return same and same_subject and same_characters and list(file.keys) == list(template.keys)


# --- when ----------------------------------------------------------------------------------------


def _due(due_at: datetime, now: datetime) -> Iterator[Problem]:
    if due_at < now - PAST_TOLERANCE:
        yield Problem("due_at", "past", _("This time has passed."))
    elif due_at > now + timedelta(days=SCHEDULED_DAYS):
        yield Problem("due_at", "too_late", _too_late(now))


def _too_late(now: datetime) -> str:
    last = timezone.localtime(now + timedelta(days=SCHEDULED_DAYS))
    said = _("At most %(days)s days ahead, that is until %(last)s.")
    return said % {"days": SCHEDULED_DAYS, "last": date_format(last, "DATETIME_FORMAT")}


def _split(split: Split | None, due_at: datetime, now: datetime, total: int) -> Iterator[Problem]:
    if split is None:
        return
    if not 2 <= split.parts <= MAX_PARTS:
        said = _("A request is split into 2 to %(parts)s parts.") % {"parts": MAX_PARTS}
        yield Problem("split_parts", "parts", said)
    elif total and split.parts > total:
        said = ngettext_lazy(
            "There is only %(total)s message to split.", "There are only %(total)s messages to split.", total
        ) % {"total": total}
        yield Problem("split_parts", "more_than_messages", said)
    if not MIN_INTERVAL <= split.interval <= MAX_INTERVAL:
        yield Problem("split_interval", "interval", _("The interval is one minute to one day."))
    elif due_at + split.interval * (split.parts - 1) > now + timedelta(days=SCHEDULED_DAYS):
        yield Problem("split_interval", "too_late", _("The last part would be too late. ") + _too_late(now))


def batch_due_times(due_at: datetime, split: Split | None) -> Sequence[datetime]:
    """When each batch is due, in order."""
    if split is None:
        return [due_at]
    return [due_at + split.interval * number for number in range(split.parts)]
