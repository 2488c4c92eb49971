"""A message that goes by a recurring schedule, on a send page: chosen by an address, and in words."""

from dataclasses import replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from console.formatting import minute
from messaging.admin.forms.base import When
from messaging.admin.forms.compose import ComposeForm
from messaging.admin.schedules.words import rule_words
from messaging.admin.send_sentences import Announcement
from messaging.models import RecurringSchedule


def by_schedule(form: ComposeForm, asked: str) -> QueryDict | None:
    """What the form holds, with the schedule of that id chosen; None where there is none to choose."""
    if not any(str(each.pk) == asked for each in form.schedules):
        return None
    data = form.held()
    data["when"], data["schedule"] = When.RECURRING.value, asked
    return data


def at_each_run(announcement: Announcement, schedule: RecurringSchedule | None) -> Announcement:
    """What is announced, where a schedule sends it."""
    if schedule is None:
        return announcement
    return replace(announcement, schedule=schedule, due_at=schedule.next_at, split=None)


def added_words(schedule: RecurringSchedule) -> str:
    """ "Added to WEEKLY: it goes every Mon, Thu at 09:00 (Asia/Seoul), first at 2026-11-23 09:00.\""""
    said = _("Added to %(code)s: it goes %(rule)s, first at %(moment)s.")
    moment = minute(schedule.next_at) if schedule.next_at else ""
    return said % {"code": schedule.code, "rule": rule_words(schedule), "moment": moment}
