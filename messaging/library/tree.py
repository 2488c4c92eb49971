"""The rules of a tree of categories, over nothing but ids and names. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_DEPTH = 5

Parents = Mapping[int, int | None]


def ancestors(parents: Parents, node: int) -> Iterator[int]:
    """The nodes above a node, nearest first."""
    above = parents[node]
    while above is not None:
        yield above
        above = parents[above]


def depth_of(parents: Parents, node: int) -> int:
    """How deep a node lies; 1 is the top."""
    return 1 + sum(1 for _above in ancestors(parents, node))


def within(parents: Parents, root: int) -> set[int]:
    """A node and all that lie below it."""
    return {node for node in parents if node == root or root in ancestors(parents, node)}


def height_of(parents: Parents, root: int) -> int:
    """How many levels a node and what lies below it take; 1 where nothing does."""
    levels = max(depth_of(parents, node) for node in within(parents, root))
    return levels - depth_of(parents, root) + 1


def would_circle(parents: Parents, moved: int, target: int | None) -> bool:
    """Whether a node would lie below itself if it were moved below the target."""
    return target is not None and target in within(parents, moved)


def would_be_too_deep(parents: Parents, moved: int, target: int | None) -> bool:
    """Whether something of the moved branch would lie deeper than MAX_DEPTH."""
    above = 0 if target is None else depth_of(parents, target)
    return above + height_of(parents, moved) > MAX_DEPTH


@dataclass(frozen=True, slots=True)
class Place:
    """A node in the order in which a tree is read. `path`: its name and those above, outermost first."""

    node: int
    path: tuple[str, ...]

    @property
    def depth(self) -> int:
        return len(self.path)


def in_order(parents: Parents, names: Mapping[int, str]) -> list[Place]:
    """Every node once, each before those below it, siblings by name."""
    below: dict[int | None, list[int]] = {}
    for node in sorted(parents, key=lambda node: (names[node].casefold(), names[node], node)):
        below.setdefault(parents[node], []).append(node)
    return list(_read(below, names, None, ()))


def _read(
    below: Mapping[int | None, list[int]], names: Mapping[int, str], parent: int | None, path: tuple[str, ...]
) -> Iterator[Place]:
    for node in below.get(parent, ()):
        own = (*path, names[node])
        yield Place(node, own)
        yield from _read(below, names, node, own)
