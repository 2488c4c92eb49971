"""Opt-outs: who refuses a project's advertising. Entered by hand, from a file, by a call to an 080 number.

A number is `(country_code, digits)` as on a message: for Korea 82 and the digits as dialled at home,
elsewhere the code and the national digits. Numbers are locked in one order everywhere (project, number,
country), so that two who enter and remove at once wait for each other and never block for good.
"""

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.events import TELL_IN_SETS, moment, parameters_of_sets, record_events
from console.accounts.models import EventName, Project, User
from senders import phone_numbers
from senders.models import OptOut, OptOutCall, OptOutLine, OptOutSource
from senders.services.errors import Refused
from senders.services.opt_out_lines import own_organizations

logger = logging.getLogger(__name__)

KOREA = 82
MAX_REASON = 200
ASKED_AT_ONCE = 50_000

COPIED = "CREATE TEMPORARY TABLE entered (country_code smallint, number text) ON COMMIT DROP"
COPY = "COPY entered (country_code, number) FROM STDIN"
# A number that is there refuses once more; by another way than before, it outlives the line of the first.
# A row that was inserted has no xmax, one that was updated has.
REFUSED_AGAIN = """
ON CONFLICT (project_id, number, country_code) WHERE removed_at IS NULL
    DO UPDATE SET last_refused_at = greatest(excluded.last_refused_at, old.last_refused_at),
        is_elsewhere = old.is_elsewhere OR excluded.is_elsewhere
            OR excluded.line_id IS DISTINCT FROM old.line_id
    WHERE excluded.last_refused_at > old.last_refused_at
        OR NOT old.is_elsewhere
            AND (excluded.is_elsewhere OR excluded.line_id IS DISTINCT FROM old.line_id)
RETURNING xmax = 0 AS is_new, old.project_id, old.country_code, old.number, old.line_id, old.created_at
"""
# The programs are told of those that are new, as `payload_of` says it, by the statement that enters them.
TELL_NEW = f"""
, to_tell AS (
    SELECT row_number() OVER (ORDER BY number, country_code) AS place, %(told)s::jsonb || jsonb_build_object(
        'recipientNo', CASE country_code WHEN {KOREA} THEN number ELSE country_code || number END) AS payload
    FROM entered_now WHERE is_new
)
{TELL_IN_SETS}
SELECT count(*) FROM to_tell
"""  # noqa: S608 (a constant)
NEW = """
SELECT project_id, country_code, number, line_id, created_at FROM entered_now WHERE is_new
ORDER BY created_at, number, country_code
"""
WRITTEN = """
WITH entered_now AS (
    INSERT INTO senders_optout AS old
        (project_id, country_code, number, source, line_id, created_by_id, created_at, last_refused_at,
        removal_reason)
    SELECT %(project)s, country_code, number, %(source)s, %(line)s, %(user)s, %(at)s, %(at)s, ''
    FROM (SELECT DISTINCT country_code, number FROM {entered}) AS each_once
    ORDER BY number, country_code
"""
GIVEN = "unnest(%(countries)s::smallint[], %(numbers)s::text[]) AS given(country_code, number)"
ADD = f"{WRITTEN.format(entered='entered')} {REFUSED_AGAIN})"
ADD_GIVEN = f"{WRITTEN.format(entered=GIVEN)} {REFUSED_AGAIN}) {NEW}"
# Locked in the one order before they are changed. Who is removed meanwhile, or refuses once more, is left.
REMOVE_GIVEN = f"""
WITH named AS (
    SELECT refused.id FROM senders_optout refused
    JOIN {GIVEN} ON refused.number = given.number AND refused.country_code = given.country_code
    WHERE refused.project_id = %(project)s AND refused.removed_at IS NULL
        AND refused.last_refused_at <= %(at)s
    ORDER BY refused.number, refused.country_code
    FOR NO KEY UPDATE OF refused
)
UPDATE senders_optout SET removed_at = %(at)s, removal_reason = %(reason)s
WHERE id IN (SELECT id FROM named)
"""  # noqa: S608 (a constant)
IN_FORCE = f"""
SELECT refused.country_code, refused.number, refused.created_at, refused.source FROM senders_optout refused
JOIN {GIVEN} ON refused.number = given.number AND refused.country_code = given.country_code
WHERE refused.project_id = %(project)s AND refused.removed_at IS NULL
"""  # noqa: S608 (a constant)
AMONG = """
SELECT asked.country_code, asked.number
FROM unnest(%(countries)s::smallint[], %(numbers)s::text[]) AS asked(country_code, number)
WHERE EXISTS (
    SELECT FROM senders_optout refused
    WHERE refused.project_id = %(project)s AND refused.removed_at IS NULL
        AND refused.number = asked.number AND refused.country_code = asked.country_code
)
"""
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


# Project, country code, number, line, when.
NewOptOut = tuple[int, int, str, int | None, datetime]


class Call(NamedTuple):
    """A call to an 080 number. `number` is the caller as on a message; None where it cannot be read.

    `caller` is as the carrier wrote it, and with the other two tells one call from all others.
    """

    line_number: str
    caller: str
    number: tuple[int, str] | None
    at: datetime


# --- asking --------------------------------------------------------------------------------------


def opted_out_among(*, project: Project, numbers: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of the numbers that refuse the project's advertising."""
    found: set[tuple[int, str]] = set()
    rest = iter(numbers)
    while block := list(islice(rest, ASKED_AT_ONCE)):
        countries, digits = zip(*block, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                AMONG, {"project": project.pk, "countries": list(countries), "numbers": list(digits)}
            )
            found.update(cursor.fetchall())
    return found


def in_force(
    *, project: Project, numbers: Collection[tuple[int, str]]
) -> dict[tuple[int, str], tuple[datetime, OptOutSource]]:
    """When and how those of the numbers that refuse the project's advertising refused it."""
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE, _given(project, numbers))
        return {(code, number): (at, OptOutSource(source)) for code, number, at, source in cursor.fetchall()}


def count_opted_out(*, project: Project, numbers: Sequence[tuple[int, str]]) -> int:
    """How many different ones of the numbers refuse the project's advertising."""
    return len(opted_out_among(project=project, numbers=numbers))


# --- entering ------------------------------------------------------------------------------------


def add_opt_outs(
    *,
    project: Project,
    numbers: Iterable[tuple[int, str]],
    source: OptOutSource,
    user: User | None = None,
    line: OptOutLine | None = None,
    at: datetime | None = None,
) -> int:
    """Enter the numbers, each once, and note on those that are there already when they refused last.

    Returns how many are new; the project's programs are told of those. `numbers` may be a million, and is
    read as it is written. Raises Refused where the line is another project's. With the same `at` again it
    changes nothing, so it can be repeated after a crash.
    """
    if line is not None and line.project_id != project.pk:
        raise Refused({"line": _("This 080 line belongs to another project.")})
    at = at or timezone.now()
    values: dict[str, Any] = {
        "project": project.pk,
        "source": OptOutSource(source).value,
        "line": line.pk if line else None,
        "user": user.pk if user else None,
        "at": at,
        "told": json.dumps(_said_of_all(line, at)),
        **parameters_of_sets(project_id=project.pk, name=EventName.OPT_OUT, at=at),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.entered")
        cursor.execute(COPIED)
        with cursor.copy(COPY) as copy:
            for block in _copy_blocks(numbers):
                copy.write(block)
        cursor.execute(ADD + TELL_NEW, values)
        return int(cursor.fetchone()[0])


def enter_numbers(*, project: Project, numbers: Collection[tuple[int, str]], at: datetime) -> int:
    """Enter the few thousand numbers that a program gives, in one statement; returns how many are new.

    The same as `add_opt_outs`, which is for files. New ones are told.
    """
    values: dict[str, Any] = {"source": OptOutSource.API.value, "line": None, "user": None, "at": at}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ADD_GIVEN, values | _given(project, numbers))
        return tell_programs(cursor.fetchall())


def _given(project: Project, numbers: Collection[tuple[int, str]]) -> dict[str, Any]:
    countries, digits = [each[0] for each in numbers], [each[1] for each in numbers]
    return {"project": project.pk, "countries": countries, "numbers": digits}


def _copy_blocks(numbers: Iterable[tuple[int, str]], size: int = 5000) -> Iterator[str]:
    rest = iter(numbers)
    while block := "".join([f"{country}\t{number}\n" for country, number in islice(rest, size)]):
        yield block


# --- calls ---------------------------------------------------------------------------------------


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


def tell_programs(new: Sequence[NewOptOut]) -> int:
    """Write new opt-outs by calls down for the programs of their projects; return how many."""
    lines = OptOutLine.objects.in_bulk({line_id for *_who, line_id, _at in new if line_id})
    for (project_id, at), some in groupby(sorted(new, key=itemgetter(0, 4)), key=itemgetter(0, 4)):
        payloads = [payload_of(each, lines.get(each[3] or 0)) for each in some]
        record_events(project_id=project_id, name=EventName.OPT_OUT, payloads=payloads, at=at)
    return len(new)


def payload_of(new: NewOptOut, line: OptOutLine | None) -> dict[str, Any]:
    """What a receiver of the event is told, in the words of the guide's companion page."""
    _project, country_code, number, _line, at = new
    dialled = number if country_code == KOREA else f"{country_code}{number}"
    return {"recipientNo": dialled, **_said_of_all(line, at)}


def _said_of_all(line: OptOutLine | None, at: datetime) -> dict[str, Any]:
    """What is the same of all that refuse on one line at one time."""
    return {
        "unsubscribeNo": line.number if line else None,
        "enterpriseName": line.business_name if line else None,
        "createdDateTime": moment(at),
    }


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


# --- removing ------------------------------------------------------------------------------------


def remove_opt_outs(
    *,
    project: Project,
    ids: Collection[int],
    user: User,
    reason: str,
    seen_at: Mapping[int, datetime] | None = None,
) -> int:
    """Let the project's advertising reach these numbers again. Returns how many were removed by this call.

    `seen_at`: by id, the last refusal that the person knew of. Whoever refused later stays, and so does one
    that is not named there; None removes all. The rows stay, with who removed them, when and why; another
    refusal makes a new row. Raises Refused without a reason.
    """
    words = _reason(reason)
    with transaction.atomic():
        live = OptOut.objects.filter(project=project, pk__in=ids, removed_at__isnull=True)
        locked = (
            live.select_for_update(no_key=True)
            .order_by("number", "country_code")
            .values_list("pk", "last_refused_at")
        )
        known = [pk for pk, at in locked if seen_at is None or (pk in seen_at and at <= seen_at[pk])]
        return live.filter(pk__in=known).update(
            removed_by=user, removed_at=timezone.now(), removal_reason=words
        )


def remove_numbers(
    *, project: Project, numbers: Collection[tuple[int, str]], reason: str, at: datetime
) -> int:
    """The same for the few thousand numbers that a program gives, in one statement. `reason` names it.

    Numbers that refuse nothing are left out, and so is whoever refused after it asked (`at`). Returns how
    many were removed. Raises Refused without a reason.
    """
    values: dict[str, Any] = {"at": at, "reason": _reason(reason)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REMOVE_GIVEN, values | _given(project, numbers))
        return int(cursor.rowcount)


def _reason(written: str) -> str:
    words = " ".join(written.replace("\0", " ").split())
    if not words:
        raise Refused({"reason": _("Write why: who removes a refusal must be able to show the consent.")})
    if len(words) > MAX_REASON:
        raise Refused({"reason": _("The reason is too long: 200 characters at most.")})
    return words
