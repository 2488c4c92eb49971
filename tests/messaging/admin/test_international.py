"""The pages of sending abroad: settings, unblocking, asking for more, and deciding."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from console.accounts.scoping import scope_for
from messaging.admin.international.needs import needs_of
from messaging.content.countries import COUNTRIES, MAJOR
from messaging.models import CountryBlock, InternationalSettings, InternationalUsage, LimitRequest
from messaging.sending.limits import current_rates
from tests.factories import MembershipFactory, ProjectFactory, UserFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import deliver, send

NOW = datetime(2026, 11, 16, 3, tzinfo=UTC)
FORM: dict[str, Any] = {
    "is_on": "on",
    "countries": ["1", "81", "1787"],
    "monthly_limit": "2500",
    "notifies_limit": "on",
    "blocks_by_conversion": "on",
    "conversion_rate": "40",
    "conversion_minimum": "30",
    "conversion_hours": "48",
    "conversion_countries": ["81"],
    "seen": "",
}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as now:
        yield now


@pytest.fixture
def manager(project: Project, client_as: ClientAs) -> Client:
    return client_as(project, ProjectRole.MANAGER)


@pytest.fixture
def reviewer(db: None) -> Client:
    client = Client()
    client.force_login(UserFactory(reviewer=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(name: str = "settings_international", *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def block(project: Project, code: int = 84) -> CountryBlock:
    return CountryBlock.objects.create(
        project=project, country_code=code, sent=60, converted=2, blocked_at=timezone.now()
    )


def test_it_begins_on_with_the_major_countries(manager: Client) -> None:
    page = words(manager.get(address()))
    assert f"<span data-count>{len(MAJOR)}</span> / {len(COUNTRIES)}" in page
    assert "1,000 are left, 0 % are used." in page
    assert "No message that collects conversions went to another country" in page
    assert page.count('name="countries"') == page.count('name="conversion_countries"') == len(COUNTRIES)
    assert not InternationalSettings.objects.exists()


def test_the_settings_are_saved(manager: Client, project: Project) -> None:
    response = manager.post(address(), FORM)
    assert (response.status_code, response["Location"]) == (302, address())
    kept = InternationalSettings.objects.get()
    assert (kept.is_on, kept.countries, kept.monthly_limit) == (True, [1, 81, 1787], 2500)
    assert (kept.blocks_by_conversion, kept.conversion_countries) == (True, [81])
    assert (kept.conversion_rate, kept.conversion_minimum, kept.conversion_hours) == (40, 30, 48)
    assert kept.updated_by == project.members.get()
    page = words(manager.get(address()))
    assert f"Last changed by {kept.updated_by}" in page
    assert "Conversion rates of the last 48 hours" in page


def test_the_major_ones_are_kept_as_such(manager: Client) -> None:
    manager.post(address(), {**FORM, "countries": [str(code) for code in MAJOR]})
    assert InternationalSettings.objects.get().countries is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"monthly_limit": "10001"}, "Choose 1 to 10,000 messages."),
        ({"monthly_limit": "many"}, "Write a whole number."),
        ({"countries": []}, "Choose at least one country, or switch international sending off."),
        ({"conversion_rate": "0"}, "Choose 1 to 100 %."),
        ({"conversion_countries": []}, "Choose the countries that are blocked by their conversion rate."),
        ({"countries": ["82"]}, "Select a valid choice. 82 is not one of the available choices."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_chosen_stays(
    manager: Client, changes: dict[str, Any], sentence: str
) -> None:
    response = manager.post(address(), FORM | changes)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert response.context["form"]["conversion_hours"].value() == "48"
    assert not InternationalSettings.objects.exists()


def test_somebody_elses_change_is_not_lost(manager: Client, project: Project) -> None:
    seen = manager.get(address()).context["form"].initial["seen"]
    InternationalSettings.objects.create(project=project, monthly_limit=77)
    response = manager.post(address(), {**FORM, "seen": seen})
    assert "Meanwhile somebody else changed this." in response.content.decode()
    assert InternationalSettings.objects.get().monthly_limit == 77


@pytest.mark.parametrize(("value", "count"), [("all", len(COUNTRIES)), ("none", 0), ("major", len(MAJOR))])
def test_many_countries_are_ticked_without_script_and_nothing_is_saved(
    manager: Client, value: str, count: int
) -> None:
    response = manager.post(address(), {**FORM, "choose": f"{value}:countries"})
    assert response.status_code == 200
    form = response.context["form"]
    assert (len(form.chosen("countries")), form.chosen("conversion_countries")) == (count, {81})
    assert (form["monthly_limit"].value(), form["is_on"].value()) == ("2500", True)
    assert not form.errors
    assert not InternationalSettings.objects.exists()


def test_countries_are_found_in_both_languages_and_the_chosen_come_first(manager: Client) -> None:
    manager.post(address(), FORM)
    page = manager.get(address()).content.decode()
    assert 'data-words="japan 일본 +81"' in page
    first = page.partition('<div class="i-grid">')[2]
    assert (
        first.index("Japan") < first.index("Puerto Rico") < first.index("United States") < first.index("Peru")
    )


def test_the_month_is_drawn_against_its_limit(manager: Client, project: Project) -> None:
    InternationalUsage.objects.create(project=project, month=NOW.date().replace(day=1), sent=800)
    page = words(manager.get(address()))
    assert "200 are left, 80 % are used." in page
    assert "At this pace it will be about 1,548 by the end of the month, more than the limit." in page
    InternationalUsage.objects.update(sent=1000)
    assert "The limit is reached: every further message" in words(manager.get(address()))


def test_rates_are_shown_and_a_blocked_country_is_unblocked(manager: Client, project: Project) -> None:
    InternationalSettings.objects.create(
        project=project, blocks_by_conversion=True, conversion_countries=[1, 84], conversion_minimum=2
    )
    deliver(send(project, ["+14155550123", "+819012345678"], collects_conversion=True))
    block(project)
    rows = manager.get(address()).context["rates"]
    assert [(row.code, row.rate.sent, str(row.state[0])) for row in rows] == [
        (84, 0, "Blocked"),
        (1, 1, "Too few to judge"),
        (81, 1, "Not watched"),
    ]
    asked = words(manager.get(address("settings_international_unblock", 84)))
    assert "Vietnam (+84) was blocked because only 2 of 60 messages had converted." in asked
    assert "its conversions are measured anew" in asked
    assert CountryBlock.objects.get().lifted_at is None
    for _twice in range(2):
        response = manager.post(address("settings_international_unblock", 84))
        assert response["Location"] == address()
    lifted = CountryBlock.objects.get()
    assert (lifted.lifted_at, lifted.lifted_by) == (NOW, project.members.get())
    assert manager.get(address("settings_international_unblock", 84)).status_code == 404
    assert current_rates(InternationalSettings.objects.get(), NOW).keys() == {1, 81}


def test_the_page_asks_the_database_little(
    manager: Client, project: Project, django_assert_max_num_queries: Any
) -> None:
    for code in (1, 44, 81, 84, 86):
        block(project, code)
    manager.get(address())
    with django_assert_max_num_queries(16):
        manager.get(address())


def test_more_is_asked_for_and_taken_back(manager: Client, project: Project) -> None:
    page = address("settings_international_limit")
    refused = manager.post(page, {"wanted": "10000", "reason": ""})
    assert refused.status_code == 422
    assert "Say what the messages are for" in refused.content.decode()
    assert manager.post(page, {"wanted": "30000", "reason": "Orders"})["Location"] == page
    request = LimitRequest.objects.get()
    assert (request.wanted, request.reason, request.state) == (30_000, "Orders", "WAITING")
    assert "30,000 messages a month" in words(manager.get(page))
    assert "staff have not decided yet" in words(manager.get(address()))
    again = manager.post(page, {"wanted": "40000", "reason": "More"})
    assert "A request is waiting already." in again.content.decode()
    manager.post(page, {"action": "withdraw"})
    assert LimitRequest.objects.get().state == "WITHDRAWN"


def test_on_a_phone_earlier_requests_and_rates_are_cards(manager: Client, project: Project) -> None:
    """Each cell says what it is, or has a line of its own: two times do not fit beside each other."""
    given = {"wanted": 30_000, "reason": "Orders", "asked_at": NOW, "decided_at": NOW, "answer": "Too many"}
    LimitRequest.objects.create(project=project, state="REJECTED", **given)
    block(project)
    cell = re.compile(r"<td\b([^>]*)>")
    for name, cells, without in (("settings_international_limit", 6, 0), ("settings_international", 6, 1)):
        page = manager.get(address(name)).content.decode()
        (table,) = re.findall(r'<table class="b-table b-cards">.*?</table>', page, re.DOTALL)
        found = cell.findall(table)
        assert len(found) == cells
        assert len([each for each in found if not re.search("data-label|b-card-wide", each)]) == without
        wide = [each for each in found if "b-card-wide" in each and "data-label" in each]
        labels = [re.findall('data-label="([^"]*)"', each)[0] for each in wide]
        assert labels == (["Asked", "Decided", "Answer"] if without == 0 else [])


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"action": "approve", "granted": "25000"}, ("APPROVED", 25_000)),
        ({"action": "reject", "granted": "25000", "answer": "Too many"}, ("REJECTED", None)),
    ],
)
def test_staff_decide(
    reviewer: Client, project: Project, form: dict[str, str], expected: tuple[str, int | None]
) -> None:
    request = LimitRequest.objects.create(project=project, wanted=30_000, reason="Orders", asked_at=NOW)
    assert "30,000 messages a month" in words(reviewer.get(address("limit_requests")))
    response = reviewer.post(address("limit_requests"), {"request": request.pk, **form})
    assert response["Location"] == address("limit_requests")
    request.refresh_from_db()
    assert (request.state, request.granted) == expected
    assert "No project asks for more" in words(reviewer.get(address("limit_requests")))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"action": "approve", "granted": "10000"}, "Allow more than 10,000"),
        ({"action": "approve", "granted": "x"}, "Write a whole number."),
        ({"action": "reject", "granted": "", "answer": ""}, "Write the reason"),
    ],
)
def test_a_decision_that_is_not_complete_changes_nothing(
    reviewer: Client, project: Project, form: dict[str, str], sentence: str
) -> None:
    request = LimitRequest.objects.create(project=project, wanted=30_000, reason="Orders", asked_at=NOW)
    response = reviewer.post(address("limit_requests"), {"request": request.pk, **form})
    assert (response.status_code, sentence in response.content.decode()) == (422, True)
    request.refresh_from_db()
    assert request.state == "WAITING"


def test_what_waits_is_on_the_dashboard(project: Project, client_as: ClientAs) -> None:
    manager = MembershipFactory(project=project, role=ProjectRole.MANAGER).user
    sender = MembershipFactory(project=project, role=ProjectRole.SENDER).user
    reviewer = UserFactory(reviewer=True)
    cache.clear()

    def said(user: Any) -> list[str]:
        with override("en"):
            return [str(need.sentence) for need in needs_of(scope_for(user, project.pk))]

    assert [said(user) for user in (manager, sender, reviewer)] == [[], [], []]
    block(project)
    InternationalUsage.objects.create(project=project, month=NOW.date().replace(day=1), sent=700)
    LimitRequest.objects.create(
        project=project, wanted=30_000, reason="Orders", asked_by=manager, asked_at=NOW
    )
    assert said(manager) == [
        "Blocked by the conversion rate: Vietnam (+84).",
        "700 of the month's 1,000 messages to other countries are used.",
    ]
    assert said(sender) == []
    assert said(reviewer) == ["1 project asks for a higher limit abroad."]


def test_another_projects_block_is_not_reached(manager: Client) -> None:
    other = block(ProjectFactory())
    assert manager.post(address("settings_international_unblock", 84)).status_code == 404
    other.refresh_from_db()
    assert other.lifted_at is None
