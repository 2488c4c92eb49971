"""The page of the API in a real browser: calls go out signed, are answered, and leave nothing behind."""

import json
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from tests.browser.people import Console
from tests.messaging.api.sens.client import signature
from tests.scratch import ROOT

MAKE_KEY = """
import json
import django
django.setup()
from console.accounts.models import AccessKey, Project
project = Project.objects.filter(is_active=True).earliest("pk")
from tests.factories import AccessKeyFactory
key = AccessKeyFactory(project=project)
print(json.dumps([project.service_id, key.access_key, key.secret]))
"""
HEADERS = ("x-ncp-apigw-timestamp", "x-ncp-iam-access-key", "x-ncp-apigw-signature-v2")


@pytest.fixture
def key(console: Console) -> list[str]:
    """(service, access key, secret)"""
    command = [sys.executable, "-c", MAKE_KEY]
    said = subprocess.run(
        command, env=console.processes.environment, cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    made: list[str] = json.loads(said.stdout)
    return made


@pytest.fixture
def page(console: Console, browser: Browser) -> Any:
    context = browser.new_context(base_url=console.address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
    )
    page.on(
        "request",
        lambda call: None if call.url.startswith((console.address, "data:")) else faults.append(call.url),
    )
    yield page
    context.close()
    assert faults == []


def opened(page: Page, operation: str) -> Locator:
    """A route that is open and ready to be tried."""
    block = page.locator(f".opblock[id$={operation}]")
    block.locator(".opblock-summary").click()
    block.get_by_role("button", name="Try it out").click()
    return block


def called(page: Page, block: Locator) -> Request:
    with page.expect_request(lambda call: "/services/" in call.url) as found:
        block.get_by_role("button", name="Execute").click()
    return found.value


def test_a_call_is_signed_in_the_browser_and_answered(page: Page, key: list[str]) -> None:
    service, access_key, secret = key
    page.goto("/sms/v2/docs")
    expect(page.locator(".opblock")).to_have_count(9)
    page.get_by_label("Access key").fill(access_key)
    page.get_by_label("Secret key").fill(secret)

    block = opened(page, "getUnsubscribes")
    block.get_by_placeholder("serviceId").fill(service)
    block.get_by_placeholder("clientTelNo").fill("01012345678")
    call = called(page, block)
    timestamp, name, signed = (call.headers[each] for each in HEADERS)
    target = call.url.removeprefix(page.url.partition("/sms/")[0])
    assert "%3A" in target
    assert signed == signature(secret, f"GET {target}\n{timestamp}\n{name}")
    expect(block.locator(".live-responses-table tr.response .response-col_status")).to_contain_text("200")

    block = opened(page, "postMessages")
    block.get_by_placeholder("serviceId").fill(service)
    assert block.locator("select.examples-select-element option").all_inner_texts()[:2] == [
        "SMS · regular",
        "SMS · reserved",
    ]
    called(page, block)
    live = block.locator(".live-responses-table")
    expect(live.locator("tr.response .response-col_status")).to_contain_text("400")
    expect(live).to_contain_text("The caller ID 01012345678 is not registered")

    kept = page.evaluate("[{...localStorage}, {...sessionStorage}, document.cookie]")
    assert secret not in json.dumps(kept)
    page.reload()
    assert page.get_by_label("Secret key").input_value() == ""


def test_without_a_key_a_call_goes_out_as_it_is_and_is_refused(page: Page) -> None:
    page.goto("/sms/v2/docs")
    block = opened(page, "getMessage")
    block.get_by_placeholder("serviceId").fill("nobody's")
    block.get_by_placeholder("messageId").fill("x")
    assert not set(HEADERS) & set(called(page, block).headers)
    live = block.locator(".live-responses-table")
    expect(live.locator("tr.response .response-col_status")).to_contain_text("401")
