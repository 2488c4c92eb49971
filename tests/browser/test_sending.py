"""Smaller jobs: one text to one phone, a request that is checked first, a mass send without a mouse."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, Route

from tests.browser import files
from tests.browser.conftest import SignIn
from tests.browser.people import Person, expect

SEOUL = ZoneInfo("Asia/Seoul")
DEMO_NUMBER = "0212345678"


def test_an_unverified_member_is_led_to_the_identity_page(sign_in: SignIn) -> None:
    person = sign_in("newcomer")
    for path in ("/send/general/", "/send/mass/", "/deliveries/requests/", "/deliveries/handsets/"):
        page = person.go(path)
        expect(page).to_have_url(re.compile("/senders/identity/$"))
        expect(page.get_by_text("Verify your identity to use the service.")).to_be_visible()
    expect(person.go("/senders/numbers/").get_by_role("heading", name="Sender numbers")).to_be_visible()


def test_one_text_to_one_phone(sign_in: SignIn) -> None:
    person = sign_in("sender")
    page = start_over(person, "/send/general/")
    page.get_by_label("Sender number").select_option(DEMO_NUMBER)
    page.get_by_label("Text").fill("안녕하세요, your parcel is here.")
    expect(page.locator("#send-counter")).to_contain_text(re.compile(r"32\s*/\s*90"))
    page.locator("[name=recipients]").fill("010-7000-0001\n010-12")
    expect(page.locator("#send-recipients")).to_contain_text(re.compile("1 number.*1 wrong", re.DOTALL))
    person.click("Send…")
    expect(page.locator(".b-error").first).to_be_visible()
    page.locator("[name=recipients]").fill("010-7000-0001")
    expect(page.locator("#send-sentence")).to_contain_text(re.compile("1 .*02-1234-5678"))
    confirm(person, "Send")
    expect(page.get_by_text("Delivery Completed").first).to_be_visible()
    person.until(lambda: bool(person.console.received("01070000001")))
    assert person.console.received("01070000001") == ["안녕하세요, your parcel is here."]
    page = person.go("/deliveries/handsets/")
    expect(page.get_by_text("안녕하세요, your parcel is here.")).to_be_visible()


def test_what_is_checked_first_waits_until_it_is_released(sign_in: SignIn, tmp_path: Path) -> None:
    person = sign_in("sender")
    page = start_over(person, "/send/mass/")
    page.get_by_label("Sender number").select_option(DEMO_NUMBER)
    page.get_by_label("Text").fill("Tea for ##name##")
    person.click("Next: recipients")
    page.locator("[data-upload]").set_input_files(files.customers(tmp_path / "few.xlsx", 20))
    expect(page.locator(".s-counts")).to_contain_text("20 can be sent")
    person.click("Next: when")
    page.get_by_text("After I have checked it").click()
    page.get_by_label("Name of this request").fill("Checked first")
    confirm(person, "Send")
    expect(page.get_by_text("This request waits for you")).to_be_visible()
    expect(page.locator(".d-first .b-bubble-text").first).to_have_text(f"Tea for {files.name_of(2)}")
    page.get_by_role("link", name="Send 20 messages now").click()
    expect(page.locator(".b-confirm-sentence")).to_contain_text(
        "20 SMS messages go out from 02-1234-5678 now"
    )
    page.get_by_role("button", name="Send 20 messages now").click()
    expect(page.get_by_text("Delivery Completed").first).to_be_visible()
    expect(page.locator(".d-stats")).to_contain_text(re.compile(r"Delivered\s*20"))


def test_a_late_answer_does_not_take_an_uploaded_file_away(sign_in: SignIn, tmp_path: Path) -> None:
    person = sign_in("sender")
    page = start_over(person, "/send/mass/")
    page.get_by_label("Sender number").select_option(DEMO_NUMBER)
    late: list[Route] = []
    page.route("**/send/mass/", lambda route: late.append(route), times=1)
    page.get_by_label("Text").fill("Tea for ##name##")
    person.until(lambda: bool(late))
    page.locator("[data-upload]").set_input_files(files.customers(tmp_path / "few.xlsx", 20))
    expect(page.locator(".s-counts")).to_contain_text("20 can be sent")
    with page.expect_response("**/send/mass/"):
        late[0].continue_()
    expect(page.locator("#send-file")).to_contain_text("few.xlsx")
    expect(page.locator(".s-counts")).to_contain_text("20 can be sent")


def test_what_is_scheduled_can_be_canceled(sign_in: SignIn) -> None:
    person = sign_in("sender")
    page = start_over(person, "/send/general/")
    page.get_by_label("Sender number").select_option(DEMO_NUMBER)
    page.get_by_label("Text").fill("Never sent")
    page.locator("[name=recipients]").fill("010-7000-0002")
    page.get_by_text("At a set time").click()
    moment = datetime.now(SEOUL) + timedelta(days=2)
    page.locator("[name=date]").fill(f"{moment:%Y-%m-%d}")
    page.locator("[name=time]").fill("10:30")
    expect(page.locator("#send-sentence")).to_contain_text(f"{moment:%Y-%m-%d} 10:30")
    confirm(person, "Schedule")
    expect(page.get_by_text("Waiting for Delivery").first).to_be_visible()
    request = page.url
    expect(person.go("/deliveries/scheduled/").locator(f"a[href='{path_of(request)}']").first).to_be_visible()
    person.go(request).get_by_role("link", name="Cancel", exact=True).click()
    expect(page.locator(".b-confirm-sentence")).to_contain_text("1 message that is not handed over yet")
    page.get_by_role("button", name="Cancel this request").click()
    expect(page.get_by_text("Canceled").first).to_be_visible()
    assert person.console.received("01070000002") == []


def test_a_mass_send_by_keyboard_alone(sign_in: SignIn, tmp_path: Path) -> None:
    person = sign_in("sender")
    page = start_over(person, "/send/mass/")
    reach(page, "[name=body]")
    page.keyboard.type("Keys for ##name##")
    expect(page.locator("#send-keys")).to_contain_text("Filled in")  # the page has seen it
    reach(page, "[data-next-step=send-step-file]")
    page.keyboard.press("Enter")
    reach(page, "[data-upload]")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(files.customers(tmp_path / "keys.xlsx", 5))
    expect(page.locator(".s-counts")).to_contain_text("5 can be sent")
    expect(page.locator("#send-fold-file.b-fold-done")).to_be_attached()
    reach(page, "[data-next-step=send-step-when]")
    page.keyboard.press("Enter")
    expect(page.locator("#send-sentence")).to_contain_text("5 SMS messages")
    reach(page, ".s-bar .b-button-primary")
    page.keyboard.press("Enter")
    reach(page, "#send-dialog .b-button-primary")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/deliveries/requests/[0-9a-f-]{36}/"))
    expect(page.get_by_text("Delivery Completed").first).to_be_visible()


def start_over(person: Person, path: str) -> Page:
    """The page with an empty form."""
    page = person.go(path)
    page.once("dialog", lambda asked: asked.accept())
    person.click("Start over")
    expect(page.get_by_text("The draft was emptied.")).to_be_visible()
    return page


def confirm(person: Person, word: str) -> None:
    """Ask to send, read what will happen, and say yes."""
    person.click("Send…")
    person.page.locator("#send-dialog").get_by_role("button", name=word, exact=True).click()
    expect(person.page).to_have_url(re.compile("/deliveries/requests/[0-9a-f-]{36}/"))


def path_of(address: str) -> str:
    return re.sub("^https?://[^/]+", "", address)


def reach(page: Page, selector: str) -> None:
    """Press Tab until that is where the keys go, and see that the page shows it."""
    wanted = page.locator(selector).first
    wanted.wait_for(state="attached")
    for _press in range(80):
        if wanted.evaluate("element => element === document.activeElement"):
            style = "({outlineStyle, boxShadow}) => outlineStyle !== 'none' || boxShadow !== 'none'"
            focused = f"element => ({style})(getComputedStyle(element.closest('.b-drop') ?? element))"
            assert wanted.evaluate(focused), f"{selector} does not show that it has the focus"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the Tab key")
