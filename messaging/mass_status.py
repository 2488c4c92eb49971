"""The ten statuses of a mass delivery, as the console guide names them ("Delivery Status of Mass SMS").

One table maps our states to them: the request's state, the state of its recipient file, and whether a row has
been loaded. The first rule that fits is the one; a request fits exactly one status.
"""

from dataclasses import dataclass

from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from console.choices import ColouredChoices
from messaging.states import FileState, RequestState


class MassStatus(ColouredChoices):
    WAITING = "WAITING", _("Waiting"), "grey"
    PREPARING = "PREPARING", _("Preparing to send"), "blue"
    CONVERTING = "CONVERTING", _("Converting file"), "blue"
    READY = "READY", _("Ready"), "amber"
    WAITING_FOR_DELIVERY = "WAITING_FOR_DELIVERY", _("Waiting for Delivery"), "grey"
    DELIVERING = "DELIVERING", _("Delivering"), "blue"
    COMPLETED = "COMPLETED", _("Delivery Completed"), "green"
    CANCELING = "CANCELING", _("Canceling"), "amber"
    CANCELED = "CANCELED", _("Canceled"), "grey"
    FAILED = "FAILED", _("Delivery Failed"), "red"


@dataclass(frozen=True)
class Rule:
    """`file_state` and `has_rows` are None where they do not matter."""

    status: MassStatus
    state: RequestState
    file_state: FileState | None = None
    has_rows: bool | None = None

    def fits(self, state: str, file_state: str | None, loaded: int) -> bool:
        return (
            state == self.state
            and self.file_state in (None, file_state)
            and self.has_rows in (None, loaded > 0)
        )

    def condition(self) -> Q:
        """The same over a queryset of requests."""
        condition = Q(state=self.state)
        if self.file_state is not None:
            condition &= Q(recipient_file__state=self.file_state)
        if self.has_rows is not None:
            condition &= Q(loaded__gt=0) if self.has_rows else Q(loaded=0)
        return condition


RULES: tuple[Rule, ...] = (
    Rule(MassStatus.PREPARING, RequestState.WAITING, file_state=FileState.CHECKING),
    Rule(MassStatus.FAILED, RequestState.WAITING, file_state=FileState.REFUSED),
    Rule(MassStatus.WAITING, RequestState.WAITING),
    Rule(MassStatus.PREPARING, RequestState.LOADING, has_rows=False),
    Rule(MassStatus.CONVERTING, RequestState.LOADING, has_rows=True),
    Rule(MassStatus.READY, RequestState.HELD),
    Rule(MassStatus.WAITING_FOR_DELIVERY, RequestState.SCHEDULED),
    Rule(MassStatus.DELIVERING, RequestState.SENDING),
    Rule(MassStatus.COMPLETED, RequestState.COMPLETED),
    Rule(MassStatus.CANCELING, RequestState.CANCELING),
    Rule(MassStatus.CANCELED, RequestState.CANCELED),
    Rule(MassStatus.FAILED, RequestState.FAILED),
)


def mass_status(*, state: str, file_state: str | None, loaded: int) -> MassStatus:
    """The guide's status of a request; `file_state` None: its file is gone. KeyError for a strange state."""
    for rule in RULES:
        if rule.fits(state, file_state, loaded):
            return rule.status
    raise KeyError(state)


def status_in_sql() -> Case:
    """The same over a queryset of requests: annotate it, then filter. The first rule decides there too."""
    return Case(*(When(rule.condition(), then=Value(rule.status.value)) for rule in RULES))
