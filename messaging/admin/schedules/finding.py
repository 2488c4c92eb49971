"""Which schedules a page shows, and what they have to be shown with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from console.accounts.models import Project
from messaging.admin.schedules.forms import Standing
from messaging.admin.schedules.words import days_words
from messaging.models import RecurringSchedule, ScheduledMessage, ScheduleRun
from messaging.states import RunState

MOST_WORDS = 8


def schedules_of(project: Project) -> QuerySet[RecurringSchedule]:
    """The project's schedules that are not deleted."""
    return RecurringSchedule.objects.filter(project=project, removed_at=None)


def in_force(project: Project) -> QuerySet[RecurringSchedule]:
    """Those that run once more at least."""
    return schedules_of(project).filter(next_at__isnull=False)


def find_schedules(project: Project, *, words: Sequence[str], standing: str) -> QuerySet[RecurringSchedule]:
    """The schedules that fit; deleted ones only where they are asked for."""
    found = schedules_of(project)
    if standing == Standing.IN_FORCE:
        found = in_force(project)
    elif standing == Standing.ENDED:
        found = found.filter(next_at=None)
    elif standing == Standing.DELETED:
        found = RecurringSchedule.objects.filter(project=project, removed_at__isnull=False)
    for word in words[:MOST_WORDS]:
        found = found.filter(Q(code__icontains=word) | Q(description__icontains=word))
    return found


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule in a list, with how many messages are mapped to it and how its last run went."""

    schedule: RecurringSchedule
    days: str
    messages: int
    last: ScheduleRun | None

    @property
    def last_state(self) -> RunState | None:
        return RunState(self.last.state) if self.last else None


def rows_of(schedules: Sequence[RecurringSchedule]) -> list[ScheduleRow]:
    """The schedules with how many messages are mapped to each and how its last run went, in two queries."""
    ids = [each.pk for each in schedules]
    messages = messages_mapped(ids)
    last = last_runs(ids)
    return [
        ScheduleRow(
            schedule=each,
            days=days_words(each.weekdays),
            messages=messages.get(each.pk, 0),
            last=last.get(each.pk),
        )
        for each in schedules
    ]


def messages_mapped(ids: Sequence[int]) -> dict[int, int]:
    """How many messages each schedule sends, by its id."""
    if not ids:
        return {}
    live = ScheduledMessage.objects.filter(schedule__in=ids, removed_at=None).order_by()
    counted: Any = live.values_list("schedule_id").annotate(n=Count("pk"))
    return dict(counted)


def last_runs(ids: Sequence[int]) -> dict[int, ScheduleRun]:
    """The last run of each schedule that has one, by its id."""
    if not ids:
        return {}
    runs = ScheduleRun.objects.filter(schedule__in=ids).order_by("schedule_id", "-day")
    return {run.schedule_id: run for run in runs.distinct("schedule_id")}
