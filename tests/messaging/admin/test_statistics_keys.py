"""The pages of event keys, and the conversion that is counted from a message's page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import StatisticsKey
from messaging.statistics.counting import fold
from tests.factories import StatisticsKeyFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import deliver, first_message, send
from tests.messaging.sending.files import numbers

NOW = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 21, 15, tzinfo=UTC)  # of the 22nd in Seoul
DAY = timedelta(days=1)
LIST, ADD = "admin:statistics_keys", "admin:statistics_key_add"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def client(project: Project, client_as: ClientAs) -> Client:
    return client_as(project)


def address(key: StatisticsKey, what: str = "statistics_key") -> str:
    return reverse(f"admin:{what}", args=[key.pk])


def posted(client: Client, to: str, **fields: str) -> Any:
    return client.post(to, fields)


def wrong(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return {name: list(errors) for name, errors in response.context["form"].errors.items()}


def test_a_key_is_registered_for_the_days_that_were_chosen(project: Project, client: Client) -> None:
    form = client.get(reverse(ADD)).context["form"]
    assert [f"{form[name].value()}" for name in ("starts_on", "ends_on")] == ["2026-11-22", "2026-12-21"]
    given = {"name": "Autumn", "description": "Sale", "starts_on": "2026-11-22", "ends_on": "2026-11-23"}
    response = posted(client, reverse(ADD), **given)
    assert response.headers["Location"] == reverse(LIST)
    key = StatisticsKey.objects.get()
    assert (key.project, key.name, key.description) == (project, "Autumn", "Sale")
    assert (key.starts_at, key.ends_at) == (MIDNIGHT, MIDNIGHT + 2 * DAY)
    row = client.get(reverse(LIST)).context["rows"][0]
    assert (str(row.state.label), f"{row.last_day}") == ("Active", "2026-11-23")
    assert key.stats_id in client.get(reverse(LIST)).content.decode()


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(project: Project, client: Client) -> None:
    StatisticsKeyFactory(project=project, name="Autumn")
    given = {"name": "Autumn", "description": "Sale", "starts_on": "2026-11-22", "ends_on": "2026-11-23"}
    response = posted(client, reverse(ADD), **given)
    taken = "This project has an event key of this name already. Choose another name."
    assert wrong(response) == {"name": [taken]}
    form = response.context["form"]
    assert {name: form[name].value() for name in given} == given
    passed = posted(client, reverse(ADD), **given | {"starts_on": "2026-11-21"})
    assert list(wrong(passed)) == ["starts_on"]
    backwards = posted(client, reverse(ADD), **given | {"name": "B", "ends_on": "2026-11-21"})
    assert wrong(backwards) == {"ends_on": ["The end must be after the beginning."]}
    assert StatisticsKey.objects.count() == 1


def test_a_key_is_changed_and_its_end_moved(project: Project, client: Client) -> None:
    key = StatisticsKeyFactory(project=project, starts_at=MIDNIGHT, ends_at=MIDNIGHT + 3 * DAY)
    page = client.get(address(key)).context["form"]
    assert f"{page['ends_on'].value()}" == "2026-11-24"
    posted(client, address(key), name="Winter", description="", ends_on="2026-12-01")
    key.refresh_from_db()
    assert (key.name, key.ends_at) == ("Winter", MIDNIGHT + 10 * DAY)
    response = posted(client, address(key), name="Spring", description="", ends_on="2026-11-21")
    assert wrong(response) == {"ends_on": ["This has passed. Choose a later end, or end the key now."]}
    key.refresh_from_db()
    assert (key.name, key.ends_at) == ("Winter", MIDNIGHT + 10 * DAY)  # all or nothing


def test_the_end_of_a_key_that_has_ended_is_no_field(project: Project, client: Client) -> None:
    key = StatisticsKeyFactory(project=project, starts_at=NOW - 3 * DAY, ends_at=NOW - DAY)
    page = client.get(address(key)).context
    assert "ends_on" not in page["form"].fields
    assert not page["is_active"]
    posted(client, address(key), name="Gone", description="x", ends_on="2026-12-01")
    key.refresh_from_db()
    assert (key.name, key.ends_at) == ("Gone", NOW - DAY)


def test_a_key_is_ended_now_by_a_button_that_says_what_it_does(project: Project, client: Client) -> None:
    key = StatisticsKeyFactory(project=project, name="Autumn")
    assert (
        client.get(address(key, "statistics_key_end")).context["sentence"].startswith("“Autumn” collects no")
    )
    for _twice in range(2):
        assert posted(client, address(key, "statistics_key_end")).status_code == 302
    key.refresh_from_db()
    assert key.ends_at == NOW
    row = client.get(reverse(LIST)).context["rows"][0]
    assert (str(row.state.label), row.ended_early) == ("Ended", True)


def test_the_list_counts_what_was_requested_with_each_key(
    project: Project, client: Client, django_assert_num_queries: Any
) -> None:
    used, unused = StatisticsKeyFactory.create_batch(2, project=project)
    deliver(send(project, numbers(3), statistics_key=used))
    for is_folded in (False, True):
        rows = client.get(reverse(LIST)).context["rows"]
        assert [(row.key, row.requested) for row in rows] == [(unused, 0), (used, 3)], is_folded
        fold()
    with django_assert_num_queries(5):
        client.get(reverse(LIST))


def test_a_viewer_sees_keys_and_changes_none(project: Project, client_as: ClientAs) -> None:
    key = StatisticsKeyFactory(project=project)
    viewer = client_as(project, ProjectRole.VIEWER)
    page = viewer.get(reverse(LIST))
    assert not page.context["may_change"]
    assert [row.key for row in page.context["rows"]] == [key]
    for to in (reverse(ADD), address(key), address(key, "statistics_key_end")):
        assert posted(viewer, to, name="x", ends_on="2026-12-01").status_code == 403
    before = key.name, key.ends_at
    key.refresh_from_db()
    assert (key.name, key.ends_at) == before
    assert StatisticsKey.objects.count() == 1


def test_a_conversion_is_counted_from_the_message(project: Project, client: Client) -> None:
    message = first_message(deliver(send(project, ["+14155550123"], collects_conversion=True)))
    page = reverse("admin:delivery_message", args=[message.pk])
    convert = reverse("admin:delivery_convert", args=[message.pk])
    assert client.get(page).context["may_convert"]
    assert "cannot be taken back" in str(client.get(convert).context["sentence"])
    assert posted(client, convert).headers["Location"] == page
    assert [str(said) for said in client.get(page).context["messages"]] == ["The conversion is counted."]
    message.refresh_from_db()
    assert message.converted_at == NOW
    after = client.get(page).context
    assert not after["may_convert"]
    assert "Converted" in [str(step.title) for step in after["steps"]]
    posted(client, convert)
    assert [str(said) for said in client.get(page).context["messages"]] == [
        "Nothing was counted: this message does not wait for a conversion."
    ]
