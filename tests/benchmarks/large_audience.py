"""UIDs with their contacts and tags, the 080 line and the numbers that opted out, of the large project."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.models import Tag
from senders.models import OptOutLine
from senders.states import LineState

OPT_OUT_NUMBER = "0805000001"
# What part of the UIDs a tag is on: a few on most of them, many on few.
SHARES = (1.0, 0.8, 0.6, 0.35, 0.2, 0.1, 0.1, *(0.05,) * 5, *(0.01,) * 18, *(0.001,) * 29, 0.0)
# The phone of the nth person: mobile numbers that look like any, and are the same each time.
PHONE = "'010' || lpad((20000000 + ({n})::bigint * 7919 %% 70000000)::text, 8, '0')"

UIDS = """
INSERT INTO messaging_uid (project_id, uid, created_at)
SELECT %(project)s, 'member-' || lpad(n::text, 7, '0'), now() - (%(uids)s - n) * '78 seconds'::interval
FROM generate_series(1, %(uids)s) n
"""
# One to five contacts, three on average: two phones, an address, a phone abroad, a push token.
CONTACTS = f"""
INSERT INTO messaging_contact (project_id, uid_id, kind, country_code, value, created_at)
SELECT uid.project_id, uid.id, kind, country_code, value, uid.created_at
FROM (
    SELECT uid.*, row_number() OVER (ORDER BY id) AS n FROM messaging_uid uid WHERE project_id = %(project)s
) uid
CROSS JOIN LATERAL (VALUES
    (1, 'PHONE', 82, {PHONE.format(n="n")}),
    (2, 'PHONE', 82, {PHONE.format(n="n + %(uids)s")}),
    (3, 'EMAIL', 0, 'member' || n || '@example.com'),
    (4, 'PHONE', 81, '90' || lpad(n::text, 8, '0')),
    (5, 'PUSH', 0, md5(n::text) || md5((-n)::text))
) AS contact (at, kind, country_code, value)
WHERE at <= 1 + n %% 5
"""
TAGGED = """
INSERT INTO messaging_taggeduid (tag_id, uid_id, created_at)
SELECT tag.id, uid.id, uid.created_at
FROM unnest(%(tags)s::bigint[], %(shares)s::float[]) AS tag (id, share)
JOIN messaging_uid uid ON project_id = %(project)s
    AND (hashint8extended(uid.id, tag.id) & 1048575) < share * 1048576
"""
OPT_OUTS = f"""
INSERT INTO senders_optout (project_id, country_code, number, source, line_id, created_by_id, created_at,
    last_refused_at, removed_by_id, removed_at, removal_reason)
SELECT %(project)s, 82, {PHONE.format(n="n * 3")}, source,
    CASE WHEN source = 'CALL' THEN %(line)s::bigint END,
    CASE WHEN source <> 'CALL' THEN %(user)s::bigint END,
    now() - n * '150 seconds'::interval,
    now() - n * '150 seconds'::interval,
    CASE WHEN is_removed THEN %(user)s::bigint END,
    CASE WHEN is_removed THEN now() - n * '120 seconds'::interval END,
    CASE WHEN is_removed THEN '고객이 다시 받기를 원함' ELSE '' END
FROM generate_series(1, %(opt_outs)s) n
CROSS JOIN LATERAL (
    SELECT (ARRAY['CALL', 'CALL', 'HAND', 'FILE', 'API'])[1 + n %% 5] AS source, n %% 25 = 0 AS is_removed
) AS chosen
"""


def make_audience(project: Project, *, uids: int) -> list[Tag]:
    """So many UIDs with three contacts each on average; their tags, the one with the most UIDs first."""
    tags = Tag.objects.bulk_create(Tag(project=project, name=f"태그 {at}") for at in range(len(SHARES)))
    given = {
        "project": project.pk,
        "uids": uids,
        "tags": [tag.pk for tag in tags],
        "shares": list(SHARES),
    }
    with connection.cursor() as cursor:
        for statement in (UIDS, CONTACTS, TAGGED):
            cursor.execute(statement, given)
    return tags


def make_opt_outs(project: Project, user: User, *, opt_outs: int) -> list[OptOutLine]:
    """The open line and one given up, and so many numbers that refused; one in 25 was removed again."""
    now = timezone.now()
    opened = {"project": project, "business_name": "Acme", "applied_by": user}
    lines = OptOutLine.objects.bulk_create(
        [
            OptOutLine(
                **opened,
                number=OPT_OUT_NUMBER,
                state=LineState.OPEN,
                applied_at=now - timedelta(days=120),
                opened_at=now - timedelta(days=116),
            ),
            OptOutLine(
                **opened,
                number="0805000002",
                state=LineState.CANCELED,
                applied_at=now - timedelta(days=400),
                opened_at=now - timedelta(days=396),
                canceled_at=now - timedelta(days=117),
            ),
        ]
    )
    given = {"project": project.pk, "line": lines[0].pk, "user": user.pk, "opt_outs": opt_outs}
    with connection.cursor() as cursor:
        cursor.execute(OPT_OUTS, given)
    return lines
