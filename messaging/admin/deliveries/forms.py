"""What a person may search for. Typed values stay as they are when a search is refused."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging import result_codes
from messaging.mass_status import MassStatus
from messaging.recipients.numbers import Number, WrongNumber, read_number
from messaging.sending.lookups import ALL_RESERVATIONS, DateKind, MessageFilter, Search
from messaging.sens.reservations import ReservationState
from messaging.states import DeliveryKind, MessageState, MessageType, Purpose, RequestState

ANY = [("", _("Any"))]
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
DEFAULT_DAYS = 7
OVER = (ReservationState.CANCELED, ReservationState.FAIL, ReservationState.DONE, ReservationState.STALE)
MOST_DAYS = 31
A_MINUTE = timedelta(minutes=1)


def any_of(choices: Any) -> list[tuple[Any, Any]]:
    return [*ANY, *choices.choices]


class ListKind(models.TextChoices):
    REQUESTS = "", _("Requests")
    MESSAGES = "messages", _("Messages")


class NumberField(forms.CharField):
    """A recipient's number as people write it; clean gives (country, digits) or None."""

    def clean(self, value: Any) -> tuple[int, str] | None:
        written = super().clean(value)
        if not written:
            return None
        try:
            number: Number = read_number(written)
        except WrongNumber as error:
            raise forms.ValidationError(_("This is no phone number. Write it as 010-1234-5678.")) from error
        return number.country_code, number.number


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "min": EARLIEST, "max": LATEST}, format="%Y-%m-%d")
        super().__init__(widget=widget, **kwargs)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is not None and not EARLIEST <= value <= LATEST:
            raise forms.ValidationError(_("No request can have this date."))


class ClockField(forms.TimeField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **kwargs)


class SearchForm(forms.Form):
    """Requests by id, or by a range of dates of at most a month. Without either: the last seven days. Times
    are of the first and the last day; that minute of the last one is in the range.

    A field whose key is missing from the address has its default; an empty one was emptied by the person.
    """

    date_kind = forms.ChoiceField(label=_("Date"), choices=DateKind.choices, required=False)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)
    recipient = NumberField(label=_("Recipient number"), required=False, max_length=40)
    request_id = forms.CharField(label=_("Request ID"), required=False, max_length=80, strip=True)
    state = forms.ChoiceField(label=_("Status"), choices=any_of(RequestState), required=False)
    result = forms.ChoiceField(label=_("Result"), choices=any_of(MessageState), required=False)
    message_type = forms.ChoiceField(label=_("Type"), choices=any_of(MessageType), required=False)
    purpose = forms.ChoiceField(label=_("Purpose"), choices=any_of(Purpose), required=False)
    kind = forms.ChoiceField(label=_("Delivery type"), choices=any_of(DeliveryKind), required=False)
    since_time = ClockField(label=_("From, time of day"), required=False)
    until_time = ClockField(label=_("To, time of day"), required=False)
    sender = forms.CharField(label=_("Sender number"), required=False, max_length=40)

    main_fields: tuple[str, ...] = ("date_kind", "since", "until", "recipient", "request_id")
    left_out: tuple[str, ...] = ()
    needs_dates = True
    default_days = DEFAULT_DAYS

    def __init__(self, query: QueryDict) -> None:
        super().__init__(
            {**self.defaults(), **query.dict()}, auto_id="filter_%s", use_required_attribute=False
        )

        for name in self.left_out:
            del self.fields[name]

    def defaults(self) -> Mapping[str, Any]:
        today = timezone.localdate()
        if not self.needs_dates:
            return {"date_kind": DateKind.REGISTERED}
        first = today - timedelta(days=self.default_days - 1)
        return {"date_kind": DateKind.REGISTERED, "since": first.isoformat(), "until": today.isoformat()}

    def main(self) -> list[forms.BoundField]:
        return [self[name] for name in self.main_fields if name in self.fields]

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.main_fields]

    def more_are_used(self) -> bool:
        return any(field.value() for field in self.more())

    def clean_date_kind(self) -> str:
        return self.cleaned_data["date_kind"] or DateKind.REGISTERED

    def clean_request_id(self) -> UUID | None:
        written = self.cleaned_data["request_id"]
        if not written:
            return None
        try:
            return UUID(written)
        except ValueError as error:
            raise forms.ValidationError(
                _("A request ID has 32 digits and letters from a to f. Copy it whole.")
            ) from error

    def clean_sender(self) -> str:
        return "".join(filter(str.isdigit, self.cleaned_data["sender"]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_dated = not {"since", "until", "request_id"} & self.errors.keys()
        if is_dated and not cleaned.get("request_id"):
            self._check_range(cleaned.get("since"), cleaned.get("until"))
        return cleaned

    def _check_range(self, since: date | None, until: date | None) -> None:
        if since is None and until is None:
            if self.needs_dates:
                self.add_error(None, _("Give a request ID, or the first and the last day to look at."))
        elif since is None or until is None:
            self.add_error("since" if since is None else "until", _("Give both days."))
        elif until < since:
            self.add_error("until", _("This day is before the first one."))
        elif (until - since).days >= MOST_DAYS:
            self.add_error("until", _("Look at one month at most: 31 days. Choose a shorter range."))
        elif since == until and self._ends_before():
            self.add_error("until_time", _("This time is before the first one."))
        if since is None and until is None:
            self._refuse_clocks()

    def _ends_before(self) -> bool:
        first, last = self.cleaned_data.get("since_time"), self.cleaned_data.get("until_time")
        return bool(first and last and last < first)

    def _refuse_clocks(self) -> None:
        """A time of day is of a day."""
        for name, day_name in (("since_time", "since"), ("until_time", "until")):
            if self.cleaned_data.get(name) and day_name not in self.errors:
                self.add_error(day_name, _("Give the day of this time."))

    def search(self) -> Search:
        """The search of a valid form."""
        values = self.cleaned_data
        names = ("message_type", "purpose", "kind", "state", "result", "sender", "status", "reservation")
        since, until = values.get("since"), values.get("until")
        return Search(
            since=moment_at(since, values.get("since_time") or time.min) if since else None,
            until=end_of(until, values.get("until_time")) if until else None,
            date_kind=values["date_kind"],
            request_id=values.get("request_id"),
            recipient=values.get("recipient"),
            **{name: values.get(name) or "" for name in names},
        )


class RequestsForm(SearchForm):
    """Requests, or the messages of them all one by one, as a search for a number shows them."""

    listed = forms.ChoiceField(label=_("List"), choices=ListKind.choices, required=False)
    main_fields = ("listed", *SearchForm.main_fields)

    def shows_messages(self) -> bool:
        """Whether messages are listed. Only of a valid form."""
        return bool(self.cleaned_data.get("recipient")) or self.cleaned_data["listed"] == ListKind.MESSAGES


class ScheduledForm(SearchForm):
    """What is still to come; dates are optional, as it is never much. Or reservations by SENS's states."""

    date_kind = forms.ChoiceField(
        label=_("Date"),
        choices=[(DateKind.SENT, _("Due")), (DateKind.REGISTERED, DateKind.REGISTERED.label)],
        required=False,
    )
    reservation = forms.ChoiceField(
        label=_("Reservations"),
        choices=[
            ("", _("Still to come")),
            (ALL_RESERVATIONS, _("All reservations")),
            *ReservationState.choices,
        ],
        required=False,
    )
    left_out = ("result",)
    main_fields = ("reservation", "date_kind", "since", "until", "request_id")
    needs_dates = False
    is_recent = False

    def defaults(self) -> Mapping[str, Any]:
        return {"date_kind": DateKind.SENT}

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.fields["request_id"].label = _("Reservation ID")

    def clean(self) -> dict[str, Any]:
        """Of what is over without dates: what was due in the last month."""
        cleaned = super().clean()
        named = {"since", "until", "request_id"}
        is_open = not named & self.errors.keys() and not any(cleaned.get(name) for name in named)
        self.is_recent = is_open and cleaned.get("reservation") in OVER
        if self.is_recent:
            today = timezone.localdate()
            since = today - timedelta(days=MOST_DAYS - 1)
            cleaned |= {"date_kind": DateKind.SENT, "since": since, "until": today}
        return cleaned


class MassForm(SearchForm):
    """Mass deliveries by the guide's status."""

    left_out = ("kind", "state")
    status = forms.ChoiceField(label=_("Status"), choices=any_of(MassStatus), required=False)
    main_fields = ("date_kind", "since", "until", "status", "request_id")
    default_days = 31


class TaggedForm(SearchForm):
    """Deliveries to tags."""

    left_out = ("kind",)
    main_fields = ("date_kind", "since", "until", "state", "request_id")
    default_days = 31


class MessageFilterForm(forms.Form):
    """Which messages of one request to show. Only a tag request has UIDs."""

    state = forms.ChoiceField(label=_("State"), choices=any_of(MessageState), required=False)
    code = forms.ChoiceField(label=_("Cause"), required=False)
    recipient = NumberField(label=_("Recipient number"), required=False, max_length=40)
    uid = forms.CharField(label=_("UID"), required=False, max_length=100, strip=True)
    part = forms.TypedChoiceField(label=_("Part"), coerce=int, empty_value=None, required=False)

    def __init__(
        self, query: QueryDict, *, codes: list[str], parts: list[int], has_uids: bool = False
    ) -> None:
        """`codes` are those that occurred in the request; one in the address is a choice in any case."""
        super().__init__(query.dict(), auto_id="filter_%s", use_required_attribute=False)
        asked = query.get("code", "")[:8]
        known = list(dict.fromkeys([*codes, *([asked] if asked in result_codes.CATALOGUE else [])]))
        self.fields["code"].choices = [*ANY, *((code, code_label(code)) for code in known)]  # type: ignore[attr-defined]
        if len(parts) > 1:
            self.fields["part"].choices = [*ANY, *((number, number) for number in parts)]  # type: ignore[attr-defined]
        else:
            del self.fields["part"]
        if not has_uids:
            del self.fields["uid"]

    def wanted(self) -> MessageFilter:
        """The filter of a valid form."""
        values = self.cleaned_data
        return MessageFilter(
            state=values["state"],
            code=values["code"],
            recipient=values["recipient"],
            part=values.get("part"),
            uid=values.get("uid", ""),
        )


def code_label(code: str) -> str:
    return f"{result_codes.lookup(code).meaning} ({code})" if code else str(_("No code"))


def start_of(day: date) -> datetime:
    """The first moment of the day in the project's zone."""
    return moment_at(day, time.min)


def moment_at(day: date, clock: time) -> datetime:
    """A time of the day in the project's zone."""
    return timezone.make_aware(datetime.combine(day, clock))


def end_of(day: date, clock: time | None) -> datetime:
    """The first moment after that minute of the day, or after the day."""
    if clock is None:
        return start_of(day + timedelta(days=1))
    return moment_at(day, clock) + A_MINUTE
