"""Whom a call reaches: the host that its certificate names, at an address that answers, for so long."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from messaging.webhooks import addresses, calling
from messaging.webhooks.addresses import WrongAddress, check_url, permitted, resolve
from messaging.webhooks.calling import Answer, Deadline, post
from tests.messaging.webhooks.receiver import listening, saying

LOOPBACK = (ip_network("127.0.0.0/8"),)
DAY = timedelta(days=1)


def call(url: str) -> Answer:
    return post(check_url(url), body=b"{}", headers={}, allowed=LOOPBACK)


@pytest.fixture
def standing_for(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let every name stand for these addresses."""

    def stand(*found: str) -> None:
        given = [ip_address(each) for each in found]
        monkeypatch.setattr(addresses, "resolve", lambda host, port: given)

    return stand


def certificate_of(name: str, folder: Path) -> Path:
    """A file with a certificate of that name, signed by itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - DAY).not_valid_after(now + DAY)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    file = folder / "certificate.pem"
    file.write_bytes(
        made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@contextmanager
def over_tls(file: Path) -> Iterator[int]:
    """A receiver with that certificate, that takes everything; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listener, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _address = listener.accept()
                with context.wrap_socket(connection, server_side=True) as wrapped:
                    got = b""
                    while not got.endswith(b"{}"):  # what is left unread would break the connection
                        got += wrapped.recv(65536) or b"{}"
                    wrapped.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.close()
        thread.join(5)


def test_a_certificate_proves_the_name_and_not_the_address(
    standing_for: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate_of("right.example", tmp_path)
    trusting = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(calling, "tls_context", lambda: trusting)
    standing_for("127.0.0.1")
    with over_tls(file) as port:
        assert call(f"https://right.example:{port}/").trouble == ""
        assert call(f"https://wrong.example:{port}/").trouble == "tls"


def test_where_one_address_does_not_answer_the_next_is_called(standing_for: Callable[..., None]) -> None:
    with listening(saying(200)) as receiver:
        standing_for("127.0.0.2", "127.0.0.1")
        answer = call(receiver.url.replace("127.0.0.1", "hooks.example"))
    assert (answer.trouble, answer.address, len(receiver.received)) == ("", "127.0.0.1", 1)


def test_a_connection_that_takes_too_long_is_told_from_an_answer_that_does(
    standing_for: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect_tcp(_self: Any, _host: str, _port: int, timeout: float | None = None) -> Any:
        assert timeout is not None
        assert timeout <= calling.CONNECT_SECONDS
        raise httpcore.ConnectTimeout("x" * 5000)

    monkeypatch.setattr("httpcore.SyncBackend.connect_tcp", connect_tcp)
    standing_for("127.0.0.1")
    answer = call("https://hooks.example/")
    assert (answer.trouble, answer.detail, answer.address) == ("connect_timeout", "x" * 1000, "127.0.0.1")


def test_no_step_gets_more_time_than_is_left_or_than_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(calling.time, "monotonic", lambda: clock[0])
    deadline = Deadline(15.0, started=100.0)
    assert (deadline.left(10.0), deadline.left(None)) == (10.0, 15.0)
    clock[0] = 112.0
    assert (deadline.left(10.0), deadline.left(None)) == (3.0, 3.0)
    clock[0] = 115.0
    with pytest.raises(httpcore.ReadTimeout):
        deadline.left(10.0)


@pytest.mark.parametrize(
    ("status", "trouble"), [(300, "redirect"), (399, "redirect"), (400, "status"), (409, "status")]
)
def test_statuses_at_their_bounds(status: int, trouble: str) -> None:
    with listening(saying(status)) as receiver:
        assert call(receiver.url).trouble == trouble


@pytest.mark.parametrize(
    ("value", "expected"),
    [("9" * 400, timedelta(seconds=10**8)), ("²", None), ("1.5", None), ("", None)],
)
def test_a_retry_after_of_no_sense_is_no_trouble(value: str, expected: timedelta | None) -> None:
    with listening(saying(503, Retry_After=value)) as receiver:
        answer = call(receiver.url)
    assert (answer.trouble, answer.retry_after) == ("status", expected)


def test_no_more_of_a_long_answer_is_read_than_is_kept() -> None:
    read = []

    def long_winded() -> Iterator[bytes]:
        for _number in range(100):
            read.append(1000)
            yield b"x" * 1000

    assert calling._beginning(httpcore.Response(200, content=long_winded())) == "x" * 4096
    assert sum(read) == 5000


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.com:0/", "url"),
        ("https://example.com/#", "url_fragment"),
        ("https://example.com/a b", "url"),
        ("https://example.com/\\..", "url"),
    ],
)
def test_more_urls_that_mean_no_receiver(url: str, code: str) -> None:
    with pytest.raises(WrongAddress) as refused:
        check_url(url)
    assert refused.value.code == code


def test_a_url_may_have_five_hundred_characters() -> None:
    url = "https://example.com/"
    assert check_url(url + "a" * (500 - len(url))).host == "example.com"
    with pytest.raises(WrongAddress):
        check_url(url + "a" * (501 - len(url)))


def test_an_allowed_address_does_not_speak_for_the_others(standing_for: Callable[..., None]) -> None:
    standing_for("127.0.0.1", "10.0.0.1")
    with pytest.raises(WrongAddress) as refused:
        permitted(check_url("https://hooks.example/"), LOOPBACK)
    assert (refused.value.code, refused.value.detail) == ("private", "10.0.0.1")


def test_a_name_that_no_resolver_takes_is_not_found() -> None:
    with pytest.raises(WrongAddress) as refused:
        resolve("a" * 64 + ".example", 443)
    assert refused.value.code == "dns"
