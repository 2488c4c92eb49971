"""Every state of the sending path, with its word, its colour, and the moves that are allowed.

One table a model. `console.transitions.advance` makes a move with one conditional UPDATE.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.choices import ColouredChoices


class MessageType(models.TextChoices):
    SMS = "SMS", _("SMS")
    LMS = "LMS", _("LMS")
    MMS = "MMS", _("MMS")


class Purpose(models.TextChoices):
    """What a message is for. The law and the lane depend on it."""

    GENERAL = "GENERAL", pgettext_lazy("purpose", "General")
    ADVERTISING = "AD", pgettext_lazy("purpose", "Advertising")
    AUTHENTICATION = "AUTH", pgettext_lazy("purpose", "Authentication")


class DeliveryKind(models.TextChoices):
    """How recipients were named. The guide's delivery types."""

    GENERAL = "GENERAL", _("General")
    MASS = "MASS", _("Mass")
    TAG = "TAG", _("Tag")


class Source(models.TextChoices):
    """Where a request came in."""

    CONSOLE = "CONSOLE", _("Console")
    SENS = "SENS", _("SENS API")
    HUB = "HUB", _("Notification Hub API")
    SCHEDULE = "SCHEDULE", _("Recurring schedule")
    SYSTEM = "SYSTEM", _("The console itself")


class Lane(models.TextChoices):
    """Which workers take a request's chunks: codes before single sends before mass."""

    AUTH = "AUTH", _("Authentication")
    SINGLE = "SINGLE", _("Single")
    MASS = "MASS", _("Mass")


class FileState(ColouredChoices):
    UPLOADED = "UPLOADED", _("Waiting"), "grey"
    CHECKING = "CHECKING", _("Checking"), "blue"
    CHECKED = "CHECKED", _("Checked"), "green"
    REFUSED = "REFUSED", _("Refused"), "red"


class ImportState(ColouredChoices):
    """A file of UIDs: read and counted first, saved when a person says so."""

    UPLOADED = "UPLOADED", _("Waiting"), "grey"
    CHECKING = "CHECKING", _("Checking"), "blue"
    CHECKED = "CHECKED", _("Checked"), "amber"
    REFUSED = "REFUSED", _("Refused"), "red"
    SAVING = "SAVING", _("Saving"), "blue"
    SAVED = "SAVED", _("Saved"), "green"


class ContactKind(models.TextChoices):
    """Where a UID can be reached."""

    PHONE = "PHONE", _("Phone number")
    EMAIL = "EMAIL", _("Email address")
    PUSH = "PUSH", _("Push token")


class HoursAction(models.TextChoices):
    """What becomes of advertising in the hours in which none goes."""

    WAIT = "WAIT", _("Send when it is allowed again")
    FAIL = "FAIL", _("Fail")


class LimitRequestState(ColouredChoices):
    """A wish for a higher limit, which staff decide."""

    WAITING = "WAITING", _("Waiting"), "amber"
    APPROVED = "APPROVED", _("Approved"), "green"
    REJECTED = "REJECTED", _("Rejected"), "red"
    WITHDRAWN = "WITHDRAWN", _("Withdrawn"), "grey"


class RequestState(ColouredChoices):
    WAITING = "WAITING", _("Waiting"), "grey"
    LOADING = "LOADING", _("Preparing to send"), "blue"
    HELD = "HELD", _("Ready"), "amber"
    SCHEDULED = "SCHEDULED", _("Waiting for Delivery"), "grey"
    SENDING = "SENDING", _("Delivering"), "blue"
    COMPLETED = "COMPLETED", _("Delivery Completed"), "green"
    CANCELING = "CANCELING", _("Canceling"), "amber"
    CANCELED = "CANCELED", _("Canceled"), "grey"
    FAILED = "FAILED", _("Delivery Failed"), "red"


class BatchState(ColouredChoices):
    WAITING = "WAITING", _("Waiting"), "grey"
    RELEASED = "RELEASED", _("Delivering"), "blue"
    COMPLETED = "COMPLETED", _("Completed"), "green"
    CANCELED = "CANCELED", _("Canceled"), "grey"


class ChunkState(ColouredChoices):
    WAITING = "WAITING", _("Waiting"), "grey"
    READY = "READY", pgettext_lazy("message", "Ready"), "grey"
    CLAIMED = "CLAIMED", _("In work"), "blue"
    DONE = "DONE", _("Done"), "green"
    CANCELED = "CANCELED", _("Canceled"), "grey"


class MessageState(ColouredChoices):
    READY = "READY", pgettext_lazy("message", "Ready"), "grey"
    SENT = "SENT", _("Waiting for result"), "blue"
    DELIVERED = "DELIVERED", _("Delivered"), "green"
    FAILED = "FAILED", _("Failed"), "red"
    CANCELED = "CANCELED", _("Canceled"), "grey"
    UNKNOWN = "UNKNOWN", _("Unknown"), "amber"


class WebhookState(ColouredChoices):
    """Only what is ACTIVE is called; all collect what happens (`messaging.models.webhook`)."""

    ACTIVE = "ACTIVE", _("Active"), "green"
    PAUSED = "PAUSED", _("Paused"), "grey"
    DISABLED = "DISABLED", _("Disabled"), "red"


class CallState(ColouredChoices):
    """A call of a webhook, from its first attempt on."""

    WAITING = "WAITING", _("Waiting"), "amber"
    DELIVERED = "DELIVERED", pgettext_lazy("webhook", "Delivered"), "green"
    FAILED = "FAILED", _("Failed"), "red"
    REPLAYED = "REPLAYED", _("Sent again"), "grey"


class RunState(ColouredChoices):
    """What became of a day of a recurring schedule; written once (`messaging.models.schedule`)."""

    DONE = "DONE", pgettext_lazy("run", "Sent"), "green"
    FAIL = "FAIL", pgettext_lazy("run", "Refused"), "red"
    SKIP = "SKIP", _("Skipped"), "grey"
    STALE = "STALE", _("Missed"), "amber"


class Counter(models.TextChoices):
    """What is counted when messages move. Each is a number of messages (one of seconds), and never falls."""

    REQUESTED = "REQUESTED", _("Requested")
    SENT = "SENT", _("Sent")
    SEND_FAILED = "SEND_FAILED", _("Failed to send")
    DELIVERED = "DELIVERED", _("Delivered")
    DELIVERY_FAILED = "DELIVERY_FAILED", _("Failed to arrive")
    UNKNOWN = "UNKNOWN", _("Unknown")
    CANCELED = "CANCELED", _("Canceled")
    # Whole seconds from handing over to the phone, summed over the delivered messages.
    HANDSET_SECONDS = "HANDSET_SECONDS", _("Seconds to the phone")
    # Of messages to other countries only.
    PARTS = "PARTS", _("Number of sends")
    CONVERSION_WAITING = "CONV_WAITING", _("Waiting for conversion")
    CONVERTED = "CONVERTED", _("Converted")


FILE_MOVES: dict[str, frozenset[str]] = {
    FileState.UPLOADED: frozenset({FileState.CHECKING, FileState.REFUSED}),
    FileState.CHECKING: frozenset({FileState.CHECKED, FileState.REFUSED, FileState.CHECKING}),
    FileState.CHECKED: frozenset(),
    FileState.REFUSED: frozenset(),
}

IMPORT_MOVES: dict[str, frozenset[str]] = {
    ImportState.UPLOADED: frozenset({ImportState.CHECKING, ImportState.REFUSED}),
    ImportState.CHECKING: frozenset({ImportState.CHECKED, ImportState.REFUSED, ImportState.CHECKING}),
    ImportState.CHECKED: frozenset({ImportState.SAVING}),
    ImportState.REFUSED: frozenset(),
    ImportState.SAVING: frozenset({ImportState.SAVING, ImportState.SAVED, ImportState.REFUSED}),
    ImportState.SAVED: frozenset(),
}

LIMIT_REQUEST_MOVES: dict[str, frozenset[str]] = {
    LimitRequestState.WAITING: frozenset(
        {LimitRequestState.APPROVED, LimitRequestState.REJECTED, LimitRequestState.WITHDRAWN}
    ),
    LimitRequestState.APPROVED: frozenset(),
    LimitRequestState.REJECTED: frozenset(),
    LimitRequestState.WITHDRAWN: frozenset(),
}

REQUEST_MOVES: dict[str, frozenset[str]] = {
    RequestState.WAITING: frozenset(
        {
            RequestState.LOADING,
            RequestState.HELD,
            RequestState.SCHEDULED,
            RequestState.CANCELING,
            RequestState.FAILED,
        }
    ),
    RequestState.LOADING: frozenset(
        {
            RequestState.LOADING,
            RequestState.HELD,
            RequestState.SCHEDULED,
            RequestState.CANCELING,
            RequestState.FAILED,
        }
    ),
    RequestState.HELD: frozenset({RequestState.SCHEDULED, RequestState.CANCELING}),
    RequestState.SCHEDULED: frozenset({RequestState.SENDING, RequestState.CANCELING}),
    RequestState.SENDING: frozenset({RequestState.COMPLETED, RequestState.CANCELING}),
    RequestState.CANCELING: frozenset({RequestState.CANCELED, RequestState.COMPLETED}),
    RequestState.COMPLETED: frozenset(),
    RequestState.CANCELED: frozenset(),
    RequestState.FAILED: frozenset(),
}

BATCH_MOVES: dict[str, frozenset[str]] = {
    BatchState.WAITING: frozenset({BatchState.RELEASED, BatchState.CANCELED}),
    BatchState.RELEASED: frozenset({BatchState.COMPLETED, BatchState.CANCELED}),
    BatchState.COMPLETED: frozenset(),
    BatchState.CANCELED: frozenset(),
}

CHUNK_MOVES: dict[str, frozenset[str]] = {
    ChunkState.WAITING: frozenset({ChunkState.READY, ChunkState.CANCELED}),
    ChunkState.READY: frozenset({ChunkState.CLAIMED, ChunkState.CANCELED}),
    ChunkState.CLAIMED: frozenset({ChunkState.CLAIMED, ChunkState.READY, ChunkState.DONE}),
    ChunkState.DONE: frozenset(),
    ChunkState.CANCELED: frozenset(),
}

MESSAGE_MOVES: dict[str, frozenset[str]] = {
    MessageState.READY: frozenset(
        {
            MessageState.SENT,
            MessageState.DELIVERED,
            MessageState.FAILED,
            MessageState.CANCELED,
            MessageState.UNKNOWN,
        }
    ),
    MessageState.SENT: frozenset({MessageState.DELIVERED, MessageState.FAILED, MessageState.UNKNOWN}),
    MessageState.UNKNOWN: frozenset({MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED}),
    MessageState.DELIVERED: frozenset(),
    MessageState.FAILED: frozenset(),
    MessageState.CANCELED: frozenset(),
}

WEBHOOK_MOVES: dict[str, frozenset[str]] = {
    WebhookState.ACTIVE: frozenset({WebhookState.PAUSED, WebhookState.DISABLED}),
    WebhookState.PAUSED: frozenset({WebhookState.ACTIVE}),
    WebhookState.DISABLED: frozenset({WebhookState.ACTIVE}),
}

CALL_MOVES: dict[str, frozenset[str]] = {
    CallState.WAITING: frozenset({CallState.DELIVERED, CallState.FAILED}),
    # Left out while it was under way, it may have been taken after all.
    CallState.FAILED: frozenset({CallState.REPLAYED, CallState.DELIVERED}),
    CallState.DELIVERED: frozenset(),
    CallState.REPLAYED: frozenset(),
}
