"""However the child ends, the worker gets one outcome and nothing is half written."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from messaging.recipients import reader
from messaging.recipients.reader import check_file
from messaging.recipients.results import CheckJob, CheckResult, FileProblem
from messaging.recipients.staging import parse_line, read_staging

ROWS = "recipient_no,name\n" + "".join(f"010{n:08},이름{n}\n" for n in range(30_000))


@pytest.fixture
def job(tmp_path):
    path = tmp_path / "upload"
    path.write_text(ROWS, encoding="utf-8")
    return CheckJob(
        path=str(path),
        staging_path=str(tmp_path / "staging"),
        problems_path=str(tmp_path / "problems"),
        body="##name##님",
    )


@pytest.fixture
def child_is(monkeypatch, tmp_path):
    """Let another program stand in for the child."""

    def replace(code):
        monkeypatch.setattr(reader, "COMMAND", (sys.executable, "-c", code))

    yield replace
    assert [file.name for file in tmp_path.iterdir()] == ["upload"]


def test_a_file_is_checked_and_both_files_are_there(job, tmp_path):
    progress = []
    result = check_file(job, lambda rows, fraction: progress.append((rows, fraction)))
    assert isinstance(result, CheckResult)
    assert (result.total_rows, result.sendable, result.encoding) == (30_000, 30_000, "utf-8")
    assert progress == sorted(progress)
    assert 0 < progress[0][0] <= 30_000
    assert all(0 < fraction <= 1 for _, fraction in progress)
    lines = list(read_staging(job.staging_path))
    assert parse_line(lines[-1]) == (30_001, 82, "01000029999", ["이름29999"], False)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["problems", "staging", "upload"]


KILL = "import os, signal; os.kill(os.getpid(), signal.{})"
RESULT = 'print(\'{{"problem": {{"code": "no_data", "params": {{}}}}}}\', flush=True);'


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (KILL.format("SIGKILL"), "out_of_memory"),
        (KILL.format("SIGSEGV"), "unreadable"),
        (KILL.format("SIGABRT"), "unreadable"),
        (KILL.format("SIGBUS"), "unreadable"),
        (KILL.format("SIGXCPU"), "timed_out"),
        ("import os; os.write(2, b'memory allocation of 99 bytes failed'); os.abort()", "out_of_memory"),
        ("raise MemoryError", "out_of_memory"),
        ("raise SystemExit(3)", "unreadable"),
        ("pass", "unreadable"),
        ("print('garbage')", "unreadable"),
        ("print('[1]')", "unreadable"),
        ("print('null')", "unreadable"),
        ("print('{}')", "unreadable"),
        ('print(\'{"rows": "x", "fraction": 1}\')', "unreadable"),
        ('print(\'{"result": {"encoding": "utf-8"}}\')', "unreadable"),
        ("import sys; sys.stdout.buffer.write(bytes(range(256)) * 9)", "unreadable"),
        ("import sys; sys.stdout.write('x' * 9_000_000)", "unreadable"),
        ("print('[' * 100_000)", "unreadable"),
        (RESULT.format() + KILL.format("SIGSEGV"), "unreadable"),  # said something, then died
        (RESULT.format(), "no_data"),
    ],
)
def test_every_death_is_one_problem(job, child_is, code, problem):
    child_is(code)
    assert check_file(job) == FileProblem(problem)


def test_a_child_that_hangs_is_killed(job, child_is):
    before = psutil.Process().children()
    child_is("import time; time.sleep(60)")
    started = time.monotonic()
    assert check_file(job, timeout=0.3) == FileProblem("timed_out")
    assert time.monotonic() - started < 10
    assert psutil.Process().children() == before


def test_a_child_that_never_ends_after_its_last_word_is_killed(job, child_is):
    before = psutil.Process().children()
    child_is(RESULT.format() + "import os, time; os.close(1); time.sleep(60)")
    assert check_file(job, timeout=0.5) == FileProblem("timed_out")
    assert psutil.Process().children() == before


def test_when_the_caller_fails_the_child_dies_and_nothing_is_left(job, child_is):
    before = psutil.Process().children()
    child_is('import time; print(\'{"rows": 1, "fraction": 0.5}\', flush=True); time.sleep(60)')

    def fail(rows, fraction):
        raise KeyError("the database is gone")

    with pytest.raises(KeyError, match="the database is gone"):
        check_file(job, fail)
    assert psutil.Process().children() == before


def test_the_child_sees_no_secret(job, child_is, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setenv("SECRET_KEY", "secret")
    child_is("import json, os; print(json.dumps({'problem': {'code': 'seen', 'params': dict(os.environ)}}))")
    seen = check_file(job)
    assert seen.code == "seen"
    assert set(seen.params) <= {*reader.PASSED_ON, "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "LC_ALL"}


def test_memory_is_bounded(job):
    assert check_file(CheckJob(**{**as_dict(job), "memory_mb": 24})).code in ("out_of_memory", "unreadable")


def test_what_is_written_is_bounded(job, tmp_path):
    with open(job.path, "a", encoding="utf-8") as file:
        file.writelines(f"0109{n:07},{'가' * 30}\n" for n in range(20_000))
    assert check_file(CheckJob(**{**as_dict(job), "output_mb": 1})) == FileProblem("output_too_large")
    assert [file.name for file in tmp_path.iterdir()] == ["upload"]


def test_computing_is_bounded(job):
    with open(job.path, "a", encoding="utf-8") as file:
        file.writelines(f"+1650253{n:04},뷁😀\n" for n in range(10_000) for _ in range(30))
    assert check_file(CheckJob(**{**as_dict(job), "cpu_seconds": 1})) == FileProblem("timed_out")


def as_dict(job):
    return {name: getattr(job, name) for name in CheckJob.__dataclass_fields__}


def test_the_child_dies_with_its_parent(job, tmp_path):
    code = (
        "import sys, json, time\n"
        "from messaging.recipients import reader\n"
        "from messaging.recipients.results import CheckJob\n"
        "reader.start_child_of = reader.start_child\n"
        "def start(errors):\n"
        "    child = reader.start_child_of(errors)\n"
        "    print(child.pid, flush=True)\n"
        "    return child\n"
        "reader.start_child = start\n"
        "reader.check_file(CheckJob(**json.loads(sys.argv[1])), lambda rows, fraction: time.sleep(60))\n"
    )
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)  # a file that never ends: the child waits in it
    job = {**as_dict(job), "path": str(fifo)}
    with subprocess.Popen([sys.executable, "-c", code, json.dumps(job)], stdout=subprocess.PIPE) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        wait_until_limited(child)
        parent.send_signal(signal.SIGKILL)
        gone, alive = psutil.wait_procs([child], timeout=10)
    assert gone
    assert not alive


def wait_until_limited(child):
    """Wait until the child has set its limits, which it does after it has tied itself to its parent."""
    deadline = time.monotonic() + 10
    while child.rlimit(psutil.RLIMIT_CORE) != (0, 0) or child.nice() < 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_child_imports_nothing_of_django_and_little_else():
    code = "import sys, messaging.recipients.child; print(*sorted(n.split('.')[0] for n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"django", "openpyxl", "phonenumbers", "python_calamine", "celery", "psycopg"}
