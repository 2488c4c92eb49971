"""A project as it is after three busy months, written in sets: what the pages are measured with.

At the full size, `rows` of 1,000,000: that many messages, 500 templates, 100,000 UIDs with 300,000 contacts,
50,000 opt-outs, 200 webhooks with 100,000 calls, an audit trail of 1,000,000 entries. A smaller `rows` makes
all of it smaller, and the tags as uneven as they are.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from console.accounts.models import Project, User
from console.accounts.roles import ProjectRole
from messaging.models import Tag
from tests.benchmarks.large_audience import make_audience, make_opt_outs
from tests.benchmarks.large_content import make_keys, make_senders, make_templates
from tests.benchmarks.large_governance import make_access_keys, make_members, make_trail, make_webhooks
from tests.benchmarks.large_sends import make_sends
from tests.factories import MembershipFactory, UserFactory
from tests.sends import make_project

FULL = 1_000_000
TABLES = (
    "messaging_message",
    "messaging_sendrequest",
    "messaging_sendbatch",
    "messaging_chunk",
    "messaging_recipientfile",
    "messaging_requestcount",
    "messaging_statisticscount",
    "messaging_countdelta",
    "messaging_template",
    "messaging_templateversion",
    "messaging_category",
    "messaging_uid",
    "messaging_contact",
    "messaging_tag",
    "messaging_taggeduid",
    "senders_optout",
    "senders_sendernumber",
    "messaging_webhook",
    "messaging_webhookcall",
    "messaging_webhookattempt",
    "accounts_auditentry",
)


@dataclass(frozen=True)
class Size:
    """How much of everything, from the number of messages."""

    messages: int

    def of(self, at_full_size: int, at_least: int = 1) -> int:
        """How many there are here of what there are `at_full_size` beside a million messages."""
        return max(at_full_size * self.messages // FULL, at_least)


@dataclass(frozen=True)
class LargeProject:
    """The project, and who looks at it: a manager, a sender and a viewer, and staff of the platform."""

    project: Project
    people: dict[str, User]
    tags: list[Tag]


def build(rows: int) -> LargeProject:
    """Write a project with `rows` messages and all that belongs to so many."""
    size = Size(rows)
    project = make_project()
    people: dict[str, Any] = {
        role.lower(): MembershipFactory(project=project, role=role).user for role in ProjectRole
    }
    people["administrator"] = UserFactory(administrator=True)
    manager = people["manager"]
    senders = make_senders(project, manager, numbers=size.of(40, at_least=4))
    lines = make_opt_outs(project, manager, opt_outs=size.of(50_000, at_least=20))
    versions = make_templates(project, manager, templates=size.of(500, at_least=10))
    keys = make_keys(project, manager, keys=size.of(40, at_least=4))
    tags = make_audience(project, uids=size.of(100_000, at_least=100))
    make_sends(
        project,
        manager,
        messages=rows,
        senders=senders,
        versions=versions,
        keys=keys,
        line=lines[0],
        tags=tags,
    )
    others = make_members(project, members=size.of(40, at_least=4))
    make_access_keys(project, manager, keys=size.of(30, at_least=3))
    make_webhooks(project, manager, webhooks=size.of(200, at_least=3), calls=size.of(100_000, at_least=100))
    make_trail(project, [*people.values(), *others], entries=size.of(1_000_000, at_least=100))
    with connection.cursor() as cursor:
        for table in TABLES:  # as it is once autovacuum has been there
            cursor.execute(f"VACUUM ANALYZE {table}")
    return LargeProject(project, people, tags)
