"""`manage.py up`: everything on one machine, until Ctrl-C.

The processes are the lines of `Procfile`. Each lane of sending has a worker process of its own, so that a
one-time password waits neither for single sends nor for a million rows:

| process | queues | why so |
|---|---|---|
| worker-auth | auth | two threads: its work is waiting for a carrier |
| worker-single | single | four threads: the same |
| worker-sweeps | reports, sweeps | three threads: short statements, most of the time in the database |
| worker-mass | mass | two threads: while one waits for the database, the other computes |
| worker-webhooks | webhooks | eight threads: they wait for receivers; a slow one keeps one thread |
| worker-files | files | two threads: nobody's small file waits for a large one; child processes read |

The last three are nicer than the rest, so that the first lanes and PostgreSQL find a core free.
All are threads, and none a pool of processes: over a broker of files Celery's pool shares one pipe, and a
child that is killed while it holds the pipe's lock leaves a worker that lives and does nothing. A killed line
starts again whole. Six workers, beat, and gunicorn with two are what two cores carry; for more cores, run
more of the lines.
"""

import errno
import io
import json
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections, transaction

from console.accounts.models import Organization
from console.embedded import die_with_parent
from console.supervision import lines_of, supervisor_for
from console.translations import compile_catalogs

READY_SECONDS = 60
POLL_SECONDS = 0.2


class Command(BaseCommand):
    help = "Prepare the database, then run web, workers and beat until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        if "MAKELEVEL" in os.environ:
            die_with_parent(signal.SIGTERM)  # `make run` was killed
        host, port = os.environ.get("HOST", "127.0.0.1"), settings.PORT
        refuse_taken_port(host, port)
        os.umask(0o077)  # what we and our children write is for this account only
        try:
            self.prepare(demo=not options["no_demo"])
            code = self.run_processes(host, port)
        except KeyboardInterrupt:
            code = 0
        finally:
            connections.close_all()
            if settings.EMBEDDED_POSTGRES is not None:
                settings.EMBEDDED_POSTGRES.stop()
        self.stdout.write("Everything has stopped.")
        sys.exit(code)

    def prepare(self, *, demo: bool) -> None:
        """Bring database, translations, static files and demo up to date."""
        self.step("Preparing the database", call_command, "migrate", interactive=False, verbosity=0)
        compile_catalogs(settings.BASE_DIR / "locale")
        self.step("Collecting static files", collect_static)
        if demo and "seed_demo" in get_commands() and not Organization.objects.exists():
            self.step("Filling in the demo", seed_demo)

    def step(self, title: str, work: Any, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        work(*args, **options)
        self.stdout.write(f"{title}: {time.monotonic() - started:.1f} s")

    def run_processes(self, host: str, port: int) -> int:
        """Run the lines of the Procfile until a signal comes or one of them ends."""
        connections.close_all()  # a connection must not be shared with forked processes
        folder = settings.BONGSU_HOME / "run" / str(os.getpid())
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        lines = lines_of(settings.BASE_DIR / "Procfile")
        inherited = environment(host, port, folder)
        supervisor = supervisor_for(lines, environment=inherited, folder=settings.BASE_DIR)
        address = f"http://{'127.0.0.1' if host in ('', '0.0.0.0') else host}:{port}/"  # noqa: S104
        awaited = [folder / name for name in lines if name != "web"]
        herald = multiprocessing.Process(target=announce, args=(address, awaited), daemon=True)
        herald.start()
        try:
            return supervisor.run()
        finally:
            herald.kill()
            shutil.rmtree(folder, ignore_errors=True)


def refuse_taken_port(host: str, port: int) -> None:
    """Say so now, rather than in the middle of the web process's log."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = (
                    f"Port {port} is taken by another program. End it, or choose another: PORT=8001 make run"
                )
            else:
                why = f"The console cannot listen on {host} port {port}: {error.strerror}. Set HOST and PORT."
            raise CommandError(why) from error


def environment(host: str, port: int, ready_folder: Path) -> dict[str, str]:
    """What the children inherit: where everything is, so that none starts a database of its own."""
    found = {
        "HOST": host,
        "PORT": str(port),
        "BONGSU_HOME": str(settings.BONGSU_HOME),
        "BONGSU_READY_FOLDER": str(ready_folder),
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    if settings.EMBEDDED_POSTGRES is not None:
        found["DATABASE_URL"] = settings.EMBEDDED_POSTGRES.url
    return {**os.environ, **found}


def collect_static() -> None:
    """Collect static files, unless none has changed since the last time."""
    mark = Path(settings.STATIC_ROOT) / ".collected"
    seen = sha256()
    for finder in get_finders():
        for name, storage in finder.list(None):
            state = Path(storage.path(name)).stat()
            seen.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    if mark.exists() and mark.read_text() == seen.hexdigest():
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(seen.hexdigest())


def seed_demo() -> None:
    """Fill in the demo, all of it or nothing, and keep what it says of itself for every start."""
    said = io.StringIO()
    with transaction.atomic():
        call_command("seed_demo", json=True, stdout=said)
    path = settings.BONGSU_HOME / "demo.json"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(said.getvalue())


def announce(address: str, awaited: list[Path]) -> None:
    """Wait until the web process answers and every worker is ready, then say where and as whom to sign in."""
    die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    started = time.monotonic()
    while not (answers(address) and all(path.exists() for path in awaited)):
        if time.monotonic() - started > READY_SECONDS:
            missing = [path.name for path in awaited if not path.exists()]
            print(f"Still waiting for {', '.join(missing) or address}: see the lines above.", flush=True)
            return
        time.sleep(POLL_SECONDS)
    seconds = time.monotonic() - started
    print(f"\n  Bongsu is ready at {address} ({seconds:.0f} s)\n{sign_ins()}  Ctrl-C stops everything.\n")
    sys.stdout.flush()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}healthz/", timeout=2):  # noqa: S310
            return True
    except (urllib.error.URLError, OSError):
        return False


def sign_ins() -> str:
    """The demo's people, one a line; nothing where there is no demo."""
    try:
        users = json.loads((settings.BONGSU_HOME / "demo.json").read_text())["users"]
    except (OSError, ValueError, KeyError):
        return ""
    rows = [f"    {user['username']:<16} {user['password']:<16} {user['role']}\n" for user in users]
    return "  Sign in to the demo as\n" + "".join(rows)
