"""When does one message repeat another? The guide's key, and the locks of those who look for it. Pure.

Two messages of a project are the same where their type (SMS, LMS, MMS, or one-time code), their way of
sending (general, mass, tag), sender, recipient, subject, text and attachments are.
"""

from collections.abc import Collection
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

from messaging.content.length import replace_unsendable
from messaging.content.rendering import Text
from messaging.states import Purpose

SHORTEST, LONGEST = 1, 60  # minutes
BUCKETS = 32
MANY = 512  # recipients are taken to need every lock: 16 to each


class Stream(NamedTuple):
    """Whose messages can repeat each other, whatever their texts are and to whom they go."""

    project_id: int
    kind: str
    type: str
    sender: str


def type_of(message_type: str, purpose: str) -> str:
    """SMS, LMS or MMS, or AUTH for a one-time code of any length."""
    return str(Purpose.AUTHENTICATION if purpose == Purpose.AUTHENTICATION else message_type)


def may_say_the_same(one: Text, other: Text) -> bool:
    """Whether two texts can be the same for some values: what stands before the first and after the last
    value may not differ. Characters that cannot be sent are taken for `?`, as one of them may send them.
    """
    first, second = _ends(one), _ends(other)
    if not (one.keys or other.keys):
        return first == second
    return all(_fit(*pair) for pair in zip(first, second, strict=True))


def _ends(text: Text) -> tuple[str, str]:
    """The literal before the first value, and the one after the last, backwards."""
    return replace_unsendable(text.parts[0]), replace_unsendable(text.parts[-1])[::-1]


def _fit(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def locks_of(stream: Stream, recipients: Collection[str]) -> list[int]:
    """The keys (64 bits, signed) of the locks to hold, in the order in which all take them.

    Recipients share a few dozen locks: a single message seldom waits for another one, and a chunk of a mass
    send takes so few that a server has room for them.
    """
    if len(recipients) >= MANY:
        return list(_all_locks(stream))
    buckets = {crc32(recipient.encode()) % BUCKETS for recipient in recipients}
    return sorted(_lock(stream, bucket) for bucket in buckets)


@lru_cache(maxsize=64)
def _all_locks(stream: Stream) -> tuple[int, ...]:
    return tuple(sorted(_lock(stream, bucket) for bucket in range(BUCKETS)))


def _lock(stream: Stream, bucket: int) -> int:
    named = "\0".join(("duplicates", *map(str, stream), str(bucket)))
    return int.from_bytes(blake2b(named.encode(), digest_size=8).digest(), "big", signed=True)
