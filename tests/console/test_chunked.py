"""What Django sees of a body that came in chunks."""

import io
from typing import Any

import pytest

from console.chunked import Measured

CHUNKED = {"HTTP_TRANSFER_ENCODING": "Chunked", "wsgi.input_terminated": True}


class Breaking(io.BytesIO):
    """A server's stream that ends in a mistake of the server's own kind."""

    def read(self, size: int | None = -1) -> bytes:
        if piece := super().read(size):
            return piece
        raise RuntimeError("no chunk")


def seen(stream: io.BytesIO, **environ: Any) -> tuple[str | None, bytes]:
    """The length and the body that an application is given, which takes at most 100 bytes."""
    given: dict[str, Any] = {}

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        given.update(environ)
        return []

    Measured(application, most=100)({"wsgi.input": stream, **environ}, lambda *_said: None)
    return given.get("CONTENT_LENGTH"), given["wsgi.input"].read()


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 100])
def test_it_has_its_length(body: bytes) -> None:
    assert seen(io.BytesIO(body), **CHUNKED) == (str(len(body)), body)


def test_one_that_is_too_long_is_longer_than_any_and_read_to_its_end() -> None:
    stream = io.BytesIO(b"x" * 300)
    length, body = seen(stream, **CHUNKED)
    assert (int(length or 0), len(body)) == (300, 300)
    assert stream.read() == b""


def test_one_without_end_is_left() -> None:
    stream = io.BytesIO(b"x" * 200_000)
    length, _body = seen(stream, **CHUNKED)
    assert (length, stream.tell()) == ("65536", 65_536)


def test_one_that_breaks_off_is_shorter_than_it_says() -> None:
    assert seen(Breaking(b"{}"), **CHUNKED) == ("3", b"{}")


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"CONTENT_LENGTH": "2"},
        {**CHUNKED, "CONTENT_LENGTH": "2"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},  # nobody says where it ends
        {"HTTP_TRANSFER_ENCODING": "gzip", "wsgi.input_terminated": True},
    ],
)
def test_others_pass_as_they_are(environ: dict[str, Any]) -> None:
    stream = io.BytesIO(b"{}")
    assert seen(stream, **environ) == (environ.get("CONTENT_LENGTH"), b"{}")
