"""The forms of an event key: what it is called and for, and from which day to which it collects."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models import StatisticsKey
from messaging.statistics.errors import WHOLE, KeyRefused
from messaging.statistics.keys import MAX_DESCRIPTION, MAX_NAME, Period
from messaging.statistics.series import start_of

LATEST = date(2099, 12, 31)
DAY = timedelta(days=1)
DEFAULT_DAYS = 30


class DayInput(forms.DateInput):
    """A day as browsers let people choose one."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "date", "max": LATEST}, format="%Y-%m-%d")


class WordsForm(forms.Form):
    """The name and the description of a key."""

    use_required_attribute = False

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
    description = forms.CharField(
        label=_("Description"),
        max_length=MAX_DESCRIPTION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def take(self, refused: KeyRefused) -> None:
        """Say at its field what was refused."""
        places = {WHOLE: None, "ends_at": "ends_on", "starts_at": "starts_on"}
        for name, sentence in refused.problems.items():
            place = places.get(name, name)
            self.add_error(place if place in self.fields else None, str(sentence))


class KeyForm(WordsForm):
    """A new key, which collects from today for thirty days unless another period is chosen."""

    starts_on = forms.DateField(label=_("Collects from"), widget=DayInput())
    ends_on = forms.DateField(
        label=_("To"),
        widget=DayInput(),
        help_text=_("This day included. It can be moved as long as the key has not ended."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        today = timezone.localdate()
        kwargs["initial"] = {"starts_on": today, "ends_on": today + timedelta(days=DEFAULT_DAYS - 1)}
        super().__init__(*args, **kwargs)

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("This day has passed. A key collects from today on, or later."))
        return day

    def clean_ends_on(self) -> date:
        return checked_end(self.cleaned_data["ends_on"])

    def period(self) -> Period:
        """The period of a valid form."""
        return Period(start_of(self.cleaned_data["starts_on"]), end_of(self.cleaned_data["ends_on"]))


class ChangeForm(WordsForm):
    """A key that is there. Its end may be moved until it has come."""

    ends_on = forms.DateField(label=_("Collects to"), widget=DayInput(), help_text=_("This day included."))

    def __init__(self, *args: Any, key: StatisticsKey, has_ended: bool, **kwargs: Any) -> None:
        self.key = key
        kwargs["initial"] = {
            "name": key.name,
            "description": key.description,
            "ends_on": last_day(key.ends_at),
        }
        super().__init__(*args, **kwargs)
        if has_ended:
            del self.fields["ends_on"]

    def clean_ends_on(self) -> date:
        return checked_end(self.cleaned_data["ends_on"])

    def new_end(self) -> datetime | None:
        """The end to move to, None where it stays."""
        day = self.cleaned_data.get("ends_on")
        return None if day is None or day == last_day(self.key.ends_at) else end_of(day)


def checked_end(day: date) -> date:
    if day > LATEST:
        raise forms.ValidationError(_("This is too far away."))
    return day


def end_of(day: date) -> datetime:
    """The first moment after the day, in the console's time zone."""
    return start_of(day + DAY)


def last_day(ends_at: datetime) -> date:
    """The last day on which a key with that end collects."""
    return timezone.localdate(ends_at - timedelta(microseconds=1))
