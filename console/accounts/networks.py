"""Networks that a key may be used from: as people write them, and whether an address is within. Pure."""

import ipaddress
import re
from collections.abc import Iterable

MAX_NETWORKS = 50
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotANetwork(ValueError):
    """What was written is no network; its argument is the word."""


def parse_networks(text: str) -> list[str]:
    """The networks in a text, separated by commas, spaces or lines; each once, in its usual form and order.

    A single address is a network of one. `10.1.2.3/24` is `10.1.2.0/24`; `::ffff:10.1.2.3` is `10.1.2.3`.
    Raises NotANetwork with the first word that is none.
    """
    found: dict[str, None] = {}
    for word in re.split(r"[\s,;]+", text.strip()):
        if word:
            found[str(_network(word))] = None
    return list(found)


def _network(word: str) -> Network:
    try:
        written = ipaddress.ip_interface(word)
    except ValueError as error:
        raise NotANetwork(word) from error
    mapped = getattr(written.ip, "ipv4_mapped", None)
    if mapped is None and "%" not in word:
        return written.network
    if mapped is None or written.network.prefixlen < 96:
        raise NotANetwork(word)
    return ipaddress.ip_network((mapped, written.network.prefixlen - 96), strict=False)


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Whether the address lies in one of the networks. With no networks, every address does."""
    allowed = [ipaddress.ip_network(network) for network in networks]
    if not allowed:
        return True
    try:
        given: Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = getattr(given, "ipv4_mapped", None) or given
    return any(plain in network for network in allowed)
