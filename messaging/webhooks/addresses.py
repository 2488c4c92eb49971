"""Where a webhook may go: public addresses, over TLS, at the usual ports; else only where staff allow it.

A URL is checked when it is entered (`check_url`), and what its host resolves to at each call (`permitted`),
by whoever connects: so a name that changes between check and connection gains nothing.
"""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

import httpx

from console import network
from console.network import Address, Network, is_public, is_within
from messaging.models import WebhookNetwork

PORTS = {"http": 80, "https": 443}
USUAL_PORTS = frozenset({80, 443, 8080, 8443})
LONGEST_URL = 500
RESOLVE_SECONDS = 5.0
# A resolver that hangs holds one of these threads, and no worker for longer than RESOLVE_SECONDS.
_resolvers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


class WrongAddress(Exception):
    """The URL, or what it resolves to, may not be called. `code` is a key of `messaging.webhooks.words`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: the host as ASCII, the port that is meant, what stands in the request line."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"


def check_url(text: str) -> Target:
    """The URL taken apart. Raises WrongAddress where it can mean no receiver, whatever it resolves to."""
    if len(text) > LONGEST_URL:
        raise WrongAddress("url_long")
    if any(ord(each) <= 32 or each == "\\" for each in text):
        raise WrongAddress("url")
    try:
        url = httpx.URL(text)
        name, port = url.host, url.port
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise WrongAddress("url") from error
    if url.scheme not in PORTS or not name or not (port is None or 0 < port < 65536):
        raise WrongAddress("url")
    if url.userinfo:
        raise WrongAddress("url_userinfo")
    if "#" in text:
        raise WrongAddress("url_fragment")
    host = url.raw_host.decode("ascii")
    return Target(url.scheme, host, port or PORTS[url.scheme], url.raw_path.decode("ascii"))


def allowed_networks() -> tuple[Network, ...]:
    """The networks that an administrator opened to webhooks, here or for all that projects name."""
    opened = WebhookNetwork.objects.values_list("network", flat=True)
    return (*network.allowed_networks(), *(ip_network(each) for each in opened))


def permitted(target: Target, allowed: Sequence[Network]) -> list[Address]:
    """The addresses of the target, every one of which may be called. Raises WrongAddress.

    One that may not be called is enough to refuse the host: whoever answers for it chooses which is used.
    """
    addresses = resolve(target.host, target.port)
    for address in addresses:
        if is_within(address, allowed):
            continue
        if not is_public(address):
            raise WrongAddress("private", str(address))
        if target.scheme != "https":
            raise WrongAddress("plain", str(address))
        if target.port not in USUAL_PORTS:
            raise WrongAddress("port", str(target.port))
    return addresses


def resolve(host: str, port: int) -> list[Address]:
    """What the host's name stands for now, each once. Raises WrongAddress where nothing answers in time."""
    asked = _resolvers.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = asked.result(timeout=RESOLVE_SECONDS)
    except TookTooLong as error:
        asked.cancel()
        raise WrongAddress("dns_timeout", host) from error
    except (OSError, ValueError) as error:
        raise WrongAddress("dns", host) from error
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if not addresses:
        raise WrongAddress("dns", host)
    return list(dict.fromkeys(addresses))
