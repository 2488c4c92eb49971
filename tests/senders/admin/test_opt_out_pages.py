"""The pages of 080 lines: applying, their state, canceling; staff open and reject them."""

import datetime

import pytest
import time_machine
from django.urls import reverse

from console.accounts.roles import ProjectRole
from console.accounts.scoping import scope_for
from console.overview import needs_of
from senders.admin.badges import lines_to_open
from senders.models import OptOutCall, OptOutLine
from senders.services.opt_out_calls import Call, record_calls
from senders.services.opt_out_lines import LineUse
from senders.states import LineState
from tests.factories import MembershipFactory, OptOutFactory, OptOutLineFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST, QUEUE = "admin:senders_opt_out_lines", "admin:senders_opt_out_lines_queue"
SUNDAY = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
USES = [
    LineUse("Autumn sale", "/deliveries/1/", SUNDAY, 1200),
    LineUse("Held one", "/deliveries/2/", None, None),
]


def two_uses(line):
    return USES


def no_uses(line):
    return []


@pytest.fixture
def client(manager, sign_in):
    return sign_in(manager.user)


@pytest.fixture
def staff(reviewer, sign_in):
    return sign_in(reviewer)


def text(response):
    return response.content.decode()


# --- the project's page --------------------------------------------------------------------------


def test_applying_shows_the_registration_with_its_days(manager, client):
    with time_machine.travel(SUNDAY, tick=False):
        response = client.post(reverse(LIST), {"business_name": " 봉수 쇼핑 "}, follow=True)
    words = text(response)
    line = OptOutLine.objects.get()
    assert (line.project, line.applied_by, line.business_name) == (manager.project, manager.user, "봉수 쇼핑")
    assert "Registration Scheduled" in words
    assert "2026-11-25 – 2026-11-26" in words
    assert "3 to 4 business days" in words
    assert ">PROCESSING</code>" in words
    assert reverse("admin:senders_opt_out_line_cancel", args=[line.pk]) in words


def test_a_wrong_name_is_said_and_stays_typed(client):
    response = client.post(reverse(LIST), {"business_name": "가" * 21})
    assert response.status_code == 422
    assert "A business name has at most 20 characters; this one has 21." in text(response)
    assert f'value="{"가" * 21}"' in text(response)
    assert not OptOutLine.objects.exists()


def test_each_state_is_told_with_its_dates(manager, client):
    opened = OptOutLineFactory(opened=True, project=manager.project, number="0801234567", opened_at=SUNDAY)
    OptOutLineFactory(
        project=manager.project, state=LineState.REJECTED, rejected_at=SUNDAY, reason="No <b>company</b>."
    )
    OptOutLineFactory(project=manager.project, stopped=True, number="0807654321")
    OptOutLineFactory(project=manager.project, canceled=True)
    OptOutLineFactory(opened=True, number="0809998888")
    words = text(client.get(reverse(LIST)))
    for said in ("Registration Completed", "080-123-4567", "2026-11-22 12:00:00", "Canceled", "080-765-4321"):
        assert said in words
    for said in (">COMPLETE</code>", ">STOPPED</code>", "Numbers deleted from"):
        assert said in words
    assert "No &lt;b&gt;company&lt;/b&gt;." in words
    assert "080-999-8888" not in words
    assert words.count(reverse("admin:senders_opt_out_line_cancel", args=[opened.pk])) == 1
    assert f"{reverse('admin:audience_opt_outs')}?line={opened.pk}" in words


def test_a_viewer_looks_and_a_sender_may_not_apply(manager, sign_in):
    opened = OptOutLineFactory(opened=True, project=manager.project)
    for role in (ProjectRole.VIEWER, ProjectRole.SENDER):
        client = sign_in(MembershipFactory(project=manager.project, role=role).user)
        words = text(client.get(reverse(LIST)))
        assert "Registration Completed" in words
        assert "Apply for an 080 line" not in words
        assert "Stop the service" not in words
        assert client.post(reverse(LIST), {"business_name": "Beacon"}).status_code == 403
        cancel = reverse("admin:senders_opt_out_line_cancel", args=[opened.pk])
        assert client.post(cancel).status_code == 403
    opened.refresh_from_db()
    assert (opened.state, OptOutLine.objects.count()) == (LineState.OPEN, 1)


def test_the_list_asks_a_steady_number_of_questions(manager, client, django_assert_max_num_queries):
    for _ in range(20):
        OptOutLineFactory(opened=True, project=manager.project)
    client.get(reverse(LIST))
    with django_assert_max_num_queries(9):
        client.get(reverse(LIST))


# --- canceling -----------------------------------------------------------------------------------


def test_a_cancel_says_which_sends_will_fail_and_then_does_it(manager, client, settings):
    settings.OPT_OUT_LINE_USES = f"{__name__}.two_uses"
    line = OptOutLineFactory(opened=True, project=manager.project, number="0801234567")
    address = reverse("admin:senders_opt_out_line_cancel", args=[line.pk])
    words = text(client.get(address))
    assert "2 advertising sends name this line and will fail" in words
    assert 'href="/deliveries/1/">Autumn sale' in words
    assert "when a person sends it" in words
    line.refresh_from_db()
    assert line.state == LineState.OPEN
    assert "Nobody has refused on it alone." in words
    wrong = client.post(address, {"typed": "080-123-4568"})
    assert wrong.status_code == 422
    assert "This is not the number of the line." in text(wrong)
    assert 'value="080-123-4568"' in text(wrong)
    line.refresh_from_db()
    assert line.state == LineState.OPEN
    done = client.post(address, {"typed": "080-123-4567"}, follow=True)
    assert "The 080 line 080-123-4567 is stopped." in text(done)
    line.refresh_from_db()
    assert (line.state, line.stopped_by) == (LineState.STOPPED, manager.user)
    assert "nothing to cancel" in text(client.get(address))


@time_machine.travel(SUNDAY, tick=False)
def test_a_stop_says_how_many_numbers_are_deleted_and_when(manager, client):
    line = OptOutLineFactory(opened=True, project=manager.project)
    OptOutFactory.create_batch(3, project=manager.project, line=line)
    OptOutFactory(project=manager.project)
    OptOutFactory(project=manager.project, line=line, is_elsewhere=True)
    words = text(client.get(reverse("admin:senders_opt_out_line_cancel", args=[line.pk])))
    assert "The 3 numbers that refused on it go on being honoured until 2026-11-25 12:00" in words
    assert "Business days are Monday to Friday; public holidays are not known." in words


def test_what_became_of_a_stopped_line_is_told(manager, client):
    OptOutLineFactory(stopped=True, project=manager.project, purged_at=SUNDAY, purged_count=1234)
    words = text(client.get(reverse(LIST)))
    assert "· 1,234</dd>" in words
    assert "the numbers that refused on it alone are deleted" in words


def test_nothing_that_names_it_is_said_too(manager, client, settings):
    settings.OPT_OUT_LINE_USES = f"{__name__}.no_uses"
    line = OptOutLineFactory(opened=True, project=manager.project)
    words = text(client.get(reverse("admin:senders_opt_out_line_cancel", args=[line.pk])))
    assert "No send that is still to come names this line." in words


def test_an_application_is_canceled_with_a_press(manager, client):
    line = OptOutLineFactory(project=manager.project, business_name="Beacon")
    address = reverse("admin:senders_opt_out_line_cancel", args=[line.pk])
    page = text(client.get(address))
    assert "The application for “Beacon”" in page
    assert "It costs nothing" in page
    assert "Stop the service for good" not in page
    assert "The application is canceled. It cost nothing." in text(client.post(address, follow=True))
    line.refresh_from_db()
    assert (line.state, line.canceled_by) == (LineState.CANCELED, manager.user)


def test_a_line_opened_meanwhile_is_not_given_up_by_a_cancel(manager, client):
    line = OptOutLineFactory(opened=True, project=manager.project)
    address = reverse("admin:senders_opt_out_line_cancel", args=[line.pk])
    assert "Meanwhile the line was opened." in text(client.post(address, follow=True))
    line.refresh_from_db()
    assert line.state == LineState.OPEN


# --- staff ---------------------------------------------------------------------------------------


def test_the_queue_tells_who_waits_how_long(staff, reviewer):
    now = datetime.datetime(2026, 11, 27, 3, tzinfo=datetime.UTC)
    OptOutLineFactory(business_name="Younger", applied_at=now - datetime.timedelta(hours=1))
    OptOutLineFactory(business_name="Older", applied_at=SUNDAY)
    OptOutLineFactory(business_name="Opened", opened=True)
    with time_machine.travel(now, tick=False):
        words = text(staff.get(reverse(QUEUE)))
    assert words.index("Older") < words.index("Younger")
    assert "Opened" not in words
    assert "2 wait" in words
    assert "5\xa0days" in words
    assert words.count("Late") == 1


def test_staff_open_a_line_and_the_project_reads_it(staff, manager, client):
    line = OptOutLineFactory(project=manager.project, business_name="Beacon")
    typed = {"action": "open", "line": line.pk, "number": "080-12"}
    refused = staff.post(reverse(QUEUE), typed)
    assert refused.status_code == 422
    assert "An 080 number is 080 and 7 or 8 digits: 080-123-4567." in text(refused)
    assert 'value="080-12"' in text(refused)
    done = staff.post(reverse(QUEUE), typed | {"number": "080-123-4567"}, follow=True)
    assert "080-123-4567 is open for “Beacon”" in text(done)
    assert "Registration Completed" in text(client.get(reverse(LIST)))


def test_staff_reject_with_a_reason(staff, manager, client):
    line = OptOutLineFactory(project=manager.project)
    typed = {"action": "reject", "line": line.pk, "reason": " "}
    assert staff.post(reverse(QUEUE), typed).status_code == 422
    staff.post(reverse(QUEUE), typed | {"reason": "The company does not exist."})
    line.refresh_from_db()
    assert (line.state, line.reason) == (LineState.REJECTED, "The company does not exist.")
    assert "The company does not exist." in text(client.get(reverse(LIST)))


def test_a_line_decided_meanwhile_is_told_and_stays(staff):
    line = OptOutLineFactory(opened=True, number="0801234567")
    typed = {"action": "open", "line": line.pk, "number": "080-765-4321"}
    assert "Meanwhile somebody else decided this." in text(staff.post(reverse(QUEUE), typed, follow=True))
    line.refresh_from_db()
    assert line.number == "0801234567"


@pytest.mark.parametrize("pk", ["", "x", "9" * 30, "987654", "-1"])
def test_an_unknown_line_is_a_404(staff, pk):
    assert staff.post(reverse(QUEUE), {"line": pk, "number": "080-123-4567"}).status_code == 404


def test_staff_reach_no_line_of_their_own_organization(staff, reviewer):
    line = OptOutLineFactory()
    MembershipFactory(user=reviewer, project__organization=line.project.organization)
    typed = {"action": "open", "line": line.pk, "number": "080-123-4567"}
    assert staff.post(reverse(QUEUE), typed).status_code == 404
    line.refresh_from_db()
    assert line.state == LineState.SCHEDULED


def test_calls_of_nobody_are_seen_masked_and_settled(staff, reviewer):
    record_calls([Call("0801112222", "01012345678", (82, "01012345678"), SUNDAY)])
    words = text(staff.get(reverse(QUEUE)))
    assert "080-111-2222" in words
    assert "010-****-5678" in words
    call = OptOutCall.objects.get()
    done = staff.post(reverse(QUEUE), {"action": "settle", "call": [call.pk, "x"]}, follow=True)
    assert "1 call is noted as settled." in text(done)
    call.refresh_from_db()
    assert call.settled_by == reviewer
    assert "080-111-2222" not in text(staff.get(reverse(QUEUE)))


def test_calls_to_a_line_of_ones_own_organization_are_for_others(staff, reviewer):
    line = OptOutLineFactory(opened=True, opened_at=SUNDAY)
    MembershipFactory(project=line.project, user=reviewer)
    record_calls([Call(line.number, "anonymous", None, SUNDAY)])
    assert list(staff.get(reverse(QUEUE)).context["calls"].rows) == []
    call = OptOutCall.objects.get()
    done = staff.post(reverse(QUEUE), {"action": "settle", "call": [call.pk]}, follow=True)
    assert "0 calls are noted as settled." in text(done)
    call.refresh_from_db()
    assert (call.settled_by, call.settled_at) == (None, None)


# --- the dashboard and the menu ------------------------------------------------------------------


def sentences(user, project=None):
    return [str(need.sentence) for need in needs_of(scope_for(user, project.pk if project else None))]


def test_the_dashboard_tells_staff_and_managers(manager, reviewer):
    line = OptOutLineFactory(project=manager.project, business_name="Beacon")
    assert "1 080 line waits to be opened." in sentences(reviewer)
    assert lines_to_open(scope_for(reviewer, None)) == 1
    assert lines_to_open(scope_for(manager.user, manager.project_id)) == 0
    OptOutLine.objects.filter(pk=line.pk).update(state=LineState.REJECTED, rejected_at=SUNDAY, reason="No.")
    assert sentences(reviewer) == []
    assert "The 080 line for “Beacon” was rejected." in sentences(manager.user, manager.project)
    sender = MembershipFactory(project=manager.project, role=ProjectRole.SENDER).user
    assert not any("080" in said for said in sentences(sender, manager.project))


# --- closing a project ---------------------------------------------------------------------------


@pytest.mark.parametrize("is_live", [True, False])
def test_an_administrator_closes_a_project_only_without_a_line(is_live, sign_in):
    client = sign_in(UserFactory(administrator=True))
    line = OptOutLineFactory(opened=True) if is_live else OptOutLineFactory(canceled=True)
    project = line.project
    data = {"name": project.name, "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    response = client.post(reverse("admin:accounts_project_change", args=[project.pk]), data)
    project.refresh_from_db()
    assert project.is_active is is_live
    assert response.status_code == (200 if is_live else 302)
    if is_live:
        assert "An 080 line of this project is in service." in text(response)


def test_the_page_of_the_organization_does_not_close_it_either(sign_in):
    client = sign_in(UserFactory(administrator=True))
    project = OptOutLineFactory().project
    organization = project.organization
    data = {
        "name": organization.name,
        "member_type": organization.member_type,
        "projects-TOTAL_FORMS": 1,
        "projects-INITIAL_FORMS": 1,
        "projects-0-id": project.pk,
        "projects-0-organization": organization.pk,
        "projects-0-name": project.name,
    }
    response = client.post(reverse("admin:accounts_organization_change", args=[organization.pk]), data)
    assert "scheduled for registration" in text(response)
    project.refresh_from_db()
    assert project.is_active
