"""The console calls nothing inside its own network for a project, whatever the address looks like."""

import ipaddress
import socket

import pytest

from console import network
from console.network import is_public, may_call, why_refused
from messaging.webhooks import addresses

PRIVATE = (
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "192.0.0.8",
    "192.88.99.1",
    "198.18.0.1",
    "::127.0.0.1",
    "64:ff9b:1::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "fec0::1",
    "4000::1",
)
# Whatever a version of Python says of them.
NEVER = (
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


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_called(address: str) -> None:
    assert not may_call(ipaddress.ip_address(address))
    assert why_refused(address) == "This host is inside a private network."


@pytest.mark.parametrize("written", NEVER)
def test_what_is_never_called_does_not_depend_on_python(written: str) -> None:
    never = ipaddress.ip_network(written)
    for address in (never[0], never[-1]):
        assert network.is_within(address, network.NEVER)
        assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_public_addresses_are_called(address: str) -> None:
    assert why_refused(address) == ""


@pytest.mark.parametrize("written", ["localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "0177.0.0.1"])
def test_ways_to_write_this_machine(written: str) -> None:
    assert why_refused(written) == "This host is inside a private network."


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, "8.8.8.8", "10.0.0.1")
    assert why_refused("two.example") == "This host is inside a private network."
    resolves_to(monkeypatch, "8.8.8.8", "1.1.1.1")
    assert why_refused("two.example") == ""


@pytest.mark.parametrize("host", ["", " ", "a\0b", "a" * 300, "nothing.invalid"])
def test_what_is_no_host(host: str) -> None:
    assert why_refused(host) == "This host cannot be found."


def test_an_administrator_allows_a_network(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["10.20.0.0/16", "fd00::/8"]
    resolves_to(monkeypatch, "10.20.3.4", "fd00::1")
    assert why_refused("inside.example") == ""
    assert why_refused("10.20.3.4") == ""
    resolves_to(monkeypatch, "10.21.3.4")
    assert why_refused("inside.example") == "This host is inside a private network."


def test_storages_and_webhooks_go_by_one_list() -> None:
    assert addresses.is_public is is_public


def test_an_allowed_wrapping_opens_nothing_of_what_it_carries(settings) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["::/0"]
    assert not may_call(ipaddress.ip_address("::ffff:127.0.0.1"))
    assert may_call(ipaddress.ip_address("fd00::1"))


def test_a_network_is_meant_however_it_is_written_and_wrapped(settings) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["10.20.3.4/16"]
    for address in ("10.20.0.1", "::ffff:10.20.0.1", "64:ff9b::a14:1", "2002:a14:1::"):
        assert may_call(ipaddress.ip_address(address))
    for address in ("10.21.0.1", "64:ff9b::a15:1", "2002:a15:1::"):
        assert not may_call(ipaddress.ip_address(address))


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(network.socket, "getaddrinfo", lambda *args, **kwargs: found)
