"""What every send page's form has for a message that goes by a recurring schedule: which one."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from messaging.admin.forms.base import When
from messaging.admin.schedules.finding import in_force
from messaging.admin.schedules.words import rule_words
from messaging.models import RecurringSchedule

if TYPE_CHECKING:
    from messaging.admin.forms.base import MessageForm as Form
else:
    Form = forms.Form


class RecurringPart(Form):
    """The schedule of a message. It goes at each run: neither split, nor after a check, nor at a set time."""

    schedule = forms.ChoiceField(
        label=pgettext_lazy("recurring", "Schedule"),
        required=False,
        error_messages={
            "invalid_choice": _("This schedule runs no more. Choose another one, or make a new one.")
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A callable, so that a form that neither shows nor checks it asks the database for none.
        self.fields["schedule"].choices = self._schedule_choices  # type: ignore[attr-defined]

    @cached_property
    def schedules(self) -> list[RecurringSchedule]:
        """The project's schedules that may be chosen: those that run once more at least."""
        return list(in_force(self.project).order_by("code"))

    def _schedule_choices(self) -> list[tuple[str, Any]]:
        nothing = [("", _("Choose one"))] if len(self.schedules) > 1 else []
        return [*nothing, *((str(each.pk), f"{each.code} · {rule_words(each)}") for each in self.schedules)]

    @property
    def is_recurring(self) -> bool:
        return self.raw("when") == When.RECURRING

    @property
    def chosen_schedule(self) -> RecurringSchedule | None:
        """The schedule chosen, or the only one there is; None where it is to go in another way."""
        if not self.is_recurring:
            return None
        named = self.raw("schedule")
        if not named and len(self.schedules) == 1:
            return self.schedules[0]
        return next((each for each in self.schedules if str(each.pk) == named), None)

    @property
    def lacks_moment(self) -> bool:
        return super().lacks_moment or (self.is_recurring and self.chosen_schedule is None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.is_recurring:
            self.errors.pop("schedule", None)  # what was chosen before does not matter then
        elif self.chosen_schedule is None and "schedule" not in self.errors:
            self.add_error("schedule", _("Choose a schedule, or make one."))
        return cleaned
