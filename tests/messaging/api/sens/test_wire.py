"""What only the wire shows: bodies in chunks, too large, broken off; each has one of the API's answers."""

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from messaging.models import Message, SendRequest
from tests.messaging.api.sens.client import SensClient
from tests.messaging.api.sens.server import served

pytestmark = pytest.mark.django_db(transaction=True)

MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
BROKEN_OFF = "The body is shorter than its Content-Length."


class Wire:
    """Calls of a program, byte by byte."""

    def __init__(self, sens: SensClient, port: int) -> None:
        self.sens, self.port = sens, port

    def head(self, *lines: str, **headers: str) -> bytes:
        target = self.sens.target("/messages")
        given = {**self.sens.signer.headers("POST", target), "Content-Type": "application/json", **headers}
        named = [f"{name}: {value}" for name, value in given.items()]
        return "\r\n".join([f"POST {target} HTTP/1.1", "Host: 127.0.0.1", *named, *lines, "", ""]).encode()

    def call(self, *pieces: bytes, ends: bool = False) -> tuple[int, Any]:
        """Status and reasons, or the whole answer where there are none; as a client reads it that sends all
        of its call first.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            for piece in pieces:
                connection.sendall(piece)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        head, _blank, body = answer.partition(b"\r\n\r\n")
        said = json.loads(body)
        return int(head.split()[1]), said.get("errors", said)


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


CLOSE, IN_CHUNKS = "Connection: close", "Transfer-Encoding: chunked"


def test_bodies_on_the_wire(sens: SensClient, sending: Callable[..., dict]) -> None:
    body = json.dumps(sending()).encode()
    with served() as port:
        wire = Wire(sens, port)

        # In chunks, as programs send what they do not know the length of.
        for pieces in ([body], [body[:7], body[7:]]):
            assert wire.call(wire.head(CLOSE, IN_CHUNKS), chunked(*pieces))[0] == 202
        assert (SendRequest.objects.count(), Message.objects.count()) == (2, 2)
        assert wire.call(wire.head(CLOSE, IN_CHUNKS), chunked()) == (400, ["The body: Field required"])

        # Chunks that are none, that break off, and more of them than any call needs.
        broken = chunked(body)[:-5] + b"zz\r\n"
        assert wire.call(wire.head(CLOSE, IN_CHUNKS), broken) == (400, [BROKEN_OFF])
        assert wire.call(wire.head(CLOSE, IN_CHUNKS), chunked(body)[:-5], ends=True) == (400, [BROKEN_OFF])
        too_large = (413, [f"A body has at most {MOST} bytes."])
        assert wire.call(wire.head(CLOSE, IN_CHUNKS), chunked(*[b" " * MOST] * 2)) == too_large

        # With a length: too much, too little, and of nobody that is known.
        length = f"Content-Length: {2 * MOST}"
        assert wire.call(wire.head(CLOSE, length), b" " * (2 * MOST)) == too_large
        length = f"Content-Length: {len(body) + 1}"
        assert wire.call(wire.head(CLOSE, length), body, ends=True) == (400, [BROKEN_OFF])
        head = wire.head(CLOSE, f"Content-Length: {MOST}", **{"x-ncp-iam-access-key": "nobody"})
        assert wire.call(head, b" " * MOST)[0] == 401
    assert (SendRequest.objects.count(), Message.objects.count()) == (2, 2)
