"""Pages by number over rows in the order of their ids: by key where the page before was asked for, which is
how programs walk, and by counting rows off where it was not.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import QuerySet

from messaging.api.sens.errors import bad_request
from messaging.models import Message

REMEMBERED_SECONDS = 600
# Counting so many rows off takes a second; nobody reads further by hand.
MOST_COUNTED_OFF = 1_000_000
MOST_PAGES = 10_000_000  # whose beginnings are remembered: a key of the cache is no longer than caches take


class Walk:
    """The pages of one search of one project. Which rows fit may change meanwhile: a page begins after the
    last row of the one before, as that was last read.
    """

    def __init__(self, project_id: int, filters: Mapping[str, Any], size: int) -> None:
        self.size = size
        written = json.dumps([project_id, size, filters], sort_keys=True, default=str)
        self.name = f"sens:walk:{hashlib.sha256(written.encode()).hexdigest()}"

    def page(self, index: int, found: Sequence[QuerySet[Message]]) -> tuple[list[Message], bool]:
        """The messages of that page (from 0), and whether there is another one. `found`: querysets that have
        all of them one after the other, each in the order of ids. Raises Refused.
        """
        after = self._remembered(index)
        skip = index * self.size if after is None else 0
        if skip > MOST_COUNTED_OFF:
            raise bad_request("pageIndex is that far only page by page: begin at 0, or ask for less.")
        rows = _rows(found, after, skip, self.size + 1)
        has_more, rows = len(rows) > self.size, rows[: self.size]
        if has_more and index < MOST_PAGES:
            cache.set(self._key(index + 1), str(rows[-1].pk), REMEMBERED_SECONDS)
        return rows, has_more

    def _remembered(self, index: int) -> UUID | None:
        """The last id of the page before."""
        written = cache.get(self._key(index)) if 0 < index <= MOST_PAGES else None
        return UUID(written) if written else None

    def _key(self, index: int) -> str:
        return f"{self.name}:{index}"


def _rows(found: Sequence[QuerySet[Message]], after: UUID | None, skip: int, wanted: int) -> list[Message]:
    """So many rows past the id, or past the first ones."""
    rows: list[Message] = []
    for queryset in found:
        if after is not None:
            queryset = queryset.filter(pk__gt=after)
        rows += queryset[skip : skip + wanted - len(rows)]
        if len(rows) == wanted:
            break
        if skip:
            skip = 0 if rows else max(skip - queryset.count(), 0)
    return rows
