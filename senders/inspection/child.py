"""The process that reads one hostile file: `python -m senders.inspection.child SOURCE TARGET TODAY`.

It takes limits on memory, CPU time and file size before it reads anything, writes the clean copy to TARGET
and the pictures beside it, and prints one JSON object: `{"content_type", "pages"}` or `{"problem", "page"}`.
Whatever else happens (a crash, a limit) shows as an exit code other than 0.
"""

import json
import resource
import sys
from datetime import date
from pathlib import Path

MEMORY_BYTES = 1_500 * 1024 * 1024
CPU_SECONDS = 20
OUTPUT_BYTES = 100 * 1024 * 1024


def main(source: str, target: str, today: str) -> dict[str, object]:
    """Inspect the file; the answer as it is printed."""
    from senders.inspection.inspect_file import inspect_file
    from senders.inspection.problems import Problem, Refused

    try:
        return inspect_file(Path(source), Path(target), today=date.fromisoformat(today))
    except Refused as refused:
        return {"problem": refused.problem.value, "page": refused.page}
    except MemoryError:
        return {"problem": Problem.TOO_COMPLEX.value, "page": None}


def take_limits() -> None:
    """Limit this process, for good."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES, OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


if __name__ == "__main__":
    take_limits()
    sys.stdout.write(json.dumps(main(*sys.argv[1:4])))
