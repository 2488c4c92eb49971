"""Which hosts the console may call on a project's behalf: none inside its own network.

Whoever manages a project names addresses (a storage, a receiver of webhooks) that our servers then call. They
stand inside a network that outsiders do not reach, so a host is refused where any address it resolves to is
not a public one. `BONGSU_ALLOWED_NETWORKS` names what an administrator allows all the same.
"""

import ipaddress
import socket
from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# What these carry is an IPv4 address, which decides.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
# Python calls these global, or did in a version that we serve.
NEVER = tuple(
    ipaddress.ip_network(each)
    for each in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "100.64.0.0/10",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
        "ff00::/8",
    )
)


def why_refused(host: str) -> str:
    """Why the console may not call this host (a name or an address), as a sentence; "" where it may.

    It resolves the name: ask again whenever it is called, and use an address that was looked at.
    """
    try:
        addresses = addresses_of(host)
    except (OSError, ValueError):
        return _("This host cannot be found.")
    if not all(map(may_call, addresses)):
        return _("This host is inside a private network.")
    return ""


def addresses_of(host: str) -> list[Address]:
    """Every address that the host resolves to now. Raises OSError where there is none."""
    if "\0" in host or not host.strip():
        raise ValueError(host)
    found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    written = dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found)
    return [ipaddress.ip_address(each) for each in written]


def may_call(address: Address) -> bool:
    """Whether the address is a public one, or an administrator allows it."""
    return is_within(address, allowed_networks()) or is_public(address)


def allowed_networks() -> list[Network]:
    """The networks that an administrator allows, from `BONGSU_ALLOWED_NETWORKS`."""
    return [ipaddress.ip_network(each, strict=False) for each in settings.BONGSU_ALLOWED_NETWORKS]


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Whether the address, or the IPv4 address inside it, is in one of the networks."""
    meant = inner(address)
    return any(each.version == meant.version and meant in each for each in networks)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet may be meant: no private, local, reserved or shared address."""
    meant = inner(address)
    if is_within(meant, NEVER):
        return False
    return meant.is_global and not meant.is_reserved


def inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one only wraps (mapped, NAT64, 6to4), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in SIX_TO_FOUR:
        return ipaddress.IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address
