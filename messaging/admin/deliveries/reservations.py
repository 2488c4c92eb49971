"""Reservations on the scheduled list: SENS's states beside our own words, and which ones can be canceled."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import Project
from console.formatting import minute
from messaging.admin.deliveries.shown import RequestRow
from messaging.models import SendRequest
from messaging.sending.lookups import ALL_RESERVATIONS, Search, find_requests, find_scheduled
from messaging.sens.reservations import in_state, is_reserved, reserved, state_of, states_of


def find_to_come(*, project: Project, search: Search) -> QuerySet[SendRequest]:
    """What goes out later by itself; or the reservations of a state, whenever they were due."""
    if not search.reservation:
        return find_scheduled(project=project, search=search)
    found = reserved(find_requests(project=project, search=search))
    return found if search.reservation == ALL_RESERVATIONS else in_state(found, search.reservation)


def with_reservations(rows: Sequence[RequestRow]) -> None:
    """Tell the rows of reservations their state."""
    found = [row for row in rows if is_reserved(row.request)]
    states = states_of([row.request for row in found])
    for row in found:
        row.reservation = states[row.request.pk]
        row.due_there = due_there(row.request)


def due_there(request: SendRequest) -> str:
    """When it is due on the clocks of the zone that a program gave its time in; "" where those show ours."""
    if not request.time_zone:
        return ""
    with timezone.override(ZoneInfo(request.time_zone)):
        there = minute(request.due_at)
    return f"{there} {request.time_zone}" if there != minute(request.due_at) else ""


def not_canceled(request: SendRequest) -> str:
    """Why a request that was chosen was not canceled."""
    if not is_reserved(request):
        return _("Nothing was changed: some of it is out already. Stop the rest on its own page.")
    said = _("Nothing was changed: it is %(state)s by now, and only what is READY can be canceled here.")
    return said % {"state": state_of(request).value}
