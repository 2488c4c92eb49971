"""The whole path in one process: planned, loaded, released, claimed, handed over, reported, completed,
counted.
"""

import pytest

from messaging.gateways.simulator import Simulator
from messaging.models import Message, SendRequest
from messaging.sending.planning import plan_send
from messaging.sending.reporting import collect_reports
from messaging.sending.submitting import drain
from messaging.states import Lane, MessageState, RequestState
from messaging.statistics.counting import fold
from messaging.statistics.queries import progress_of
from tests.messaging.sending.conftest import MakeCommand

pytestmark = pytest.mark.django_db


def test_a_general_send_reaches_the_phone_and_is_completed(
    command: MakeCommand, simulator: Simulator
) -> None:
    request = plan_send(command(recipients=["010-1234-0001", "01012340002", "010 2999 2003"]))
    assert request.state == RequestState.SENDING

    assert drain(Lane.SINGLE) is False
    request.refresh_from_db()
    assert request.state == RequestState.COMPLETED
    assert simulator.ledger.counts()["messages"] == 3

    collect_reports()
    messages = Message.objects.filter(request=request).order_by("id")
    assert [(m.recipient, m.state, m.result_code) for m in messages] == [
        ("01012340001", MessageState.DELIVERED, "0"),
        ("01012340002", MessageState.DELIVERED, "0"),
        ("01029992003", MessageState.FAILED, "2003"),
    ]
    counts = {"REQUESTED": 3, "SENT": 3, "DELIVERED": 2, "DELIVERY_FAILED": 1}
    assert progress_of([request.pk])[request.pk].counts == counts
    fold()
    assert progress_of([request.pk])[request.pk].counts == counts
    [phone] = [
        h for h in simulator.ledger.handsets(scope=str(request.project_id)) if h.recipient.endswith("1")
    ]
    assert [message.text for message in phone.messages] == ["Hello"]
    assert SendRequest.objects.count() == 1
