"""The page of advertising hours, and what deliveries say of advertising that waits."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.admin.hours import HoursForm
from messaging.models import AdvertisingHours, SendRequest
from messaging.states import HoursAction, Purpose
from tests.factories import OptOutLineFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import deliver, send
from tests.messaging.sending.files import numbers

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 11, 22, 12, tzinfo=SEOUL)
CHOSEN = {"is_on": "on", "starts_at": "20:30", "ends_at": "09:00", "action": "FAIL", "seen": ""}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def manager(project: Project, client_as: ClientAs, clock: time_machine.Traveller) -> Any:
    return client_as(project, ProjectRole.MANAGER)


def address() -> str:
    return reverse("admin:settings_hours")


def limit(project: Project, **changes: Any) -> AdvertisingHours:
    return AdvertisingHours.objects.create(project=project, is_on=True, **changes)


def advertise(project: Project, **changes: Any) -> SendRequest:
    line = OptOutLineFactory(project=project, opened=True)
    body = f"(광고)Sale\n무료거부 {line.number}"
    return send(
        project, numbers(2), purpose=Purpose.ADVERTISING, body=body, opt_out_line=line, name="Sale", **changes
    )


def now_of(page: str) -> str:
    """What the page says about this moment."""
    said = page.partition('id="hours-now">')[2].partition("</div>")[0]
    return " ".join(said.replace("<p>", "").replace("</p>", "").split())


def test_it_begins_off_with_the_hours_of_the_law(manager: Any) -> None:
    response = manager.get(address())
    assert response.status_code == 200
    assert response.context["form"].initial == {
        "is_on": False,
        "starts_at": time(21),
        "ends_at": time(8),
        "action": HoursAction.WAIT,
        "seen": "",
    }
    page = response.content.decode()
    assert now_of(page) == "Advertising goes at any time: its hours are not limited."
    assert "From 21:00 to 08:00 advertising may go only to people who gave a consent of its own" in page
    assert not AdvertisingHours.objects.exists()


def test_its_help_is_in_the_language_of_who_looks() -> None:
    with override("ko"):
        form = HoursForm()
        said = [str(form.fields[name].help_text) for name in ("starts_at", "ends_at")]
    assert said == ["18:00부터 21:00까지 설정할 수 있습니다.", "08:00부터 12:00까지 설정할 수 있습니다."]


def test_hours_are_saved(manager: Any, project: Project) -> None:
    response = manager.post(address(), CHOSEN)
    assert (response.status_code, response.url) == (302, address())
    kept = AdvertisingHours.objects.get()
    assert (kept.project, kept.is_on, kept.starts_at, kept.ends_at) == (project, True, time(20, 30), time(9))
    assert (kept.action, kept.updated_by) == (HoursAction.FAIL, project.members.get())
    page = manager.get(address()).content.decode()
    assert f"Last changed by {kept.updated_by}" in page
    assert now_of(page) == "Advertising goes now, until 20:30."
    seen = manager.get(address()).context["form"].initial["seen"]
    again = manager.post(address(), {**CHOSEN, "is_on": "", "seen": seen})
    assert again.status_code == 302
    assert not AdvertisingHours.objects.get().is_on


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"starts_at": "17:59"}, "starts_at", "Choose a time from 18:00 to 21:00."),
        ({"ends_at": "12:01"}, "ends_at", "Choose a time from 08:00 to 12:00."),
        ({"ends_at": "late"}, "ends_at", "Write a time like 21:00."),
        ({"starts_at": ""}, "starts_at", "This field is required."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    manager: Any, changes: dict[str, str], field: str, sentence: str
) -> None:
    response = manager.post(address(), CHOSEN | changes)
    form = response.context["form"]
    assert {name: list(errors) for name, errors in form.errors.items()} == {field: [sentence]}
    assert form["action"].value() == "FAIL"
    assert sentence in response.content.decode()
    assert not AdvertisingHours.objects.exists()


def test_of_two_browsers_the_second_is_told(manager: Any, project: Project) -> None:
    limit(project, starts_at=time(19))
    response = manager.post(address(), CHOSEN)
    assert "Meanwhile somebody else changed this." in response.content.decode()
    assert AdvertisingHours.objects.get().starts_at == time(19)


@pytest.mark.parametrize(
    ("action", "then"),
    [
        (HoursAction.WAIT, "What is due until then waits."),
        (HoursAction.FAIL, "What is due until then fails."),
    ],
)
def test_it_says_when_advertising_goes_again(
    manager: Any, project: Project, clock: time_machine.Traveller, action: HoursAction, then: str
) -> None:
    limit(project, action=action)
    clock.move_to(NOON.replace(hour=22))
    page = manager.get(address()).content.decode()
    assert now_of(page) == f"No advertising goes now. It goes again at 08:00. {then}"


def test_it_names_the_requests_that_wait(
    manager: Any, project: Project, clock: time_machine.Traveller
) -> None:
    limit(project)
    clock.move_to(NOON.replace(hour=22))
    request = deliver(advertise(project))
    assert manager.get(address()).context["waiting"] == [request]


@pytest.mark.parametrize("role", [ProjectRole.VIEWER, ProjectRole.SENDER])
def test_only_managers_may(project: Project, client_as: ClientAs, role: str) -> None:
    client = client_as(project, role)
    assert client.get(address()).status_code == 403
    assert client.post(address(), CHOSEN).status_code == 403
    assert not AdvertisingHours.objects.exists()


def test_a_request_says_that_it_waits(manager: Any, project: Project, clock: time_machine.Traveller) -> None:
    limit(project)
    clock.move_to(NOON.replace(hour=22))
    request = deliver(advertise(project))
    response = manager.get(reverse("admin:delivery_request", args=[request.pk]))
    live = response.context["live"]
    assert live.waits_until == datetime(2026, 11, 23, 8, tzinfo=SEOUL)
    assert live.seconds == 15
    assert "Waits until 08:00: advertising hours." in response.content.decode()
    listed = manager.get(reverse("admin:deliveries_requests")).content.decode()
    assert "waits until 08:00: advertising hours" in listed

    clock.move_to(datetime(2026, 11, 23, 8, tzinfo=SEOUL))
    assert (
        manager.get(reverse("admin:delivery_request", args=[request.pk])).context["live"].waits_until is None
    )


def test_a_scheduled_request_says_that_it_will_wait(manager: Any, project: Project) -> None:
    limit(project)
    by_night = advertise(project, due_at=NOON.replace(hour=23))
    by_day = advertise(project, due_at=NOON + timedelta(hours=1))
    rows = manager.get(reverse("admin:deliveries_scheduled")).context["rows"]
    assert {row.request.pk: row.waits_until for row in rows} == {
        by_night.pk: datetime(2026, 11, 23, 8, tzinfo=SEOUL),
        by_day.pk: None,
    }


def test_a_list_asks_once_for_all_that_wait(
    manager: Any, project: Project, clock: time_machine.Traveller
) -> None:
    limit(project)
    clock.move_to(NOON.replace(hour=22))
    counted = []
    for _again in range(2):
        deliver(advertise(project))
        with CaptureQueriesContext(connection) as queries:
            manager.get(reverse("admin:deliveries_requests"))
        counted.append(len(queries))
    assert counted[0] == counted[1]
