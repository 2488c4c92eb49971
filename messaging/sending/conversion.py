"""Conversions: a message to another country was confirmed by what its recipient did (a code typed, a link
opened). The project says so, once a message.

Only a message that waits for it counts: one of a request that collects conversions, that was received. The
row itself is the guard, so that of two confirmations at once one counts.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Project
from messaging.content.limits import KOREA
from messaging.ids import ordinal_of, request_of
from messaging.models import Message, SendBatch
from messaging.states import Counter, MessageState
from messaging.statistics.counting import Delta, add_deltas


def convert(*, project: Project, message_id: UUID) -> bool:
    """Count the project's message as converted; False where it does not wait for that, or no longer."""
    now = timezone.now()
    waiting = Message.objects.filter(
        pk=message_id, project=project, state=MessageState.DELIVERED, converted_at=None
    ).exclude(country_code=KOREA)
    with transaction.atomic():
        if not waiting.filter(request__collects_conversion=True).exists():
            return False
        if not waiting.update(converted_at=now):
            return False
        country_code = Message.objects.values_list("country_code", flat=True).get(pk=message_id)
        add_deltas(
            [Delta(request_of(message_id), _batch_of(message_id), Counter.CONVERTED, "", country_code, 1)],
            at=now,
        )
    return True


def waits_for_conversion(message: Message) -> bool:
    """Whether `convert` would count the message, which comes with its request."""
    is_received = message.state == MessageState.DELIVERED and message.converted_at is None
    return is_received and message.country_code != KOREA and message.request.collects_conversion


def _batch_of(message_id: UUID) -> int:
    ordinal = ordinal_of(message_id)
    batches = SendBatch.objects.filter(request=request_of(message_id), last_ordinal__gte=ordinal)
    return batches.order_by("number").values_list("number", flat=True)[0]
