"""The advertising still to come that names an 080 line: what fails once the line is canceled."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from messaging.models import ScheduledMessage, SendRequest
from messaging.models.schedule import coming_messages
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


def scheduled_messages(line: OptOutLine) -> QuerySet[ScheduledMessage]:
    """What recurring schedules send, run after run, that names the line."""
    return coming_messages().filter(opt_out_line=line)


def upcoming_uses(line: OptOutLine) -> list[LineUse]:
    """The requests and the messages of schedules for a page, at most MOST of each."""
    return [*_requests(line), *map(_scheduled, scheduled_messages(line)[:MOST])]


def _scheduled(message: ScheduledMessage) -> LineUse:
    """When it goes next; to how many is not known before."""
    said = _("schedule %(code)s: %(name)s")
    return LineUse(
        title=said % {"code": message.schedule.code, "name": message.name or _("without a name")},
        url=reverse("admin:schedule", args=[message.schedule_id]),
        due_at=message.schedule.next_at,
        messages=None,
    )


def _requests(line: OptOutLine) -> list[LineUse]:
    return [
        LineUse(
            title=request.name or _("without a name"),
            url=reverse("admin:delivery_request", args=[request.pk]),
            due_at=None if request.state == RequestState.HELD else request.due_at,
            messages=request.total or None,
        )
        for request in upcoming_requests(line)[:MOST]
    ]
