"""One call, to real receivers that are slow, long-winded, rude or gone."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network

import httpcore
import pytest

from messaging.webhooks import calling
from messaging.webhooks.addresses import check_url
from messaging.webhooks.calling import Answer, post
from tests.messaging.webhooks.receiver import Received, Receiver, Reply, listening, saying

LOOPBACK = (ip_network("127.0.0.0/8"),)


def call(url: str, **changes: float) -> Answer:
    return post(check_url(url), body=b'{"a":1}', headers={"X-One": "1"}, allowed=LOOPBACK, **changes)


@contextmanager
def raw_server(*sent: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server that says these bytes, one after the other, whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            for part in sent:
                if over.wait(pause):
                    return
                try:
                    connection.sendall(part)
                except OSError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        over.set()
        listener.close()
        thread.join(5)


def test_what_is_sent_and_what_is_kept_of_the_answer() -> None:
    with listening(saying(202, b"x" * 10_000)) as receiver:
        answer = call(receiver.url)
    [got] = receiver.received
    assert (got.raw, got.headers["x-one"], got.headers["content-length"]) == (b'{"a":1}', "1", "7")
    assert (answer.is_taken, answer.status, answer.address) == (True, 202, "127.0.0.1")
    assert 1000 <= len(answer.text) <= 4096


@pytest.mark.parametrize(
    ("status", "trouble"), [(200, ""), (299, ""), (301, "redirect"), (410, "gone"), (500, "status")]
)
def test_statuses(status: int, trouble: str) -> None:
    with listening(saying(status)) as receiver:
        assert call(receiver.url).trouble == trouble


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("Wed, 01 Jan 2020 00:00:00 GMT", timedelta(0)),
        ("Wed, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Wed, 01 Jan 2020 00:00:00 +999999999999999999", None),
    ],
)
def test_retry_after(value: str, expected: timedelta | None) -> None:
    with listening(saying(503, Retry_After=value)) as receiver:
        assert call(receiver.url).retry_after == expected


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert call(f"http://127.0.0.1:{port}/").trouble == "connect"


def test_a_slow_receiver_ends_with_the_time() -> None:
    def slow(_received: Received) -> Reply:
        time.sleep(1)
        return 200, {}, b""

    with listening(slow) as receiver:
        answer = call(receiver.url, seconds=0.2)
    assert answer.trouble == "timeout"
    assert answer.milliseconds < 900


def test_so_does_one_that_drips() -> None:
    """Each byte comes within the time for a read; all of them would take two seconds."""
    with raw_server(*[b"H", b"T"] * 20, pause=0.05) as url:
        answer = call(url, seconds=0.3)
    assert answer.trouble == "timeout"
    assert answer.milliseconds < 900


def test_so_does_one_that_takes_a_body_in_sips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece of the body is taken within the time for a write; all of them would take four minutes."""
    clock = [100.0]
    taken: list[bytes] = []

    class Sipping(httpcore.NetworkStream):
        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            taken.append(buffer)
            clock[0] += 4

    monkeypatch.setattr(calling.time, "monotonic", lambda: clock[0])
    stream = calling.TimedStream(Sipping(), calling.Deadline(15.0, started=100.0))
    with pytest.raises(httpcore.ReadTimeout):
        stream.write(b"x" * 250_000, timeout=10.0)
    assert [len(each) for each in taken] == [4096] * 4


def test_a_long_body_arrives_whole() -> None:
    body = bytes(range(256)) * 1000
    with listening(saying(200)) as receiver:
        assert post(check_url(receiver.url), body=body, headers={}, allowed=LOOPBACK).is_taken
    assert receiver.received[0].raw == body


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 What\r\n\r\n"])
def test_one_that_speaks_no_http(said: bytes) -> None:
    with raw_server(said) as url:
        assert call(url).trouble == "broken"


def test_a_status_counts_even_where_its_words_end_badly() -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as url:
        answer = call(url)
    assert (answer.trouble, answer.status) == ("", 200)


def test_a_certificate_of_nobody_is_refused() -> None:
    with raw_server(b"no TLS at all\r\n") as url:
        assert call(url.replace("http:", "https:")).trouble == "tls"


def test_a_nul_in_the_answer_is_no_trouble(receiver_of_nul: Receiver) -> None:
    assert call(receiver_of_nul.url).text == "ab"


@pytest.fixture
def receiver_of_nul() -> Iterator[Receiver]:
    with listening(saying(200, b"a\0b")) as receiver:
        yield receiver


def test_the_authorities_are_read_once() -> None:
    assert calling.tls_context() is calling.tls_context()
