"""A project that may send through a simulator, a person of it, and a schedule of theirs.

The clock stands at Monday, 2026-03-02, 09:00 in Seoul (midnight UTC).
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine

from console.accounts.models import Project, User
from messaging.gateways.simulator import Simulator
from messaging.models import RecurringSchedule
from messaging.partitions import ensure_partitions
from messaging.schedules.services import ScheduleWish, create_schedule
from messaging.sending.accounts import gateway_of
from messaging.sending.commands import SendCommand
from messaging.states import MessageType, Purpose
from tests.factories import MembershipFactory, ProjectFactory, RouteFactory, SenderNumberFactory

SENDER = "0212345678"
NOW = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
MONDAY, THURSDAY = 0b0000001, 0b0001000

MakeCommand = Callable[..., SendCommand]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def project(db: None, clock: time_machine.Traveller) -> Project:
    ensure_partitions()
    project: Project = ProjectFactory()  # type: ignore[assignment]
    SenderNumberFactory(approved=True, project=project, number=SENDER)
    return project


@pytest.fixture
def person(project: Project) -> User:
    return MembershipFactory(project=project).user  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def simulator(project: Project) -> Simulator:
    gateway = gateway_of(RouteFactory().account)  # type: ignore[attr-defined]
    assert isinstance(gateway, Simulator)
    return gateway


@pytest.fixture
def command(project: Project, person: User, simulator: Simulator) -> MakeCommand:
    """A valid general send of one SMS; keywords change it."""

    def make(**changes: Any) -> SendCommand:
        given: dict[str, Any] = {
            "project": project,
            "actor": person,
            "message_type": MessageType.SMS,
            "purpose": Purpose.GENERAL,
            "sender": SENDER,
            "body": "Hello",
            "recipients": ["010-1234-0001"],
        }
        return SendCommand(**given | changes)

    return make


def wish(**changes: Any) -> ScheduleWish:
    """Every Monday and Thursday at 10:00 in Seoul, from today on until the end of June."""
    given: dict[str, Any] = {
        "code": "WEEKLY",
        "weekdays": MONDAY | THURSDAY,
        "sends_at": time(10, 0),
        "time_zone": "Asia/Seoul",
        "starts_on": date(2026, 3, 2),
        "ends_on": date(2026, 6, 30),
    }
    return ScheduleWish(**given | changes)


@pytest.fixture
def schedule(project: Project, person: User) -> RecurringSchedule:
    return create_schedule(project=project, user=person, wish=wish())
