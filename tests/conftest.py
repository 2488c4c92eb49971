"""What every test stands on: a PostgreSQL for this run, and the folders' marks.

Where `DATABASE_URL` is unset, the run's first process starts an embedded server before Django connects, and
xdist's workers find it through the environment; each has a database of its own. The server stops with the
run, however that ends.
"""

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from console.translations import compile_catalogs

CHROMIUM = "/usr/bin/chromium"
HOW_TO_INSTALL = "browser tests need Chromium: apt-get install chromium fonts-noto-cjk, or set CHROMIUM"
MARK_OF_FOLDER = {"browser": "browser", "faults": "end_to_end", "benchmarks": "benchmark"}


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        compile_catalogs(settings.BASE_DIR / "locale")  # whichever test is the first to need it
    if settings.EMBEDDED_POSTGRES is not None:
        os.environ["BONGSU_TEST_HOME"] = str(settings.BONGSU_HOME)
        settings.EMBEDDED_POSTGRES.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if settings.EMBEDDED_POSTGRES is not None:
        settings.EMBEDDED_POSTGRES.stop()
    if not hasattr(config, "workerinput"):
        shutil.rmtree(settings.BONGSU_HOME, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        mark = MARK_OF_FOLDER.get(item.path.relative_to(Path(__file__).parent).parts[0])
        if mark is not None:
            item.add_marker(mark)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are numbered: a file made here holds the time or chance, and each worker must find one name."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    translation.deactivate()  # a page in Korean leaves its language to whatever this process runs next
    if item.get_closest_marker("browser") is not None and chromium() is None:
        pytest.skip(HOW_TO_INSTALL)  # from one place, so that pytest sums them up in one line


def pytest_report_header(config: pytest.Config) -> str:
    server = "embedded" if settings.EMBEDDED_POSTGRES else "from DATABASE_URL"
    return f"PostgreSQL: {server}"


def chromium() -> str | None:
    """The Chromium to drive, or None; BONGSU_REQUIRE_BROWSER=1 makes a missing one an error."""
    path = os.environ.get("CHROMIUM", CHROMIUM)
    if shutil.which(path):
        return path
    if os.environ.get("BONGSU_REQUIRE_BROWSER") == "1":
        pytest.fail(HOW_TO_INSTALL, pytrace=False)
    return None
