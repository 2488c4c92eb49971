"""The three views of statistics, with the guide's counters: which numbers each shows, and at what time.

Every number is a sum of counters with a sign. By the time of the request, whatever the filter,

    Requested = Received + Send failure + Waiting for result + Not handed over yet + Canceled

"Send failure" is what was refused and what failed to arrive. A message of which nobody knows what became
(UNKNOWN) was handed over and has no result: it stays in "Waiting for result", and is shown beside. Canceled
messages were never handed over: they are shown beside too, where there are any.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.states import Counter


class View(models.TextChoices):
    """The time at which a message is counted, and which messages are."""

    REQUEST_TIME = "request", _("Messages (request time)")
    EVENT_TIME = "event", _("Messages (event time)")
    INTERNATIONAL = "international", _("International")


@dataclass(frozen=True)
class Column:
    """One number of a view. `colour` is of the palette; `meaning` says when it rises.

    `is_beside`: not one of the guide's own, and shown only where it is not zero.
    """

    key: str
    label: str | Promise
    weights: Mapping[str, int]
    colour: str
    meaning: str | Promise = field(default="", compare=False)
    is_beside: bool = False

    def value(self, counts: Mapping[str, int]) -> int:
        """The number, from how often each counter was counted."""
        return sum(sign * counts.get(counter, 0) for counter, sign in self.weights.items())


def _column(key: str, label: Promise, colour: str, meaning: Promise, **weights: int) -> Column:
    return Column(key, label, {Counter[name].value: sign for name, sign in weights.items()}, colour, meaning)


REQUESTED = _column("requested", _("Requested"), "grey", _("When sending was requested."), REQUESTED=1)
SENT = _column("sent", _("Sent"), "blue", _("When it was handed over to the carrier."), SENT=1)
FAILED = _column(
    "failed",
    _("Send failure"),
    "red",
    _(
        "Failed before it was handed over (refused advertising, for one), refused by the carrier, or"
        " reported as failed."
    ),
    SEND_FAILED=1,
    DELIVERY_FAILED=1,
)
RECEIVED = _column("received", _("Received"), "green", _("When the phone received it."), DELIVERED=1)
WAITING = _column(
    "waiting",
    _("Waiting for result"),
    "amber",
    _("Rises when a message is sent, falls when it is received or fails."),
    SENT=1,
    DELIVERED=-1,
    DELIVERY_FAILED=-1,
)
PARTS = _column(
    "parts",
    _("Number of sends"),
    "amber",
    _("A long message goes in parts: all parts, when they are handed over. Carriers bill them."),
    PARTS=1,
)
CONVERSION_WAITING = _column(
    "conversion_waiting",
    _("Waiting for conversion"),
    "grey",
    _("When a message was received whose conversion is collected. It does not fall when it converts."),
    CONVERSION_WAITING=1,
)
CONVERTED = _column(
    "converted", _("Converted"), "green", _("When its recipient did what it asked for."), CONVERTED=1
)
UNKNOWN = Column(
    "unknown",
    _("of these unknown"),
    {Counter.UNKNOWN: 1},
    "amber",
    _("Handed over, perhaps; no result came in time. Part of “Waiting for result”."),
    is_beside=True,
)
NOT_HANDED_OVER = Column(
    "ready",
    _("Not handed over yet"),
    {Counter.REQUESTED: 1, Counter.SENT: -1, Counter.SEND_FAILED: -1, Counter.CANCELED: -1},
    "grey",
    _("Requested, and still to be sent."),
    is_beside=True,
)
CANCELED = Column(
    "canceled",
    _("Canceled"),
    {Counter.CANCELED: 1},
    "grey",
    _("Canceled before it was handed over."),
    is_beside=True,
)

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    View.REQUEST_TIME: (REQUESTED, SENT, FAILED, RECEIVED, WAITING, UNKNOWN, NOT_HANDED_OVER, CANCELED),
    View.EVENT_TIME: (REQUESTED, SENT, FAILED, RECEIVED),
    View.INTERNATIONAL: (REQUESTED, SENT, FAILED, RECEIVED, PARTS, CONVERSION_WAITING, CONVERTED),
}


def counters_of(view: str) -> list[str]:
    """The counters that a view reads."""
    return sorted({counter for column in COLUMNS[view] for counter in column.weights})
