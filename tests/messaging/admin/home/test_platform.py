"""All projects at a glance: numbers and no personal data, for administrators alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.scoping import scope_for
from messaging.admin.home import platform
from messaging.admin.home.platform import overview_of, panels, waiting_by_account
from messaging.models import CountDelta, Route, SendRequest
from messaging.states import RequestState
from tests.factories import MembershipFactory, RouteFactory, UserFactory
from tests.messaging.admin.delivering import OFF, deliver, send, send_file
from tests.messaging.sending.files import numbers

pytestmark = pytest.mark.django_db
NEVER = "01029999002"  # the simulator never reports on it


def signed_in(**traits: bool) -> Client:
    client = Client()
    client.force_login(UserFactory(**traits), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_every_busy_project_has_a_row_the_busiest_first(project: Project, stranger: Project) -> None:

    deliver(send(project, ["01012340001", OFF, NEVER]))
    deliver(send(stranger, ["01012340002", "01012340003", "01012340004", "01012340005"]))
    send_file(project, numbers(2), needs_release=True)
    overview = overview_of(timezone.now())
    assert [(row.project, row.moving, row.held) for row in overview.rows] == [
        (project, 0, 1),
        (stranger, 0, 0),
    ]
    assert [row.counts.waiting_for_result for row in overview.rows] == [1, 0]
    assert (overview.total.requested, overview.total.delivered, overview.total.failed) == (9, 5, 1)
    assert overview.waiting == 1


def test_messages_without_a_report_are_of_the_account_of_their_route(
    project: Project, stranger: Project
) -> None:

    common = Route.objects.get(project=None).account
    own = RouteFactory(project=stranger).account
    deliver(send(project, [NEVER, "01039999002"]))
    deliver(send(stranger, [NEVER]))
    assert waiting_by_account(overview_of(timezone.now())) == {common.pk: 2, own.pk: 1}


def test_what_moves_is_counted_by_project(project: Project) -> None:

    request = send(project, ["01012340001"])
    SendRequest.objects.filter(pk=request.pk).update(state=RequestState.SENDING)
    [row] = overview_of(timezone.now()).rows
    assert (row.moving, row.held) == (1, 0)


@pytest.mark.parametrize(
    ("state", "moving", "held"),
    [("LOADING", 1, 0), ("SENDING", 1, 0), ("CANCELING", 1, 0), ("HELD", 0, 1), ("SCHEDULED", 0, 0)],
)
def test_a_project_without_figures_is_busy_while_something_moves(
    project: Project, state: str, moving: int, held: int
) -> None:
    request = send(project, ["01012340001"])
    SendRequest.objects.filter(pk=request.pk).update(state=state)
    CountDelta.objects.all().delete()
    rows = overview_of(timezone.now()).rows
    assert [(row.project, row.moving, row.held) for row in rows] == [(project, moving, held)] * (
        moving + held
    )


def test_the_busiest_are_shown_and_the_others_counted_in_the_sums(
    project: Project, stranger: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(send(project, ["01012340001"]))
    deliver(send(stranger, ["01012340001", "01012340002"]))
    monkeypatch.setattr(platform, "MOST_PROJECTS", 1)
    overview = overview_of(timezone.now())
    assert [row.project for row in overview.rows] == [stranger]
    assert (overview.quiet, overview.total.requested) == (1, 3)


def test_a_lane_that_waits_long_is_marked(project: Project) -> None:
    request = send(project, ["01012340001"])
    for seconds, is_long in ((60, False), (61, True)):
        overview = overview_of(request.due_at + timedelta(seconds=seconds))
        assert [lane.is_long for lane in overview.lanes] == [False, is_long, False]


def test_an_administrator_who_is_a_member_too_sees_each_panel_once(project: Project) -> None:
    administrator = UserFactory(administrator=True)
    alone = panels(scope_for(administrator, None), True)
    assert [panel.key for panel in alone] == ["platform", "health", "reviews"]
    assert [panel.key for panel in panels(scope_for(administrator, None), False)] == ["platform", "health"]
    MembershipFactory(user=administrator, project=project)
    assert [panel.key for panel in panels(scope_for(administrator, None), True)] == ["platform"]


def test_the_overview_is_for_administrators_alone(project: Project) -> None:
    deliver(send(project, ["01012340001"]))
    member = MembershipFactory(project=project, role="MANAGER")
    reviewer = UserFactory(reviewer=True)
    for user in (member.user, reviewer):
        assert "platform" not in {panel.key for panel in panels(scope_for(user, None), True)}
    assert "All projects today" in signed_in(administrator=True).get("/").content.decode()
    assert "All projects today" not in signed_in(reviewer=True).get("/").content.decode()


def test_no_name_number_or_text_of_a_recipient_is_in_it(project: Project) -> None:
    deliver(send(project, ["01012340001"], body="Dear Kim, your code is 482913", name="Kim"))
    page = signed_in(administrator=True).get("/").content.decode()
    assert project.name in page
    for secret in ("0001", "482913", "Kim", "1234-"):
        assert secret not in page.partition("All projects today")[2].partition("Processes and carriers")[0]


def test_it_costs_the_same_however_many_projects_there_are(
    project: Project, stranger: Project, django_assert_max_num_queries
) -> None:
    client = signed_in(administrator=True)
    deliver(send(project, ["01012340001"]))
    deliver(send(stranger, ["01012340001"]))
    client.get("/", headers={"hx-request": "true"})
    with django_assert_max_num_queries(13):
        client.get("/", headers={"hx-request": "true"})
