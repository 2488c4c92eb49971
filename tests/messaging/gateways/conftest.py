"""A simulator in a folder of its own, and messages for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uuid_utils

from messaging.gateways.base import OutboundMessage, Submission
from messaging.gateways.ledger_file import close_connections
from messaging.gateways.simulator import Simulator, SimulatorSettings

Build = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "ledger"
    close_connections()


@pytest.fixture
def build(folder: Path) -> Callable[..., Simulator]:
    """Make a simulator: the reports are due at once unless a test says otherwise."""

    def make(**settings: Any) -> Simulator:
        return Simulator(SimulatorSettings(ledger_path=folder, **{"report_delay_ms": 0, **settings}))

    return make


@pytest.fixture
def outbound() -> Callable[..., OutboundMessage]:
    def make(recipient: str = "01012345678", text: str = "hello", **values: Any) -> OutboundMessage:
        message_id = values.pop("id", None) or str(uuid_utils.uuid7())
        country_code = values.pop("country_code", 82)
        return OutboundMessage(message_id, country_code, recipient, text, **values)

    return make


@pytest.fixture
def submission() -> Callable[..., Submission]:
    def make(*messages: OutboundMessage, **values: Any) -> Submission:
        shared = {"scope": "p1", "sender": "021234567", "message_type": "SMS", "purpose": "NORMAL"}
        return Submission(messages=messages, **{**shared, **values})

    return make
