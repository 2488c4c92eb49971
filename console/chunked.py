"""Bodies that come in chunks, as .NET, Go and Java programs send them that do not know the length beforehand.

Django believes in Content-Length alone, and takes a body without one for empty. Here such a body gets the
length that it has, on its way from the server to Django.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

PIECE = 1 << 16
READ_OUT = 4  # times as much as any body may have
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Measured:
    """A WSGI application whose bodies have a length. Of one past `most` bytes the rest is forgotten as it
    comes, within reason: Django refuses it by its length, and whoever still sends would not hear the answer.
    """

    def __init__(self, application: WSGI, *, most: int) -> None:
        self.application, self.most = application, most

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one call."""
        if is_unmeasured(environ):
            environ = {**environ, **measured(environ["wsgi.input"], self.most)}
        return self.application(environ, start_response)


def is_unmeasured(environ: dict[str, Any]) -> bool:
    """Whether a body comes in chunks, from a server that tells where it ends."""
    in_chunks = environ.get("HTTP_TRANSFER_ENCODING", "").strip().lower() == "chunked"
    return in_chunks and not environ.get("CONTENT_LENGTH") and bool(environ.get("wsgi.input_terminated"))


def measured(stream: Any, most: int) -> dict[str, Any]:
    """What replaces a stream of chunks. One that is broken or breaks off is shorter than what it says: as
    a body that breaks off is, whose length is known.
    """
    body, left, is_whole = bytearray(), READ_OUT * most, True
    try:
        while left > 0 and (piece := stream.read(PIECE)):
            left -= len(piece)
            if len(body) <= most:
                body += piece
    except Exception:  # noqa: BLE001 (each server has its own, for chunks that are none)
        is_whole = False
    return {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body) + (not is_whole))}
