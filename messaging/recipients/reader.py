"""The worker's side of reading a file of recipients or of UIDs: a child does it; whatever kills that is one
problem.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any, overload

from messaging.recipients.results import CheckJob, CheckResult, FileProblem
from messaging.recipients.uid_results import UidJob, UidResult

PROJECT_ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-s", "-m", "messaging.recipients.child")
PASSED_ON = ("LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")
MAX_LINE = 4 << 20  # a result has at most some dozen cut cells
READ = 1 << 16
STDERR_KEPT = 8192

Progress = Callable[[int, float], None]
Message = dict[str, Any]
Job = CheckJob | UidJob
Result = CheckResult | UidResult
Outcome = Result | FileProblem
RESULTS: dict[type[Job], type[Result]] = {CheckJob: CheckResult, UidJob: UidResult}


class TimedOut(Exception):
    """The child took longer than it was given."""


class Garbage(Exception):
    """The child wrote something that is no message."""


@overload
def check_file(
    job: CheckJob, on_progress: Progress = ..., timeout: float = ...
) -> CheckResult | FileProblem: ...
@overload
def check_file(job: UidJob, on_progress: Progress = ..., timeout: float = ...) -> UidResult | FileProblem: ...
def check_file(
    job: Job, on_progress: Progress = lambda rows, fraction: None, timeout: float = 600
) -> Outcome:
    """Read a file in a child process; `on_progress(rows, fraction)` is called a few times a second.

    On a result both files of the job are there, whole; on a FileProblem, or when `on_progress` raises
    (the child is killed then), neither is. `timeout` is in seconds. Call it from the thread that lives as
    long as the work: the child dies with it. Raises OSError where no process can be started.
    """
    part = f".{uuid.uuid4().hex}.part"
    partial = replace(job, staging_path=job.staging_path + part, problems_path=job.problems_path + part)
    try:
        outcome = run_child(partial, on_progress, timeout)
        if not isinstance(outcome, FileProblem):
            Path(partial.problems_path).replace(job.problems_path)
            Path(partial.staging_path).replace(job.staging_path)
        return outcome
    finally:
        for path in (partial.staging_path, partial.problems_path):
            Path(path).unlink(missing_ok=True)


def run_child(job: Job, on_progress: Progress, timeout: float) -> Outcome:
    """Start the child, follow it to its end, and make one outcome of that end."""
    deadline = time.monotonic() + timeout
    final: Message = {}
    with tempfile.TemporaryFile() as errors, start_child(errors) as child:
        try:
            send_job(child, job)
            for message in messages(child, deadline, RESULTS[type(job)]):
                if "rows" in message:
                    on_progress(message["rows"], message["fraction"])
                else:
                    final = message
            child.wait(max(deadline - time.monotonic(), 0.1))
        except (TimedOut, subprocess.TimeoutExpired):
            return FileProblem("timed_out")
        except Garbage:
            return FileProblem("unreadable")
        finally:
            child.kill()  # nothing, when it has ended
        errors.seek(0)
        return outcome_of(child.returncode, final, errors.read(STDERR_KEPT))


def start_child(errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """The child, in an environment without any of our secrets."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return subprocess.Popen(
        COMMAND,
        cwd=PROJECT_ROOT,
        env={**environment, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
    )


def send_job(child: subprocess.Popen[bytes], job: Job) -> None:
    """Write the job; a child that is already dead is noticed later, by how it ended."""
    message = {"kind": type(job).__name__, "job": asdict(job), "parent_pid": os.getpid()}
    line = json.dumps(message) + "\n"
    with suppress(BrokenPipeError), pipe(child.stdin) as stdin:
        stdin.write(line.encode())


def pipe(end: IO[bytes] | None) -> IO[bytes]:
    """One of the child's pipes, which are always asked for."""
    if end is None:
        raise RuntimeError("the child has no such pipe")
    return end


def messages(child: subprocess.Popen[bytes], deadline: float, result: type[Result]) -> Iterator[Message]:
    """What the child says, one checked message at a time. Raises TimedOut, and Garbage for anything else."""
    pending = b""
    for piece in pieces(child, deadline):
        *lines, pending = (pending + piece).split(b"\n")
        yield from (message_of(line, result) for line in lines)
        if len(pending) > MAX_LINE:
            raise Garbage
    if pending:
        raise Garbage


def pieces(child: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes]:
    """Raw output until its end. Raises TimedOut at the deadline."""
    stdout = pipe(child.stdout)
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimedOut
            piece = os.read(stdout.fileno(), READ)
            if not piece:
                return
            yield piece


def message_of(line: bytes, result: type[Result]) -> Message:
    """One line of output as a message of one of the three kinds. Raises Garbage."""
    try:
        message = json.loads(line)
        if "rows" in message:
            return {"rows": int(message["rows"]), "fraction": float(message["fraction"])}
        if "problem" in message:
            problem = FileProblem(str(message["problem"]["code"]), dict(message["problem"]["params"]))
            return {"outcome": problem}
        return {"outcome": result.from_json(message["result"])}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Garbage from error


def outcome_of(code: int, final: Message, errors: bytes) -> Outcome:
    """What a child's end means: what it said when it ended well, otherwise what killed it."""
    if code == 0 and "outcome" in final:
        return final["outcome"]
    if code == -signal.SIGXCPU:
        return FileProblem("timed_out")
    if code == -signal.SIGXFSZ:
        return FileProblem("output_too_large")
    # The kernel kills for memory; the reader of workbooks aborts, and says so, when it gets none.
    if code == -signal.SIGKILL or b"memory allocation" in errors or b"MemoryError" in errors:
        return FileProblem("out_of_memory")
    return FileProblem("unreadable")
