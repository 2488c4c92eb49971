"""The advertising still to come that names an 080 line: what fails once the line is canceled."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from messaging.models import SendRequest
from messaging.states import RequestState
from senders.models import OptOutLine
from senders.services.opt_out_lines import LineUse

STILL_TO_COME = (
    RequestState.WAITING,
    RequestState.LOADING,
    RequestState.HELD,
    RequestState.SCHEDULED,
    RequestState.SENDING,
)
MOST = 200


def upcoming_requests(line: OptOutLine) -> QuerySet[SendRequest]:
    """The requests that name the line and are not at their end, what is due first first."""
    found = SendRequest.objects.filter(project=line.project_id, opt_out_line=line, state__in=STILL_TO_COME)
    return found.order_by("due_at", "pk")


def upcoming_uses(line: OptOutLine) -> list[LineUse]:
    """The same for a page, at most MOST."""
    return [
        LineUse(
            title=request.name or _("without a name"),
            url=reverse("admin:delivery_request", args=[request.pk]),
            due_at=None if request.state == RequestState.HELD else request.due_at,
            messages=request.total or None,
        )
        for request in upcoming_requests(line)[:MOST]
    ]
