"""People, keys, webhooks with the log of their calls, and the audit trail of the large project."""

from datetime import timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from console.accounts.models import AccessKey, Project, User
from console.accounts.roles import ProjectRole
from messaging.models import Template, Webhook
from messaging.states import WebhookState
from messaging.webhooks.signing import new_secret
from tests.factories import MembershipFactory

ROLES = (ProjectRole.VIEWER, ProjectRole.SENDER, ProjectRole.SENDER, ProjectRole.MANAGER)
EVENTS = ("MESSAGE_RESULT_UPDATE", "UNSUBSCRIBE", "LIMIT_REACHED")
# One call in fifty was given up, the newest few of each webhook wait.
CALLS = """
INSERT INTO messaging_webhookcall (webhook_id, key, origin, event, n, payloads, is_replay, state, attempts,
    happened_at, created_at, finished_at)
SELECT webhook, key, key, events[1 + n %% 3], 1, '[{}]', n %% 40 = 0, state,
    CASE WHEN n %% 50 = 0 THEN 9 ELSE 1 END,
    at, at, CASE WHEN state <> 'WAITING' THEN at + '1 second'::interval END
FROM (
    SELECT n, gen_random_uuid() AS key, now() - (%(calls)s - n) * '20 seconds'::interval AS at,
        (%(webhooks)s::bigint[])[1 + n %% cardinality(%(webhooks)s::bigint[])] AS webhook,
        %(events)s::text[] AS events,
        CASE WHEN n > %(calls)s - 100 THEN 'WAITING' WHEN n %% 50 = 0 THEN 'FAILED' ELSE 'DELIVERED' END
            AS state
    FROM generate_series(1, %(calls)s) n
) AS made
ORDER BY n
"""
ATTEMPTS = """
INSERT INTO messaging_webhookattempt (webhook_id, call_id, at, status, milliseconds, trouble, answer, address)
SELECT webhook_id, id, created_at, CASE state WHEN 'DELIVERED' THEN 200 ELSE 503 END, 20 + id %% 400,
    CASE state WHEN 'DELIVERED' THEN '' ELSE 'status' END, 'ok', '203.0.113.7'
FROM messaging_webhookcall WHERE webhook_id = ANY(%(webhooks)s)
ORDER BY id
"""
# As uneven as a trail is: most of it is looking, and most of that by few.
TRAIL = """
INSERT INTO accounts_auditentry (project_id, content_type_id, object_pk, object_id, object_repr, action,
    changes_text, changes, additional_data, actor_id, actor_name, remote_addr, timestamp)
SELECT %(project)s, (%(types)s::bigint[])[1 + n %% cardinality(%(types)s::bigint[])], (n %% 5000)::text,
    n %% 5000,
    'Object ' || n %% 5000, action, '',
    CASE WHEN action = 1 THEN '{"name": ["Before", "After"]}'::jsonb END,
    CASE WHEN action > 2 THEN '{"what": "page opened"}'::jsonb END,
    actor, 'person' || actor, ('203.0.113.' || n %% 200)::inet,
    now() - (%(entries)s - n) * '8 seconds'::interval
FROM (
    SELECT n, (ARRAY[3, 3, 3, 3, 3, 1, 4, 0, 10, 5, 1, 3, 3, 12, 2])[1 + n %% 15] AS action,
        (%(people)s::bigint[])[1 + (n * 7919 %% 97) * (n * 104729 %% 89)
            %% cardinality(%(people)s::bigint[])] AS actor
    FROM generate_series(1, %(entries)s::bigint) n
) AS made
ORDER BY n
"""


def make_members(project: Project, *, members: int) -> list[User]:
    """So many more people of every role."""
    roles = (ROLES[at % len(ROLES)] for at in range(members))
    return [MembershipFactory(project=project, role=role).user for role in roles]


def make_access_keys(project: Project, user: User, *, keys: int) -> list[AccessKey]:
    """Keys of programs, one in three revoked."""
    now = timezone.now()
    return AccessKey.objects.bulk_create(
        AccessKey(
            project=project,
            name=f"서버 {at}",
            created_by=user,
            last_used_at=now - timedelta(minutes=at),
            last_used_address="203.0.113.9",
            revoked_at=now if at % 3 == 0 else None,
        )
        for at in range(keys)
    )


def make_webhooks(project: Project, user: User, *, webhooks: int, calls: int) -> list[Webhook]:
    """Webhooks in every state, and calls of the last weeks with an attempt each."""
    states = list(WebhookState)
    made = Webhook.objects.bulk_create(
        Webhook(
            project=project,
            url=f"https://hooks.example.com/{at}",
            events=list(EVENTS),
            secret=new_secret(),
            state=states[at % 10] if at % 10 < len(states) else WebhookState.ACTIVE,
            created_by=user,
        )
        for at in range(webhooks)
    )
    given = {"webhooks": [each.pk for each in made], "events": list(EVENTS), "calls": calls}
    with connection.cursor() as cursor:
        cursor.execute(CALLS, given)
        cursor.execute(ATTEMPTS, given)
    return made


def make_trail(project: Project, people: list[User], *, entries: int) -> None:
    """Entries of the last months, about people and templates."""
    types = ContentType.objects.get_for_models(Project, Template, User).values()
    given = {
        "project": project.pk,
        "entries": entries,
        "types": [each.pk for each in types],
        "people": [person.pk for person in people],
    }
    with connection.cursor() as cursor:
        cursor.execute(TRAIL, given)
