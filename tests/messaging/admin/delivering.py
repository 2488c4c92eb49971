"""Requests that really went the path, for the pages that show them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from console.accounts.models import Project, User
from messaging.models import Message, SendRequest
from messaging.sending.commands import SendCommand, Split
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.sending.reporting import collect_reports
from messaging.sending.submitting import drain
from messaging.states import DeliveryKind, Lane, MessageType, Purpose
from tests.messaging.sending.files import checked_file

SENDER = "021234567"
OFF = "01029992003"  # the simulator says: switched off
BODY = "Hello ##name##"


def send(project: Project, numbers: list[str], **changes: Any) -> SendRequest:
    """A general send, planned."""
    given: dict[str, Any] = {
        "project": project,
        "actor": None,
        "message_type": MessageType.SMS,
        "purpose": Purpose.GENERAL,
        "sender": SENDER,
        "body": "Hello",
        "recipients": numbers,
    }
    return plan_send(SendCommand(**given | changes))


def send_file(project: Project, numbers: list[str], **changes: Any) -> SendRequest:
    """A mass delivery whose rows are loaded; the value of the nth row is "N<n>"."""
    values = [[f"N{n}"] for n in range(1, len(numbers) + 1)]
    file = checked_file(project, numbers, body=BODY, values=values)
    request = send(project, [], body=BODY, recipient_file=file, kind=DeliveryKind.MASS, **changes)
    load_request(request.pk)
    request.refresh_from_db()
    return request


def deliver(request: SendRequest) -> SendRequest:
    """Hand everything over that is due, and take the reports in."""
    while drain(Lane(request.lane)):
        pass
    collect_reports()
    request.refresh_from_db()
    return request


def first_message(request: SendRequest) -> Message:
    return Message.objects.filter(request=request).order_by("pk")[0]


def in_a_day() -> Any:
    return timezone.now() + timedelta(days=1)


def half_hours(parts: int) -> Split:
    return Split(parts=parts, interval=timedelta(minutes=30))


def actor_of(project: Project) -> User:
    return project.members.all()[0]
