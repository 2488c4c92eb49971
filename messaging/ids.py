"""Ids that are clocks: UUIDv7 for requests, and a message's id counted up from its request's.

A request's id is a UUIDv7 (RFC 9562) whose last 32 bits are zero; its messages are that id plus 1, 2, 3 …
So a row of a file has one id however often it is loaded, the messages of a request, of a batch and of a chunk
are each one range of ids, and a month of messages is a range too.
"""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from django.utils import timezone

ORDINAL_BITS = 32
MAX_ORDINAL = (1 << ORDINAL_BITS) - 1


def new_request_id(moment: datetime | None = None) -> UUID:
    """A new request's id: the millisecond (of now, by default), 42 random bits, an ordinal of zero."""
    milliseconds = int((moment or timezone.now()).timestamp() * 1000)
    random_a, random_b = secrets.randbits(12), secrets.randbits(30)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | random_a << 64 | 0b10 << 62 | random_b << ORDINAL_BITS)


def message_id(request_id: UUID, ordinal: int) -> UUID:
    """The id of the request's message with that ordinal, from 1."""
    if not 0 < ordinal <= MAX_ORDINAL:
        raise ValueError(f"a message's ordinal is 1 to {MAX_ORDINAL}, not {ordinal}")
    return UUID(int=request_id.int + ordinal)


def ordinal_of(message: UUID) -> int:
    """The ordinal of a message in its request."""
    return message.int & MAX_ORDINAL


def request_of(message: UUID) -> UUID:
    """The id of the request that the message belongs to."""
    return UUID(int=message.int & ~MAX_ORDINAL)


def moment_of(identifier: UUID) -> datetime:
    """When the id was made, in UTC, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, tz=UTC)


def first_id_at(moment: datetime) -> UUID:
    """The lower bound of all ids made at or after the moment; for ranges, never a real id."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
