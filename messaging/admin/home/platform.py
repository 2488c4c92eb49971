"""The platform at a glance, for administrators: projects in numbers, carriers, workers; nobody's data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.panels import Panel
from messaging.admin.home.health import health_panel
from messaging.admin.home.reviews import reviews_panel
from messaging.admin.home.today import LONG_WAITS, LaneRow, midnight_of
from messaging.health.readings import read_carriers, read_lanes
from messaging.ids import first_id_at
from messaging.models import Route, SendRequest
from messaging.sending.lookups import LATEST_RESULT
from messaging.states import RequestState
from messaging.statistics.hours import ProjectCounts, read_projects
from messaging.statistics.queries import Progress

MOST_PROJECTS = 20
MOVING = (RequestState.LOADING, RequestState.SENDING, RequestState.CANCELING)


@dataclass(frozen=True)
class ProjectRow:
    """A project today: what was counted, and how many of its requests move or wait for a person."""

    project: Project
    counts: ProjectCounts
    moving: int
    held: int


@dataclass(frozen=True)
class Overview:
    """The busiest projects, and all of them in one sum."""

    rows: list[ProjectRow]
    total: Progress
    waiting: int
    quiet: int
    lanes: list[LaneRow] = field(default_factory=list)
    waiting_of: Mapping[int, int] = field(default_factory=dict)


def panels(scope: Scope, whole: bool) -> list[Panel]:
    """For administrators, whether they are members of a project or of none; for reviewers what waits."""
    if not scope.allows(Permission.ADMINISTER):
        return [reviews_panel(scope)] if whole and _is_reviewer_alone(scope) else []
    now = timezone.now()
    overview = overview_of(now)
    title, template = _("All projects today"), "messaging/home/platform.html"
    found = [Panel("platform", title, template, {"overview": overview}, is_wide=True)]
    if scope.project is None:
        found.append(health_panel(scope, read_carriers(), now, waiting_by_account(overview)))
        found += [reviews_panel(scope)] if whole else []
    return found


def _is_reviewer_alone(scope: Scope) -> bool:
    return scope.project is None and scope.allows(Permission.REVIEW)


def overview_of(now: datetime) -> Overview:
    """Every project that sent today, or has something that moves or is held; most first."""
    counted = read_projects(since=midnight_of(now), now=now)
    moving, held = _in_state(now)
    ids = counted.keys() | moving.keys() | held.keys()
    projects = Project.objects.filter(pk__in=ids).select_related("organization")
    nothing = ProjectCounts(Progress(), 0)
    rows = [
        ProjectRow(each, counted.get(each.pk, nothing), moving.get(each.pk, 0), held.get(each.pk, 0))
        for each in projects
    ]
    rows = [row for row in rows if _is_busy(row)]
    rows.sort(key=lambda row: (-row.counts.today.requested, -row.held, row.project.name))
    lanes = [
        LaneRow(each, Progress(), each.oldest is not None and now - each.oldest > LONG_WAITS[each.lane.value])
        for each in read_lanes(now)
    ]
    total = _sum([row.counts.today for row in rows])
    waiting_of = {row.project.pk: row.counts.waiting_for_result for row in rows}
    quiet = max(len(rows) - MOST_PROJECTS, 0)
    return Overview(rows[:MOST_PROJECTS], total, sum(waiting_of.values()), quiet, lanes, waiting_of)


def waiting_by_account(overview: Overview) -> dict[int, int]:
    """How many messages of each carrier account wait for a report, by the routes of now."""
    rows: Any = Route.objects.values_list("project_id", "account_id")
    routes: dict[int | None, int] = dict(rows)
    found = dict.fromkeys(routes.values(), 0)
    for project_id, n in overview.waiting_of.items():
        account_id = routes.get(project_id, routes.get(None))
        if account_id is not None:
            found[account_id] += n
    return found


def _is_busy(row: ProjectRow) -> bool:
    counts = row.counts
    return bool(row.moving or row.held or counts.waiting_for_result or any(counts.today.counts.values()))


def _in_state(now: datetime) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """How many requests of each project move, and how many are held."""
    recent = SendRequest.objects.filter(pk__gte=first_id_at(now - LATEST_RESULT)).order_by()
    # Each has an index of its own.
    by_project: Any = recent.values_list("project_id").annotate(n=Count("pk"))
    return dict(by_project.filter(state__in=MOVING)), dict(by_project.filter(state=RequestState.HELD))


def _sum(parts: list[Progress]) -> Progress:
    found: dict[str, int] = {}
    for part in parts:
        for counter, n in part.counts.items():
            found[counter] = found.get(counter, 0) + n
    return Progress(found)
