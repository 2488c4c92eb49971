"""The home page stays open: it shows what happens by itself, and who does not answer any more."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn
from tests.browser.people import PHONE, Console
from tests.browser.test_sending import DEMO_NUMBER, confirm, start_over

# A pulse is late after 15 seconds and gone after 60: what is waited for here is moved there instead.
AGED = "UPDATE messaging_pulse SET seen_at = seen_at - %s::interval WHERE name LIKE 'files-%%'"


def test_a_worker_that_is_killed_turns_red_and_green_again_when_it_is_back(
    console: Console, sign_in: SignIn
) -> None:
    person = sign_in("administrator")
    page = person.go("/")
    row = page.locator("[data-process^='files-']")
    expect(row).to_contain_text("Well")
    console.processes.end_line("worker-files")
    try:
        console.database.execute(AGED, ["20 seconds"])
        expect(row).to_contain_text("Late")
        expect(page.locator("#part-health")).to_contain_text("1 of 7 processes does not answer.")
        console.database.execute(AGED, ["60 seconds"])
        expect(row).to_contain_text("Gone")
        person.picture("home-worker-gone")
    finally:
        console.processes.start_line("worker-files")
    expect(row).to_contain_text("Well", timeout=60_000)
    expect(page.locator("#part-health")).to_contain_text("All 7 processes answer.")


def test_what_is_sent_shows_up_by_itself_and_keeps_what_is_open(sign_in: SignIn) -> None:
    watching, sending = sign_in("manager"), sign_in("sender")
    page = watching.go("/")
    requested = page.locator("#part-today .b-stat-value").first
    before = number(requested.inner_text())
    page.locator("#home-queues summary").click()
    form = start_over(sending, "/send/general/")
    form.get_by_label("Sender number").select_option(DEMO_NUMBER)
    form.get_by_label("Text").fill("안녕하세요")
    form.locator("[name=recipients]").fill("010-7000-0009")
    confirm(sending, "Send")
    watching.until(lambda: number(requested.inner_text()) == before + 1)
    page.wait_for_timeout(6_000)  # another look, which changes nothing
    expect(page.locator("#home-queues")).to_have_attribute("open", "")


def test_a_lost_connection_is_said_and_taken_back(sign_in: SignIn) -> None:
    person = sign_in("manager")
    page = person.go("/")
    note = page.locator("#home-lost")
    expect(note).to_be_hidden()
    person.context.set_offline(True)
    expect(note).to_be_visible()
    person.context.set_offline(False)
    expect(note).to_be_hidden()
    person.faults[:] = [fault for fault in person.faults if "htmx:sendError" not in fault]


def test_a_page_that_nobody_looks_at_asks_nothing(sign_in: SignIn) -> None:
    person = sign_in("manager")
    page = person.go("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/") else None)
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    started = time.monotonic()
    page.wait_for_timeout(7_000)
    assert (asked, time.monotonic() - started > 6) == ([], True)


@pytest.mark.parametrize("username", ["manager", "administrator"])
def test_the_first_thing_on_a_phone_is_what_needs_a_person(username: str, sign_in: SignIn) -> None:
    person = sign_in(username, viewport=PHONE)
    page = person.go("/")
    box = page.locator("#part-needs").bounding_box()
    assert box is not None
    assert box["y"] < PHONE["height"] / 2
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))
