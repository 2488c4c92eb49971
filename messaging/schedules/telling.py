"""Members hear of a run that was missed, or of which something was refused: once a look, by mail."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils import timezone

from console.accounts.notices import notify_members
from messaging.models import RecurringSchedule, ScheduledSend, ScheduleRun
from messaging.states import RunState


def tell_members(schedule: RecurringSchedule, runs: Sequence[ScheduleRun]) -> None:
    """Have the project's members told of the runs that did not do what is expected of them."""
    if missed := [run for run in runs if run.state == RunState.STALE]:
        _tell(schedule, "schedule_missed", missed)
    if refused := [run for run in runs if _is_refused(run)]:
        _tell(schedule, "schedule_refused", refused)


def _is_refused(run: ScheduleRun) -> bool:
    if run.state == RunState.FAIL:
        return True
    return run.state == RunState.DONE and ScheduledSend.objects.filter(run=run, request=None).exists()


def _tell(schedule: RecurringSchedule, kind: str, runs: list[ScheduleRun]) -> None:
    context = {
        "project_name": schedule.project.name,
        "path": reverse("admin:schedule", args=[schedule.pk]),
        "code": schedule.code,
        "due_at": timezone.localtime(runs[-1].due_at).isoformat(),
        "n": len(runs),
    }
    key = f"{kind}:{schedule.pk}:{runs[-1].day}"
    notify_members(project_id=schedule.project_id, kind=kind, key=key, context=context)
