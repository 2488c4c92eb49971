"""What a send page says, once more before sending, of messages that will fail as repeated."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.formatting import clock, group_number
from messaging.models import SendRequest
from messaging.policies.settings import blocking_minutes
from messaging.sending.checking import Checked
from messaging.sending.commands import SendCommand
from messaging.sending.duplicates import OF_MANY, Search, count_repeated, rivals_of
from messaging.sending.outbound import Row
from messaging.sending.planning import request_of


def repeats_words(command: SendCommand, checked: Checked) -> str:
    """A sentence on what of a checked command would repeat another message now, or "" for nothing.

    What goes later nobody knows yet.
    """
    if command.due_at is not None or command.needs_release:
        return ""
    minutes = blocking_minutes(command.project.pk)
    if not minutes:
        return ""
    request = request_of(command, checked)
    if request.kind in OF_MANY:
        return _of_many(request, minutes)
    return _of_typed(request, checked, minutes)


def _of_typed(request: SendRequest, checked: Checked, minutes: int) -> str:
    rows: list[Row] = [
        (str(place), each.number.country_code, each.number.number, list(each.values))
        for place, each in enumerate(checked.recipients)
    ]
    count = count_repeated(request, rows, timezone.now())
    if not count:
        return ""
    said = ngettext(
        "%(count)s number got exactly this in the last %(minutes)s min and fails as repeated.",
        "%(count)s numbers got exactly this in the last %(minutes)s min and fail as repeated.",
        count,
    )
    return said % {"count": group_number(count), "minutes": minutes}


def _of_many(request: SendRequest, minutes: int) -> str:
    """Of a file or of tags it is said only that the same went out: to whom is looked up when it goes."""
    search = Search(request, timezone.now() - timedelta(minutes=minutes))
    same = [each for each in rivals_of(search) if _is_written_alike(request, each)]
    if not same:
        return ""
    newest = max(same, key=lambda each: each.pk)
    params = {"moment": clock(newest.created_at), "minutes": minutes}
    return (
        _(
            "The same text was sent at %(moment)s:"
            " whoever got it in the last %(minutes)s min fails as repeated."
        )
        % params
    )


def _is_written_alike(one: SendRequest, other: SendRequest) -> bool:
    return (one.subject, one.body) == (other.subject, other.body)
