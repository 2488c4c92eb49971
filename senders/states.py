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
    """A sender number. DRAFT: begun, not submitted yet. WITHDRAWN: given up by the project, for good."""

    DRAFT = "DRAFT", _("Not submitted"), "grey"
    REVIEWING = "REVIEWING", _("Reviewing"), "blue"
    REJECTED = "REJECTED", _("Rejected"), "red"
    APPROVED = "APPROVED", _("Approved"), "green"
    WITHDRAWN = "WITHDRAWN", _("Withdrawn"), "grey"


class Decision(ColouredChoices):
    """What a reviewer decided."""

    APPROVED = "APPROVED", _("Approved"), "green"
    REJECTED = "REJECTED", _("Rejected"), "red"


class LineState(ColouredChoices):
    """An 080 line, where recipients refuse advertising by a free call."""

    SCHEDULED = "SCHEDULED", _("Registration Scheduled"), "amber"
    OPEN = "OPEN", _("Registration Completed"), "green"
    REJECTED = "REJECTED", _("Rejected"), "red"
    CANCELED = "CANCELED", pgettext_lazy("080 line", "Canceled"), "grey"


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
        NumberState.APPROVED: {NumberState.WITHDRAWN},
        NumberState.WITHDRAWN: (),
    }
)

LINE = Transitions(
    {
        LineState.SCHEDULED: {LineState.OPEN, LineState.REJECTED},
        LineState.OPEN: {LineState.CANCELED},
        LineState.REJECTED: (),
        LineState.CANCELED: (),
    }
)

# While a project has a line in one of these, its SMS service cannot be closed.
LIVE_LINE_STATES = (LineState.SCHEDULED, LineState.OPEN)

# A number in one of these belongs to its project: nobody registers it there a second time.
LIVE_NUMBER_STATES = (NumberState.REVIEWING, NumberState.REJECTED, NumberState.APPROVED)
