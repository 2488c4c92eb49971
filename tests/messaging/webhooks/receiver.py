"""A receiver on loopback: a real HTTP server that keeps what it was sent and answers as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One call: its headers by lower-case name, the body as it came."""

    headers: dict[str, str]
    raw: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)

    @property
    def hooks(self) -> list[dict[str, Any]]:
        return self.body["hooks"]


Reply = tuple[int, dict[str, str], bytes]
Answering = Callable[[Received], Reply]


def taken(_received: Received) -> Reply:
    return 200, {}, b"ok"


def echoing(received: Received) -> Reply:
    """Echoes a challenge as JSON, and takes everything else."""
    if received.body["event"] == "CHALLENGE":
        return 200, {}, json.dumps({"challenge": received.hooks[0]["challenge"]}).encode()
    return taken(received)


def saying(status: int, text: bytes = b"", **headers: str) -> Answering:
    return lambda _received: (
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
        text,
    )


@dataclass
class Receiver:
    url: str = ""
    answer: Answering = taken
    received: list[Received] = field(default_factory=list)

    @property
    def hooks(self) -> list[dict[str, Any]]:
        return [hook for each in self.received for hook in each.hooks]


@contextmanager
def listening(answer: Answering = taken) -> Iterator[Receiver]:
    receiver = Receiver(answer=answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            names = {name.lower(): value for name, value in self.headers.items()}
            call = Received(names, self.rfile.read(length))
            receiver.received.append(call)
            status, headers, text = receiver.answer(call)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            try:
                self.wfile.write(text)
            except OSError:
                pass  # the caller had enough

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
