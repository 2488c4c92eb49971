"""What sending tells the home page, and at which cost."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.scoping import Scope
from messaging.admin.home.motion import motion_of
from messaging.admin.home.panels import panels
from messaging.admin.home.today import Stat, failures_of, lanes_of
from messaging.health.readings import LaneReading
from messaging.models import Chunk, SendRequest
from messaging.states import Counter, Lane
from messaging.statistics.counting import fold
from messaging.statistics.hours import Counted, Hours
from tests.factories import RouteFactory, UserFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import OFF, deliver, half_hours, in_a_day, send, send_file
from tests.messaging.sending.files import numbers

pytestmark = pytest.mark.django_db
NOON = datetime.fromisoformat("2026-11-22T12:30:00+09:00")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LIVE = {"hx-request": "true"}
MOST_STATEMENTS, MOST_OF_THE_WHOLE = 17, 40


def scope_of(project: Project) -> Scope:
    membership = project.memberships.first()
    assert membership is not None
    return Scope(user=membership.user, membership=membership)


def context_of(project: Project, key: str) -> dict[str, Any]:
    [found] = [panel for panel in panels(scope_of(project), True) if panel.key == key]
    return found.context


@pytest.mark.parametrize("is_folded", [False, True])
def test_today_is_counted_beside_yesterday_by_now(
    project: Project, stranger: Project, client_as: ClientAs, is_folded: bool
) -> None:
    client_as(project)
    with time_machine.travel(NOON - DAY - HOUR, tick=False):
        deliver(send(project, ["01012340001"]))
    with time_machine.travel(NOON - DAY, tick=False):  # half of this hour is counted as before half past
        deliver(send(project, ["01012340002", "01012340006"]))
    with time_machine.travel(NOON - DAY + 3 * HOUR, tick=False):
        deliver(send(project, ["01012340007"]))
    with time_machine.travel(NOON, tick=False):
        deliver(send(project, ["01012340003", "01012340004", OFF, "01029999002"]))
        deliver(send(stranger, ["01012340005"]))
        if is_folded:
            fold()
        stats = context_of(project, "today")["stats"]
        failures = context_of(project, "failures")["failures"]
    assert [(stat.key, stat.value, stat.before) for stat in stats] == [
        ("requested", 4, 2),
        ("sent", 4, 2),
        ("delivered", 2, 2),
        ("waiting", 1, None),
        ("failed", 1, 0),
    ]
    assert [(failure.result.code, failure.n) for failure in failures] == [("2003", 1)]


@pytest.mark.parametrize(
    ("value", "before", "said"),
    [
        (110, 100, "10% more"),
        (90, 100, "10% less"),
        (104, 100, "about the same"),
        (105, 100, "5% more"),
        (95, 100, "5% less"),
        (199, 100, "99% more"),
        (200, 100, "2.0 times as many"),
        (320, 100, "3.2 times as many"),
        (30, 20, "50% more"),
        (5, 19, ""),
        (0, 100, ""),
        (7, None, "handed over in the last days"),
    ],
)
def test_the_pace_is_said_in_words_where_it_says_something(value: int, before: int | None, said: str) -> None:
    assert Stat("requested", "Requested", value, before).pace == said


@pytest.mark.parametrize(
    ("lane", "seconds", "is_long"),
    [
        (Lane.AUTH, 10, False),
        (Lane.AUTH, 11, True),
        (Lane.SINGLE, 60, False),
        (Lane.SINGLE, 61, True),
        (Lane.MASS, 900, False),
        (Lane.MASS, 901, True),
    ],
)
def test_each_lane_has_its_own_patience(lane: Lane, seconds: int, is_long: bool) -> None:
    reading = LaneReading(lane, 1, NOON - timedelta(seconds=seconds))
    counted = Hours([Counted(NOON.replace(minute=0), Counter.REQUESTED, "", "MASS", 7)])
    [row] = lanes_of(counted, [reading], NOON)
    assert (row.is_long, row.progress.requested) == (is_long, 7 if lane == Lane.MASS else 0)


def test_eight_causes_are_shown_most_first_and_none_too_thin() -> None:
    hour = NOON.replace(minute=0)
    found = [Counted(hour, Counter.SEND_FAILED, f"30{n:02}", "MASS", n) for n in (1, 2, 3, 4, 5, 6, 7, 8, 9)]
    found += [Counted(hour - 23 * HOUR, Counter.DELIVERY_FAILED, "2003", "MASS", 1000)]
    found += [Counted(hour - 24 * HOUR, Counter.SEND_FAILED, "2004", "MASS", 5000)]
    found += [Counted(hour, Counter.SEND_FAILED, "2005", "MASS", -1)]
    failures = failures_of(Hours(found), NOON)
    assert [each.result.code for each in failures] == ["2003", *(f"30{n:02}" for n in range(9, 2, -1))]
    assert [each.n for each in failures] == [1000, 9, 8, 7, 6, 5, 4, 3]
    assert [each.share for each in failures] == [1000, 9, 8, 8, 8, 8, 8, 8]


def test_the_oldest_of_another_project_is_none_of_ones_own(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    client_as(project)
    own = RouteFactory(project=stranger).account
    send(stranger, ["01012340001"])
    assert [row.reading.waiting for row in context_of(project, "lanes")["lanes"]] == [0, 0, 0]
    carriers = context_of(project, "health")["health"].carriers
    assert own not in [each.account for each in carriers]
    assert context_of(project, "beginning") == {"url": "/send/general/"}
    assert not next(p for p in panels(scope_of(project), True) if p.key == "beginning").is_empty


def test_who_may_not_send_is_given_no_button(project: Project, client_as: ClientAs) -> None:
    client_as(project, role="VIEWER")
    assert context_of(project, "beginning") == {"url": ""}


def test_lanes_show_what_waits_and_since_when(project: Project, client_as: ClientAs) -> None:
    client_as(project)
    with time_machine.travel(NOON, tick=False) as clock:
        send(project, ["01012340001", "01012340002"])
        clock.shift(30)
        assert [(row.reading.waiting, row.is_long) for row in context_of(project, "lanes")["lanes"]] == [
            (0, False),
            (2, False),
            (0, False),
        ]
        clock.shift(31)
        row = context_of(project, "lanes")["lanes"][1]
    assert (row.reading.lane, row.reading.oldest, row.is_long) == ("SINGLE", NOON, True)
    assert (row.progress.requested, row.progress.sent) == (2, 0)


def test_what_waits_for_its_hour_is_not_the_oldest(project: Project, client_as: ClientAs) -> None:
    client_as(project)
    with time_machine.travel(NOON, tick=False) as clock:
        send(project, ["01012340001"])
        Chunk.objects.update(not_before=NOON + HOUR)
        clock.shift(120)
        row = context_of(project, "lanes")["lanes"][1]
    assert (row.reading.waiting, row.reading.oldest, row.is_long) == (1, None, False)


def test_what_runs_and_what_is_due_next(project: Project, client_as: ClientAs) -> None:
    client_as(project)
    deliver(send(project, ["01012340001"]))
    split = deliver(send_file(project, numbers(4), split=half_hours(2)))
    later = send(project, ["01012340001"], due_at=in_a_day())
    assert [each.row.request for each in context_of(project, "running")["rows"]] == [split]
    assert [row.request for row in context_of(project, "due")["rows"]] == [split, later]


def test_speed_and_end_are_those_of_the_last_minutes(project: Project, client_as: ClientAs) -> None:
    client_as(project)
    with time_machine.travel(NOON, tick=False):
        request = deliver(send(project, ["01012340001", "01012340002"]))
    # As if it was still to hand over four times as many.
    SendRequest.objects.filter(pk=request.pk).update(state="SENDING", total=10)
    now = NOON + timedelta(minutes=1)
    with time_machine.travel(now, tick=False):
        [running] = motion_of(scope_of(project), now).running
    assert (running.per_minute, running.ends_at) == (2, now + timedelta(minutes=4))


def test_a_project_that_sent_nothing_is_told_how_to_begin(project: Project, client_as: ClientAs) -> None:
    client_as(project)
    found = panels(scope_of(project), True)
    assert [panel.key for panel in found if not panel.is_empty] == ["beginning", "health"]
    empty = {panel.key for panel in found if panel.is_empty}
    deliver(send(project, ["01012340001"]))
    after = panels(scope_of(project), True)
    # All have their places on the open page already, in the same order.
    assert [panel.key for panel in after] == [panel.key for panel in found]
    assert {panel.key for panel in after if panel.is_empty} == {"beginning", "reviews"}
    assert empty >= {"today", "running", "due", "lanes", "failures", "charts"}


def test_its_page_has_the_button_that_begins(project: Project, client_as: ClientAs) -> None:
    page = client_as(project).get("/").content.decode()
    assert "Nothing was sent from this project yet" in page
    assert 'b-button-primary" href="/send/general/"' in page


def looked(client: Client, address: str = "/") -> tuple[str, int]:
    with CaptureQueriesContext(connection) as counted:
        response = client.get(address, headers=LIVE)
    assert response.status_code == 200
    return response.content.decode(), len(counted)


def test_a_look_costs_few_statements_however_much_there_is(project: Project, client_as: ClientAs) -> None:
    client = client_as(project)
    deliver(send_file(project, numbers(2), split=half_hours(2)))
    looked(client)
    _said, few = looked(client)
    _said, few_of_all = looked(client, "/?parts=all")
    for n in range(3):
        deliver(send_file(project, numbers(2, n), split=half_hours(2)))
    assert looked(client)[1] == few <= MOST_STATEMENTS
    assert looked(client, "/?parts=all")[1] == few_of_all <= MOST_OF_THE_WHOLE


def test_a_look_brings_what_moves_and_the_whole_what_changes_slowly(
    project: Project, client_as: ClientAs
) -> None:
    client = client_as(project)
    deliver(send(project, ["01012340001", OFF]))
    now, _n = looked(client)
    whole, _n = looked(client, "/?parts=all")
    moving = {"today", "running", "due", "lanes", "health"}
    slow = {"needs", "failures", "charts", "limits"}
    assert {key for key in moving | slow if f'id="part-{key}"' in now} == moving
    assert {key for key in moving | slow if f'id="part-{key}"' in whole} == moving | slow
    assert "<html" not in now
    assert now.count('hx-swap-oob="true"') == len(moving) + 2  # the place of the beginning, and the time


def test_a_part_keeps_its_digest_while_it_says_the_same(project: Project, client_as: ClientAs) -> None:
    client = client_as(project)

    def digest_of(key: str) -> str:
        page = client.get("/").content.decode()
        return page.partition(f'id="part-{key}"')[2].partition('data-digest="')[2].partition('"')[0]

    with time_machine.travel(NOON, tick=False) as clock:
        deliver(send(project, ["01012340001"]))
        first = digest_of("today")
        clock.shift(5)
        assert digest_of("today") == first
        deliver(send(project, ["01012340002"]))
        assert digest_of("today") != first


def test_a_page_goes_on_showing_its_own_project_after_another_tab_switched(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    client = client_as(project)
    user = scope_of(project).user
    stranger.memberships.create(user=user, role="SENDER")
    deliver(send(project, ["01012340001", "01012340002"]))
    client.post("/switch-project/", {"project": stranger.pk})
    own = client.get("/", headers=LIVE | {"x-bongsu-project": str(stranger.pk)}).content.decode()
    other = client.get("/", headers=LIVE | {"x-bongsu-project": str(project.pk)}).content.decode()
    assert "Nothing was sent from this project yet" in own
    assert "Nothing was sent from this project yet" not in other


def test_a_page_of_a_project_that_one_was_removed_from_shows_nothing_more(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    client = client_as(project)
    deliver(send(stranger, ["01012340001"]))
    answer = client.get("/", headers=LIVE | {"x-bongsu-project": str(stranger.pk)})
    assert "data-part" not in answer.content.decode()


def test_whoever_was_signed_out_only_learns_that(db: None) -> None:
    answer = Client().get("/", headers=LIVE)
    assert (answer.status_code, answer.content) == (401, b"")


def test_viewers_see_neither_machines_nor_texts(project: Project, client_as: ClientAs) -> None:
    from messaging.health.pulses import Process, pulse

    client = client_as(project, role="VIEWER")
    pulse(Process("auth-8000@secret-host", "WORKER", ("auth",), host="secret-host"))
    request = send(project, ["01012340001"], body="Your code is 482913", purpose="AUTH")
    SendRequest.objects.filter(pk=request.pk).update(state="SENDING")
    page = client.get("/").content.decode()
    assert "Your code is" in page
    assert "482913" not in page
    assert "secret-host" not in page
    assert "01012340001" not in page


def test_administrators_see_machines(project: Project) -> None:
    from messaging.health.pulses import Process, pulse

    pulse(Process("auth-8000@host-one", "WORKER", ("auth",), host="host-one", started_at=timezone.now()))
    client = Client()
    client.force_login(UserFactory(administrator=True), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/").content.decode()
    assert "host-one" in page
