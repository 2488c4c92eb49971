"""The headers by which a receiver knows that a call is ours.

`X-Toast-Webhook-Signature` holds the signature as it was entered. Beside it stand the headers of Standard
Webhooks: an HMAC over id, time and body with a secret of ours, of two secrets for a day after a change.
"""

import base64
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from standardwebhooks import Webhook as Signer

from messaging.models import Webhook

OVERLAP = timedelta(days=1)
PREFIX = "whsec_"
SECRET_BYTES = 32
CONTENT_TYPE = "application/json;charset=UTF-8"


def new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def secrets_of(webhook: Webhook, now: datetime) -> list[str]:
    """The secrets that sign now, the newest first."""
    is_valid = webhook.old_secret and webhook.old_secret_until and webhook.old_secret_until > now
    return [webhook.secret, webhook.old_secret] if is_valid else [webhook.secret]


def headers_for(webhook: Webhook, *, key: UUID, body: bytes, now: datetime) -> dict[str, str]:
    """Every header of a call but those of HTTP itself."""
    text = body.decode()
    signed = [Signer(secret).sign(str(key), now, text) for secret in secrets_of(webhook, now)]
    headers = {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "Bongsu-Webhooks/1",
        "webhook-id": str(key),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signed),
    }
    if webhook.signature:
        headers["X-Toast-Webhook-Signature"] = webhook.signature
    return headers
