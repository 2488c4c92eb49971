"""All benchmarks, in a scratch console: `python -m tests.benchmarks ROWS RESULT`. `manage.py bench` starts
it.

A benchmark is a module `bench_*.py` here with `run(rows, folder) -> list of rows`; `table.py` makes the rows.
That of the pages is the last: it leaves a large project behind.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import django


def main(rows: int, result: Path) -> None:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    folder = Path(settings.BONGSU_HOME) / "benchmark"
    folder.mkdir()
    measured = []
    paths = Path(__file__).parent.glob("bench_*.py")
    for path in sorted(paths, key=lambda path: (path.stem == "bench_pages", path.stem)):
        sys.stderr.write(f"{path.stem} …\n")
        measured += import_module(f"tests.benchmarks.{path.stem}").run(rows, folder)
    result.write_text(json.dumps(measured))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
