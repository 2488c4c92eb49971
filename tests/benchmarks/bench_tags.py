"""A send to a tag: from the command to its messages, beside a bare COPY of as many rows; and how long a
person waits for the number of recipients while a condition is built.
"""

import random
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from console.accounts.models import Project
from messaging.audience.conditions import Condition
from messaging.audience.reach import reach_of
from messaging.models import SendRequest, Tag
from messaging.sending.commands import SendCommand
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.states import DeliveryKind, MessageType, Purpose, RequestState
from tests.benchmarks.bench_sending import floor
from tests.benchmarks.table import Row, against, at_most
from tests.sends import SENDER, make_project

CONTACTS = 3
TAGS = 20
LOAD_GOAL, REACH_GOAL = 3.0, 0.3
TIMES = 5

WRITE_UIDS = """
INSERT INTO messaging_uid (project_id, uid, created_at)
SELECT %s, 'uid' || n, now() FROM generate_series(1, %s) AS n
"""
# Every fiftieth number is one that another UID has too.
WRITE_CONTACTS = """
INSERT INTO messaging_contact (project_id, uid_id, kind, country_code, value, created_at)
SELECT uid.project_id, uid.id, 'PHONE', 82,
    '010' || lpad((CASE WHEN k = 1 AND uid.id %% 50 = 0 THEN uid.id - 1 ELSE uid.id + k * 10000000 END
        %% 100000000)::text, 8, '0'), now()
FROM messaging_uid uid, generate_series(0, %s) AS k WHERE uid.project_id = %s
ORDER BY hashint8(uid.id * 7 + k)
"""
# One tag is everybody's, the others those of a tenth.
WRITE_TAGGED = """
INSERT INTO messaging_taggeduid (tag_id, uid_id, created_at)
SELECT tag.id, uid.id, now() FROM messaging_tag tag JOIN messaging_uid uid USING (project_id)
WHERE tag.project_id = %s AND (tag.name = 'all' OR hashint8(uid.id * 31 + tag.id) %% 10 = 0)
"""


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with `rows` UIDs, of one phone number and of three."""
    measured = []
    for contacts in (1, CONTACTS):
        project = make_audience(rows, contacts)
        everybody = Condition((Tag.objects.get(project=project, name="all").pk,))
        bare = floor(plain_rows(reach_of(project=project, condition=everybody, message_type="SMS").numbers))
        name = f"tag send loaded, {rows:,} UIDs with {contacts} each"
        measured.append(against(name, load(project, everybody), "s", floor=bare, goal=LOAD_GOAL))
    for title, condition in conditions(project):
        seconds = min(timed_reach(project, condition) for _once in range(TIMES))
        measured.append(at_most(f"recipients counted, {title}", seconds, "s", REACH_GOAL))
    return measured


def make_audience(uids: int, contacts: int) -> Project:
    """A project with so many UIDs, each with so many numbers, and tags."""
    project = make_project()
    names = ["all", *(f"tag{n}" for n in range(TAGS))]
    Tag.objects.bulk_create(Tag(project=project, name=name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(WRITE_UIDS, [project.pk, uids])
        cursor.execute(WRITE_CONTACTS, [contacts - 1, project.pk])
        cursor.execute(WRITE_TAGGED, [project.pk])
        cursor.execute("VACUUM ANALYZE messaging_uid, messaging_contact, messaging_tag, messaging_taggeduid")
    return project


def plain_rows(count: int) -> Iterator[list[str]]:
    """A header and so many numbers, as the floor reads them of a file. In no order, as files are."""
    yield ["recipient_no"]
    numbers = list(range(count))
    random.Random(1).shuffle(numbers)
    for number in numbers:
        yield [f"010{number:08d}"]


def load(project: Project, condition: Condition) -> float:
    """Seconds from the command to the last message in the table."""
    command = SendCommand(
        project=project,
        actor=None,
        message_type=MessageType.SMS,
        purpose=Purpose.GENERAL,
        sender=SENDER,
        body="To all",
        kind=DeliveryKind.TAG,
        tag_condition=condition,
    )
    started = time.perf_counter()
    request = plan_send(command)
    load_request(request.pk)
    seconds = time.perf_counter() - started
    loaded = SendRequest.objects.get(pk=request.pk)
    if (loaded.state, loaded.loaded) != (RequestState.SENDING, request.total):
        raise RuntimeError(f"the tag send is {loaded.state} with {loaded.loaded} of {request.total} messages")
    return seconds


def conditions(project: Project) -> list[tuple[str, Condition]]:
    tags = list(Tag.objects.filter(project=project).order_by("pk").values_list("pk", flat=True))
    everybody, a, b, c, d, *others = tags
    nested = Condition((everybody,), (a, Condition((b, c))), (Condition((d,), (a, b)), *others[:3]))
    return [
        ("everybody", Condition((everybody,))),
        ("one tag", Condition((a,))),
        ("nested", nested),
    ]


def timed_reach(project: Project, condition: Condition) -> float:
    started = time.perf_counter()
    reach_of(project=project, condition=condition, message_type=MessageType.SMS, with_opt_outs=True)
    return time.perf_counter() - started
