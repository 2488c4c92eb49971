"""Whom a condition over tags would reach now: counted while the condition is built, and before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection

from console.accounts.models import Project
from messaging.audience.conditions import Condition, condition_sql
from messaging.content.limits import KOREA, TYPES_ABROAD

# The contacts of all UIDs from the first to the last fitting one are read at once where these are fewer than
# so many times those that fit. Finding those of one UID takes about as long as reading on over ten.
SPARSE = 8
# The condition is looked at once, whatever it is made of. What is read of contacts stands in the index
# `contact_once`, in the order of UIDs: in one go where many of them fit, whoever's lie between, or one by one
# where few do. Whose the contacts are, their UIDs say.
REACH = """
WITH fitting AS MATERIALIZED (
    SELECT uid.id FROM messaging_uid uid WHERE uid.project_id = %s AND {fits}
), span AS MATERIALIZED (
    SELECT count(*) AS uids, min(id) AS first, max(id) AS last, max(id) - min(id) < %s * count(*) AS is_dense
    FROM fitting
), contacts AS (
    SELECT contact.country_code, contact.value FROM messaging_contact contact
    WHERE (SELECT is_dense FROM span) AND contact.kind = 'PHONE'
        AND contact.uid_id BETWEEN (SELECT first FROM span) AND (SELECT last FROM span)
        AND contact.uid_id IN (SELECT id FROM fitting)
    UNION ALL
    SELECT contact.country_code, contact.value
    FROM fitting JOIN messaging_contact contact ON contact.uid_id = fitting.id
    WHERE NOT (SELECT is_dense FROM span) AND contact.kind = 'PHONE'
), numbers AS (
    SELECT DISTINCT country_code, value FROM contacts
), countries AS (
    SELECT numbers.country_code, count(*) AS numbers, {opted_out} AS opted_out
    FROM numbers {opt_outs} GROUP BY numbers.country_code
)
SELECT span.uids, countries.country_code, countries.numbers, countries.opted_out
FROM span LEFT JOIN countries ON true
"""
# Opt-outs cost a join that only advertising pays.
OPT_OUTS = {
    "opted_out": "count(opt_out.id)",
    "opt_outs": """LEFT JOIN senders_optout opt_out ON opt_out.project_id = %s AND opt_out.removed_at IS NULL
    AND opt_out.number = numbers.value AND opt_out.country_code = numbers.country_code""",
}
NO_OPT_OUTS = {"opted_out": "0", "opt_outs": ""}


@dataclass(frozen=True, slots=True)
class Reach:
    """How many a condition meets.

    `uids` fit it. `numbers` are their phone numbers, each once, that a message of the type can go to, and
    `countries` says how many of them are in each country, by calling code. `abroad` of their numbers are in
    other countries: they are among `numbers`, or left out where the type does not go abroad. `opted_out` of
    `numbers` refuse advertising; 0 where that was not asked.
    """

    uids: int
    numbers: int
    abroad: int
    opted_out: int = 0
    countries: Mapping[int, int] = field(default_factory=dict)


def reach_of(
    *, project: Project, condition: Condition, message_type: str, with_opt_outs: bool = False
) -> Reach:
    """Whom the condition would reach now, in one statement. Tags of other projects meet nobody."""
    fits, params = condition_sql(condition)
    parts = OPT_OUTS if with_opt_outs else NO_OPT_OUTS
    params = [project.pk, *params, SPARSE, *([project.pk] if with_opt_outs else [])]
    with connection.cursor() as cursor:
        cursor.execute(REACH.format(fits=fits, **parts), params)
        return _reach(cursor.fetchall(), goes_abroad=message_type in TYPES_ABROAD)


def _reach(rows: list[tuple[int, int | None, int, int]], *, goes_abroad: bool) -> Reach:
    """From a row for each country: UIDs, calling code, numbers, opted out. Without a number one row: UIDs."""
    found = {code: (numbers, opted_out) for _uids, code, numbers, opted_out in rows if code is not None}
    met = {code: counts for code, counts in found.items() if code == KOREA or goes_abroad}
    return Reach(
        uids=rows[0][0],
        numbers=sum(numbers for numbers, _opted_out in met.values()),
        abroad=sum(numbers for code, (numbers, _opted_out) in found.items() if code != KOREA),
        opted_out=sum(opted_out for _numbers, opted_out in met.values()),
        countries={code: numbers for code, (numbers, _opted_out) in met.items()},
    )
