"""The tree: whatever is moved wherever, never a circle, never too deep, and every node read once."""

from hypothesis import given
from hypothesis import strategies as st

from messaging.library import tree

MOVES = st.lists(st.tuples(st.integers(1, 8), st.one_of(st.none(), st.integers(1, 8))), max_size=40)


def moved(moves: list[tuple[int, int | None]]) -> dict[int, int | None]:
    """Eight nodes at the top, after every move that the rules allow."""
    parents: dict[int, int | None] = dict.fromkeys(range(1, 9))
    for node, target in moves:
        if not tree.would_circle(parents, node, target) and not tree.would_be_too_deep(parents, node, target):
            parents[node] = target
    return parents


@given(MOVES)
def test_no_moves_make_a_circle_or_lie_too_deep(moves: list[tuple[int, int | None]]) -> None:
    parents = moved(moves)
    for node in parents:
        above = set()
        while node is not None:
            assert node not in above
            above.add(node)
            node = parents[node]
        assert len(above) <= tree.MAX_DEPTH


@given(MOVES)
def test_a_move_is_refused_only_where_it_would_make_one(moves: list[tuple[int, int | None]]) -> None:
    parents = moved(moves)
    for node in parents:
        for target in parents:
            would = dict(parents) | {node: target}
            seen, at = set(), target
            while at is not None and at not in seen:
                seen.add(at)
                at = would[at]
            assert tree.would_circle(parents, node, target) == (at is not None)


@given(MOVES)
def test_every_node_is_read_once_after_the_one_above_it(moves: list[tuple[int, int | None]]) -> None:
    parents = moved(moves)
    places = tree.in_order(parents, {node: f"n{node}" for node in parents})
    order = [place.node for place in places]
    assert sorted(order) == sorted(parents)
    for place in places:
        above = parents[place.node]
        assert above is None or order.index(above) < order.index(place.node)
        assert place.depth == tree.depth_of(parents, place.node)
        branch = tree.within(parents, place.node)
        start = order.index(place.node)
        assert set(order[start : start + len(branch)]) == branch


def test_siblings_are_read_by_name_whatever_its_case() -> None:
    parents = {1: None, 2: None, 3: 1, 4: 1}
    names = {1: "b", 2: "A", 3: "가", 4: "Z"}
    assert [place.path for place in tree.in_order(parents, names)] == [
        ("A",),
        ("b",),
        ("b", "Z"),
        ("b", "가"),
    ]


def test_heights_and_depths() -> None:
    parents = {1: None, 2: 1, 3: 2, 4: None}
    assert [tree.height_of(parents, node) for node in parents] == [3, 2, 1, 1]
    assert [tree.depth_of(parents, node) for node in parents] == [1, 2, 3, 1]
    assert not tree.would_be_too_deep({**parents, 5: 4}, 1, 5)
    assert tree.would_be_too_deep({**parents, 5: 4, 6: 5}, 1, 6)
