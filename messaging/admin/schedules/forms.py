"""The form of a schedule, and what the list of schedules is narrowed by."""

from collections.abc import Mapping
from copy import copy
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db import models
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from messaging.admin.deliveries.forms import EARLIEST, LATEST
from messaging.admin.forms.settings import SettingsForm
from messaging.admin.schedules.zones import find_zone
from messaging.models import RecurringSchedule
from messaging.schedules.rules import DAYS, bits_of, days_of, latest_end, time_zones
from messaging.schedules.services import ScheduleWish

DEFAULT_DAYS = 90


class DayInput(forms.DateInput):
    """A day as browsers let people choose one."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "date", "min": EARLIEST, "max": LATEST}, format="%Y-%m-%d")


class ScheduleForm(SettingsForm):
    """When a schedule runs. `seen` carries when what was shown was changed."""

    use_required_attribute = False

    code = forms.CharField(
        label=_("Schedule code"),
        max_length=50,
        error_messages={"required": _("Give the schedule a code.")},
        help_text=_("Letters, digits, - and _. It names the schedule on the send pages."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"),
        choices=[(day, WEEKDAYS_ABBR[day]) for day in range(DAYS)],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one day.")},
    )
    sends_at = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput({"type": "time"}, "%H:%M"),
        error_messages={"required": _("Choose the time.")},
        help_text=_("HH:mm, as the clocks of the time zone show it."),
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=40,
        error_messages={"required": _("Choose a time zone.")},
        help_text=_("Type to find one: a city, such as Seoul, or its whole name, such as Asia/Seoul."),
        widget=forms.TextInput(
            attrs={"list": "schedule-zones", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    starts_on = forms.DateField(
        label=_("First day"), widget=DayInput(), error_messages={"required": _("Choose the first day.")}
    )
    ends_on = forms.DateField(
        label=_("Last day"), widget=DayInput(), error_messages={"required": _("Choose the last day.")}
    )
    description = forms.CharField(label=_("Description"), max_length=200, required=False)

    def clean_time_zone(self) -> str:
        zone = find_zone(self.cleaned_data["time_zone"])
        if zone not in time_zones():
            raise forms.ValidationError(_("There is no such time zone. Choose one of the list."))
        return zone

    def wish(self) -> ScheduleWish:
        """What a valid form asks for."""
        chosen = self.cleaned_data
        names = ("code", "sends_at", "time_zone", "starts_on", "ends_on", "description")
        return ScheduleWish(weekdays=bits_of(chosen["weekdays"]), **{name: chosen[name] for name in names})

    def say_refused(self, problems: Mapping[str, Any]) -> None:
        """Say at its field what was refused."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, str(sentence))

    def forgive(self) -> None:
        """Show what was typed without saying what is wrong with it: nobody has asked to save it yet."""
        self._errors = ErrorDict()
        self.cleaned_data = {}

    def readable(self, name: str) -> Any:
        """What a field says, as far as it can be read; None where it cannot."""
        try:
            return self.fields[name].clean(self[name].value())
        except forms.ValidationError:
            return None

    def typed_schedule(self, schedule: RecurringSchedule) -> RecurringSchedule | None:
        """A copy of the schedule as it is typed now, not to be saved; None while something is missing."""
        names = ("weekdays", "sends_at", "time_zone", "starts_on", "ends_on")
        typed = {name: self.readable(name) for name in names}
        typed["time_zone"] = find_zone(typed["time_zone"] or "")
        if None in typed.values() or typed["time_zone"] not in time_zones():
            return None
        typed["weekdays"] = bits_of(typed["weekdays"])
        typed["ends_on"] = min(typed["ends_on"], latest_end(typed["starts_on"]))
        own = copy(schedule)
        for name, value in typed.items():
            setattr(own, name, value)
        return own


def initial_of(schedule: RecurringSchedule | None) -> dict[str, Any]:
    """What the form shows first: the schedule as it is, or the usual of a new one."""
    if schedule is None:
        today = timezone.localdate()
        return {
            "weekdays": [0, 1, 2, 3, 4],
            "sends_at": "09:00",
            "time_zone": settings.TIME_ZONE,
            "starts_on": today,
            "ends_on": today + timedelta(days=DEFAULT_DAYS - 1),
        }
    names = ("code", "sends_at", "time_zone", "starts_on", "ends_on", "description")
    return {
        **{name: getattr(schedule, name) for name in names},
        "weekdays": list(days_of(schedule.weekdays)),
        "seen": schedule.changed_at.isoformat(),
    }


class Standing(models.TextChoices):
    """Which schedules a list is of."""

    IN_FORCE = "in_force", _("In force")
    ENDED = "ended", _("Ended")
    DELETED = "deleted", _("Deleted")


class ScheduleSearch(forms.Form):
    """What the list is narrowed by; deleted ones are shown only where they are asked for."""

    q = forms.CharField(label=_("Code or description"), max_length=100, required=False)
    state = forms.ChoiceField(label=_("State"), choices=[("", _("All")), *Standing.choices], required=False)
