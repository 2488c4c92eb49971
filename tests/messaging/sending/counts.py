"""What the counts must be: the messages themselves, grouped."""

from django.db.models import Count, Q

from messaging.content.length import international_parts
from messaging.models import Message, SendRequest
from messaging.sending.texts import text_of
from messaging.states import Counter, MessageState
from messaging.statistics.queries import progress_of

HANDED_OVER = Q(submitted_at__isnull=False)
FAILED = Q(state=MessageState.FAILED)
ABROAD = ~Q(country_code=82)
RULES = {
    Counter.REQUESTED: Q(),
    Counter.SENT: HANDED_OVER,
    Counter.SEND_FAILED: FAILED & ~HANDED_OVER,
    Counter.DELIVERED: Q(state=MessageState.DELIVERED),
    Counter.DELIVERY_FAILED: FAILED & HANDED_OVER,
    Counter.UNKNOWN: Q(state=MessageState.UNKNOWN),
    Counter.CANCELED: Q(state=MessageState.CANCELED),
    Counter.CONVERSION_WAITING: Q(state=MessageState.DELIVERED, request__collects_conversion=True) & ABROAD,
    Counter.CONVERTED: Q(converted_at__isnull=False),
}


def grouped(request: SendRequest) -> dict[str, int]:
    """The counters of a request by reading every message; those that are zero left out."""
    counted = Message.objects.filter(request=request).aggregate(
        **{counter.value: Count("id", filter=rule) for counter, rule in RULES.items()}
    )
    abroad = Message.objects.filter(ABROAD, HANDED_OVER, request=request)
    counted[Counter.PARTS] = sum(international_parts(text_of(request, each)[1]) for each in abroad)
    return {counter: n for counter, n in counted.items() if n}


def assert_exact(*requests: SendRequest) -> None:
    """The counts of these requests say what their messages say."""
    progress = progress_of([request.pk for request in requests])
    for request in requests:
        assert progress[request.pk].counts == grouped(request)


def handset_seconds(message: Message) -> int:
    """Whole seconds from handing over to the phone; a report from the future counts as one of now."""
    if message.state != MessageState.DELIVERED:
        return 0
    arrived_at = min(message.finished_at, message.reported_at)
    return max(int((arrived_at - message.submitted_at).total_seconds()), 0)
