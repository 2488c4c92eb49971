"""The day of an operator: a template, an audience, an 080 line, advertising to tags, and its figures."""

import re
from pathlib import Path

from tests.browser.conftest import SignIn
from tests.browser.people import Console, Person, expect

LINE, GROUPED = "0807654321", "080-765-4321"
BODY = "[Acme] ##shop## 봄 차가 나왔습니다."
SENT_BODY = f"(광고) [Acme] 서촌점 봄 차가 나왔습니다.\n무료거부 {LINE}"
UIDS, REFUSED, NOT_WANTED = 40, ("01077000003", "01077000004"), "day0040"


def test_an_operators_day(console: Console, sign_in: SignIn, tmp_path: Path) -> None:
    operator, manager, reviewer = sign_in("sender"), sign_in("manager"), sign_in("reviewer")
    write_template(operator)
    register_tags(operator)
    upload_audience(operator, tmp_path)
    tag_one_more(operator)
    apply_for_line(manager)
    open_line(reviewer)
    enter_refusals(operator)
    register_key(operator)
    compose(operator)
    send(operator)
    received_as_the_law_wants(console)
    read_statistics(operator)


def write_template(operator: Person) -> None:
    page = operator.go("/templates/categories/add/")
    page.get_by_label("Name").fill("Spring")
    operator.click("Save")
    page.get_by_role("link", name="Add a template").first.click()
    page.get_by_label("Name").fill("Spring tea")
    page.get_by_label("Category").select_option(label="Spring")
    page.get_by_text("Advertising", exact=True).first.click()
    page.get_by_label("Text").fill(BODY)
    expect(page.locator("#template-keys")).to_contain_text("##shop##")
    operator.picture("day-template")
    operator.click("Add the template")
    expect(page.get_by_role("heading", name="Spring tea")).to_be_visible()


def upload_audience(operator: Person, folder: Path) -> None:
    """One UID a row, a second number for the first, and a row without a number."""
    rows = [f"day{n:04},0107700{n:04}" for n in range(1, UIDS + 1)]
    file = folder / "audience.csv"
    file.write_text("\n".join(["uid,phoneNumber", *rows, "day0001,010-7700-1001", "day0041,"]))
    page = operator.go("/audience/import/")
    page.locator("#upload-file").set_input_files(file)
    operator.click("Upload and count")
    expect(page.locator(".u-stats")).to_contain_text(re.compile(rf"{UIDS}.*{UIDS} of them new", re.DOTALL))
    expect(page.locator(".b-table tbody tr")).to_have_count(1)
    expect(page.locator(".b-table tbody tr")).to_contain_text("43")
    page.get_by_label("Tags", exact=True).fill("spring")
    operator.picture("day-audience")
    operator.click("Save")
    saved = re.compile(rf"New UIDs\s*{UIDS}\s*New contacts\s*{UIDS + 1}", re.DOTALL)
    expect(page.locator(".u-stats")).to_contain_text(saved)


def register_tags(operator: Person) -> None:
    page = operator.go("/audience/tags/")
    for name in ("spring", "no spring"):
        page.get_by_label("Name of the tag").fill(name)
        operator.click("Register the tag")
        page.goto("/audience/tags/")
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def tag_one_more(operator: Person) -> None:
    page = operator.go("/audience/tags/")
    page.get_by_role("link", name="no spring").click()
    page.get_by_label("UIDs", exact=True).fill(NOT_WANTED)
    operator.click("Put on")
    expect(page.get_by_role("link", name=NOT_WANTED)).to_be_visible()


def apply_for_line(manager: Person) -> None:
    page = manager.go("/senders/080/")
    page.get_by_label("Business name").fill("Acme Spring")
    manager.click("Apply")
    expect(page.locator(".s-line").filter(has_text="Acme Spring")).to_contain_text("Registration Scheduled")
    manager.picture("day-line-scheduled")


def open_line(reviewer: Person) -> None:
    page = reviewer.go("/review/080/")
    waiting = page.locator(".s-line").filter(has_text="Acme Spring")
    waiting.get_by_label("080 number from the carrier").fill(GROUPED)
    reviewer.picture("day-line-queue")
    waiting.get_by_role("button", name="Open the line").click()
    expect(page.locator(".s-line").filter(has_text="Acme Spring")).to_have_count(0)


def enter_refusals(operator: Person) -> None:
    page = operator.go("/audience/opt-outs/add/")
    page.locator("[name=numbers]").fill("\n".join(REFUSED))
    operator.click("Enter the numbers")
    page.goto("/audience/opt-outs/")
    expect(page.locator("table").first).to_contain_text("010-7700-0003")


def register_key(operator: Person) -> None:
    page = operator.go("/statistics/keys/add/")
    page.get_by_label("Name").fill("Spring campaign")
    operator.click("Save")
    expect(page.get_by_text("Spring campaign").first).to_be_visible()


def compose(operator: Person) -> None:
    page = operator.go("/send/tag/")
    page.get_by_text("Use a template").click()
    page.get_by_label("Find a template").fill("Spring")
    page.get_by_role("button", name=re.compile("^Spring tea")).click()
    expect(page.get_by_label("Text")).to_have_value(BODY)
    page.get_by_label("##shop##").fill("서촌점")
    line = page.get_by_label("080 line for refusals")
    line.select_option(label=f"{GROUPED} · Acme Spring")
    operator.click("Apply option")
    expect(page.get_by_label("Text")).to_have_value(re.compile(rf"^\(광고\).*{LINE}$", re.DOTALL))
    page.get_by_label("Event key").select_option(label="Spring campaign")
    add_tag(operator, "all", "spring")
    expect(page.locator("#send-reach")).to_contain_text(re.compile(rf"{UIDS}\s*UIDs"))
    add_tag(operator, "none", "no spring")
    reach = page.locator("#send-reach")
    expect(reach).to_contain_text(re.compile(rf"{UIDS - 1}\s*UIDs"))
    expect(reach).to_contain_text(re.compile(rf"{UIDS}\s*phone numbers"))
    expect(reach).to_contain_text(re.compile(r"2\s*of them have refused advertising"))
    operator.picture("day-compose")


def add_tag(operator: Person, path: str, name: str) -> None:
    """Add a tag to one of the lists at the top of the condition."""
    page = operator.page
    page.locator(f"#tag-{path}").fill(name)
    page.locator(f"#send-add-{path}").click()
    expect(page.locator(".s-term").filter(has_text=re.compile(rf"^\s*{name}"))).to_be_visible()


def send(operator: Person) -> None:
    page = operator.page
    operator.click("Send…")
    expect(page.locator("#send-dialog")).to_contain_text(
        re.compile(rf"{UIDS - 2} of {UIDS} .*2 have refused", re.DOTALL)
    )
    operator.picture("day-confirm")
    page.locator("#send-dialog").get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name="Spring tea")).to_be_visible()
    expect(page.get_by_text("Delivery Completed").first).to_be_visible()
    expect(page.locator(".d-stats")).to_contain_text(re.compile(rf"Delivered\s*{UIDS - 2}"))
    operator.picture("day-request")
    page.goto("/deliveries/tagged/")
    expect(page.locator("table").first).to_contain_text("Spring tea")


def received_as_the_law_wants(console: Console) -> None:
    """Whoever wants it has it, once a number; who refused or was taken out has nothing."""
    assert console.received("01077000001") == console.received("01077001001") == [SENT_BODY]
    assert [console.received(number) for number in (*REFUSED, "01077000040")] == [[], [], []]


def read_statistics(operator: Person) -> None:
    page = operator.go("/statistics/?period=1")
    page.get_by_label("Event key").select_option(label="Spring campaign")
    page.locator(".c-filters").get_by_role("button", name="Show").click()
    total = page.locator(".c-total td")
    # Requested, sent, send failure, received, waiting for result.
    expect(total.first).to_have_text(str(UIDS))
    assert [int(text) for text in total.all_inner_texts()[:5]] == [UIDS, UIDS - 2, 2, UIDS - 2, 0]
    operator.picture("day-statistics")
