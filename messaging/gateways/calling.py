"""HTTP to a carrier, for gateways: within a rate, several calls at once, with back-off, honest about doubt.

A call ends in one of three ways, which is all that a gateway has to know: an answer, `NotTaken` (the carrier
did nothing: it was not reached, was busy, or said that it failed) or `Unsure` (the call was written and its
answer is lost). Only the last may have sent something.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

import httpx

Item = TypeVar("Item")
Result = TypeVar("Result")

# Nothing of these calls reached the carrier as a whole.
NOT_WRITTEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
BUSY = (429, 500, 503)
# Said by something before the carrier, which may be at work on it.
ANSWER_LOST = (502, 504)
SIGNED_ANEW = 3
FIRST_PAUSE = 0.25
# Idle connections are closed before the carrier does, since a call on one that it just closed is in doubt.
IDLE_SECONDS = 1.0


class NotTaken(Exception):
    """The carrier did nothing of it. `at_once`: trying again within this call is of no use."""

    def __init__(self, reason: str, *, retry_after: float | None = None, at_once: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.at_once = at_once


class Unsure(Exception):
    """The carrier may have done it."""


class Pace:
    """At most so many calls a second of this process, evenly: each waits for a moment of its own."""

    def __init__(self, per_second: float) -> None:
        self.gap = 1 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, deadline: float) -> None:
        """Raises NotTaken where no moment is free before `deadline` (of the monotonic clock)."""
        with self._lock:
            now = time.monotonic()
            mine = max(now, self._next)
            if mine > deadline:
                raise NotTaken("No call was free in time: the account's rate is reached.")
            self._next = mine + self.gap
        if mine > now:
            time.sleep(mine - now)


class HttpCarrier:
    """The connections to one carrier account. Threads share it; nothing is opened before the first call.

    `sign` is given each request as it goes over the wire, and adds its headers.
    """

    def __init__(
        self,
        *,
        base_url: str,
        per_second: float,
        parallel: int,
        connect_seconds: float,
        read_seconds: float,
        sign: Callable[[httpx.Request], None],
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.pace = Pace(per_second)
        self.parallel = parallel
        self.connect_seconds, self.read_seconds = connect_seconds, read_seconds
        self.sign = sign

    @cached_property
    def client(self) -> httpx.Client:
        limits = httpx.Limits(max_connections=self.parallel, keepalive_expiry=IDLE_SECONDS)
        return httpx.Client(limits=limits, follow_redirects=False)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.parallel, thread_name_prefix="carrier")

    def at_once(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """The function of each item, as many at a time as the account allows, in their order."""
        return list(self._threads.map(function, items))

    def call(
        self,
        method: str,
        path: str,
        *,
        deadline: float,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        repeats: bool = False,
    ) -> httpx.Response:
        """One call, tried until `deadline` (of the monotonic clock); answers of the carrier's 4xx too.

        `repeats`: the same call twice does no harm, so that a lost answer is asked for again. Raises NotTaken
        and Unsure.
        """
        is_safe = repeats or method == "GET"
        doubt: Unsure | None = None
        pause, signed = FIRST_PAUSE, 0
        while True:
            try:
                self.pace.wait(deadline)
                response = self._once(method, path, deadline, content, params, headers)
                signed += 1
                if response.status_code != 401 or signed >= SIGNED_ANEW:
                    return response
                continue  # two processes that sign the same path in one millisecond sign alike
            except Unsure as error:
                doubt = error
                if not is_safe:
                    raise
                wait = pause
            except NotTaken as error:
                wait = error.retry_after if error.retry_after is not None else pause
                if error.at_once or time.monotonic() + wait > deadline:
                    raise doubt or error from error
            if doubt is not None and time.monotonic() + wait > deadline:
                raise doubt
            time.sleep(wait)
            pause *= 2

    def _once(
        self,
        method: str,
        path: str,
        deadline: float,
        content: bytes | None,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Response:
        left = max(1.0, deadline - time.monotonic())
        timeout = httpx.Timeout(min(self.read_seconds, left), connect=min(self.connect_seconds, left))
        request = self.client.build_request(
            method,
            f"{self.base_url}{path}",
            content=content,
            params=params,
            headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})},
            timeout=timeout,
        )
        self.sign(request)
        try:
            response = self.client.send(request)
        except NOT_WRITTEN as error:
            raise NotTaken(_words(error), at_once=True) from error
        except httpx.HTTPError as error:
            raise Unsure(_words(error)) from error
        if response.status_code in ANSWER_LOST:
            raise Unsure(f"The carrier answered {response.status_code}.")
        if response.status_code in BUSY:
            raise NotTaken(
                f"The carrier answered {response.status_code}.", retry_after=_retry_after(response)
            )
        return response


def json_of(response: httpx.Response) -> dict[str, Any]:
    """The body as an object; {} where it is none."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(response: httpx.Response) -> float | None:
    written = response.headers.get("Retry-After", "")
    return float(written) if written.isascii() and written.isdigit() else None


def _words(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}: {error}"[:200]
