"""POST messages: what a program asks for is what is written and sent."""

import pytest

from messaging.gateways.simulator import Simulator
from messaging.models import Message, SendRequest
from messaging.sending.submitting import drain
from messaging.states import Lane
from tests.sends import simulator_of

pytestmark = pytest.mark.django_db


def sent(project):
    """(recipient, subject, text) of all that the carrier has."""
    drain(Lane.SINGLE)
    simulator: Simulator = simulator_of(project)
    with simulator.ledger.reading() as database:
        return sorted(database.execute("SELECT recipient, subject, text FROM message").fetchall())


def test_a_message_is_taken_and_sent(sens, sending, project):
    answer = sens.post(
        "/messages", sending(messages=[{"to": "01012345678", "content": "own"}, {"to": "01087654321"}])
    )
    assert answer.status_code == 202, answer.content
    request = SendRequest.objects.get()
    assert answer.json() == {
        "requestId": str(request.pk),
        "requestTime": answer.json()["requestTime"],
        "statusCode": "202",
        "statusName": "success",
    }
    assert (request.project, request.source, request.sender) == (project, "SENS", "0212345678")
    assert [row[0] for row in sent(project)] == ["01012345678", "01087654321"]
    assert set(Message.objects.values_list("state", flat=True)) == {"SENT"}


def test_a_hundred_recipients_are_one_transaction_of_few_statements(sens, sending, django_assert_num_queries):
    """Key, rate, sender number; then the signature, the request, its batch, COPY, chunk, counts."""
    many = [{"to": f"010{n:08}", "content": f"number {n}"} for n in range(100)]
    sens.post("/messages", sending())
    with django_assert_num_queries(11):
        answer = sens.post("/messages", sending(messages=many))
    assert Message.objects.filter(request=answer.json()["requestId"]).count() == 100
