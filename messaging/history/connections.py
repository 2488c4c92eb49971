"""Connections to a storage that somebody else runs: where they lead, how long they last, what they bring.

Whoever names a storage may run it too. One that answers by the byte would hold a thread for ever, and one
whose answer never ends would fill the memory or the disk; what botocore offers is a time for each read alone.
"""

import io
import ipaddress
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)

from console.network import may_call


class PrivateAddress(OSError):
    """The connection led into a private network."""


class TooLong(OSError):
    """The storage took longer, or answered more, than it may."""


@dataclass
class Allowance:
    """What a storage may take of us: seconds from now on, and bytes of an answer."""

    seconds: float
    most: int
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        return self.started + self.seconds - time.monotonic()


class _Counted(io.RawIOBase):
    """The words of an answer, as long and as many as they may be."""

    def __init__(self, file: Any, allowance: Allowance) -> None:
        self._file, self._allowance, self._bytes = file, allowance, allowance.most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n: int = self._file.readinto1(buffer)
        self._bytes -= n
        if self._bytes < 0 or self._allowance.left <= 0:
            raise TooLong
        return n

    def close(self) -> None:
        self._file.close()
        super().close()


class _Checked:
    """A connection that is given up before a byte is sent where it led to what may not be called.

    Until the answer begins, a timer ends it; from then on each read looks at the time.
    """

    allowance: Allowance
    sock: Any
    _watch: threading.Timer | None = None

    def _new_conn(self) -> Any:
        sock = super()._new_conn()  # type: ignore[misc]
        if not may_call(ipaddress.ip_address(sock.getpeername()[0].partition("%")[0])):
            sock.close()
            raise PrivateAddress
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        left = self.allowance.left
        if left <= 0:
            raise TooLong
        self._watch = threading.Timer(left, self._cut)
        self._watch.daemon = True
        self._watch.start()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def getresponse(self) -> Any:
        try:
            response = super().getresponse()  # type: ignore[misc]
        finally:
            self._unwatch()
        answer = response._fp
        if getattr(answer, "fp", None) is not None:
            answer.fp = io.BufferedReader(_Counted(answer.fp, self.allowance))
        return response

    def close(self) -> None:
        self._unwatch()
        super().close()  # type: ignore[misc]

    def _cut(self) -> None:
        """End it, whatever is being read or written: who does so gets an error at once."""
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()


class _Http(_Checked, AWSHTTPConnection):
    pass


class _Https(_Checked, AWSHTTPSConnection):
    pass


def pools_within(allowance: Allowance) -> dict[str, Any]:
    """Pools of connections for urllib3, by scheme."""
    own = {"allowance": allowance}
    return {
        "http": type("Pool", (AWSHTTPConnectionPool,), {"ConnectionCls": type("Http", (_Http,), own)}),
        "https": type("Pool", (AWSHTTPSConnectionPool,), {"ConnectionCls": type("Https", (_Https,), own)}),
    }
