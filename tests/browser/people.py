"""A person at the console: signs in, goes to pages, and notices whatever a page complains of."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from tests.scratch import Processes

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")
SERIOUS = ("serious", "critical")
SCREENSHOTS = Path(__file__).parent / "screenshots"
# Playwright's own patience, in milliseconds: a machine that runs many things at once is slow.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@dataclass
class Console:
    """The console under test. `database` is for what no page may do, such as moving a due time."""

    address: str
    folder: Path
    passwords: dict[str, str]
    database: psycopg.Connection[Any]
    processes: Processes
    sessions: dict[str, Any] = field(default_factory=dict)

    def received(self, number: str) -> list[str]:
        """The texts that the simulated phone with this number received, oldest first."""
        ledger = self.folder / "simulator" / "simulator.sqlite3"
        if not ledger.exists():
            return []
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT text FROM message WHERE recipient = ? ORDER BY id", (number,))
            return [text for (text,) in rows]


@dataclass
class Person:
    """Somebody signed in. `faults`: errors of scripts and of the content policy, answers of 500 and above."""

    console: Console
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)

    @classmethod
    def signed_in(cls, console: Console, browser: Browser, username: str, **options: Any) -> "Person":
        known = console.sessions.get(username)
        wanted = {"viewport": DESKTOP, "base_url": console.address, "locale": "en-US", **options}
        context = browser.new_context(storage_state=known, timezone_id="Asia/Seoul", **wanted)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        person = cls(console, context, page)
        page.on("console", person.hear)
        page.on("pageerror", lambda error: person.faults.append(f"{page.url}: {error}"))
        page.on("response", person.look_at)
        if known is None:
            person.sign_in(username, console.passwords[username])
            console.sessions[username] = context.storage_state()
        return person

    def sign_in(self, username: str, password: str) -> None:
        self.page.goto("/login/")
        self.page.locator("[name=username]").fill(username)
        self.page.locator("[name=password]").fill(password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.console.address}/")

    def hear(self, said: ConsoleMessage) -> None:
        # What a page is refused on purpose (a form with mistakes is a 422) is no fault of the page, nor is a
        # request that a later one took the place of.
        is_meant = said.text in REPLACED or "Failed to load resource" in said.text
        if said.type == "error" and not is_meant:
            self.faults.append(f"{self.page.url}: {said.text}")

    def look_at(self, response: Response) -> None:
        if response.status >= 500 or (response.status == 404 and "/static/" in response.url):
            self.faults.append(f"{response.status} {response.url}")

    def go(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def click(self, name: str) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something outside the page; its own scripts run on."""
        deadline = time.monotonic() + PATIENCE / 1000
        while not condition():
            assert time.monotonic() < deadline, "It did not come true in time."
            self.page.wait_for_timeout(100)

    def picture(self, name: str) -> None:
        """Keep how the page looks now, all of it, for people to look at."""
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled", full_page=True)

    def barriers(self) -> list[str]:
        """What axe finds on this page that keeps people out, a line each."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['target']} {node['failureSummary']}"
            for each in found
            if each["impact"] in SERIOUS
            for node in each["nodes"]
        ]
