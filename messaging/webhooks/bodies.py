"""What a receiver is sent: the body of the guide's companion page, with the hooks of each event.

```
{"hooksId", "webhookConfigId", "productName": "Sms", "appKey", "event", "hooks": [{"hookId", …}]}
```
Times of results are on the console's clock without a zone, those of other events with milliseconds and zone,
as that page has them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from console.accounts.links import console_url
from console.accounts.models import EventName
from messaging.ids import ordinal_of, request_of
from messaging.models import Message, SendRequest, Webhook, WebhookCall
from messaging.result_codes import (
    ADVERTISING_HOURS,
    CANCELED,
    DELIVERED,
    DUPLICATE,
    LINE_CLOSED,
    NO_REPORT,
    OPTED_OUT,
    OUTCOME_UNKNOWN,
)
from messaging.sending.parts import parts_of_messages
from messaging.states import MessageState, Purpose

PRODUCT = "Sms"
CHALLENGE = "CHALLENGE"
TEST = "TEST"
RESULT_EVENTS = frozenset({EventName.MESSAGE_RESULT.value, EventName.INTERNATIONAL_RECEIPT.value})
FINAL = (MessageState.DELIVERED, MessageState.FAILED, MessageState.CANCELED, MessageState.UNKNOWN)

# The companion page's words for how a message ended, over our codes; FAILED is every other.
STATUS_OF_CODE = {
    DELIVERED: "COMPLETED",
    CANCELED: "CANCEL",
    DUPLICATE: "DUPLICATED",
    OPTED_OUT: "FAILED_AD",
    ADVERTISING_HOURS: "FAILED_AD",
    LINE_CLOSED: "FAILED_AD",
}
UNCERTAIN = frozenset({NO_REPORT, OUTCOME_UNKNOWN})
SENDER_TYPES: dict[str, str] = {
    Purpose.GENERAL: "NORMAL",
    Purpose.ADVERTISING: "AD",
    Purpose.AUTHENTICATION: "AUTH",
}

Hook = dict[str, Any]
Moved = tuple[UUID, str, datetime]  # message, result code, when


def envelope(webhook: Webhook, *, key: UUID, event: str, hooks: Sequence[Mapping[str, Any]]) -> bytes:
    """The body of a call, in UTF-8."""
    body = {
        "hooksId": str(key),
        "webhookConfigId": webhook.key,
        "productName": PRODUCT,
        "appKey": webhook.project.app_key,
        "event": event,
        "hooks": list(hooks),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def hooks_of(call: WebhookCall) -> list[Hook]:
    """What the call tells. Each hook's id stays the same at every attempt and replay."""
    if call.event in RESULT_EVENTS:
        return result_hooks(call)
    return [{"hookId": hook_id(call, n), **payload} for n, payload in enumerate(call.payloads or ())]


def hook_id(call: WebhookCall, number: int) -> str:
    return f"{call.origin.hex}{number:05d}"


def result_hooks(call: WebhookCall) -> list[Hook]:
    """The results of messages that are kept still, in the order in which they happened."""
    moved = list(zip(call.message_ids or (), call.codes or (), call.times or (), strict=True))
    messages = Message.objects.in_bulk(sorted({each for each, _code, _at in moved}))
    requests = SendRequest.objects.in_bulk({request_of(each) for each in messages})
    if call.is_replay:
        moved = [as_it_is_now(each, messages) for each in moved]
    parts = parts_of_messages([each.pk for each in messages.values() if each.country_code != 82])
    write = receipt_hook if call.event == EventName.INTERNATIONAL_RECEIPT else result_hook
    hooks = []
    for number, (message_id, code, at) in enumerate(moved):
        request = requests.get(request_of(message_id))
        if message_id in messages and request is not None:
            known = messages[message_id]
            hook = write(known, request, code, at, parts.get(str(message_id), 1))
            hooks.append({"hookId": hook_id(call, number), **hook})
    return hooks


def as_it_is_now(moved: Moved, messages: Mapping[UUID, Message]) -> Moved:
    """For a replay: the message's last result, so that nobody hears an older one after a newer."""
    message = messages.get(moved[0])
    if message is None or message.state not in FINAL:
        return moved
    return moved[0], message.result_code or moved[1], message.finished_at or message.submitted_at or moved[2]


def result_hook(message: Message, request: SendRequest, code: str, at: datetime, parts: int) -> Hook:
    return {
        "senderType": f"{SENDER_TYPES[request.purpose]}_{request.message_type}",
        "requestId": str(request.pk),
        "recipientSeq": ordinal_of(message.pk),
        "requestDate": on_the_clock(request.created_at),
        "receiveDate": on_the_clock(at),
        "sendNo": request.sender,
        "recipientNo": as_dialled(message),
        "messageStatus": STATUS_OF_CODE.get(code, "FAILED"),
        "recipientGroupingKey": message.uid,
        "senderGroupingKey": None,
        "resultCode": code,
        "messageCount": parts,
        "_links": {"self": {"href": console_url(reverse("admin:delivery_message", args=[message.pk]))}},
    }


def receipt_hook(message: Message, request: SendRequest, code: str, _at: datetime, _parts: int) -> Hook:
    status = "DELIVERED" if code == DELIVERED else "UNKNOWN" if code in UNCERTAIN else "FAILED"
    return {
        "requestId": str(request.pk),
        "recipientSeq": ordinal_of(message.pk),
        "dlrStatus": status,
        "networkCode": message.telco or "",
        "errorCode": code,
    }


def as_dialled(message: Message) -> str:
    """The number as it is written when a message is sent: at home as at home, else with its country."""
    return message.recipient if message.country_code == 82 else f"{message.country_code}{message.recipient}"


def on_the_clock(moment: datetime) -> str:
    """yyyy-MM-dd'T'HH:mm:ss on the console's clock."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M:%S")


def body_of(webhook: Webhook, call: WebhookCall) -> bytes | None:
    """The body to send, or None where nothing of what it tells is kept any more."""
    hooks = hooks_of(call)
    return envelope(webhook, key=call.key, event=call.event, hooks=hooks) if hooks else None


def masked(value: Any) -> Any:
    """The same with every phone number masked, for the pages of the log."""
    if isinstance(value, dict):
        return {name: mask(each) if name in NUMBERS else masked(each) for name, each in value.items()}
    if isinstance(value, list):
        return [masked(each) for each in value]
    return value


NUMBERS = frozenset({"recipientNo", "recipientGroupingKey"})


def mask(value: Any) -> Any:
    text = str(value or "")
    return text[:3] + "*" * max(len(text) - 5, 0) + text[-2:] if len(text) > 5 else value


def shown(hooks: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Hooks as the log shows them."""
    return [masked(dict(each)) for each in hooks]
