"""A condition while it is built: whatever a browser sends is read, and what is built can be sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.admin.forms.condition import LISTS, Group, depth_of, read_group
from messaging.audience.conditions import MAX_DEPTH, MAX_TERMS, parse_condition, tags_in

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from([*LISTS, "x"]), inner | st.lists(inner, max_size=6), max_size=3)
    ),
    max_leaves=40,
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["tag", "group", "drop"]), st.integers(0, 200), st.integers(1, 9), st.integers(0, 3)
    ),
    max_size=120,
)


def paths_of(group: Group, above: str = "") -> list[str]:
    found = []
    for name in LISTS:
        found.append(f"{above}{name}")
        for index, term in enumerate(group.lists[name]):
            if isinstance(term, Group):
                found += paths_of(term, f"{above}{name}-{index}-")
    return found


@given(anything)
def test_whatever_is_sent_is_read_and_read_again_the_same(value: Any) -> None:
    group = read_group(json.dumps(value))
    assert group.size <= MAX_TERMS
    assert read_group(group.written()) == group


@given(steps)
def test_what_is_built_can_be_sent_and_never_grows_too_large(
    changes: list[tuple[str, int, int, int]],
) -> None:
    group = Group()
    for what, place, tag, index in changes:
        paths = paths_of(group)
        path = paths[place % len(paths)]
        if what == "tag":
            group.add_tag(path, tag)
        elif what == "group":
            group.add_group(path)
        else:
            group.drop(path, str(index))
    assert group.size <= MAX_TERMS
    assert max(map(depth_of, paths_of(group))) <= MAX_DEPTH
    assert read_group(group.written()) == group
    if not group.is_empty:
        assert tags_in(parse_condition(group.without_empty())) == group.tags


@pytest.mark.parametrize(
    "written", ["", "{", "[]", "null", "1", '{"all": 3}', '{"all": [0, -1, true, "7", 1.5]}', "[" * 5000]
)
def test_what_is_no_condition_is_an_empty_one(written: str) -> None:
    assert read_group(written) == Group()


def test_terms_are_added_once_and_removed_where_they_stand() -> None:
    group = Group()
    assert group.add_tag("all", 3)
    assert group.add_tag("all", 3)
    assert group.add_group("any")
    assert group.add_tag("any-0-none", 4)
    assert group.to_json() == {
        "all": [3],
        "any": [{"all": [], "any": [], "none": [4]}],
        "none": [],
    }
    assert group.drop("any", "0")
    assert group.drop("all", "0")
    assert group.is_empty


@pytest.mark.parametrize(
    "path", ["", "some", "all-0", "all-0-any", "any-x-all", "any-0-all-1", "-", "all-", "any--1-all"]
)
def test_a_path_that_leads_nowhere_changes_nothing(path: str) -> None:
    group = Group()
    group.add_tag("all", 3)
    group.add_group("any")
    before = group.written()
    assert not group.add_tag(path, 5)
    assert not group.add_group(path)
    assert not group.drop(path, "0")
    assert group.written() == before


@pytest.mark.parametrize("index", ["1", "-1", "x", "", "9999", "²"])
def test_a_term_that_is_not_there_is_not_removed(index: str) -> None:
    group = Group()
    group.add_tag("all", 3)
    assert not group.drop("all", index)
    assert group.tags == {3}


def test_a_condition_that_is_full_takes_no_more() -> None:
    group = Group()
    for tag in range(1, MAX_TERMS + 1):
        assert group.add_tag("any", tag)
    assert not group.add_tag("any", MAX_TERMS + 1)
    assert not group.add_group("all")
    assert group.add_tag("any", 1)
    assert group.size == MAX_TERMS


def test_of_a_condition_that_is_too_large_the_first_terms_are_read() -> None:
    group = read_group(json.dumps({"all": list(range(1, 40)), "any": [{"none": list(range(40, 80))}]}))
    assert group.size == MAX_TERMS
    assert group.tags == set(range(1, MAX_TERMS))


def test_groups_go_no_deeper_than_a_condition_may() -> None:
    group, path = Group(), "all"
    for _level in range(MAX_DEPTH - 1):
        assert group.add_group(path)
        path = f"{path}-0-all"
    assert not group.add_group(path)
    assert group.add_tag(path, 1)
    parse_condition(group.without_empty())
