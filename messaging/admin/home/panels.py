"""The parts of the home page of a project, most useful first.

What moves by itself is looked at every few seconds, so it asks little; the rest comes with every sixth look.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.navigation import address_of
from console.panels import Panel
from messaging.admin.home.charts import charts_of
from messaging.admin.home.health import health_panel
from messaging.admin.home.limits import limits_panel
from messaging.admin.home.motion import motion_of
from messaging.admin.home.reviews import reviews_panel
from messaging.admin.home.today import failures_of, lanes_of, midnight_of, stats_of
from messaging.health.readings import read_carriers, read_lanes
from messaging.models import SendRequest
from messaging.statistics.hours import Hours, read_hours

FOLDER = "messaging/home"


def panels(scope: Scope, whole: bool) -> list[Panel]:
    """The parts that change by themselves; of the `whole` page, those that change slowly too."""
    if scope.project is None:
        return []
    now = timezone.now()
    hours = read_hours(scope.project, since=midnight_of(now) - timedelta(days=1), now=now)
    found = [*_moving(scope, scope.project, hours, now), *(_slow(scope, hours, now) if whole else ())]
    is_new = not hours.rows and not SendRequest.objects.filter(project=scope.project).exists()
    if is_new:
        found = [replace(panel, is_empty=panel.key != "health") for panel in found]
    return [_beginning(scope, is_new), *found]


def _moving(scope: Scope, project: Project, hours: Hours, now: datetime) -> list[Panel]:
    motion = motion_of(scope, now)
    lanes = lanes_of(hours, read_lanes(now, project_id=project.pk), now)
    return [
        Panel("today", _("Today"), f"{FOLDER}/today.html", {"stats": stats_of(hours, now)}, is_plain=True),
        Panel("running", _("Running now"), f"{FOLDER}/running.html", {"rows": motion.running}),
        Panel("due", _("Due next"), f"{FOLDER}/due.html", {"rows": motion.due}),
        Panel("lanes", _("Today by lane"), f"{FOLDER}/lanes.html", {"lanes": lanes}, is_wide=True),
        _health(scope, project, now),
    ]


def _slow(scope: Scope, hours: Hours, now: datetime) -> list[Panel]:
    failed = {"failures": failures_of(hours, now)}
    charts = {"charts": charts_of(hours, now)}
    return [
        Panel("failures", _("Failures in the last 24 hours"), f"{FOLDER}/failures.html", failed),
        Panel("charts", _("The last 24 hours"), f"{FOLDER}/charts.html", charts, is_wide=True),
        reviews_panel(scope),
        limits_panel(scope, now),
    ]


def _health(scope: Scope, project: Project, now: datetime) -> Panel:
    return health_panel(scope, read_carriers(project_id=project.pk), now)


def _beginning(scope: Scope, is_new: bool) -> Panel:
    """What stands where nothing was sent yet."""
    url = address_of("admin:send_general") if scope.allows(Permission.SEND) else ""
    return Panel(
        "beginning",
        _("Nothing sent yet"),
        f"{FOLDER}/beginning.html",
        {"url": url},
        is_plain=True,
        is_empty=not is_new,
    )
