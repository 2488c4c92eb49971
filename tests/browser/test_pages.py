"""Every page as it looks: pictures of each, and what axe, the scripts and the content policy say of it.

The pictures go to `screenshots/`, which git ignores, for people to look at.
"""

from dataclasses import dataclass
from typing import Literal

import pytest

from tests.browser.conftest import SignIn
from tests.browser.people import DESKTOP, PHONE, SCREENSHOTS, Person

SHAPES = {"desktop": DESKTOP, "phone": PHONE}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# What the button in the header does to the page that it is on.
CHOOSE = "is_dark => document.documentElement.classList.toggle('dark', is_dark)"


@dataclass(frozen=True)
class Stop:
    """A page of the tour. `follow`: the link on it to go on by, to something without a fixed address."""

    name: str
    path: str
    follow: str = ""


TOURS = {
    "manager": (
        Stop("dashboard", "/"),
        Stop("failures", "/deliveries/failures/"),
        Stop("failures-cause", "/deliveries/failures/", ".d-causes a"),
        Stop("send-general", "/send/general/"),
        Stop("send-mass", "/send/mass/"),
        Stop("send-tag", "/send/tag/"),
        Stop("requests", "/deliveries/requests/"),
        Stop("request", "/deliveries/requests/", "a[href^='/deliveries/requests/'].d-row-link"),
        Stop("request-held", "/deliveries/mass/?status=READY", "a[href^='/deliveries/requests/'].d-row-link"),
        Stop("scheduled", "/deliveries/scheduled/"),
        Stop("mass", "/deliveries/mass/"),
        Stop("tagged", "/deliveries/tagged/"),
        Stop("recurring", "/deliveries/recurring/"),
        Stop("schedule", "/deliveries/recurring/", "a[href^='/deliveries/recurring/'].d-row-link"),
        Stop("schedule-add", "/deliveries/recurring/add/"),
        Stop("handsets", "/deliveries/handsets/"),
        Stop("trail", "/settings/audit/"),
        Stop("trail-entry", "/settings/audit/", "a[href^='/settings/audit/'].d-row-link"),
        Stop("export", "/deliveries/export/"),
        Stop("templates", "/templates/"),
        Stop("template", "/templates/", ".t-name a"),
        Stop("template-add", "/templates/add/"),
        Stop("category-add", "/templates/categories/add/"),
        Stop("uids", "/audience/uids/"),
        Stop("uid", "/audience/uids/", "a[href^='/audience/uids/'].d-row-link"),
        Stop("uid-add", "/audience/uids/add/"),
        Stop("uids-import", "/audience/import/"),
        Stop("tags", "/audience/tags/"),
        Stop("tag", "/audience/tags/", "a[href^='/audience/tags/'].d-row-link"),
        Stop("opt-outs", "/audience/opt-outs/"),
        Stop("opt-outs-add", "/audience/opt-outs/add/"),
        Stop("opt-out-lines", "/senders/080/"),
        Stop("statistics", "/statistics/"),
        Stop("statistics-event", "/statistics/?view=event&period=30"),
        Stop("statistics-abroad", "/statistics/?view=international&period=30"),
        Stop("event-keys", "/statistics/keys/"),
        Stop("event-key-add", "/statistics/keys/add/"),
        Stop("international", "/settings/international/"),
        Stop("international-limit", "/settings/international/limit/"),
        Stop("international-unblock", "/settings/international/", "a[href*='/unblock/']"),
        Stop("characters", "/settings/characters/"),
        Stop("duplicates", "/settings/duplicates/"),
        Stop("advertising-hours", "/settings/advertising-hours/"),
        Stop("webhooks", "/settings/webhooks/"),
        Stop("webhook", "/settings/webhooks/", ".w-card a[href^='/settings/webhooks/']"),
        Stop("webhook-add", "/settings/webhooks/add/"),
        Stop("webhooks-help", "/settings/webhooks/help/"),
        Stop("backup", "/settings/backup/"),
        Stop("retention", "/settings/retention/"),
        Stop("service", "/settings/service/"),
        Stop("identity", "/senders/identity/"),
        Stop("numbers", "/senders/numbers/"),
        Stop("number", "/senders/numbers/", "td a[href^='/senders/numbers/']"),
        Stop("number-add", "/senders/numbers/add/"),
        Stop("number-phone", "/senders/numbers/phone/"),
        Stop("members", "/accounts/membership/"),
        Stop("invite", "/members/invite/"),
        Stop("keys", "/keys/"),
        Stop("key", "/keys/", "td a[href^='/keys/']"),
        Stop("key-add", "/keys/add/"),
        Stop("security", "/settings/security/"),
        Stop("profile", "/me/"),
        Stop("second-factor", "/me/second-factor/"),
        Stop("sign-ins", "/me/sign-ins/"),
        Stop("password-again", "/me/confirm/"),
        Stop("password", "/password_change/"),
        Stop("search", "/search/?q=감사"),
        Stop("nothing-there", "/nothing-there/"),
    ),
    "administrator": (
        Stop("staff-home", "/"),
        Stop("review-queue", "/review/"),
        Stop("review", "/review/", "a[href^='/review/number/']"),
        Stop("registered-numbers", "/review/numbers/?number=0212"),
        Stop("lines-queue", "/review/080/"),
        Stop("limits-queue", "/review/limits/"),
        Stop("organizations", "/accounts/organization/"),
        Stop("organization", "/accounts/organization/", "#result_list tbody th a"),
        Stop("organization-add", "/accounts/organization/add/"),
        Stop("projects", "/accounts/project/"),
        Stop("project", "/accounts/project/", "#result_list tbody th a"),
        Stop("people", "/accounts/user/"),
        Stop("person", "/accounts/user/", "#result_list tbody th a"),
        Stop("person-add", "/accounts/user/add/"),
        Stop("webhook-networks", "/platform/webhook-networks/"),
        Stop("carriers", "/platform/carriers/"),
        Stop("carrier", "/platform/carriers/", ".w-card a[href^='/platform/carriers/']"),
        Stop("carrier-add", "/platform/carriers/add/sens/"),
        Stop("carrier-routes", "/platform/carriers/routes/"),
        Stop("audit", "/audit/"),
        Stop("audit-entry", "/audit/", "a[href^='/audit/'].d-row-link"),
        Stop("audit-export", "/audit/export/"),
    ),
    "newcomer": (Stop("gate", "/send/mass/"), Stop("gate-numbers", "/senders/numbers/")),
}


@pytest.mark.parametrize("username", TOURS)
def test_every_page_of_the_menu_is_on_a_tour(username: str, sign_in: SignIn) -> None:
    page = sign_in(username).go("/")
    links = page.locator("nav a[href^='/']").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    visited = {stop.path for tour in TOURS.values() for stop in tour}
    assert set(links) - visited == set()


@pytest.mark.parametrize("username", TOURS)
def test_every_page_is_open_to_everybody(username: str, sign_in: SignIn) -> None:
    """No serious finding of axe, nothing wider than the window, no complaint in the console."""
    person = sign_in(username)
    wrong = {stop.name: found for stop in TOURS[username] if (found := look(person, stop))}
    assert wrong == {}


def test_the_sign_in_page(sign_in: SignIn) -> None:
    person = sign_in("manager")
    person.context.clear_cookies()
    assert look(person, Stop("sign-in", "/login/")) == []


def look(person: Person, stop: Stop) -> list[str]:
    """Go there, take its pictures, and say what keeps people out of it."""
    page = person.go(stop.path)
    if stop.follow:
        page.goto(str(page.locator(stop.follow).first.get_attribute("href")))
    found = []
    for shape, size in SHAPES.items():
        page.set_viewport_size(size)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(CHOOSE, scheme == "dark")
            page.screenshot(path=SCREENSHOTS / f"{stop.name}-{shape}-{scheme}.png", animations="disabled")
            found += [f"{scheme}: {barrier}" for barrier in person.barriers()] if shape == "desktop" else []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{shape}: {wide} pixels wider than the window"] if wide > 0 else []
    return found
