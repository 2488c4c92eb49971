"""A console with real processes, started once, and people who use it in a real Chromium."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import Console, Person
from tests.conftest import chromium
from tests.scratch import ROOT, Processes, environment

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS_TO_ANSWER = 60

SignIn = Callable[..., Person]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All on one worker of xdist: the console is started once."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console over a database of its own, with every process of the Procfile."""
    folder = tmp_path_factory.mktemp("console")
    with environment(folder) as variables:
        said = subprocess.run(
            [sys.executable, "-m", "tests.browser.seed"],
            env=variables,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        seeded = json.loads(said.stdout)
        processes = Processes(variables, without=())
        try:
            processes.start()
            address = f"http://127.0.0.1:{variables['PORT']}"
            wait_for(f"{address}/healthz/", processes)
            with psycopg.connect(variables["DATABASE_URL"], autocommit=True) as database:
                yield Console(address, folder, seeded["passwords"], database, processes)
        finally:
            processes.stop()


def wait_for(address: str, processes: Processes) -> None:
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while True:
        try:
            urlopen(address, timeout=5).close()
            return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                pytest.fail(f"The console does not answer.\n{processes.end_of_log()}")
            time.sleep(0.2)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Playwright keeps a loop in this thread, which Django takes for code that must not ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))


@pytest.fixture
def sign_in(console: Console, browser: Browser) -> Iterator[SignIn]:
    """Signs a person in; options are those of a playwright context. A page's own errors fail the test."""
    people: list[Person] = []

    def signed_in(username: str, **options: object) -> Person:
        person = Person.signed_in(console, browser, username, **options)
        people.append(person)
        return person

    yield signed_in
    for person in people:
        person.context.close()
    assert [fault for person in people for fault in person.faults] == []
