"""A person sets up two-factor sign-in in a real browser, signs in with it, and turns it off again."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn
from tests.browser.people import PHONE, Console, Person
from tests.console.authenticator import code_of

USERNAME = "bookseller"


@pytest.fixture
def person(console: Console, sign_in: SignIn) -> Iterator[Person]:
    yield sign_in(USERNAME)
    console.sessions.pop(USERNAME, None)  # it ended with the change of what lets this person in


def give(person: Person, code: str, button: str) -> None:
    person.page.locator("[name=code]").fill(code)
    person.click(button)


def test_it_is_set_up_asked_for_and_turned_off(console: Console, person: Person) -> None:
    page = person.go("/me/second-factor/")
    person.click("Set it up")
    expect(page.locator(".a-picture svg")).to_be_visible()
    assert person.barriers() == []
    give(person, code_of(page.locator("#secret").inner_text()), "Turn it on")
    expect(page.locator(".a-codes li")).to_have_count(10)
    codes = page.locator(".a-codes li").all_inner_texts()
    person.picture("recovery-codes")
    page.reload()
    expect(page.locator(".a-codes")).to_have_count(0)

    person.context.clear_cookies()
    page.set_viewport_size(PHONE)
    page.goto("/login/?next=/me/sign-ins/")
    page.locator("[name=username]").fill(USERNAME)
    page.locator("[name=password]").fill(console.passwords[USERNAME])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/login/code/$"))
    assert person.barriers() == []
    give(person, "000000", "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    give(person, codes[0].upper(), "Sign in")
    page.wait_for_url(f"{console.address}/me/sign-ins/")
    expect(page.get_by_text("This one")).to_be_visible()

    page.goto("/me/second-factor/")
    page.locator("[name=code]").fill(codes[1])
    page.keyboard.press("Enter")
    expect(page.get_by_text("8 recovery codes are left")).to_have_count(0)
    person.click("Turn it off")
    expect(page.get_by_role("button", name="Set it up")).to_be_visible()
