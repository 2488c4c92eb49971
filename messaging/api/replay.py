"""A signed call that changes something is taken once.

A signature covers the method, the target, a millisecond and the key, but no body: of two threads of a program
that call at the same millisecond, both sign the same. So for a moment another body under a seen signature is
another call. Past it every call with that signature is somebody's copy, whatever its body.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

# How far apart the calls of one millisecond may arrive.
SAME_MOMENT = timedelta(seconds=1)
SEE = """
WITH signed AS (
    INSERT INTO messaging_seensignature (id, seen_at) VALUES (%(signature)s, %(now)s) ON CONFLICT DO NOTHING
), called AS (
    INSERT INTO messaging_seensignature (id, seen_at) VALUES (%(call)s, %(now)s)
    ON CONFLICT DO NOTHING RETURNING id
)
SELECT EXISTS (SELECT FROM called) AND NOT EXISTS (
    SELECT FROM messaging_seensignature WHERE id = %(signature)s AND seen_at < %(moment)s
)
"""
SEEN = """
SELECT EXISTS (
    SELECT FROM messaging_seensignature
    WHERE id = %(call)s OR id = %(signature)s AND seen_at < %(moment)s
)
"""


def is_new(signature: bytes, body: bytes, now: datetime) -> bool:
    """Note a call by its signature (its bytes) and body; False where it is a copy.

    Within the transaction of what the call changes: where that fails, the call may be made again. Of two at
    once the second waits for the end of the first.
    """
    return _asked(SEE, signature, body, now)


def was_seen(signature: bytes, body: bytes, now: datetime) -> bool:
    """Whether a call is a copy of one that was taken, as far as is known now."""
    return _asked(SEEN, signature, body, now)


def _asked(statement: str, signature: bytes, body: bytes, now: datetime) -> bool:
    params: dict[str, Any] = {
        "signature": UUID(bytes=signature[:16]),
        "call": UUID(bytes=sha256(signature + body).digest()[:16]),
        "now": now,
        "moment": now - SAME_MOMENT,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        (answer,) = cursor.fetchone()
    return bool(answer)
