"""What a single machine needs and nobody configured: secrets, a database, a broker."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from environ import Env

from console.embedded import EmbeddedPostgres


def local_hosts(host: str) -> list[str]:
    """The names by which a console is asked that listens on `host`.

    On this machine alone, only those of this machine: else a page in a browser here could have its own name
    lead to the console, and read what it answers.
    """
    own = ["localhost", "127.0.0.1", "[::1]"]
    return own if host in ("127.0.0.1", "localhost", "::1", "[::1]") else ["*"]


def local_secret(home: Path, name: str, generate: Callable[[], str]) -> str:
    """The secret of that name below `home`, made on first use, readable by its owner only.

    It is written to a file of its own and linked into place: of two processes that start at once, both read
    the same secret, and never half of one.
    """
    path = home / "secrets" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(generate())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first
        finally:
            draft.unlink()
    return path.read_text().strip()


def local_secret_key(home: Path) -> str:
    return local_secret(home, "secret_key", lambda: secrets.token_urlsafe(50))


def local_field_key(home: Path) -> str:
    return local_secret(home, "field_key", lambda: Fernet.generate_key().decode())


def embedded_postgres(env: Env, home: Path) -> EmbeddedPostgres | None:
    """The embedded server where the environment names no database. `manage.py` starts it, or joins it."""
    if env.str("DATABASE_URL", default=""):
        return None
    return EmbeddedPostgres(home / "postgres")


def folder_broker(home: Path) -> dict[str, Any]:
    """Celery's broker as files below `home` (`console.broker`), whose folders must exist."""
    names = {"data_folder_in": "queue", "data_folder_out": "queue", "processed_folder": "taken"}
    folders = {option: home / "broker" / name for option, name in names.items()}
    folders["control_folder"] = home / "broker" / "control"
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {option: str(folder) for option, folder in folders.items()}
    return {
        "CELERY_BROKER_URL": "filesystem://localhost",
        "CELERY_BROKER_TRANSPORT": "console.broker:Transport",
        "CELERY_BROKER_TRANSPORT_OPTIONS": options | {"store_processed": False, "polling_interval": 0.1},
    }
