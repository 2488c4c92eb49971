"""The gateway of a configured carrier account, made once a process and for each state of its settings."""

import json
from functools import lru_cache

from messaging.gateways import registry
from messaging.gateways.base import Gateway, GatewayUnavailable, SettingsError
from messaging.models import GatewayAccount


def gateway_of(account: GatewayAccount) -> Gateway:
    """The account's gateway. Raises GatewayUnavailable where its settings are wrong."""
    return _built(account.gateway, account.settings)


@lru_cache(maxsize=64)
def _built(code: str, settings: str) -> Gateway:
    try:
        return registry.build(code, json.loads(settings))
    except (registry.UnknownGateway, SettingsError, ValueError) as error:
        raise GatewayUnavailable(f"The settings of this carrier account cannot be used: {error}") from error
