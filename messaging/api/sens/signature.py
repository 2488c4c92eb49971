"""The signature of a call: what is signed, and whether it was signed with a secret. Pure.

Source: the API's header table and the provider's guide to signatures: Base64 of HMAC-SHA256, with the secret,
over `METHOD SP target LF timestamp LF access key`. The target is the path with its query as it came on the
wire: clients percent-encode a service's colons or not, and write a space as `+` or `%20`.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(minutes=5)
MILLISECONDS = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SIZE = 32  # bytes of an HMAC-SHA256


def is_timely(timestamp: str, now: datetime) -> bool:
    """Whether a timestamp (milliseconds since 1970, as text) is at most five minutes from now."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return False
    return abs(now - (EPOCH + int(timestamp) * MILLISECONDS)) <= TOLERANCE


def sign(secret: str, *, method: str, target: str, timestamp: str, access_key: str) -> bytes:
    """The signature's 32 bytes."""
    signed = f"{method} {target}\n{timestamp}\n{access_key}"
    return hmac.digest(secret.encode(), signed.encode(), "sha256")


def read(signature: str) -> bytes | None:
    """The bytes of a signature in Base64, or None where it is none."""
    if len(signature) > 2 * SIZE:
        return None
    try:
        found = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == SIZE else None
