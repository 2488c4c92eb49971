"""What is about to be sent, in one sentence that can be read aloud."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.formatting import clock, day, group_number, group_phone_number, minute
from messaging.admin.schedules.words import rule_words
from messaging.models import RecurringSchedule
from messaging.sending.checking import batch_due_times
from messaging.sending.commands import Split
from messaging.sending.ranges import batch_ranges


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a sentence is made of. `due_at` None is now; `left_out` counts entries that are not sent,
    `refused` those of `total` that fail because their numbers have refused advertising, `replaced` those in
    which a character becomes `?`.
    With `needs_release`, `due_at` is the earliest time; with a `schedule`, its next run.

    `why` names the reasons for rows of a file, such as "120 wrong number, 15 duplicate".
    """

    total: int
    message_type: str
    sender: str
    due_at: datetime | None = None
    needs_release: bool = False
    split: Split | None = None
    left_out: int = 0
    why: str = ""
    refused: int = 0
    replaced: int = 0
    schedule: RecurringSchedule | None = None

    def sentence(self) -> str:
        """ "99,812 SMS from 02-123-4567, now, in one go. 188 rows are left out: 188 wrong number.\""""
        said = [self._what()]
        said += [self._refused()] if self.refused else []
        said += [self._replaced()] if self.replaced else []
        said += [self._without()] if self.left_out else []
        return " ".join(said)

    def _going(self) -> str:
        """How many go: "156 of 159" where some of them fail at once."""
        total = group_number(self.total)
        if not self.refused:
            return total
        going = group_number(max(0, self.total - self.refused))
        return _("%(count)s of %(total)s") % {"count": going, "total": total}

    def _refused(self) -> str:
        said = ngettext(
            "%(count)s has refused advertising and fails.",
            "%(count)s have refused advertising and fail.",
            self.refused,
        )
        return said % {"count": group_number(self.refused)}

    def _replaced(self) -> str:
        said = ngettext(
            "In %(count)s message a character becomes ?.",
            "In %(count)s messages a character becomes ?.",
            self.replaced,
        )
        return said % {"count": group_number(self.replaced)}

    def _without(self) -> str:
        params = {"count": group_number(self.left_out), "why": self.why}
        if self.why:
            return (
                ngettext(
                    "%(count)s row is left out: %(why)s.",
                    "%(count)s rows are left out: %(why)s.",
                    self.left_out,
                )
                % params
            )
        return (
            ngettext("%(count)s entry is left out.", "%(count)s entries are left out.", self.left_out)
            % params
        )

    def _what(self) -> str:
        params = {
            "count": self._going(),
            "type": self.message_type,
            "sender": group_phone_number(self.sender),
            "moment": minute(self.due_at) if self.due_at else "",
        }
        if self.schedule is not None:
            return self._at_each_run(params, self.schedule)
        if self.split is None:
            return self._when()(self.total) % params
        return self._when_split()(self.total) % {
            **params,
            "plan": plan_words(self.total, self.split, self.due_at),
        }

    def _at_each_run(self, params: dict[str, Any], schedule: RecurringSchedule) -> str:
        said = ngettext(
            "%(count)s %(type)s message from %(sender)s at each run of %(schedule)s, %(rule)s:"
            " next at %(moment)s, until %(last)s.",
            "%(count)s %(type)s messages from %(sender)s at each run of %(schedule)s, %(rule)s:"
            " next at %(moment)s, until %(last)s.",
            self.total,
        )
        return said % {
            **params,
            "schedule": schedule.code,
            "rule": rule_words(schedule),
            "last": day(schedule.ends_on),
        }

    def _when(self) -> Callable[[int], str]:
        if self.needs_release and self.due_at is not None:
            return lambda n: ngettext(
                "%(count)s %(type)s message from %(sender)s, once you have checked and released it,"
                " but not before %(moment)s.",
                "%(count)s %(type)s messages from %(sender)s, once you have checked and released them,"
                " but not before %(moment)s.",
                n,
            )
        if self.needs_release:
            return lambda n: ngettext(
                "%(count)s %(type)s message from %(sender)s, as soon as you have checked and released it.",
                "%(count)s %(type)s messages from %(sender)s, as soon as you have checked and released them.",
                n,
            )
        if self.due_at is not None:
            return lambda n: ngettext(
                "%(count)s %(type)s message from %(sender)s, at %(moment)s.",
                "%(count)s %(type)s messages from %(sender)s, at %(moment)s, in one go.",
                n,
            )
        return lambda n: ngettext(
            "%(count)s %(type)s message from %(sender)s, now.",
            "%(count)s %(type)s messages from %(sender)s, now, in one go.",
            n,
        )

    def _when_split(self) -> Callable[[int], str]:
        if self.needs_release and self.due_at is not None:
            return lambda n: _(
                "%(count)s %(type)s messages from %(sender)s, once you have checked and released them,"
                " but not before %(moment)s: %(plan)s."
            )
        if self.needs_release:
            return lambda n: _(
                "%(count)s %(type)s messages from %(sender)s, as soon as you have checked and released them:"
                " %(plan)s."
            )
        if self.due_at is not None:
            return lambda n: _("%(count)s %(type)s messages from %(sender)s, from %(moment)s on: %(plan)s.")
        return lambda n: _("%(count)s %(type)s messages from %(sender)s, from now on: %(plan)s.")


def plan_words(total: int, split: Split, due_at: datetime | None) -> str:
    """ "10 × 9,982, one every 30 minutes, the last at 14:30"; counts of both sizes where they differ."""
    sizes = [part.size for part in batch_ranges(total, split.parts)]
    counts = " + ".join(
        f"{sizes.count(size)} × {group_number(size)}" for size in sorted(set(sizes), reverse=True)
    )
    minutes = int(split.interval.total_seconds()) // 60
    params: dict[str, Any] = {"counts": counts, "minutes": minutes, "last": last_part(split, due_at)}
    return (
        ngettext(
            "%(counts)s, one part every minute, the last at %(last)s",
            "%(counts)s, one part every %(minutes)s minutes, the last at %(last)s",
            minutes,
        )
        % params
    )


def last_part(split: Split, due_at: datetime | None) -> str:
    """When the last part is due: the hour alone where that is today."""
    now = timezone.now()
    last = timezone.localtime(batch_due_times(due_at or now, split)[-1])
    return clock(last) if last.date() == timezone.localdate() else minute(last)
