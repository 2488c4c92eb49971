"""In how many parts messages to other countries go: what the carrier bills, counted as they are handed over.

A message to a number at home is one and in no count of parts.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from messaging.content.length import international_parts
from messaging.content.limits import KOREA
from messaging.gateways.base import OutboundMessage
from messaging.models import Message, SendRequest
from messaging.sending.outbound import Row
from messaging.sending.texts import text_of, text_with


def parts_of_group(group: Iterable[OutboundMessage]) -> dict[str, int]:
    """The parts of each message of the group that goes abroad, by its id."""
    return {each.id: international_parts(each.text) for each in group if each.country_code != KOREA}


def parts_of_rows(request: SendRequest, rows: Iterable[Row]) -> dict[str, int]:
    """The same for messages that are not rendered."""
    shared = request.shared_values or ()
    return {
        message_id: international_parts(text_with(request, values or shared, country_code)[1])
        for message_id, country_code, _recipient, values in rows
        if country_code != KOREA
    }


def parts_of_messages(ids: Sequence[UUID]) -> dict[str, int]:
    """The same for messages of any requests."""
    if not ids:
        return {}
    abroad = Message.objects.filter(pk__in=ids).exclude(country_code=KOREA).select_related("request")
    return {str(each.pk): international_parts(text_of(each.request, each)[1]) for each in abroad}
