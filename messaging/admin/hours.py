"""Advertising hours: when the project sends no advertising, and what that means now."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.forms.settings import SettingsForm, seen_now
from messaging.models import AdvertisingHours, SendRequest
from messaging.policies.hours import (
    EARLIEST_END,
    EARLIEST_START,
    LATEST_END,
    LATEST_START,
    Hours,
    closed_until,
    closes_at,
    is_night,
)
from messaging.sending.advertising_hours import (
    HoursRefused,
    HoursWish,
    change_hours,
    hours_of,
    waiting_until,
)
from messaging.states import HoursAction, Purpose, RequestState

CLOCK = "%H:%M"
SHOWN = 20


def time_field(label: Any, earliest: time, latest: time) -> forms.TimeField:
    """A time of day; the service says what is wrong with one outside its limits."""
    limits = {"type": "time", "min": earliest.strftime(CLOCK), "max": latest.strftime(CLOCK)}
    return forms.TimeField(
        label=label,
        error_messages={"invalid": _("Write a time like 21:00.")},
        widget=forms.TimeInput(format=CLOCK, attrs=limits),
    )


class HoursForm(SettingsForm):
    is_on = forms.BooleanField(label=_("Limit the hours of advertising"), required=False)
    starts_at = time_field(_("No advertising from"), EARLIEST_START, LATEST_START)
    ends_at = time_field(_("Until, the next morning"), EARLIEST_END, LATEST_END)
    action = forms.ChoiceField(
        label=_("Advertising that is due then"), choices=HoursAction.choices, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("starts_at", "ends_at"):  # here, in the language of who asks
            limits = self.fields[name].widget.attrs
            said = gettext("From %(earliest)s to %(latest)s.")
            self.fields[name].help_text = said % {"earliest": limits["min"], "latest": limits["max"]}

    def wish(self) -> HoursWish:
        chosen = self.cleaned_data
        return HoursWish(
            is_on=chosen["is_on"],
            starts_at=chosen["starts_at"],
            ends_at=chosen["ends_at"],
            action=HoursAction(chosen["action"]),
            seen=chosen["seen"],
        )


@register_page
class AdvertisingHoursPage(ConsolePage, FormView):
    """On or off, from when to when, and what becomes of what is due then."""

    path = "settings/advertising-hours/"
    name = "settings_hours"
    title = _("Advertising hours")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/settings/hours.html"
    form_class = HoursForm

    @cached_property
    def hours(self) -> AdvertisingHours:
        return hours_of(self.project)

    def get_initial(self) -> dict[str, Any]:
        hours = self.hours
        return {
            "is_on": hours.is_on,
            "starts_at": hours.starts_at,
            "ends_at": hours.ends_at,
            "action": hours.action,
            "seen": seen_now(hours),
        }

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            change_hours(project=self.project, user=person_of(self.request), wish=form.wish())
        except HoursRefused as refused:
            for name, sentence in refused.problems.items():
                form.add_error(name or None, sentence)
            return self.form_invalid(form)
        messages.success(self.request, _("The advertising hours were saved."))
        return redirect(page_url(self.name))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        hours = Hours(self.hours.starts_at, self.hours.ends_at)
        until = closed_until(hours, now) if self.hours.is_on else None
        own = {
            "hours": self.hours,
            "until": until,
            "closes_at": closes_at(hours, now) if self.hours.is_on and until is None else None,
            "waits": self.hours.action == HoursAction.WAIT,
            "is_night": is_night(now),
            "waiting": self.waiting(now) if until else [],
        }
        return {**super().get_context_data(**kwargs), **own}

    def waiting(self, now: datetime) -> list[SendRequest]:
        """The newest requests that wait for the end of the hours."""
        requests = SendRequest.objects.filter(
            project=self.project, purpose=Purpose.ADVERTISING, state=RequestState.SENDING
        )
        newest = list(requests.order_by("-id")[:SHOWN])
        waiting = waiting_until(newest, now)
        return [request for request in newest if request.pk in waiting]
