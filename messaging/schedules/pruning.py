"""Schedules hold phone numbers and texts: what is over goes when history of its time goes."""

from datetime import date

from django.db.models import Q
from django.utils import timezone

from messaging.models import RecurringSchedule, ScheduledMessage, ScheduleRun
from messaging.sending.kept import first_day, start_of


def prune_schedules(today: date | None = None) -> int:
    """Delete runs, messages that were taken off or whose period ended, and schedules that were deleted, all
    before the first day of which history is kept; return how many rows went.
    """
    first = first_day(today or timezone.localdate())
    before = start_of(first)
    over = Q(removed_at__lt=before) | Q(schedule__ends_on__lt=first)
    unsent = ScheduledMessage.objects.exclude(sends__run__due_at__gte=before)
    return sum(
        rows.delete()[0]
        for rows in (
            ScheduleRun.objects.filter(due_at__lt=before),
            unsent.filter(over),
            RecurringSchedule.objects.filter(removed_at__lt=before),
        )
    )
