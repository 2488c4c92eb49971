"""A project that may send through a simulator, and the commands that the tests begin with."""

from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import Project
from messaging.gateways.simulator import Simulator
from messaging.models import GatewayAccount
from messaging.sending.accounts import gateway_of
from messaging.sending.commands import SendCommand
from messaging.states import MessageType, Purpose
from tests.factories import ProjectFactory, RouteFactory, SenderNumberFactory

SENDER = "0212345678"

MakeCommand = Callable[..., SendCommand]


@pytest.fixture
def project(db: None) -> Project:
    project = ProjectFactory()
    SenderNumberFactory(approved=True, project=project, number=SENDER)
    return project


@pytest.fixture
def account(db: None) -> GatewayAccount:
    return RouteFactory().account


@pytest.fixture
def simulator(account: GatewayAccount) -> Simulator:
    gateway = gateway_of(account)
    assert isinstance(gateway, Simulator)
    return gateway


@pytest.fixture
def command(project: Project, account: GatewayAccount) -> MakeCommand:
    """A valid general send of one SMS; keywords change it."""

    def make(**changes: Any) -> SendCommand:
        given: dict[str, Any] = {
            "project": project,
            "actor": None,
            "message_type": MessageType.SMS,
            "purpose": Purpose.GENERAL,
            "sender": SENDER,
            "body": "Hello",
            "recipients": ["010-1234-0001"],
        }
        return SendCommand(**given | changes)

    return make
