"""The runs of a schedule: each day once, in one transaction with all that it sends, or not at all.

Whoever comes (a bell of beat, a sweep, any number of each) locks the schedule, writes the runs that fell due
since it was looked at, and moves on. Within GRACE a day is run, later it is only marked: nothing goes late.
"""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from messaging.models import RecurringSchedule, ScheduledMessage, ScheduledSend, ScheduleRun, SendRequest
from messaging.schedules.messages import command_of, gone_attachments, live_messages, problems_of
from messaging.schedules.rules import Occurrence, occurrences, rule_of
from messaging.schedules.telling import tell_members
from messaging.sending.commands import Problem, SendCommand, SendRefused
from messaging.sending.planning import plan_send
from messaging.states import RunState

logger = logging.getLogger(__name__)

# For so long after its time a run may begin: a restart, a worker that died, a queue that stood.
GRACE = timedelta(minutes=10)
RUN_AT_ONCE = 100


def run_due(now: datetime | None = None) -> int:
    """Run what is due, whoever was to ring for it; return how many runs were written. One query where nothing
    is.
    """
    at = now or timezone.now()
    due = RecurringSchedule.objects.filter(removed_at=None, next_at__lte=at).order_by("next_at", "pk")
    return sum(_run_or_log(pk, now) for pk in due.values_list("pk", flat=True)[:RUN_AT_ONCE])


def run_schedule(schedule_id: int, now: datetime | None = None) -> int:
    """Write the runs of the schedule that fell due; return how many. Nothing where somebody else does."""
    with transaction.atomic():
        rows = RecurringSchedule.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        found = rows.filter(pk=schedule_id, removed_at=None).select_related("project").first()
        return write_runs(found, now or timezone.now()) if found is not None else 0


def write_runs(schedule: RecurringSchedule, now: datetime, *, sends: bool = True) -> int:
    """The same for a schedule whose row the caller's transaction holds. `sends` False only marks."""
    fallen = list(_without_run(schedule, occurrences(rule_of(schedule), schedule.looked_until, now)))
    runs = [_run(schedule, each, now) for each in fallen if sends and now - each.due_at <= GRACE]
    written = {run.day for run in runs}
    runs += ScheduleRun.objects.bulk_create(
        ScheduleRun(schedule=schedule, day=day, due_at=due_at, state=RunState.STALE, ran_at=now)
        for day, due_at in fallen
        if day not in written
    )
    schedule.looked_until, schedule.next_at = max(now, schedule.looked_until), _next_at(schedule, now)
    schedule.save(update_fields=["looked_until", "next_at"])
    tell_members(schedule, runs)
    return len(runs)


def coming_runs(schedule: RecurringSchedule, count: int, now: datetime | None = None) -> list[Occurrence]:
    """The next runs, the first first. One query: a day that ran does not run again, whatever was changed."""
    found = occurrences(rule_of(schedule), now or timezone.now())
    ran = _days_that_ran(schedule) if schedule.pk else set()
    return list(islice((each for each in found if each.day not in ran), count))


# --- one run -------------------------------------------------------------------------------------


def _run_or_log(pk: int, now: datetime | None) -> int:
    try:
        return run_schedule(pk, now)
    except Exception:  # whatever is wrong with one, the others are due; this one is tried again
        logger.exception("Schedule %s could not be run.", pk)
        return 0


def _run(schedule: RecurringSchedule, due: Occurrence, now: datetime) -> ScheduleRun:
    """Send what is mapped to the schedule, and write down what became of it."""
    sends = [_send(message, due) for message in _messages(schedule)] if schedule.project.is_active else []
    run = ScheduleRun(schedule=schedule, day=due.day, due_at=due.due_at, state=_state_of(sends), ran_at=now)
    run.save(force_insert=True)
    for send in sends:
        send.run = run
    ScheduledSend.objects.bulk_create(sends)
    return run


def _messages(schedule: RecurringSchedule) -> Iterator[ScheduledMessage]:
    joined = ("recipient_file", "template_version", "statistics_key", "opt_out_line", "created_by")
    for message in live_messages(schedule).select_related(*joined):
        message.schedule = schedule
        yield message


def _state_of(sends: list[ScheduledSend]) -> RunState:
    if not sends:
        return RunState.SKIP
    return RunState.DONE if any(send.request is not None for send in sends) else RunState.FAIL


def _send(message: ScheduledMessage, due: Occurrence) -> ScheduledSend:
    """Request it, as if a person sent it now. Planning has its own savepoint: a refusal writes nothing."""
    command = command_of(message, due.day)
    try:
        return ScheduledSend(message=message, request=_planned(message, command))
    except SendRefused as refused:
        return ScheduledSend(message=message, problems=_in_words(message, command, refused.problems))


def _planned(message: ScheduledMessage, command: SendCommand) -> SendRequest:
    if gone := list(gone_attachments(message, command)):
        raise SendRefused(gone)
    return plan_send(command)


def _in_words(message: ScheduledMessage, command: SendCommand, found: list[Problem]) -> list[dict[str, Any]]:
    """The problems with their sentences in every language: who will read them is not known yet."""
    said = {code: _sentences(message, command, found, code) for code, _name in settings.LANGUAGES}
    return [
        {"field": each.field, "code": each.code, "text": {code: said[code][place] for code in said}}
        for place, each in enumerate(found)
    ]


def _sentences(
    message: ScheduledMessage, command: SendCommand, found: list[Problem], language: str
) -> list[str]:
    """What is wrong, judged once more in that language: many sentences have their values in them already."""
    with override(language):
        again = list(gone_attachments(message, command)) or problems_of(command)
        same = [each.code for each in again] == [each.code for each in found]
        return [str(each.message) for each in (again if same else found)]


# --- which days ----------------------------------------------------------------------------------


def _without_run(schedule: RecurringSchedule, found: Iterator[Occurrence]) -> Iterator[Occurrence]:
    fallen = list(found)
    ran = _days_that_ran(schedule) if fallen else set()
    return (each for each in fallen if each.day not in ran)


def _days_that_ran(schedule: RecurringSchedule) -> set[date]:
    runs = ScheduleRun.objects.filter(schedule=schedule, day__gte=schedule.starts_on)
    return set(runs.values_list("day", flat=True))


def _next_at(schedule: RecurringSchedule, now: datetime) -> datetime | None:
    return next((each.due_at for each in coming_runs(schedule, 1, now)), None)
