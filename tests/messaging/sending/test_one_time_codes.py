"""A one-time code is a message that goes before all others, and arrives on a phone."""

import datetime

import pytest
import time_machine
from django.conf import settings
from django.db import connection

from console.accounts.models import Project
from messaging.gateways.simulator import Simulator
from messaging.models import Message, SendRequest
from messaging.sending.one_time_codes import forget_codes
from messaging.sending.submitting import drain
from messaging.states import Lane, MessageState, Purpose, RequestState, Source
from messaging.tasks import maintain_partitions_task
from senders.services.phone_verification import CodeNotSent, get_provider
from tests.factories import ProjectFactory
from tests.messaging.sending.conftest import SENDER

pytestmark = pytest.mark.django_db


def texts(simulator: Simulator, project: Project) -> list[tuple[str, str, str]]:
    phones = simulator.ledger.handsets(scope=str(project.pk))
    return [(each.sender, each.recipient, each.text) for phone in phones for each in phone.messages]


def test_a_code_comes_from_the_projects_own_number(project: Project, simulator: Simulator) -> None:
    get_provider().send_code(project=project, phone_number="01012345678", code="123456")
    request = SendRequest.objects.get()
    assert (request.lane, request.purpose, request.source) == (
        Lane.AUTH,
        Purpose.AUTHENTICATION,
        Source.SYSTEM,
    )
    drain(Lane.AUTH)
    [(sender, recipient, text)] = texts(simulator, project)
    assert (sender, recipient) == (SENDER, "01012345678")
    assert "123456" in text


def test_a_project_without_a_number_gets_it_from_the_console(simulator: Simulator) -> None:
    project = ProjectFactory()
    get_provider().send_code(project=project, phone_number="01012345678", code="123456")
    drain(Lane.AUTH)
    [(sender, _recipient, _text)] = texts(simulator, project)
    assert sender == settings.BONGSU_SYSTEM_SENDER


def test_where_nothing_can_be_sent_the_person_is_told(project: Project, simulator: Simulator) -> None:
    project.is_active = False
    with pytest.raises(CodeNotSent) as caught:
        get_provider().send_code(project=project, phone_number="01012345678", code="123456")
    assert "closed" in caught.value.reason
    assert not SendRequest.objects.exists()


def test_a_code_is_forgotten_ten_minutes_after_it_ended(project: Project, simulator: Simulator) -> None:
    get_provider().send_code(project=project, phone_number="01012345678", code="123456")
    drain(Lane.AUTH)
    request = SendRequest.objects.get()
    assert request.state == RequestState.COMPLETED
    minutes = datetime.timedelta(minutes=10)
    with time_machine.travel(request.completed_at + minutes - datetime.timedelta(seconds=1), tick=False):
        assert forget_codes() == 0
    request.refresh_from_db()
    assert "123456" in request.body
    with time_machine.travel(request.completed_at + minutes, tick=False):
        maintain_partitions_task()
        assert forget_codes() == 0
    request.refresh_from_db()
    assert (request.subject, request.body, request.state) == ("", "(removed)", RequestState.COMPLETED)
    message = Message.objects.get()
    assert (message.recipient, message.values or []) == ("01012345678", [])
    assert message.state != MessageState.READY


@pytest.mark.parametrize(
    ("change", "forgotten"),
    [
        ({}, 1),
        ({"state": RequestState.CANCELED, "completed_at": None, "canceled_at": True}, 1),
        ({"state": RequestState.FAILED, "completed_at": None}, 1),
        ({"state": RequestState.SENDING, "completed_at": None}, 0),
        ({"state": RequestState.SCHEDULED, "completed_at": None}, 0),
        ({"source": Source.CONSOLE}, 0),
        ({"purpose": Purpose.GENERAL}, 0),
    ],
)
def test_only_codes_of_the_console_that_ended(project, simulator, change, forgotten) -> None:
    get_provider().send_code(project=project, phone_number="01012345678", code="123456")
    drain(Lane.AUTH)
    request = SendRequest.objects.get()
    moment = {"canceled_at": request.completed_at} if "canceled_at" in change else {}
    SendRequest.objects.update(**{**change, **moment})
    with time_machine.travel(request.completed_at + datetime.timedelta(hours=1), tick=False):
        assert forget_codes() == forgotten
    request.refresh_from_db()
    assert ("123456" in request.body) is not bool(forgotten)


def test_codes_are_found_by_their_own_index(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = SendRequest.objects.filter(source=Source.SYSTEM).exclude(body="(removed)").explain()
    assert "request_holds_code" in plan
