"""A recurring schedule: made from a send page that keeps what was typed, given a message, seen, deleted."""

import re

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SignIn
from tests.browser.people import DESKTOP, PHONE, Person, expect

CODE = "TEA-NEWS"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_schedule_is_made_given_a_message_and_deleted(sign_in: SignIn, size: dict[str, int]) -> None:
    person = sign_in("sender", viewport=size)
    code = f"{CODE}-{size['width']}"
    page = person.go("/send/general/")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Start over").click()
    page.locator("[name=body]").fill("Tea news of the week")
    page.locator("[name=recipients]").fill("010-7000-0002")
    page.get_by_text("By a recurring schedule").click()
    make(person, page, code)
    expect(page).to_have_url(re.compile(r"/send/general/\?schedule=\d+$"))
    expect(page.locator("[name=body]")).to_have_value("Tea news of the week")
    sentence = f"1 SMS message from 02-1234-5678 at each run of {code}, every day at 03:30 (America/New_York)"
    expect(page.locator("#send-sentence")).to_contain_text(sentence)
    person.click("Add to schedule…")
    expect(page.locator("#send-dialog")).to_contain_text(sentence)
    assert person.barriers() == []
    person.click(f"Add to {code}")
    expect(page.get_by_text(f"Added to {code}")).to_be_visible()
    see(person, page, code)
    delete(page, code)


def make(person: Person, page: Page, code: str) -> None:
    """Make a schedule of every day from the send page; the next runs are seen before."""
    page.locator(".s-only-recurring button[value=schedule]").click()
    expect(page.get_by_text("Your message is kept.")).to_be_visible()
    page.locator("[name=code]").fill(code)
    page.locator("[name=sends_at]").fill("03:30")
    page.locator("[name=time_zone]").fill("new york")
    person.click("Every day")
    expect(page.locator("[name=weekdays]:checked")).to_have_count(7)
    shown = page.locator("#schedule-preview")
    expect(shown.locator(".r-runs li")).to_have_count(5)
    expect(shown).to_contain_text("On the clocks of America/New_York; “here” is Asia/Seoul.")
    assert person.barriers() == []
    person.picture(f"schedule-add-typed-{page.viewport_size['width'] if page.viewport_size else 0}")
    person.click("Add the schedule")


def see(person: Person, page: Page, code: str) -> None:
    """The schedule's page, and the list that leads to it."""
    expect(page.get_by_role("heading", name=code)).to_be_visible()
    expect(page.locator(".r-messages")).to_contain_text("From 02-1234-5678 to 1 number")
    expect(page.locator(".r-runs li")).to_have_count(5)
    assert person.barriers() == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    person.picture(f"schedule-{page.viewport_size['width'] if page.viewport_size else 0}")
    person.go("/deliveries/recurring/")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("link", name=code).click()


def delete(page: Page, code: str) -> None:
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_text("These messages go no more:")).to_be_visible()
    page.locator("[name=code]").fill(code.lower())
    page.get_by_role("button", name="Delete the schedule").click()
    expect(page.get_by_text(f"Type the code exactly as it stands above: {code}.")).to_be_visible()
    page.locator("[name=code]").fill(code)
    page.get_by_role("button", name="Delete the schedule").click()
    expect(page.get_by_text(f"{code} is deleted: nothing of it goes any more.")).to_be_visible()
