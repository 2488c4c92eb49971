"""One guard for every state machine of the console.

A model's machine is a table: for each state, the states it may go to. `Transitions.advance` is the only way
to change a state: one conditional UPDATE, so that of two at once exactly one wins, and the row count is the
truth.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet


class Transitions:
    """A transition table and its guard.

    `table` names every state once, each with the states it may go to (an empty collection for a final one).
    ValueError where a target is no state of the table.
    """

    def __init__(self, table: Mapping[str, Collection[str]]) -> None:
        self._targets = {str(state): frozenset(map(str, targets)) for state, targets in table.items()}
        strangers = frozenset().union(*self._targets.values()) - self._targets.keys()
        if strangers:
            raise ValueError(f"These states are targets, but not in the table: {sorted(strangers)}")

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Every allowed (from, to) pair, in the table's order."""
        return ((state, to) for state, targets in self._targets.items() for to in sorted(targets))

    def allows(self, source: str, to: str) -> bool:
        """Whether one may go from `source` to `to`."""
        return str(to) in self._targets.get(str(source), frozenset())

    def sources(self, to: str) -> frozenset[str]:
        """The states from which one may go to `to`."""
        return frozenset(state for state, targets in self._targets.items() if str(to) in targets)

    @property
    def final(self) -> frozenset[str]:
        """The states that nothing leaves."""
        return frozenset(state for state, targets in self._targets.items() if not targets)

    def advance(self, queryset: QuerySet[Any], to: str, *, field: str = "state", **fields: Any) -> int:
        """Move the rows of the queryset that may go to `to` there; return how many moved.

        `fields` are set by the same UPDATE. Rows in any other state are left as they are. ValueError where no
        state leads to `to`: that is a mistake of the caller, not a race.
        """
        sources = self.sources(to)
        if not sources:
            raise ValueError(f"No state leads to {to}.")
        return queryset.filter(**{f"{field}__in": sorted(sources)}).update(**{field: str(to), **fields})
