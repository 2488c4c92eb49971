"""Calls to 080 numbers: each is kept once, and its caller refuses the advertising of whose number it was."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from console.accounts.models import User
from senders import phone_numbers
from senders.models import OptOutCall, OptOutLine, OptOutSource
from senders.services.opt_out_lines import own_organizations
from senders.services.opt_outs import KOREA, NEW, REFUSED_AGAIN, tell_programs

logger = logging.getLogger(__name__)

# Calls that were not told before, with the line whose number it was last: a canceled line's too, because a
# message that names it still lies in people's phones.
NEW_CALLS = """
INSERT INTO senders_optoutcall (line_id, line_number, caller, is_readable, called_at, received_at)
SELECT line.id, told.line_number, told.caller, told.number <> '', told.called_at, %(now)s
FROM unnest(
    %(lines)s::text[], %(callers)s::text[], %(countries)s::smallint[], %(numbers)s::text[],
    %(times)s::timestamptz[]
) AS told(line_number, caller, country_code, number, called_at)
LEFT JOIN LATERAL (
    SELECT id FROM senders_optoutline
    WHERE number = told.line_number AND number <> '' AND opened_at <= told.called_at
    ORDER BY opened_at DESC, id DESC LIMIT 1
) AS line ON true
ORDER BY told.line_number, told.caller, told.called_at
ON CONFLICT (line_number, caller, called_at) DO NOTHING
RETURNING line_id, line_number, caller, called_at
"""
ADD_CALLED = f"""
WITH entered_now AS (
    INSERT INTO senders_optout AS old
        (project_id, country_code, number, source, line_id, created_at, last_refused_at, is_elsewhere,
        removal_reason)
    SELECT DISTINCT ON (line.project_id, called.number, called.country_code)
        line.project_id, called.country_code, called.number, %(source)s, line.id, called.at,
        max(called.at) OVER of_number, min(line.id) OVER of_number <> max(line.id) OVER of_number, ''
    FROM unnest(
        %(lines)s::bigint[], %(countries)s::smallint[], %(numbers)s::text[], %(times)s::timestamptz[]
    ) AS called(line_id, country_code, number, at)
    JOIN senders_optoutline line ON line.id = called.line_id
    WINDOW of_number AS (PARTITION BY line.project_id, called.number, called.country_code)
    ORDER BY line.project_id, called.number, called.country_code, called.at
    {REFUSED_AGAIN}
)
{NEW}
"""  # noqa: S608 (a constant)


class Call(NamedTuple):
    """A call to an 080 number. `number` is the caller as on a message; None where it cannot be read.

    `caller` is as the carrier wrote it, and with the other two tells one call from all others.
    """

    line_number: str
    caller: str
    number: tuple[int, str] | None
    at: datetime


def record_calls(calls: Sequence[Call]) -> int:
    """Enter the callers of these calls; returns how many opt-outs are new.

    A call that was told before changes nothing, even if its opt-out was removed since. It refuses for the
    project whose number it was last, even if the line was canceled before. One to a number that was nobody's
    before it, or whose caller cannot be read, is kept for staff to look at.
    """
    once = {(call.line_number, call.caller, call.at): call for call in calls}
    if not once:
        return 0
    with transaction.atomic():
        new = _new_calls(list(once.values()))
        known = [(line_id, once[key]) for line_id, key in new if line_id and once[key].number]
        added = _add_called(known)
    if stray := len(new) - len(known):
        logger.warning("%d calls to 080 numbers refuse nobody's advertising: staff must look.", stray)
    return added


def _new_calls(calls: list[Call]) -> list[tuple[int | None, tuple[str, str, datetime]]]:
    """Keep those that were not told before: (line's id, the call's key)."""
    numbers = [call.number or (KOREA, "") for call in calls]
    with connection.cursor() as cursor:
        cursor.execute(
            NEW_CALLS,
            {
                "lines": [call.line_number for call in calls],
                "callers": [call.caller for call in calls],
                "countries": [country for country, _digits in numbers],
                "numbers": [digits for _country, digits in numbers],
                "times": [call.at for call in calls],
                "now": timezone.now(),
            },
        )
        return [(row[0], (row[1], row[2], row[3])) for row in cursor.fetchall()]


def _add_called(calls: list[tuple[int, Call]]) -> int:
    if not calls:
        return 0
    numbers = [call.number or (KOREA, "") for _line, call in calls]
    with connection.cursor() as cursor:
        cursor.execute(
            ADD_CALLED,
            {
                "source": OptOutSource.CALL.value,
                "lines": [line for line, _call in calls],
                "countries": [country for country, _digits in numbers],
                "numbers": [digits for _country, digits in numbers],
                "times": [call.at for _line, call in calls],
            },
        )
        return tell_programs(cursor.fetchall())


def record_call(*, line_number: str, caller: str, at: datetime) -> bool:
    """One call from a Korean phone, both numbers as people write them. Whether an opt-out is new."""
    try:
        number = (KOREA, phone_numbers.normalize(caller))
    except phone_numbers.WrongNumber:
        return bool(record_calls([Call(line_number, caller[:40], None, at)]))
    line = phone_numbers.normalize(line_number)
    return bool(record_calls([Call(line, number[1], number, at)]))


def stray_calls(user: User) -> QuerySet[OptOutCall]:
    """Calls that refused nobody's advertising and that staff have not settled, newest first.

    None to a number of this person's own organizations: nobody waves away refusals of their own advertising.
    """
    own = OptOutLine.objects.filter(project__organization__in=own_organizations(user)).exclude(number="")
    kept = Q(line__isnull=True) | Q(is_readable=False)
    calls = OptOutCall.objects.filter(kept, settled_at__isnull=True)
    theirs = calls.exclude(line__in=own.values("pk")).exclude(line_number__in=own.values("number"))
    return theirs.order_by("-id")


def settle_calls(*, ids: Collection[int], user: User) -> int:
    """Note that this person has dealt with these calls; they stay as evidence. Returns how many."""
    return stray_calls(user).filter(pk__in=ids).update(settled_by=user, settled_at=timezone.now())
