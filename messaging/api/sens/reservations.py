"""Reservations: what became of a message that was asked for later, and its cancellation."""

from uuid import UUID

from django.db import transaction

from console.accounts.models import Project
from messaging.api.sens.auth import Caller, take_once
from messaging.api.sens.errors import bad_request, not_found
from messaging.api.sens.schemas import ReservationOut
from messaging.api.sens.sending import RESERVED_AS, zone_of
from messaging.models import SendRequest
from messaging.sending.canceling import cancel_request
from messaging.sending.kept import shown_requests
from messaging.sens.reservations import CANCELABLE, state_of
from messaging.sens.words import READY
from messaging.states import Source


def status(caller: Caller, reserve_id: str) -> ReservationOut:
    """A reservation as it is now. Raises Refused."""
    request = _reservation(caller.project, reserve_id)
    return ReservationOut(
        reserve_id=str(request.pk),
        reserve_time_zone=request.time_zone,
        reserve_time=request.due_at.astimezone(zone_of(request.time_zone)).strftime(RESERVED_AS),
        reserve_status=state_of(request).value,
    )


def cancel(caller: Caller, reserve_id: str) -> None:
    """Cancel a reservation of which nothing was released yet. Raises Refused."""
    request = _reservation(caller.project, reserve_id)
    with transaction.atomic():
        take_once(caller)
        if not cancel_request(request=request, actor=None, among=CANCELABLE):
            request.refresh_from_db(fields=["state"])
            raise bad_request(f"This reservation is {state_of(request).value}: only {READY} can be canceled.")


def _reservation(project: Project, reserve_id: str) -> SendRequest:
    """A request that a program of the project reserved. Raises Refused."""
    try:
        rows = SendRequest.objects.filter(pk=UUID(reserve_id), project=project, source=Source.SENS)
    except ValueError:
        rows = SendRequest.objects.none()
    request = shown_requests(rows).exclude(time_zone="").first()
    if request is None:
        raise not_found("This service has no such reservation.")
    return request
