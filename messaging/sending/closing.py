"""What keeps the SMS service of a project open: requests that are not over (`PROJECT_CLOSING_CHECKS`)."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.models import Project
from console.formatting import group_number
from messaging.models import SendRequest
from messaging.sending.kept import ENDED
from messaging.states import RequestState

MOST_COUNTED = 1000
HELD, LATER = "held", "later"


def why_not_close(project: Project) -> str:
    """Why the project's SMS service cannot be closed now, or "": somebody expects these messages to go."""
    counts = open_requests(project)
    said = []
    if n := counts.get(LATER, 0):
        said.append(
            ngettext(
                "%(n)s request is scheduled or being sent.", "%(n)s requests are scheduled or being sent.", n
            )
            % {"n": group_number(n)}
        )
    if n := counts.get(HELD, 0):
        said.append(
            ngettext("%(n)s request waits for a check.", "%(n)s requests wait for a check.", n)
            % {"n": group_number(n)}
        )
    return " ".join([*said, _("Let them end, or cancel them.")]) if said else ""


def open_requests(project: Project) -> Mapping[str, int]:
    """How many requests wait for a person, and how many are scheduled or under way; 1,000 stands for more."""
    rows = SendRequest.objects.filter(project=project).order_by()
    later = rows.filter(
        state__in=[state for state in RequestState if state not in (*ENDED, RequestState.HELD)]
    )
    return {
        HELD: len(rows.filter(state=RequestState.HELD).values_list("pk")[:MOST_COUNTED]),
        LATER: len(later.values_list("pk")[:MOST_COUNTED]),
    }
