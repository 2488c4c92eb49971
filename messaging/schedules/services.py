"""Making, changing and deleting recurring schedules; the `PeriodicTask` of each is kept in step with it."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from messaging.models import RecurringSchedule, ScheduledMessage
from messaging.models.schedule import EVERY_DAY
from messaging.schedules.errors import WHOLE, ScheduleRefused
from messaging.schedules.periodic import keep_in_step
from messaging.schedules.rules import MAX_MONTHS, latest_end, time_zones
from messaging.schedules.running import coming_runs, write_runs
from messaging.sending.commands import Sentence

__all__ = [
    "ScheduleRefused",
    "ScheduleWish",
    "change_schedule",
    "create_schedule",
    "delete_schedule",
]

MAX_SCHEDULES = 200
MAX_CODE, MAX_DESCRIPTION = 50, 200
CODE = re.compile(r"[A-Za-z0-9_-]+")
# A first day farther ahead is a slip of the keyboard.
BEGINS_WITHIN = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleWish:
    """What a person entered. `weekdays` are bits (`rules.bits_of`); None is what they left empty."""

    code: str
    weekdays: int
    sends_at: time | None
    time_zone: str
    starts_on: date | None
    ends_on: date | None
    description: str = ""


def create_schedule(*, project: Project, user: User, wish: ScheduleWish) -> RecurringSchedule:
    """A new schedule, without messages. Raises ScheduleRefused with every problem at once."""
    now = timezone.now()
    with transaction.atomic():
        schedules = _lock(project)
        schedule = RecurringSchedule(project=project, created_by=user, created_at=now)
        _fill(schedule, wish, now)
        if schedules.count() >= MAX_SCHEDULES:
            said = _("A project has at most %(n)s recurring schedules. Delete one that is over.")
            raise ScheduleRefused({WHOLE: said % {"n": MAX_SCHEDULES}})
        schedule.save(force_insert=True)
        keep_in_step(schedule, now)
    return schedule


def change_schedule(
    schedule: RecurringSchedule, *, user: User, wish: ScheduleWish, seen: datetime
) -> RecurringSchedule:
    """Let the schedule be due as entered, from now on; a day that ran does not run again.

    What fell due before is run or marked first, as it was entered then. `seen`: when it was changed last, as
    the page said. Raises ScheduleRefused.
    """
    now = timezone.now()
    with transaction.atomic():
        _lock(schedule.project)
        own = _living(schedule)
        if own.changed_at != seen:
            said = _("Somebody else changed this schedule meanwhile. Look at it again, then change it.")
            raise ScheduleRefused({WHOLE: said})
        write_runs(own, now)
        _fill(own, wish, now)
        own.save()
        keep_in_step(own, now)
    return own


def delete_schedule(schedule: RecurringSchedule, *, user: User, typed_code: str) -> None:
    """Nothing of the schedule goes any more; its runs stay. `typed_code` is its code, exactly.

    What fell due and did not run yet is not sent, but marked as missed. Raises ScheduleRefused.
    """
    now = timezone.now()
    with transaction.atomic():
        own = _living(schedule)
        if typed_code != own.code:
            said = _("Type the code exactly as it stands above: %(code)s.") % {"code": own.code}
            raise ScheduleRefused({"code": said})
        write_runs(own, now, sends=False)
        own.removed_by, own.removed_at, own.changed_at, own.next_at = user, now, now, None
        own.save(update_fields=["removed_by", "removed_at", "changed_at", "next_at"])
        messages = ScheduledMessage.objects.filter(schedule=own, removed_at=None)
        messages.update(removed_by=user, removed_at=now)
        keep_in_step(own, now)


def _lock(project: Project) -> QuerySet[RecurringSchedule]:
    """The project's schedules, which nobody else adds to or renames until the transaction ends."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    return RecurringSchedule.objects.filter(project=project, removed_at=None)


def _living(schedule: RecurringSchedule) -> RecurringSchedule:
    """The schedule's row, locked, so that no run begins meanwhile."""
    rows = RecurringSchedule.objects.select_for_update(no_key=True)
    own = rows.filter(pk=schedule.pk, project=schedule.project_id, removed_at=None).first()
    if own is None:
        raise ScheduleRefused({WHOLE: _("This schedule was deleted meanwhile.")})
    return own


def _fill(schedule: RecurringSchedule, wish: ScheduleWish, now: datetime) -> None:
    """Put what was entered into the row. Raises ScheduleRefused with every problem at once."""
    problems = wrong_wish(wish, schedule, now)
    if problems or wish.sends_at is None or wish.starts_on is None or wish.ends_on is None:
        raise ScheduleRefused(problems)
    schedule.code, schedule.description = wish.code.strip(), wish.description.strip()
    schedule.weekdays, schedule.time_zone = wish.weekdays, wish.time_zone
    schedule.sends_at = wish.sends_at.replace(second=0, microsecond=0, tzinfo=None)
    schedule.starts_on, schedule.ends_on = wish.starts_on, wish.ends_on
    schedule.changed_at = schedule.looked_until = now
    coming = coming_runs(schedule, 1, now)
    if not coming:
        said = _("No run is left within this period. Choose other days, another time or a later end.")
        raise ScheduleRefused({"ends_on": said})
    schedule.next_at = coming[0].due_at


# --- what is wrong -------------------------------------------------------------------------------


def wrong_wish(wish: ScheduleWish, schedule: RecurringSchedule, now: datetime) -> dict[str, Sentence]:
    """What is wrong with a wish for that schedule (a row without a key for a new one), a sentence a field."""
    problems = _wrong_code(wish.code.strip(), schedule)
    if not 1 <= wish.weekdays <= EVERY_DAY:
        problems["weekdays"] = _("Choose at least one day.")
    if wish.sends_at is None:
        problems["sends_at"] = _("Enter the time as HH:mm, from 00:00 to 23:59.")
    if wish.time_zone not in time_zones():
        problems["time_zone"] = _("Choose a time zone of the list.")
        return problems | _wrong_period(wish, timezone.localdate(now)) | _wrong_description(wish)
    today = now.astimezone(ZoneInfo(wish.time_zone)).date()
    return problems | _wrong_period(wish, today) | _wrong_description(wish)


def _wrong_code(code: str, schedule: RecurringSchedule) -> dict[str, Sentence]:
    if not code:
        return {"code": _("Give the schedule a code.")}
    if len(code) > MAX_CODE:
        return {"code": _("At most %(limit)s characters.") % {"limit": MAX_CODE}}
    if not CODE.fullmatch(code):
        return {"code": _("A code has letters without accents, digits, “-” and “_” only.")}
    others = RecurringSchedule.objects.filter(project=schedule.project_id, code=code, removed_at=None)
    if others.exclude(pk=schedule.pk).exists():
        return {"code": _("This project has a schedule of this code already. Choose another code.")}
    return {}


def _wrong_period(wish: ScheduleWish, today: date) -> dict[str, Sentence]:
    """The last day is judged by the calendar of the schedule's zone."""
    problems: dict[str, Sentence] = {}
    first, last = wish.starts_on, wish.ends_on
    if first is None:
        problems["starts_on"] = _("Enter the first day.")
    elif first > today + BEGINS_WITHIN:
        problems["starts_on"] = _("The first day is at most a year ahead.")
    if last is None:
        problems["ends_on"] = _("Enter the last day.")
    elif last < today:
        problems["ends_on"] = _("This day has passed. Choose a later one.")
    elif first is not None and "starts_on" not in problems:
        problems |= _wrong_length(first, last)
    return problems


def _wrong_length(first: date, last: date) -> dict[str, Sentence]:
    if last < first:
        return {"ends_on": _("The last day is before the first.")}
    if last > latest_end(first):
        said = _("A schedule runs for at most %(months)s months: until %(last)s.")
        shown = date_format(latest_end(first), "DATE_FORMAT")
        return {"ends_on": said % {"months": MAX_MONTHS, "last": shown}}
    return {}


def _wrong_description(wish: ScheduleWish) -> dict[str, Sentence]:
    if len(wish.description.strip()) > MAX_DESCRIPTION:
        return {"description": _("At most %(limit)s characters.") % {"limit": MAX_DESCRIPTION}}
    return {}
