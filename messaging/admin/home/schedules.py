"""What of recurring schedules needs a person: a last run that was missed, or partly refused."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.formatting import minute
from console.guard import is_cleared
from console.panels import Need
from messaging.models import ScheduledSend, ScheduleRun
from messaging.states import RunState

SHOWN = 3
# Older than this, whoever wanted to know has seen it, or the schedule is over.
TOLD_FOR = timedelta(days=7)


def needs_of(scope: Scope) -> list[Need]:
    """One for each schedule whose last run did not do what is expected of it, for those who may send."""
    if scope.project is None or not scope.allows(Permission.SEND) or not is_cleared(scope):
        return []
    return [_need(run) for run in troubled_runs(scope.project)[:SHOWN]]


def troubled_runs(project: Project) -> QuerySet[ScheduleRun]:
    """The last runs of the project's schedules that were missed or refused, the newest first."""
    later = ScheduleRun.objects.filter(schedule=OuterRef("schedule"), day__gt=OuterRef("day"))
    refused = ScheduledSend.objects.filter(run=OuterRef("pk"), request=None)
    runs = ScheduleRun.objects.filter(
        Q(state__in=[RunState.STALE, RunState.FAIL]) | Exists(refused),
        ~Exists(later),
        schedule__project=project,
        schedule__removed_at=None,
        due_at__gt=timezone.now() - TOLD_FOR,
    )
    return runs.select_related("schedule").order_by("-due_at", "-pk")


def _need(run: ScheduleRun) -> Need:
    if run.state == RunState.STALE:
        sentence = _("The run of the schedule %(code)s at %(due)s was missed: nothing of it was sent.")
    elif run.state == RunState.FAIL:
        sentence = _("At the run of the schedule %(code)s at %(due)s every message was refused.")
    else:
        sentence = _("At the run of the schedule %(code)s at %(due)s some messages were refused.")
    said = sentence % {"code": run.schedule.code, "due": minute(run.due_at)}
    return Need(said, reverse("admin:schedule", args=[run.schedule_id]), _("See why"))
