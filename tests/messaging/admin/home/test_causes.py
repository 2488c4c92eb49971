"""What failed by cause, down to the requests and their messages."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from console.accounts.models import Project
from messaging.admin.home import causes
from messaging.admin.home.causes import requests_failing
from messaging.admin.home.today import a_day_ago
from messaging.models import SendRequest
from messaging.states import Counter
from messaging.statistics.counting import Delta, add_deltas, fold
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import OFF, deliver, send

pytestmark = pytest.mark.django_db
NOON = datetime.fromisoformat("2026-11-22T12:30:00+09:00")


@pytest.mark.parametrize("is_folded", [False, True])
def test_the_requests_of_a_cause_with_most_of_it_first(
    project: Project, stranger: Project, is_folded: bool
) -> None:
    with time_machine.travel(NOON - timedelta(days=1, hours=1), tick=False):
        deliver(send(project, [OFF]))  # too long ago
    with time_machine.travel(NOON - timedelta(hours=20), tick=False):
        one = deliver(send(project, [OFF, "01039992003", "01012340001"]))
    with time_machine.travel(NOON - timedelta(minutes=1), tick=False):
        two = deliver(send(project, [OFF, "01029991004"]))
    with time_machine.travel(NOON, tick=False):
        newest = deliver(send(project, [OFF]))
        deliver(send(project, ["01012340001"]))
        mended = deliver(send(project, [OFF]))
        add_deltas([Delta(mended.pk, 1, Counter.DELIVERY_FAILED, "2003", 82, -1)], at=NOON)
        add_deltas([Delta(mended.pk, 1, Counter.UNKNOWN, "2003", 82, 5)], at=NOON)
        deliver(send(stranger, [OFF]))
        if is_folded:
            fold()
    found = requests_failing(project, code="2003", since=a_day_ago(NOON))
    # Of those with one the newest stands first.
    assert list(found.items()) == [(one.pk, 2), (newest.pk, 1), (two.pk, 1)]
    assert requests_failing(project, code="3001", since=a_day_ago(NOON)) == {}


def test_a_request_of_which_some_failed_too_long_ago_counts_the_others(project: Project) -> None:
    with time_machine.travel(NOON - timedelta(hours=25), tick=False):
        request = deliver(send(project, [OFF, "01012340001"]))
        fold()
    add_deltas([Delta(request.pk, 1, Counter.DELIVERY_FAILED, "2003", 82, 3)], at=NOON)
    with time_machine.travel(NOON, tick=False):
        fold()
        assert requests_failing(project, code="2003", since=a_day_ago(NOON)) == {request.pk: 3}


def test_no_more_are_shown_than_fit_and_the_page_says_so(
    project: Project, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causes, "MOST_SHOWN", 2)
    client = client_as(project, role="VIEWER")
    for n, is_cut in ((1, False), (2, True), (2, True)):
        deliver(send(project, [OFF]))
        page = client.get("/deliveries/failures/?code=2003")
        assert (len(page.context["rows"]), page.context["is_cut"]) == (n, is_cut)


def test_all_causes_are_listed_however_many(project: Project, client_as: ClientAs) -> None:
    request = deliver(send(project, [OFF]))
    codes = [f"30{n:02}" for n in range(12)]
    add_deltas([Delta(request.pk, 1, Counter.SEND_FAILED, code, 82, 1) for code in codes], at=timezone.now())
    page = client_as(project).get("/deliveries/failures/")
    assert {each.result.code for each in page.context["failures"]} == {"2003", *codes}


def test_a_request_near_the_end_of_an_hour_is_not_lost(project: Project) -> None:
    at = datetime.fromisoformat("2026-11-22T12:59:59.999+09:00")
    with time_machine.travel(at, tick=False):
        request = send(project, [OFF])
        SendRequest.objects.update(created_at=at + timedelta(milliseconds=2))  # the id is of the hour before
        deliver(request)
        fold()
    assert requests_failing(project, code="2003", since=a_day_ago(at)) == {request.pk: 1}


def test_the_page_leads_to_the_messages_of_each_request(project: Project, client_as: ClientAs) -> None:
    client = client_as(project, role="VIEWER")
    request = deliver(send(project, [OFF, "01012340001"]))
    page = client.get("/deliveries/failures/?code=2003").content.decode()
    assert f"/deliveries/requests/{request.pk}/messages/?state=FAILED&amp;code=2003" in page
    everything = client.get("/deliveries/failures/").content.decode()
    assert "/deliveries/failures/?code=2003" in everything


def test_a_cause_of_nothing_and_a_code_that_nobody_knows_say_so(
    project: Project, client_as: ClientAs
) -> None:
    client = client_as(project)
    assert "No message failed in the last 24 hours." in client.get("/deliveries/failures/").content.decode()
    for code in ("3001", "<x>%00", "'--"):
        page = client.get("/deliveries/failures/", {"code": code})
        assert page.status_code == 200
        assert "No message failed of this cause" in page.content.decode()


def test_requests_of_another_project_are_not_shown(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    deliver(send(stranger, [OFF]))
    page = client_as(project).get("/deliveries/failures/?code=2003").content.decode()
    assert "No message failed of this cause" in page


def test_the_page_costs_the_same_however_many_requests_failed(
    project: Project, client_as: ClientAs, django_assert_max_num_queries
) -> None:
    client = client_as(project)
    for _n in range(4):
        deliver(send(project, [OFF]))
    client.get("/deliveries/failures/?code=2003")
    with django_assert_max_num_queries(8):
        client.get("/deliveries/failures/?code=2003")
