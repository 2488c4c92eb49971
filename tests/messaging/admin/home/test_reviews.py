"""What awaits a review: of one's own project, and as much as one's role may know."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from console.accounts.models import Project, User
from console.accounts.scoping import scope_for
from messaging.admin.home.platform import panels
from messaging.admin.home.reviews import reviews_panel
from messaging.models import LimitRequest
from tests.factories import (
    IdentityVerificationFactory,
    MembershipFactory,
    OptOutLineFactory,
    ProjectFactory,
    SenderNumberFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def shown(user: User) -> list[tuple[str, int, datetime | None]]:
    panel = reviews_panel(scope_for(user, None))
    assert panel.is_empty is not bool(panel.context["rows"])
    return [(str(row.label), row.n, row.oldest) for row in panel.context["rows"]]


def submitted(project: Project, user: User) -> None:
    """One of everything, by that person for that project, and what was decided already."""
    with time_machine.travel(NOW, tick=False):
        IdentityVerificationFactory(organization=project.organization, user=user, reviewing=True)
        SenderNumberFactory(project=project, registered_by=user)
        SenderNumberFactory(project=project, registered_by=user, approved=True)
        OptOutLineFactory(project=project, applied_by=user)
        OptOutLineFactory(opened=True, applied_by=user)
        for state in ("WAITING", "REJECTED"):
            LimitRequest.objects.create(
                project=project, wanted=20_000, reason="More", asked_by=user, asked_at=NOW, state=state
            )


def test_a_manager_sees_what_this_project_sent_in() -> None:
    member = MembershipFactory()
    with time_machine.travel(NOW - HOUR, tick=False):
        SenderNumberFactory(project=member.project)
    submitted(member.project, member.user)
    other = MembershipFactory()
    submitted(other.project, other.user)
    expected = [
        ("Your identity", 1, NOW),
        ("Sender numbers", 2, NOW - HOUR),
        ("080 lines", 1, NOW),
        ("A higher limit", 1, NOW),
    ]
    assert shown(member.user) == expected
    assert shown(MembershipFactory(project=member.project).user) == expected[1:]


@pytest.mark.parametrize("role", ["VIEWER", "SENDER"])
def test_who_registers_no_numbers_sees_none(role: str) -> None:
    member = MembershipFactory(role=role)
    submitted(member.project, member.user)
    assert shown(member.user) == []


def test_a_reviewer_sees_what_waits_for_staff_and_nothing_else() -> None:
    member = MembershipFactory()
    submitted(member.project, member.user)
    reviewer = UserFactory(reviewer=True)
    assert shown(reviewer) == [
        ("Submissions to review", 2, NOW),
        ("080 lines to open", 1, NOW),
        ("Higher limits to decide", 1, NOW),
    ]
    assert [panel.key for panel in panels(scope_for(reviewer, None), True)] == ["reviews"]
    assert panels(scope_for(reviewer, None), False) == []


@pytest.mark.parametrize("traits", [{}, {"reviewer": True}])
def test_in_a_project_the_panel_is_the_projects(traits: dict[str, bool]) -> None:
    """It stands among the panels of the project there, and not twice."""
    user = UserFactory(**traits)
    assert len(panels(scope_for(user, None), True)) == len(traits)
    MembershipFactory(user=user, project=ProjectFactory())
    assert panels(scope_for(user, None), True) == []
