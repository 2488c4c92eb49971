"""The states of what this app keeps, and the one table of allowed changes for each."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.choices import ColouredChoices
from console.transitions import Transitions


class IdentityState(ColouredChoices):
    """A person's identity verification in an organization. DRAFT: begun, not submitted yet."""

    DRAFT = "DRAFT", _("Not submitted"), "grey"
    REVIEWING = "REVIEWING", _("Reviewing"), "blue"
    REJECTED = "REJECTED", _("Rejected"), "red"
    APPROVED = "APPROVED", _("Approved"), "green"


class NumberState(ColouredChoices):
    """A sender number. DRAFT: begun, not submitted yet. WITHDRAWN: given up by the project, for good.

    SUSPENDED: evidence that was asked for did not come in time; nothing is sent from it until it is accepted.
    """

    DRAFT = "DRAFT", _("Not submitted"), "grey"
    REVIEWING = "REVIEWING", _("Reviewing"), "blue"
    REJECTED = "REJECTED", _("Rejected"), "red"
    APPROVED = "APPROVED", _("Approved"), "green"
    SUSPENDED = "SUSPENDED", _("Suspended"), "red"
    WITHDRAWN = "WITHDRAWN", _("Withdrawn"), "grey"


class Decision(ColouredChoices):
    """What a reviewer decided."""

    APPROVED = "APPROVED", _("Approved"), "green"
    REJECTED = "REJECTED", _("Rejected"), "red"


class EvidenceState(ColouredChoices):
    """What is asked for to prove a number once more. CLOSED: the number was withdrawn meanwhile."""

    ASKED = "ASKED", pgettext_lazy("evidence", "Asked for"), "amber"
    REVIEWING = "REVIEWING", _("Reviewing"), "blue"
    REJECTED = "REJECTED", _("Rejected"), "red"
    APPROVED = "APPROVED", pgettext_lazy("evidence", "Accepted"), "green"
    CLOSED = "CLOSED", pgettext_lazy("evidence", "Closed"), "grey"


class LineState(ColouredChoices):
    """An 080 line, where recipients refuse advertising by a free call.

    CANCELED: taken back before it was open. STOPPED: given up while it was in service, for good.
    """

    SCHEDULED = "SCHEDULED", _("Registration Scheduled"), "amber"
    OPEN = "OPEN", _("Registration Completed"), "green"
    REJECTED = "REJECTED", _("Rejected"), "red"
    CANCELED = "CANCELED", pgettext_lazy("080 line", "Canceled"), "grey"
    STOPPED = "STOPPED", pgettext_lazy("080 line", "Stopped"), "grey"


IDENTITY = Transitions(
    {
        IdentityState.DRAFT: {IdentityState.REVIEWING},
        IdentityState.REVIEWING: {IdentityState.REJECTED, IdentityState.APPROVED},
        IdentityState.REJECTED: {IdentityState.REVIEWING},
        IdentityState.APPROVED: (),
    }
)

NUMBER = Transitions(
    {
        NumberState.DRAFT: {NumberState.REVIEWING},
        NumberState.REVIEWING: {NumberState.REJECTED, NumberState.APPROVED, NumberState.WITHDRAWN},
        NumberState.REJECTED: {NumberState.REVIEWING, NumberState.WITHDRAWN},
        NumberState.APPROVED: {NumberState.SUSPENDED, NumberState.WITHDRAWN},
        NumberState.SUSPENDED: {NumberState.APPROVED, NumberState.WITHDRAWN},
        NumberState.WITHDRAWN: (),
    }
)

EVIDENCE = Transitions(
    {
        EvidenceState.ASKED: {EvidenceState.REVIEWING, EvidenceState.CLOSED},
        EvidenceState.REVIEWING: {
            EvidenceState.REJECTED,
            EvidenceState.APPROVED,
            EvidenceState.CLOSED,
        },
        EvidenceState.REJECTED: {EvidenceState.REVIEWING, EvidenceState.CLOSED},
        EvidenceState.APPROVED: (),
        EvidenceState.CLOSED: (),
    }
)

LINE = Transitions(
    {
        LineState.SCHEDULED: {LineState.OPEN, LineState.REJECTED, LineState.CANCELED},
        LineState.OPEN: {LineState.STOPPED},
        LineState.REJECTED: (),
        LineState.CANCELED: (),
        LineState.STOPPED: (),
    }
)

# While a project has a line in one of these, its SMS service cannot be closed.
LIVE_LINE_STATES = (LineState.SCHEDULED, LineState.OPEN)

# A number in one of these belongs to its project: nobody registers it there a second time.
LIVE_NUMBER_STATES = (
    NumberState.REVIEWING,
    NumberState.REJECTED,
    NumberState.APPROVED,
    NumberState.SUSPENDED,
)

# A number in one of these counts among those that its registrant may have.
COUNTED_NUMBER_STATES = (NumberState.REVIEWING, NumberState.APPROVED, NumberState.SUSPENDED)

# While one of a number is in one of these, no other is asked for.
OPEN_EVIDENCE_STATES = (EvidenceState.ASKED, EvidenceState.REVIEWING, EvidenceState.REJECTED)
