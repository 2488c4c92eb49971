"""What statistics may be asked: a period of the days that are kept, by hour or day, and conditions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from console.accounts.models import Project
from console.formatting import day
from messaging.admin.deliveries.forms import ANY, DayField, any_of
from messaging.content.countries import COUNTRIES, country_of
from messaging.content.limits import KOREA
from messaging.models import StatisticsKey, Template
from messaging.states import DeliveryKind, MessageType, Purpose
from messaging.statistics.series import (
    KEPT_DAYS,
    MOST_DAYS_BY_HOUR,
    Bucket,
    Wanted,
    first_day,
    start_of,
)
from messaging.statistics.views import View

DAYS = ("since", "until", "period")
NONE = "0"  # without a template, without a key
DEFAULT_DAYS = 7
# Days of a preset, and what it is called.
PRESETS: tuple[tuple[int, Any], ...] = (
    (1, pgettext_lazy("period", "Today")),
    (7, gettext_lazy("7 days")),
    (30, gettext_lazy("30 days")),
    (KEPT_DAYS, gettext_lazy("90 days")),
)
# Up to so many days a row is an hour where nobody says otherwise.
HOURS_BY_THEMSELVES = 2


@dataclass(frozen=True)
class Preset:
    """A period to choose with one click. `address` keeps every condition."""

    label: Any
    address: str
    is_chosen: bool


class StatisticsForm(forms.Form):
    """A period and conditions, from the address. `period` is the number of days up to today; `since` and
    `until` win over it. Without either: the last seven days.
    """

    view = forms.ChoiceField(choices=View.choices, required=False, widget=forms.HiddenInput)
    since = DayField(label=gettext_lazy("From"))
    until = DayField(label=gettext_lazy("To"))
    bucket = forms.ChoiceField(
        label=gettext_lazy("Rows"),
        choices=[("", pgettext_lazy("rows", "Automatic")), *Bucket.choices],
        required=False,
    )
    statistics_key = forms.ChoiceField(label=gettext_lazy("Event key"), required=False)
    template = forms.ChoiceField(label=gettext_lazy("Template"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Delivery type"), choices=any_of(DeliveryKind), required=False
    )
    message_type = forms.ChoiceField(label=gettext_lazy("Type"), choices=any_of(MessageType), required=False)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=any_of(Purpose), required=False)
    country_code = forms.ChoiceField(label=gettext_lazy("Country"), required=False)

    main_fields = ("since", "until", "bucket", "statistics_key", "template", "kind")

    def __init__(self, query: QueryDict, project: Project) -> None:
        self.query, self.project = query, project
        super().__init__(self._given(query), auto_id="filter_%s", use_required_attribute=False)
        self._offer("statistics_key", _keys(project), gettext("Without an event key"))
        self._offer("template", _templates(project), gettext("Without a template"))
        is_abroad = self.data.get("view") == View.INTERNATIONAL
        countries = [each for each in _countries() if not (is_abroad and each[0] == "82")]
        self.fields["country_code"].choices = [*ANY, *countries]  # type: ignore[attr-defined]

    def _given(self, query: QueryDict) -> dict[str, Any]:
        since, until = period_of(query)
        given: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()} | query.dict()
        given["view"] = query.get("view") if query.get("view") in View.values else View.REQUEST_TIME.value
        return given

    def _offer(self, name: str, rows: Iterable[tuple[str, str]], without: str) -> None:
        self.fields[name].choices = [*ANY, *rows, (NONE, without)]  # type: ignore[attr-defined]

    def main(self) -> list[forms.BoundField]:
        return [self[name] for name in self.main_fields]

    def more(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.main_fields]

    def more_are_used(self) -> bool:
        return any(field.value() for field in self.more())

    @property
    def is_narrowed(self) -> bool:
        """Whether any condition but the period is given."""
        return any(self.data.get(name) for name in self.fields if name not in ("view", "bucket", *DAYS))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until:
            self._check_period(since, until)
        return cleaned

    def _check_period(self, since: date, until: date) -> None:
        first = first_day()
        days = (until - since).days + 1
        if since < first:
            said = gettext("Statistics are kept for %(days)s days. Begin on %(first)s or later.")
            self.add_error("since", said % {"days": KEPT_DAYS, "first": day(first)})
        elif until < since:
            self.add_error("until", gettext("This day is before the first one."))
        elif until > timezone.localdate():
            self.add_error("until", gettext("This day has not come yet."))
        elif self.cleaned_data.get("bucket") == Bucket.HOUR and days > MOST_DAYS_BY_HOUR:
            said = gettext("By the hour at most %(days)s days are shown. Choose fewer days, or rows by day.")
            self.add_error("bucket", said % {"days": MOST_DAYS_BY_HOUR})

    def wanted(self) -> Wanted:
        """What a valid form asks for."""
        values = self.cleaned_data
        since, until = values["since"], values["until"]
        few = (until - since).days < HOURS_BY_THEMSELVES
        return Wanted(
            project=self.project,
            since=start_of(since),
            until=start_of(until + timedelta(days=1)),
            view=self.data["view"],
            bucket=values["bucket"] or (Bucket.HOUR if few else Bucket.DAY),
            kind=values["kind"],
            message_type=values["message_type"],
            purpose=values["purpose"],
            template=_number(values["template"]),
            statistics_key=_number(values["statistics_key"]),
            country_code=_number(values["country_code"]),
        )

    def presets(self) -> list[Preset]:
        """The periods to choose with one click, and which of them is shown."""
        since, until = self.data.get("since"), self.data.get("until")
        today = timezone.localdate()
        found = []
        for days, label in PRESETS:
            first = (today - timedelta(days=days - 1)).isoformat()
            is_chosen = (since, until) == (first, today.isoformat())
            found.append(Preset(label, self.address(period=days), is_chosen))
        return found

    def address(self, **changes: Any) -> str:
        """The address of the same page with these changes; a period replaces the days."""
        query = self.query.copy()
        if "period" in changes:
            for name in (*DAYS, "bucket"):
                query.pop(name, None)
        for name, value in changes.items():
            query[name] = str(value)
        return f"?{query.urlencode()}"

    def conditions(self) -> list[tuple[str, str]]:
        """(name, value) of everything that a valid form says, in words."""
        view = View(self.data["view"])
        period = f"{day(self.cleaned_data['since'])} – {day(self.cleaned_data['until'])}"
        said = [(gettext("Statistics"), str(view.label)), (gettext("Period"), period)]
        for name in self.fields:
            if name in ("view", "bucket", *DAYS):
                continue
            choices = dict(self.fields[name].choices)  # type: ignore[attr-defined]
            said.append((str(self.fields[name].label), str(choices[self.cleaned_data[name]])))
        return said


def period_of(query: QueryDict) -> tuple[date, date]:
    """The first and the last day that a preset in the address names; the default where it names none."""
    known = {str(days): days for days, _label in PRESETS}
    today = timezone.localdate()
    return today - timedelta(days=known.get(query.get("period", ""), DEFAULT_DAYS) - 1), today


def _number(chosen: str) -> int | None:
    return int(chosen) if chosen else None


def _keys(project: Project) -> list[tuple[str, str]]:
    keys = StatisticsKey.objects.filter(project=project).order_by("name", "pk")
    return [(str(pk), name) for pk, name in keys.values_list("pk", "name")]


def _templates(project: Project) -> list[tuple[str, str]]:
    templates = Template.objects.filter(project=project).order_by("name", "pk")
    deleted = gettext("%(name)s (deleted)")
    return [
        (str(pk), deleted % {"name": name} if deleted_at else name)
        for pk, name, deleted_at in templates.values_list("pk", "name", "deleted_at")
    ]


def _countries() -> list[tuple[str, str]]:
    """Korea, then every country that messages go to, by code."""
    codes = sorted((code for country in COUNTRIES for code in country.codes), key=str)
    return [(str(code), country_label(code)) for code in (KOREA, *codes)]


def country_label(code: int) -> str:
    """A country as statistics name it: `+81 Japan`."""
    if code == KOREA:
        korea = gettext("Korea")
        return f"+{code} {korea}"
    country = country_of(code)
    return f"+{code} {country.name}" if country else f"+{code}"
