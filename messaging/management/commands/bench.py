"""`manage.py bench`: how fast, measured in a scratch console that touches nobody's data."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Measure how fast files are checked and loaded and messages sent; writes bench.json."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=100_000, help="messages (default: 100000)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from tests import scratch
            from tests.benchmarks.table import printed
        except ImportError as error:
            raise CommandError(f"Benchmarks need what tests need: {error}") from error
        with tempfile.TemporaryDirectory(prefix="bongsu-bench-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            folder.chmod(0o711)  # an embedded server has an account of its own
            result = folder / "result.json"
            command = [sys.executable, "-m", "tests.benchmarks", str(options["count"]), str(result)]
            with scratch.environment(folder / "home") as environment:
                done = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=False)
            if done.returncode != 0:
                raise CommandError("The benchmark did not come to its end; see above.")
            rows = json.loads(result.read_text())
        self.stdout.write(printed(rows))
        settings.BONGSU_HOME.mkdir(parents=True, exist_ok=True)
        (settings.BONGSU_HOME / "bench.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False))
