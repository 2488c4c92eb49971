"""The process that reads one recipient file: `python -m messaging.recipients.child`.

A job comes as one line of JSON on stdin, with the kind of file that it is about. Lines of JSON go out on
stdout: `{"rows": n, "fraction": x}` a few times a second, then exactly one of `{"result": …}` and
`{"problem": {"code", "params"}}`. It imports nothing of Django, so it starts in a moment, and it sets its own
limits before it opens the file: what a reader of hostile files may allocate or compute is not in its own
hands.
"""

import errno
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from messaging.recipients.results import CheckJob, CheckResult, FileRefused
from messaging.recipients.sniffing import kind_of
from messaging.recipients.spreadsheet import open_sheet
from messaging.recipients.uid_results import UidJob, UidResult
from messaging.recipients.uid_rows import UidReader
from messaging.recipients.validation import RowChecker

Job = CheckJob | UidJob
JOBS: dict[str, type[Job]] = {job.__name__: job for job in (CheckJob, UidJob)}

TEXT_MB = 300
WORKBOOK_MB = 700  # a million rows of four columns take 480
REPORT_EVERY = 0.2
BUFFER = 1 << 20
MB = 1 << 20
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Read the job, read its file, say what became of it."""
    message = json.loads(sys.stdin.readline())
    die_with_parent(message["parent_pid"])
    job = JOBS[message["kind"]](**message["job"])
    limit_process(job)
    try:
        say({"result": check(job).to_json()})
    except FileRefused as refused:
        say({"problem": {"code": refused.code, "params": refused.params}})
    except MemoryError:
        say({"problem": {"code": "out_of_memory", "params": {}}})
    except OSError as error:
        say({"problem": {"code": problem_of(error), "params": {}}})


def die_with_parent(parent_pid: int) -> None:
    """Ask Linux to kill this process with its parent. Elsewhere its next progress line ends it."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        sys.exit("the parent is gone")


def limit_process(job: Job) -> None:
    """Bound computing and writing, leave no core file, and give way to everything else."""
    lower(
        resource.RLIMIT_CPU, job.cpu_seconds, spare=2
    )  # SIGXCPU comes first, and tells it from a lack of memory
    lower(resource.RLIMIT_FSIZE, job.output_mb * MB)
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_AS, (job.memory_mb or WORKBOOK_MB) * MB)
    os.nice(5)


def lower(which: int, value: int, spare: int = 0) -> None:
    """Set a limit, below what the process was given at most; `spare` is how much the hard one is above it."""
    _, hard = resource.getrlimit(which)
    most = value + spare if hard == resource.RLIM_INFINITY else min(value + spare, hard)
    resource.setrlimit(which, (min(value, most), most))


def check(job: Job) -> CheckResult | UidResult:
    """Read the file of a job; memory is bounded by what its kind needs."""
    kind = kind_of(job.path)
    if kind == "text" and job.memory_mb is None:
        lower(resource.RLIMIT_AS, TEXT_MB * MB)
    sheet = open_sheet(job.path, kind)
    with (
        open(job.staging_path, "w", BUFFER, encoding="utf-8", newline="\n") as staging,
        open(job.problems_path, "w", BUFFER, encoding="utf-8", newline="\n") as problems,
    ):
        if isinstance(job, UidJob):
            return UidReader(job, sheet, staging, problems).run(reporter())
        return RowChecker(job, sheet, staging, problems).run(reporter())


def reporter() -> Callable[[int, float], None]:
    """A function that prints progress, about five times a second however often it is called."""
    last = 0.0

    def report(rows: int, fraction: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= REPORT_EVERY:
            last = now
            say({"rows": rows, "fraction": round(fraction, 4)})

    return report


def problem_of(error: OSError) -> str:
    """The code of a failure to read or write."""
    if error.errno == errno.ENOMEM:
        return "out_of_memory"
    if error.errno == errno.EFBIG:
        return "output_too_large"
    return "no_space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "unreadable"


def say(message: dict[str, Any]) -> None:
    """One line to the parent. A parent that is gone ends this process."""
    try:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        quit_silently()


def quit_silently() -> NoReturn:
    """End without a last attempt to write to a closed pipe."""
    os._exit(1)


if __name__ == "__main__":
    main()
