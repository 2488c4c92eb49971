"""A storage that its namer runs themself: one whose answer never ends, drips, or never begins."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from messaging.history import storages
from messaging.history.connections import Allowance, TooLong, pools_within
from messaging.history.storages import StorageProblem, opened, try_out
from tests.messaging.history.test_storages import in_s3

pytestmark = pytest.mark.django_db
OK = b"HTTP/1.1 200 OK\r\n"
SIZED = OK + b"Content-Length: 64\r\nLast-Modified: Wed, 01 Jan 2020 00:00:00 GMT\r\nETag: x\r\n\r\n"
ENDLESS = OK + b"ETag: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    settings.BONGSU_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@contextmanager
def storage_that(does: Callable[[socket.socket, bytes, threading.Event], None]) -> Iterator[str]:
    """Does that on each connection, with the method that was asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def one(connection: socket.socket) -> None:
        with connection:
            try:
                does(connection, connection.recv(65536).split(b" ")[0], over)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=[connection], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()


def endless(connection: socket.socket, method: bytes, over: threading.Event) -> None:
    """The size is said as it should be; what comes then has no end."""
    if method == b"HEAD":
        connection.sendall(SIZED)
        return
    connection.sendall(ENDLESS)
    while not over.is_set():
        connection.sendall(CHUNK)


def dripping(connection: socket.socket, method: bytes, over: threading.Event) -> None:
    """Each byte comes within the time for a read."""
    connection.sendall(OK + b"X-Slow: ")
    while not over.wait(0.05):
        connection.sendall(b"a")


def dripping_words(connection: socket.socket, method: bytes, over: threading.Event) -> None:
    connection.sendall(OK + b"Content-Length: 1000000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b"a")


def test_a_file_without_end_is_given_up() -> None:
    with (
        storage_that(endless) as endpoint,
        pytest.raises(StorageProblem) as problem,
        opened(in_s3(endpoint), "one.csv.gz", 64) as file,
    ):
        file.read()
    assert problem.value.code in (storages.FAILED, storages.UNREACHABLE)


@pytest.mark.parametrize("does", [endless, dripping, dripping_words])
def test_trying_one_ends_with_its_time(monkeypatch: pytest.MonkeyPatch, does: Any) -> None:
    monkeypatch.setattr(storages, "TRY_SECONDS", 0.5)
    began = time.monotonic()
    with storage_that(does) as endpoint, pytest.raises(StorageProblem) as problem:
        try_out(in_s3(endpoint))
    assert problem.value.code in (storages.FAILED, storages.UNREACHABLE)
    assert time.monotonic() - began < 20  # a machine may be busy; without an end it would be for ever


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_call_that_has_no_time_left_is_not_begun(scheme: str) -> None:
    allowance = Allowance(seconds=-1, most=10)
    connection = pools_within(allowance)[scheme].ConnectionCls("127.0.0.1", 1)
    with pytest.raises(TooLong):
        connection.request("GET", "/")
    assert connection.sock is None
