"""The main job, from a person nobody knows to the text on a phone, as people do it."""

import re
from datetime import date, datetime
from pathlib import Path

from openpyxl import load_workbook

from tests.browser import files
from tests.browser.conftest import SignIn
from tests.browser.people import Console, Person, expect

NUMBER, GROUPED = "0278901234", "02-7890-1234"
PHONE = "01030000001"
ROWS, WRONG, NAMELESS = 1000, 212, 705
BODY = "[Hanok] ##name##님, 주문 ##order##번이 준비되었습니다."


def test_from_a_stranger_to_a_thousand_messages(console: Console, sign_in: SignIn, tmp_path: Path) -> None:
    manager = sign_in("mina")
    verify_identity(manager, tmp_path)
    reviewer = sign_in("reviewer")
    approve(reviewer, "Hanok Tea · Mina Park")
    register_number(manager, tmp_path)
    approve(reviewer, f"Hanok Tea · {GROUPED}")
    operator = sign_in("sora")
    write_message(operator)
    upload_with_two_mistakes(operator, tmp_path)
    send_in_two_parts(operator, tmp_path)
    watch(operator)
    read_a_message(operator)
    download(operator, tmp_path)


def verify_identity(manager: Person, folder: Path) -> None:
    """Consent, the code that the phone received, and the paper; closed until a reviewer has looked."""
    page = manager.go("/send/general/")
    expect(page).to_have_url(re.compile("/senders/identity/"))
    expect(page.get_by_text("Verify your identity to use the service.")).to_be_visible()
    page.get_by_label("Executive or employee in charge").check()
    page.get_by_label("I agree to the collection and use of my personal information.").check()
    manager.click("Agree and go on")
    expect(page.get_by_label("Mobile phone number")).to_have_value(re.compile("0000001"))
    before = len(manager.console.received(PHONE))
    manager.click("Send a code")
    manager.picture("job-identity-code")
    page.get_by_label("Six digits from the message").fill(new_code(manager, before))
    manager.click("Verify the phone")
    expect(page.get_by_text("Your phone is verified.")).to_be_visible()
    upload(manager, "PROOF_OF_EMPLOYMENT", files.letter(folder / "letter.png"))
    manager.click("Submit for review")
    expect(page.locator("#problem-BUSINESS_REGISTRATION")).to_be_visible()
    manager.picture("job-identity-missing")
    upload(manager, "BUSINESS_REGISTRATION", files.letter(folder / "registration.png"))
    manager.click("Submit for review")
    expect(page.get_by_text("Your documents are being reviewed.")).to_be_visible()


def new_code(person: Person, before: int) -> str:
    """The code that the simulated phone received after so many texts."""
    person.until(lambda: len(person.console.received(PHONE)) > before)
    found = re.search(r"\d{6}", person.console.received(PHONE)[-1])
    assert found
    return found[0]


def upload(person: Person, kind: str, file: Path) -> None:
    """Choose a document, with today's date where the place asks for one."""
    slot = person.page.locator(f"#slot-{kind}")
    if slot.locator("input[type=date]").count():
        slot.locator("input[type=date]").fill(date.today().isoformat())
    slot.locator("input[type=file]").set_input_files(file)
    expect(slot.get_by_role("link", name=file.name)).to_be_visible()


def approve(reviewer: Person, title: str) -> None:
    """From the queue to the page with the documents, tick what was checked, approve."""
    page = reviewer.go("/review/")
    page.get_by_role("row").filter(has_text=title.rpartition(" · ")[2]).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    for picture in page.locator(".s-pane-view img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 100
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.locator(".b-notice-red")).to_be_visible()  # nothing was ticked yet
    for check in page.locator("[data-check]").all():
        check.check()
    reviewer.picture("job-review")
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.get_by_text(re.compile(f"{re.escape(title)}: Approved"))).to_be_visible()


def register_number(manager: Person, folder: Path) -> None:
    page = manager.go("/senders/numbers/")
    page.get_by_role("link", name=re.compile("Register")).first.click()
    page.get_by_label("I agree to the collection and use of personal information.").check()
    page.get_by_text("Company number", exact=True).click()
    page.get_by_label("Sender number").fill("070-0123-4567")
    manager.click("Submit for review")
    expect(page.locator("#number-problem")).to_be_visible()
    manager.picture("job-number-problem")
    page.get_by_label("Sender number").fill(GROUPED)
    upload(manager, "SERVICE_CERTIFICATE", files.certificate(folder / "certificate.pdf", GROUPED))
    for slot in page.locator(".s-slot:visible").all():
        kind = (slot.get_attribute("id") or "").removeprefix("slot-")
        if kind != "SERVICE_CERTIFICATE":
            upload(manager, kind, files.letter(folder / f"{kind}.png"))
    manager.click("Submit for review")
    expect(page.get_by_role("heading", name=GROUPED)).to_be_visible()
    expect(page.get_by_text("Reviewing").first).to_be_visible()


def write_message(operator: Person) -> None:
    page = operator.go("/send/mass/")
    page.get_by_label("Sender number").select_option(NUMBER)
    page.get_by_label("Text").fill(BODY)
    expect(page.locator("#send-file")).to_contain_text("Template for recipient_no, name, order")
    operator.click("Next: recipients")


def upload_with_two_mistakes(operator: Person, folder: Path) -> None:
    page = operator.page
    bad = files.customers(folder / "customers.xlsx", ROWS, wrong=[WRONG], nameless=[NAMELESS])
    page.locator("[data-upload]").set_input_files(bad)
    problems = page.locator(".s-problems tbody tr")
    expect(problems).to_have_count(2)
    expect(problems.nth(0)).to_contain_text(re.compile(rf"{WRONG}\s*recipient_no\s*010-12-34"))
    expect(problems.nth(1)).to_contain_text(re.compile(rf"{NAMELESS}\s*name"))
    expect(page.locator(".s-counts")).to_contain_text(re.compile(r"998 can be sent.*= 1,000 rows", re.DOTALL))
    operator.picture("job-mass-mistakes")


def send_in_two_parts(operator: Person, folder: Path) -> None:
    page = operator.page
    page.locator("[data-upload]").set_input_files(files.customers(folder / "mended.xlsx", ROWS))
    expect(page.locator(".s-counts")).to_contain_text("1,000 can be sent")
    expect(page.locator(".s-problems")).to_have_count(0)
    operator.click("Next: when")
    page.locator("[name=is_split]").check()
    page.locator("[name=parts]").fill("2")
    page.locator("[name=interval]").fill("1")
    expect(page.locator("#send-plan")).to_contain_text("500")
    page.get_by_label("Name of this request").fill("Tea is ready")
    expect(page.locator("#send-sentence")).to_contain_text(re.compile(rf"1,000 .*{GROUPED}"))
    operator.picture("job-mass-plan")
    operator.click("Send…")
    expect(page.locator("#send-dialog")).to_contain_text("1,000")
    operator.picture("job-mass-confirm")
    page.locator("#send-dialog").get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_url(re.compile("/deliveries/requests/[0-9a-f-]{36}/"))
    expect(page.get_by_role("heading", name="Tea is ready")).to_be_visible()


def watch(operator: Person) -> None:
    """The plan is two parts of 500, a minute apart; the second is brought forward rather than waited for."""
    page, database = operator.page, operator.console.database
    operator.until(lambda: stored_parts(operator)[0][3] != "WAITING")
    parts = stored_parts(operator)
    assert [(first, last) for first, last, *_others in parts] == [(1, 500), (501, 1000)]
    assert (parts[1][2] - parts[0][2]).total_seconds() == 60
    expect(page.locator("#live")).to_contain_text("500 / 1,000")
    operator.picture("job-request-half")
    database.execute(
        "UPDATE messaging_sendbatch SET due_at = now() WHERE request_id = %s AND state = 'WAITING'",
        [request_of(operator)],
    )
    expect(page.get_by_text("Delivery Completed").first).to_be_visible()
    expect(page.locator(".d-stats")).to_contain_text(re.compile(r"Delivered\s*1,000"))
    operator.picture("job-request-done")
    received = operator.console.received(files.number_of(2).replace("-", ""))
    assert received[-1:] == [text_of(2)]


def stored_parts(operator: Person) -> list[tuple[int, int, datetime, str]]:
    asked = operator.console.database.execute(
        "SELECT first_ordinal, last_ordinal, due_at, state FROM messaging_sendbatch"
        " WHERE request_id = %s ORDER BY number",
        [request_of(operator)],
    )
    return asked.fetchall()


def request_of(operator: Person) -> str:
    """The id of the request whose page is open."""
    return operator.page.url.rstrip("/").rpartition("/")[2]


def read_a_message(operator: Person) -> None:
    page = operator.page
    page.get_by_role("link", name="Show all messages").click()
    page.locator(".d-row-link").first.click()
    expect(page.locator(".b-bubble-text").first).to_have_text(text_of(2))
    expect(page.get_by_text("Handed over to the carrier")).to_be_visible()
    operator.picture("job-message")
    page.go_back()


def download(operator: Person, folder: Path) -> None:
    page = operator.page
    page.get_by_role("link", name=re.compile("Download")).first.click()
    expect(page.locator(".b-confirm-sentence")).to_contain_text("1,000 rows")
    with page.expect_download() as found:
        operator.click("Download")
    found.value.save_as(folder / "messages.xlsx")
    sheet = load_workbook(folder / "messages.xlsx").active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    header = {name: place for place, name in enumerate(rows[0])}
    columns = ("Row", "Recipient number", "State", "Text")
    found_rows = [tuple(row[header[name]] for name in columns) for row in rows[1:]]
    assert found_rows == [
        (row, files.number_of(row).replace("-", ""), "Delivered", text_of(row)) for row in range(2, ROWS + 2)
    ]


def text_of(row: int) -> str:
    """What the customer of that row is to read."""
    return f"[Hanok] {files.name_of(row)}님, 주문 {row}번이 준비되었습니다."
