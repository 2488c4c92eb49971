"""Which addresses a webhook may call: the table of what people try, and names that change their mind."""

import socket
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from messaging.models import WebhookNetwork
from messaging.webhooks import addresses
from messaging.webhooks.addresses import (
    WrongAddress,
    allowed_networks,
    check_url,
    is_public,
    permitted,
)
from messaging.webhooks.calling import post

PUBLIC = ("8.8.8.8", "1.1.1.1", "203.119.1.1", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::1")
PRIVATE = (
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "url"),
        ("example.com/hooks", "url"),
        ("ftp://example.com/", "url"),
        ("file:///etc/passwd", "url"),
        ("gopher://example.com", "url"),
        ("https://", "url"),
        ("https:///hooks", "url"),
        ("https://exa mple.com/", "url"),
        ("https://example.com/\r\nHost: other", "url"),
        ("https://example.com\\@10.0.0.1/", "url"),
        ("https://example.com:99999/", "url"),
        ("https://user:secret@example.com/", "url_userinfo"),
        ("https://user@example.com/", "url_userinfo"),
        ("https://example.com/#part", "url_fragment"),
        ("https://xn--a/", "url"),
        ("https://①②⑦.0.0.1/", "url"),
        ("https://0177.0.0.1/", "url"),
        ("https://example.com/" + "a" * 500, "url_long"),
    ],
)
def test_urls_that_mean_no_receiver(url: str, code: str) -> None:
    with pytest.raises(WrongAddress) as refused:
        check_url(url)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "header"),
    [
        ("https://example.com", "example.com", 443, "/", "example.com"),
        ("https://Example.com:8443/a?b=c", "example.com", 8443, "/a?b=c", "example.com:8443"),
        ("https://[2606:4700::1]/", "2606:4700::1", 443, "/", "[2606:4700::1]"),
        ("https://봉수.kr/", "xn--9n3bo6g.kr", 443, "/", "xn--9n3bo6g.kr"),
    ],
)
def test_urls_are_taken_apart(url: str, host: str, port: int, path: str, header: str) -> None:
    target = check_url(url)
    assert (target.host, target.port, target.path, target.host_header) == (host, port, path, header)


def answering(monkeypatch: pytest.MonkeyPatch, *found: str) -> list[str]:
    """Let every name stand for these addresses; the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def refused_for(url: str, *allowed: str) -> str:
    try:
        permitted(check_url(url), [ip_network(each) for each in allowed])
    except WrongAddress as error:
        return error.code
    return ""


def test_a_name_is_judged_by_all_that_it_stands_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "8.8.8.8")
    assert refused_for("https://example.com/") == ""
    answering(monkeypatch, "8.8.8.8", "10.0.0.1")
    assert refused_for("https://example.com/") == "private"
    assert refused_for("https://example.com/", "10.0.0.0/8") == ""
    answering(monkeypatch, "fe80::1%eth0")
    assert refused_for("https://example.com/") == "private"
    answering(monkeypatch)
    assert refused_for("https://example.com/") == "dns"


def test_plain_http_and_odd_ports_need_an_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "8.8.8.8")
    assert refused_for("http://example.com/") == "plain"
    assert refused_for("http://example.com/", "8.8.8.8/32") == ""
    assert refused_for("https://example.com:22/") == "port"
    assert refused_for("https://example.com:8443/") == ""
    assert refused_for("https://example.com:22/", "8.8.8.8/32") == ""


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:7f00:1]", "localhost"],
)
def test_every_way_to_write_this_machine_is_refused(host: str) -> None:
    assert refused_for(f"https://{host}/") in ("private", "dns", "url")


def test_a_name_that_changes_its_mind_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked up once for a connection, and the address that was looked at is the one that is called."""
    connected: list[str] = []

    def connect_tcp(_self: Any, host: str, port: int, timeout: float | None = None, **_: Any) -> Any:
        import httpcore

        connected.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr("httpcore.SyncBackend.connect_tcp", connect_tcp)
    asked = answering(monkeypatch, "8.8.8.8")
    answer = post(check_url("https://example.com/"), body=b"{}", headers={}, allowed=())
    assert (answer.trouble, answer.address) == ("connect", "8.8.8.8")
    assert (asked, connected) == (["example.com"], ["8.8.8.8"])
    answering(monkeypatch, "169.254.169.254")
    answer = post(check_url("https://example.com/"), body=b"{}", headers={}, allowed=())
    assert (answer.trouble, answer.detail, answer.address) == ("private", "169.254.169.254", "")
    assert connected == ["8.8.8.8"]


def test_a_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    asked = answering(monkeypatch, "10.1.1.1")
    assert post(check_url("https://example.com/"), body=b"", headers={}, allowed=()).trouble == "private"
    assert asked == ["example.com"]


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    over = threading.Event()
    monkeypatch.setattr(addresses, "RESOLVE_SECONDS", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: over.wait(5))
    try:
        assert refused_for("https://example.com/") == "dns_timeout"
    finally:
        over.set()


@pytest.mark.django_db
def test_networks_are_those_of_the_settings_and_of_administrators(settings: Any) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["10.1.0.0/16"]
    WebhookNetwork.objects.create(network="192.168.0.0/24", note="")
    assert allowed_networks() == (ip_network("10.1.0.0/16"), ip_network("192.168.0.0/24"))
