"""Code to class."""

from pathlib import Path

import pytest

from messaging.gateways import registry
from messaging.gateways.base import SettingsError
from messaging.gateways.simulator import Simulator


def test_every_gateway_is_found_by_its_own_code() -> None:
    assert {code: registry.gateway_class(code).code for code in registry.GATEWAYS} == {
        "simulator": "simulator",
        "sens": "sens",
    }


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(registry.UnknownGateway, match="smoke"):
        registry.gateway_class("smoke")


def test_build_makes_the_gateway_from_stored_settings(tmp_path: Path) -> None:
    gateway = registry.build("simulator", {"ledger_path": str(tmp_path), "latency_ms": "5"})
    assert isinstance(gateway, Simulator)
    assert (gateway.settings.ledger_path, gateway.settings.latency_ms) == (tmp_path, 5)


def test_build_refuses_settings_that_lack_the_ledger() -> None:
    with pytest.raises(SettingsError, match="ledger_path"):
        registry.build("simulator", {})


def test_choices_are_for_people() -> None:
    assert [(code, str(label)) for code, label in registry.choices()] == [
        ("simulator", "Simulator"),
        ("sens", "SENS"),
    ]
