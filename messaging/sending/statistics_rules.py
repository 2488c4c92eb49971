"""What a command may ask of statistics: an active event key of its project, and conversions abroad."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from messaging.content.limits import KOREA
from messaging.recipients.numbers import WrongNumber, read_number
from messaging.sending.commands import Problem, SendCommand
from messaging.states import MessageType


def statistics_problems(command: SendCommand, now: datetime) -> Iterator[Problem]:
    """What is wrong with the event key, and with collecting conversions."""
    yield from _key(command, now)
    if command.collects_conversion:
        yield from _conversion(command, now)


def _key(command: SendCommand, now: datetime) -> Iterator[Problem]:
    key = command.statistics_key
    if key is not None and (key.project_id != command.project.pk or not key.is_active(now)):
        yield Problem(
            "statistics_key",
            "not_active",
            _("This event key collects nothing now. Choose an active one, or none."),
        )


def _conversion(command: SendCommand, now: datetime) -> Iterator[Problem]:
    """The companion documents: only for SMS to other countries, and not for what is scheduled."""
    name = "collects_conversion"
    if command.message_type != MessageType.SMS:
        yield Problem(name, "only_sms", _("Conversions are collected for SMS only."))
    elif not _goes_abroad(command):
        yield Problem(
            name,
            "only_abroad",
            _("Conversions are collected for messages to other countries, and none of these goes to one."),
        )
    if command.due_at is not None and command.due_at > now:
        yield Problem(
            name, "not_scheduled", _("Conversions cannot be collected for a scheduled send. Send it now.")
        )


def _goes_abroad(command: SendCommand) -> bool:
    """Whether any recipient is in another country; the recipients of a tag send are not known yet."""
    if command.tag_condition is not None:
        return True
    if command.recipient_file is not None:
        return bool((command.recipient_file.result or {}).get("international"))
    return any(map(_is_abroad, command.recipients))


def _is_abroad(entry: str | tuple[str, object]) -> bool:
    try:
        return read_number(entry if isinstance(entry, str) else entry[0]).country_code != KOREA
    except WrongNumber:
        return False
