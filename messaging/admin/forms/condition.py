"""A condition over tags while it is built: what a browser sent, with groups that are still empty. Pure.

A list of terms has a path: "all", "any" or "none" of the outermost group, or "any-1-none" for the list "none"
of the group that is term 1 (from 0) of the outermost list "any".
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Union

from messaging.audience.conditions import LARGEST_ID, MAX_DEPTH, MAX_TERMS

LISTS = ("all", "any", "none")
Term = Union[int, "Group"]


@dataclass
class Group:
    """Lists of ids of tags and of groups, by name."""

    lists: dict[str, list[Term]] = field(default_factory=lambda: {name: [] for name in LISTS})

    @property
    def groups(self) -> Iterator["Group"]:
        """The groups in it, on the next level."""
        return (term for terms in self.lists.values() for term in terms if isinstance(term, Group))

    @property
    def tags(self) -> set[int]:
        """The ids of all tags, on any level."""
        own = {term for terms in self.lists.values() for term in terms if isinstance(term, int)}
        return own.union(*(group.tags for group in self.groups))

    @property
    def size(self) -> int:
        """How many terms it has, on all levels together."""
        return sum(map(len, self.lists.values())) + sum(group.size for group in self.groups)

    @property
    def is_empty(self) -> bool:
        """Whether it names no tag on any level."""
        return not self.tags

    def to_json(self) -> dict[str, Any]:
        return {
            name: [term.to_json() if isinstance(term, Group) else term for term in self.lists[name]]
            for name in LISTS
        }

    def without_empty(self) -> dict[str, Any]:
        """As JSON values, without the groups that name no tag."""
        return {
            name: [
                term.without_empty() if isinstance(term, Group) else term
                for term in self.lists[name]
                if isinstance(term, int) or not term.is_empty
            ]
            for name in LISTS
        }

    def written(self) -> str:
        """As the page's field holds it."""
        return json.dumps(self.to_json(), separators=(",", ":"))

    # --- changing --------------------------------------------------------------------------------

    def list_at(self, path: str) -> list[Term] | None:
        """The list at a path, or None where there is none."""
        group = self
        *steps, name = path.split("-")
        for list_name, index in zip(steps[::2], steps[1::2], strict=False):
            term = _term_at(group.lists.get(list_name, []), index)
            if not isinstance(term, Group):
                return None
            group = term
        return group.lists.get(name) if len(steps) % 2 == 0 else None

    def add_tag(self, path: str, tag: int) -> bool:
        """Add a tag to the list at a path, once; whether there is room."""
        terms = self.list_at(path)
        if terms is None or (tag not in terms and self.size >= MAX_TERMS):
            return False
        if tag not in terms:
            terms.append(tag)
        return True

    def add_group(self, path: str) -> bool:
        """Add an empty group to the list at a path; whether there is room, in depth and in terms."""
        terms = self.list_at(path)
        if terms is None or depth_of(path) >= MAX_DEPTH or self.size >= MAX_TERMS:
            return False
        terms.append(Group())
        return True

    def drop(self, path: str, index: str) -> bool:
        """Remove a term of the list at a path; whether there was one."""
        terms = self.list_at(path)
        if terms is None or _term_at(terms, index) is None:
            return False
        del terms[int(index)]
        return True


def _term_at(terms: list[Term], index: str) -> Term | None:
    is_index = index.isascii() and index.isdigit() and len(index) < 4
    return terms[int(index)] if is_index and int(index) < len(terms) else None


def depth_of(path: str) -> int:
    """How deep the group of a list lies; the outermost is 1."""
    return path.count("-") // 2 + 1


def read_group(written: str) -> Group:
    """What the page's field holds; what is no condition is left out, as is what would be too much of one."""
    try:
        return _read(json.loads(written or "{}"), 1, [MAX_TERMS])
    except (ValueError, RecursionError):
        return Group()


def _read(value: Any, depth: int, room: list[int]) -> Group:
    group = Group()
    if not isinstance(value, dict):
        return group
    for name in LISTS:
        terms = value.get(name)
        for term in terms if isinstance(terms, list) else []:
            _take(group.lists[name], term, depth, room)
    return group


def _take(terms: list[Term], term: Any, depth: int, room: list[int]) -> None:
    """`room`: how many more terms there may be, on all levels."""
    is_tag = isinstance(term, int) and not isinstance(term, bool) and 0 < term <= LARGEST_ID
    is_group = isinstance(term, dict) and depth < MAX_DEPTH
    if room[0] <= 0 or not (is_tag or is_group) or (is_tag and term in terms):
        return
    room[0] -= 1
    terms.append(_read(term, depth + 1, room) if is_group else term)
