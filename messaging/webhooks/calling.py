"""One POST to a receiver: to an address that was checked, within a time, with little of the answer read.

httpcore, the engine of httpx, is used by itself: it asks our backend for each connection, so the address that
is checked is the one that is called, while TLS still proves the host's name. It follows no redirect, knows no
proxy, and reads nothing from the environment.
"""

import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpcore
import httpx

from messaging.webhooks.addresses import Network, Target, WrongAddress, permitted

TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
READ_AT_MOST = 4096
WRITTEN_AT_ONCE = 4096
KEPT = 1000

# httpcore's way of naming options of a socket.
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


@cache
def tls_context() -> ssl.SSLContext:
    """The authorities that a receiver's certificate may be of; read once."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(slots=True)
class Answer:
    """What came of a call. `trouble` is empty where it was taken (2xx), else a key of `webhooks.words`.

    `text` is the beginning of what was answered, `address` the one that was called.
    """

    trouble: str = ""
    status: int | None = None
    milliseconds: int = 0
    text: str = ""
    address: str = ""
    detail: str = ""
    retry_after: timedelta | None = None

    @property
    def is_taken(self) -> bool:
        return not self.trouble


@dataclass
class Deadline:
    """When a call is over, whatever it is doing."""

    seconds: float
    started: float = field(default_factory=time.monotonic)

    def left(self, most: float | None) -> float:
        """The seconds that are left, `most` at most. Raises httpcore.ReadTimeout where there are none."""
        rest = self.started + self.seconds - time.monotonic()
        if rest <= 0:
            raise httpcore.ReadTimeout
        return rest if most is None else min(most, rest)


class TimedStream(httpcore.NetworkStream):
    """A connection that ends with its deadline: a receiver that drips bytes does not last longer."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """In pieces: the time is given anew for whatever the receiver takes of one."""
        for start in range(0, len(buffer), WRITTEN_AT_ONCE):
            piece = buffer[start : start + WRITTEN_AT_ONCE]
            self._stream.write(piece, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to an address of the target that may be called, and to no other."""

    def __init__(self, target: Target, allowed: Sequence[Network], deadline: Deadline) -> None:
        self._target, self._allowed, self._deadline = target, allowed, deadline
        self.address = ""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError()
        for address in permitted(self._target, self._allowed):
            self.address = str(address)
            left = self._deadline.left(timeout)
            try:
                stream = httpcore.SyncBackend().connect_tcp(self.address, port, left)
                return TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


def post(
    target: Target,
    *,
    body: bytes,
    headers: Mapping[str, str],
    allowed: Sequence[Network],
    seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Call the receiver once. Never raises for what the network or the receiver does."""
    deadline = Deadline(seconds)
    backend = CheckedBackend(target, allowed, deadline)
    try:
        answer = _post(target, backend, body, headers, deadline)
    except WrongAddress as error:
        answer = Answer(error.code, detail=error.detail)
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        answer = Answer(_trouble_of(error), detail=str(error)[:KEPT])
    answer.address = backend.address
    answer.milliseconds = int((time.monotonic() - deadline.started) * 1000)
    return answer


def _post(
    target: Target, backend: CheckedBackend, body: bytes, headers: Mapping[str, str], deadline: Deadline
) -> Answer:
    url = httpcore.URL(
        scheme=target.scheme.encode(),
        host=target.host.encode(),
        port=target.port,
        target=target.path.encode(),
    )
    sent = [(b"Host", target.host_header.encode()), (b"Content-Length", str(len(body)).encode())]
    sent += [(name.encode(), value.encode()) for name, value in headers.items()]
    timeout = {
        "connect": CONNECT_SECONDS,
        "read": READ_SECONDS,
        "write": READ_SECONDS,
        "pool": CONNECT_SECONDS,
    }
    with (
        httpcore.ConnectionPool(ssl_context=tls_context(), network_backend=backend) as pool,
        pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": timeout}) as response,
    ):
        text = _beginning(response)
        return _answer(response.status, dict(response.headers), text)


def _beginning(response: httpcore.Response) -> str:
    """The first bytes of the answer, without the NUL that no text column holds."""
    read = b""
    try:
        for part in response.iter_stream():
            read += part
            if len(read) >= READ_AT_MOST:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass  # the status says what it was; whoever ends its words badly has said it
    return read[:READ_AT_MOST].decode("utf-8", "replace").replace("\0", "")


def _answer(status: int, headers: Mapping[bytes, bytes], text: str) -> Answer:
    if 200 <= status < 300:
        return Answer(status=status, text=text)
    asked = {name.lower(): value for name, value in headers.items()}.get(b"retry-after", b"")
    trouble = "redirect" if 300 <= status < 400 else "gone" if status == 410 else "status"
    return Answer(trouble, status=status, text=text, retry_after=_retry_after(asked.decode("latin-1")))


def _retry_after(value: str) -> timedelta | None:
    """What Retry-After asks for: seconds, or a date."""
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - datetime.now(UTC), timedelta())


def _trouble_of(error: Exception) -> str:
    if isinstance(error, httpcore.ConnectTimeout):
        return "connect_timeout"
    if isinstance(error, httpcore.TimeoutException):
        return "timeout"
    cause = error.__cause__ or error.__context__
    if isinstance(error, ssl.SSLError) or isinstance(cause, ssl.SSLError):
        return "tls"
    if isinstance(error, httpcore.ConnectError):
        return "connect"
    return "broken"
