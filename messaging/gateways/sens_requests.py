"""What SENS is sent: which messages go in one request, its body, and its signature. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from messaging.content.sender_policy import without_signature
from messaging.gateways.base import OutboundMessage, Submission

PER_REQUEST = 100


@dataclass(frozen=True, slots=True)
class Part:
    """What one request holds: messages to one country, each number once. `key` names it for ever."""

    key: str
    messages: Sequence[OutboundMessage]

    def halves(self) -> tuple[Part, Part]:
        middle = len(self.messages) // 2
        first, second = self.messages[:middle], self.messages[middle:]
        return replace(self, key=f"{self.key}a", messages=first), replace(
            self, key=f"{self.key}b", messages=second
        )


def signature(secret: str, method: str, target: str, timestamp: str, access_key: str) -> str:
    """Signature v2 over the request target as it goes over the wire."""
    signed = f"{method} {target}\n{timestamp}\n{access_key}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def parts_of(submission: Submission) -> list[Part]:
    """The requests of a call: by windows of a hundred ids and country; a number again in another."""
    found: dict[str, list[OutboundMessage]] = {}
    seen: Counter[tuple[int, int, str]] = Counter()
    origin = submission.origin or (submission.messages[0].id if submission.messages else "")
    for message in submission.messages:
        if not message.text:
            continue
        window = (int(message.id[-8:], 16) - 1) // PER_REQUEST
        place = (window, message.country_code, message.recipient)
        found.setdefault(f"{origin}.{window}.{message.country_code}.{seen[place]}", []).append(message)
        seen[place] += 1
    return [Part(key, messages) for key, messages in found.items()]


def body_of(
    submission: Submission, messages: Sequence[OutboundMessage], files: Sequence[str]
) -> dict[str, Any]:
    """The body of POST messages; what most share stands once. SENS signs a text itself."""
    texts = [without_signature(each.text, each.country_code) for each in messages]
    subject = submission.subject or messages[0].subject
    body: dict[str, Any] = {
        "type": submission.message_type,
        "contentType": "AD" if submission.purpose == "AD" else "COMM",
        "countryCode": str(messages[0].country_code),
        "from": submission.sender,
        "content": texts[0],
        "messages": [
            {
                "to": each.recipient,
                **({"content": text} if text != texts[0] else {}),
                **({"subject": each.subject} if each.subject and each.subject != subject else {}),
            }
            for each, text in zip(messages, texts, strict=True)
        ],
    }
    if subject and submission.message_type != "SMS":
        body["subject"] = subject
    if files:
        body["files"] = [{"fileId": each} for each in files]
    return body
