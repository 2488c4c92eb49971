"""One-time codes for people who verify their phone: each is itself an AUTH message of their project."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import Project
from messaging.models import SendRequest
from messaging.models.send_request import REMOVED
from messaging.sending.commands import SendCommand, SendRefused
from messaging.sending.planning import plan_send
from messaging.states import MessageType, Purpose, RequestState, Source
from senders.services.phone_verification import CodeNotSent
from senders.services.registration import approved_numbers

KEPT = timedelta(minutes=10)
ENDED = (RequestState.COMPLETED, RequestState.CANCELED, RequestState.FAILED)


class OwnPipelineProvider:
    """A `PhoneVerificationProvider` that sends through the console's own pipeline, before everything else.

    From the project's first approved number, or the console's own (`BONGSU_SYSTEM_SENDER`) where it has
    none yet.
    """

    def send_code(self, *, project: Project, phone_number: str, code: str) -> None:
        """Hand the code over for the number. Raises CodeNotSent with a sentence for the person who waits."""
        command = SendCommand(
            project=project,
            actor=None,
            source=Source.SYSTEM,
            message_type=MessageType.SMS,
            purpose=Purpose.AUTHENTICATION,
            sender=sender_for(project),
            body=_("[Bongsu] %(code)s is your verification code.") % {"code": code},
            recipients=[phone_number],
        )
        try:
            plan_send(command)
        except SendRefused as refused:
            raise CodeNotSent(str(refused)) from refused


def forget_codes() -> int:
    """Remove the text of codes that ended KEPT ago: their messages stay, the codes do not. How many."""
    over = SendRequest.objects.annotate(ended_at=Coalesce("completed_at", "canceled_at", "created_at"))
    over = over.filter(state__in=ENDED, ended_at__lte=timezone.now() - KEPT)
    codes = over.filter(source=Source.SYSTEM, purpose=Purpose.AUTHENTICATION)
    return codes.exclude(body=REMOVED).update(body=REMOVED)


def sender_for(project: Project) -> str:
    """The number from which a code for the project goes out."""
    own = approved_numbers(project).values_list("number", flat=True).first()
    return own or settings.BONGSU_SYSTEM_SENDER
