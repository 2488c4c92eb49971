"""The list of numbers, by keyboard: one by one, and from a file; and the result of a message, copied."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from tests.browser.conftest import SignIn
from tests.browser.people import PHONE, Person, expect
from tests.browser.test_sending import DEMO_NUMBER, confirm, start_over

ADDED = re.compile("is in the list")


def ready(person: Person) -> Page:
    page = start_over(person, "/send/general/")
    page.get_by_label("Sender number").select_option(DEMO_NUMBER)
    page.get_by_label("Text").fill("To the list")
    return page


def lines(page: Page) -> list[str]:
    return page.locator("[name=recipients]").input_value().split()


def test_numbers_are_added_by_keyboard_and_sent(sign_in: SignIn) -> None:
    person = sign_in("sender")
    page = ready(person)
    number = page.locator("[name=one_number]")
    number.focus()
    page.keyboard.type("010-7000-0101")
    page.keyboard.press("Enter")
    expect(page.locator("#send-one-said")).to_contain_text(ADDED)
    expect(number).to_be_focused()
    expect(number).to_have_value("")
    page.keyboard.type("010-12")
    page.keyboard.press("Enter")
    expect(page.locator("#send-one-said")).to_contain_text("010-12 The number is too short.")
    expect(number).to_have_value("010-12")
    number.fill("01070000102")
    person.click("Add")
    expect(number).to_be_focused()
    expect(number).to_have_value("")
    page.get_by_label("Country").fill("Japan")
    number.fill("090-1234-5678")
    page.keyboard.press("Enter")
    expect(page.locator("#send-one-said")).to_contain_text("+81 9012345678 is in the list.")
    assert lines(page) == ["010-7000-0101", "010-7000-0102", "+819012345678"]
    expect(page.locator("#send-recipients")).to_contain_text("3 numbers")
    expect(page.locator("#send-preview")).to_contain_text("Japan: phones show the carrier’s own number")
    expect(page.locator("#send-sentence")).to_contain_text("3 SMS messages")
    assert person.barriers() == []
    confirm(person, "Send")
    person.until(lambda: bool(person.console.received("01070000102")))
    assert person.console.received("01070000101") == ["To the list"]


def test_what_is_typed_while_one_is_on_its_way_stays(sign_in: SignIn) -> None:
    person = sign_in("sender")
    page = ready(person)
    late: list[Route] = []

    def hold(route: Route) -> None:
        is_add = "step=add" in (route.request.post_data or "")
        late.append(route) if is_add and not late else route.continue_()

    page.route("**/send/general/", hold)
    number = page.locator("[name=one_number]")
    number.fill("010-7000-0103")
    page.keyboard.press("Enter")
    person.until(lambda: bool(late))
    page.keyboard.type("010-7000-01")
    page.locator("[name=recipients]").fill("010-7000-0104")
    late[0].continue_()
    expect(page.locator("#send-one-said")).to_contain_text(ADDED)
    assert lines(page) == ["010-7000-0104", "010-7000-0103"]
    expect(number).to_have_value("010-7000-01")


def test_the_numbers_of_a_file_join_the_list(sign_in: SignIn, tmp_path: Path) -> None:
    person = sign_in("sender", viewport=PHONE)
    page = ready(person)
    page.locator("[name=recipients]").fill("010-7000-0105")
    file = tmp_path / "few.csv"
    file.write_text("recipient_no\n010-7000-0105\n010-7000-0106\n0101234\n")
    page.get_by_text("From a CSV or Excel file").click()
    page.locator("[data-upload]").set_input_files(file)
    expect(page.locator("#send-file")).to_contain_text("2 can be sent")
    expect(page.locator("#send-file")).to_contain_text("Row 4 0101234 The number is too short.")
    assert lines(page) == ["010-7000-0105", "01070000106", "0101234"]
    expect(page.locator("#send-recipients")).to_contain_text("1 wrong")
    assert person.barriers() == []
    page.get_by_role("button", name="Take 1 wrong entry out").click()
    expect(page.locator("#send-recipients")).not_to_contain_text("wrong")
    assert lines(page) == ["010-7000-0105", "01070000106"]
    page.reload()
    assert lines(page) == ["010-7000-0105", "01070000106"]
    expect(page.locator("#send-file")).to_contain_text("2 can be sent")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_result_of_a_message_is_copied(sign_in: SignIn) -> None:
    person = sign_in("sender", permissions=["clipboard-read", "clipboard-write"])
    page = person.go("/deliveries/requests/?listed=messages")
    page.locator("a[href^='/deliveries/messages/']").first.click()
    person.click("Copy")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied: dict[str, Any] = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["statusName"] == "success"
    assert page.url.rstrip("/").endswith(page.locator("dd.b-code").first.inner_text())
    assert copied == json.loads(page.locator("#result-json").inner_text())
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    assert person.barriers() == []
