"""How the database looks messages up that are moved by their ids, whatever it believes to know of a month."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.gateways.simulator import Simulator
from messaging.models import Message
from messaging.sending.advertising import opted_out_ids
from messaging.sending.loading import load_request
from messaging.sending.outbound import ready_rows
from messaging.sending.planning import plan_send
from messaging.sending.reporting import collect_reports
from messaging.sending.submitting import drain
from messaging.states import DeliveryKind, Lane
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.files import checked_file, numbers
from tests.sends import refuse

pytestmark = pytest.mark.django_db
ROWS = 600


@pytest.fixture
def messages(command: MakeCommand, simulator: Simulator) -> list[Message]:
    """Messages of a send, READY, in a month of which nothing is known but that all are DELIVERED."""
    file = checked_file(command().project, numbers(ROWS))
    request = plan_send(command(kind=DeliveryKind.MASS, recipient_file=file, recipients=()))
    load_request(request.pk)
    Message.objects.update(state="DELIVERED")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_message")
    Message.objects.update(state="READY")
    return list(Message.objects.filter(request=request).order_by("id"))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


def compared_one_by_one(queries: CaptureQueriesContext) -> list[str]:
    """What the moving statement reads anew for each message, where it looked no message up."""
    [statement] = [each["sql"] for each in queries if "UPDATE messaging_message message" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"))
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    [moved] = [each for each in nodes(plan) if each.get("Subplan Name") == "CTE moved"]
    loops = [each["Plans"][1] for each in nodes(moved) if each["Node Type"] == "Nested Loop"]
    return [each["Node Type"] for each in loops if each["Node Type"] in ("CTE Scan", "Function Scan")]


def test_reports_look_their_messages_up(messages: list[Message], simulator: Simulator) -> None:
    drain(Lane.MASS)
    with CaptureQueriesContext(connection) as queries:
        collect_reports()
    assert set(Message.objects.values_list("state", flat=True)) == {"DELIVERED"}
    assert compared_one_by_one(queries) == []


def test_no_statement_is_compiled_first() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting, source FROM pg_settings WHERE name = 'jit'")
        assert cursor.fetchone() == ("off", "client")


def test_who_refuses_is_read_off_the_index_of_who_refuses(messages: list[Message]) -> None:
    """A join with messages, planned without statistics, would read all of a project for each of them."""
    refuse(messages[0].project, [f"0109{n:07d}" for n in range(3000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE senders_optout")  # of an empty table any index is as cheap as another
    rows = ready_rows(messages[0].pk, messages[19].pk)
    with CaptureQueriesContext(connection) as queries:
        assert opted_out_ids(rows, project_id=messages[0].project_id) == []
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + queries[0]["sql"])
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    assert [each.get("Index Name") for each in nodes(plan)] == ["opt_out_once"]
    assert "number" in plan["Index Cond"]
