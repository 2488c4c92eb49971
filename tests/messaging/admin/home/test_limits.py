"""How much of what is allowed is used up, for whom and in which colour."""

from datetime import date, datetime
from typing import Any

import pytest

from console.accounts.models import Project
from console.accounts.scoping import NOBODY, scope_for
from messaging.admin.home.limits import LimitRow, limits_panel
from messaging.models import InternationalSettings, InternationalUsage
from tests.factories import MembershipFactory

# Still October on UTC's clock, and November on the console's.
NOW = datetime.fromisoformat("2026-11-01T00:30:00+09:00")


@pytest.mark.parametrize(
    ("used", "most", "percent", "colour"),
    [
        (0, 1000, 0, "blue"),
        (699, 1000, 69, "blue"),
        (700, 1000, 70, "amber"),
        (999, 1000, 99, "amber"),
        (1000, 1000, 100, "red"),
        (1500, 1000, 100, "red"),
        (0, 0, 100, "red"),
    ],
)
def test_a_limit_is_near_at_seventy_of_a_hundred(used: int, most: int, percent: int, colour: str) -> None:
    row = LimitRow("Limit", used, most, "")
    assert (row.percent, row.width, row.colour) == (percent, percent * 10, colour)


def shown(project: Project, role: str = "MANAGER") -> list[tuple[Any, ...]]:
    member = MembershipFactory(project=project, role=role)
    panel = limits_panel(scope_for(member.user, project.pk), NOW)
    assert panel.is_empty is not bool(panel.context["limits"])
    return [(row.used, row.most, row.url) for row in panel.context["limits"]]


@pytest.mark.django_db
def test_what_went_abroad_is_counted_by_project_and_month(project: Project, stranger: Project) -> None:
    for each, month, sent in (
        (project, date(2026, 11, 1), 7),
        (project, date(2026, 10, 1), 500),
        (stranger, date(2026, 11, 1), 900),
    ):
        InternationalUsage.objects.create(project=each, month=month, sent=sent)
    assert shown(project) == [(7, 1000, "/settings/international/")]
    assert shown(project, "VIEWER") == [(7, 1000, "")]
    InternationalSettings.objects.create(project=project, is_on=False)
    assert shown(project) == []


@pytest.mark.django_db
def test_who_works_in_no_project_has_no_limits() -> None:
    assert limits_panel(NOBODY, NOW).is_empty
