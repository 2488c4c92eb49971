"""Monday, 2026-03-02, 09:00 in Seoul (midnight UTC); a project that may send, and somebody who does."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from console.accounts.models import Project
from messaging.partitions import ensure_partitions
from tests.messaging.admin.sending_people import Desk, desk, ready_project

NOW = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def project(db: None, clock: time_machine.Traveller) -> Project:
    ensure_partitions()
    return ready_project()


@pytest.fixture
def sender(project: Project) -> Desk:
    """Somebody who may send, signed in."""
    return desk(project=project)
