"""An authenticator app, by RFC 6238 and without the code under test."""

import base64
import hashlib
import hmac
import time


def code_of(secret: str, at: float | None = None) -> str:
    """The six digits that an app with this Base32 secret shows at that time."""
    key = base64.b32decode(secret.replace(" ", ""))
    step = int(time.time() if at is None else at) // 30
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
