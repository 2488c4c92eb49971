"""The gateways there are: a carrier joins the console by one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from messaging.gateways.base import Gateway, Text
from messaging.gateways.sens import Sens
from messaging.gateways.simulator import Simulator

GATEWAYS: dict[str, type[Gateway]] = {each.code: each for each in (Simulator, Sens)}


class UnknownGateway(LookupError):
    """No gateway has this code; perhaps the account was made by a newer version."""


def gateway_class(code: str) -> type[Gateway]:
    """The class of a gateway code. Raises `UnknownGateway`."""
    try:
        return GATEWAYS[code]
    except KeyError:
        raise UnknownGateway(code) from None


def build(code: str, settings: Mapping[str, Any]) -> Gateway:
    """A gateway from an account's stored settings. Raises `UnknownGateway` or `SettingsError`."""
    chosen = gateway_class(code)
    return chosen(chosen.settings_class.parse(settings))


def choices() -> list[tuple[str, Text]]:
    """Code and label of every gateway, for a form."""
    return [(code, each.label) for code, each in GATEWAYS.items()]
