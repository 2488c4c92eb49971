"""The broker made of files: kombu's filesystem transport, made safe for many processes and for `kill -9`.

kombu writes a message, and the table of an exchange's queues, into the very file that others read. A reader
can meet half of it, or nothing after a kill, and then its worker ends. Here a file appears whole or not at
all, one taker gets it, and what cannot be read is left out: a lost bell delays, and a sweep rings again.
"""

import fcntl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.transport.filesystem import exchange_queue_t
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """Messages and tables are renamed into place."""

    def get_table(self, exchange: str) -> list[exchange_queue_t]:
        """The queues bound to an exchange."""
        try:
            return [exchange_queue_t(*row) for row in loads(self._exchange_file(exchange).read_text())]
        except (FileNotFoundError, ValueError):
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        row = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._change_table(exchange, lambda rows: rows if row in rows else [row, *rows])

    def _delete(
        self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kw: Any
    ) -> None:
        row = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._change_table(exchange, lambda rows: [other for other in rows if other != row])

    def _change_table(self, exchange: str, change: Any) -> None:
        file = self._exchange_file(exchange)
        with _locked(self.control_folder / ".lock"):
            before = self.get_table(exchange)
            after = change(before)
            if after != before or not file.exists():
                _write_whole(file, dumps(after))

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        order = f"{time.time_ns():020d}_{uuid.uuid4().hex}"
        _write_whole(Path(self.data_folder_out) / f"{order}.{queue}.msg", dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        names = (path.name for path in folder.iterdir())
        for name in sorted(name for name in names if name.partition(".")[2] == f"{queue}.msg"):
            taken = folder / f"{name}.{uuid.uuid4().hex}.taken"
            try:
                (folder / name).rename(taken)
                text = taken.read_bytes()
                taken.unlink()
                return loads(bytes_to_str(text))
            except (FileNotFoundError, ValueError):
                continue  # another worker was first, or the file is not ours to understand
        raise Empty()


class Transport(filesystem.Transport):
    """kombu's transport over these channels."""

    Channel = Channel


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        part.write_text(text)
        part.replace(path)
    except OSError:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
