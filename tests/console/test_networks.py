"""Networks as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.accounts.networks import NotANetwork, is_within, parse_networks


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", []),
        ("  \n , ", []),
        ("203.0.113.7", ["203.0.113.7/32"]),
        ("10.1.2.3/24", ["10.1.2.0/24"]),
        ("10.0.0.0/255.0.0.0", ["10.0.0.0/8"]),
        ("2001:DB8:0:0::1", ["2001:db8::1/128"]),
        ("2001:db8::1/48", ["2001:db8::/48"]),
        ("::ffff:10.1.2.3", ["10.1.2.3/32"]),
        ("::ffff:10.1.2.3/120", ["10.1.2.0/24"]),
        ("10.0.0.1\n10.0.0.2, 10.0.0.1/32;2001:db8::/48", ["10.0.0.1/32", "10.0.0.2/32", "2001:db8::/48"]),
    ],
)
def test_networks_are_written_in_one_way(text, networks) -> None:
    assert parse_networks(text) == networks


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("10.0.0.1 shop.example.com", "shop.example.com"),
        ("10.0.0.256", "10.0.0.256"),
        ("10.0.0.0/33", "10.0.0.0/33"),
        ("2001:db8::/129", "2001:db8::/129"),
        ("fe80::1%eth0/64", "fe80::1%eth0/64"),
        ("::ffff:0:0/90", "::ffff:0:0/90"),
        ("010.0.0.1", "010.0.0.1"),
    ],
)
def test_what_is_no_network_is_named(text, word) -> None:
    with pytest.raises(NotANetwork) as refused:
        parse_networks(text)
    assert str(refused.value) == word


@pytest.mark.parametrize(
    ("address", "networks", "is_allowed"),
    [
        ("203.0.113.7", [], True),
        ("", [], True),
        ("203.0.113.7", ["203.0.113.0/24"], True),
        ("203.0.114.7", ["203.0.113.0/24"], False),
        ("::ffff:203.0.113.7", ["203.0.113.0/24"], True),
        ("2001:db8::7", ["203.0.113.0/24"], False),
        ("2001:db8::7", ["203.0.113.0/24", "2001:db8::/48"], True),
        ("", ["0.0.0.0/0"], False),
        ("unknown", ["0.0.0.0/0", "::/0"], False),
    ],
)
def test_an_address_lies_within_or_not(address, networks, is_allowed) -> None:
    assert is_within(address, networks) is is_allowed


@given(st.ip_addresses(), st.integers(0, 128))
def test_what_was_parsed_holds_the_address_that_was_written(address, bits) -> None:
    prefix = min(bits, address.max_prefixlen)
    if getattr(address, "ipv4_mapped", None) and prefix < 96:
        return
    [network] = parse_networks(f"{address}/{prefix}")
    assert is_within(str(address), [network])
    assert parse_networks(network) == [network]
