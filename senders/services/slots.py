"""How many documents this machine reads at once: each takes up to 770 MB while it is read.

A slot is a file below BONGSU_HOME that a process has locked. The kernel gives it back when the last process
that holds it has gone, so none is lost by a kill. The child that reads holds it too: it may live on.
"""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

AT_ONCE = 2
WAIT_SECONDS = 4.0
LOOK_AGAIN_SECONDS = 0.1


class NoSlot(Exception):
    """Every slot was taken for as long as a person should wait."""


@contextmanager
def slot() -> Iterator[int]:
    """Hold one of the slots until the block ends; gives its file descriptor. Raises NoSlot."""
    descriptor = _wait_for_one(time.monotonic() + WAIT_SECONDS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for_one(deadline: float) -> int:
    while True:
        for number in range(AT_ONCE):
            descriptor = _take(number)
            if descriptor is not None:
                return descriptor
        if time.monotonic() >= deadline:
            raise NoSlot
        time.sleep(LOOK_AGAIN_SECONDS)


def _take(number: int) -> int | None:
    # The folder may be shared by several machines, and each has memory of its own.
    folder = settings.RUN_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"reading-{socket.gethostname()}-{number}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
