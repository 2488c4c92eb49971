"""Opt-outs: who refuses a project's advertising. Entered by hand, from a file, by a call to an 080 number.

A number is `(country_code, digits)` as on a message: for Korea 82 and the digits as dialled at home,
elsewhere the code and the national digits. Numbers are locked in one order everywhere (project, number,
country), so that two who enter and remove at once wait for each other and never block for good.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.events import TELL_IN_SETS, moment, parameters_of_sets, record_events
from console.accounts.models import EventName, Project, User
from senders.models import OptOut, OptOutLine, OptOutSource
from senders.services.errors import Refused

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


# Project, country code, number, line, when.
NewOptOut = tuple[int, int, str, int | None, datetime]


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


# --- telling programs ---------------------------------------------------------------------------


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
