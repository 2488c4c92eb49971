"""A condition says the same in SQL as in words and as read out of JSON."""

import json
import random
import re
from typing import Any

import pytest
from django.db import connection
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from messaging.audience.conditions import (
    LARGEST_ID,
    MAX_DEPTH,
    MAX_TERMS,
    Condition,
    Term,
    WrongCondition,
    condition_sql,
    describe,
    parse_condition,
    tags_in,
)
from messaging.models import Tag, TaggedUid, Uid
from tests.factories import ProjectFactory, TagFactory, UidFactory

TAGS, UIDS = 6, 40


def fits(condition: Condition, tags: set[int]) -> bool:
    """What the docstring of Condition says, word by word."""

    def holds(term: Term) -> bool:
        return fits(term, tags) if isinstance(term, Condition) else term in tags

    return (
        all(map(holds, condition.all_of))
        and (not condition.any_of or any(map(holds, condition.any_of)))
        and not any(map(holds, condition.none_of))
    )


def conditions(depth: int = 3) -> st.SearchStrategy[Condition]:
    """Conditions over the tags 0 to TAGS, with at least one term on each level."""
    tags = st.integers(0, TAGS - 1)
    terms = st.lists(tags if depth == 1 else st.one_of(tags, conditions(depth - 1)), max_size=3).map(tuple)
    made = st.builds(Condition, terms, terms, terms)
    return made.filter(lambda condition: bool(condition.terms))


@pytest.fixture
def audience(db: None) -> dict[int, set[int]]:
    """The tags of each UID by primary key; `TAGS` tags, one of which nobody has."""
    project = ProjectFactory()
    uids = UidFactory.create_batch(UIDS, project=project)
    tags = TagFactory.create_batch(TAGS, project=project)
    chosen = random.Random(1)
    had = {uid.pk: {tag.pk for tag in tags[1:] if chosen.random() < 0.4} for uid in uids}
    TaggedUid.objects.bulk_create(
        TaggedUid(uid_id=uid, tag_id=tag, created_at=uids[0].created_at) for uid in had for tag in had[uid]
    )
    return had


def renumbered(condition: Condition, ids: list[int]) -> Condition:
    """The same condition over the real ids of tags."""

    def new(term: Term) -> Term:
        return renumbered(term, ids) if isinstance(term, Condition) else ids[term]

    lists = (condition.all_of, condition.any_of, condition.none_of)
    return Condition(*(tuple(map(new, terms)) for terms in lists))


def found(condition: Condition) -> set[int]:
    sql, params = condition_sql(condition)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT uid.id FROM messaging_uid uid WHERE {sql}", params)
        return {row[0] for row in cursor.fetchall()}


def test_sql_finds_whom_the_condition_fits(audience: dict[int, set[int]]) -> None:
    ids = list(Tag.objects.order_by("pk").values_list("pk", flat=True))

    @settings(max_examples=120, deadline=None, database=None)
    @given(conditions())
    def check(drawn: Condition) -> None:
        condition = renumbered(drawn, ids)
        assert found(condition) == {uid for uid, tags in audience.items() if fits(condition, tags)}

    check()


def test_sql_of_a_nested_condition_that_once_looked_up_the_outer_tag(audience: dict[int, set[int]]) -> None:
    """Each level has a name of its own, or the inner one would compare a row with itself."""
    a, b, c, *_others = Tag.objects.order_by("pk").values_list("pk", flat=True)[1:]
    condition = Condition(any_of=(Condition((a, Condition((b,), none_of=(c,)))), Condition((c, b))))
    assert found(condition) == {uid for uid, tags in audience.items() if fits(condition, tags)}
    assert found(condition)


def test_no_id_is_written_into_the_sql() -> None:
    condition = Condition((11, Condition((12,), (13, 14), (15,))), (16, 17), (18, Condition((19, 20))))
    sql, params = condition_sql(condition, uid="contact.uid_id")
    assert not any(str(tag) in sql for tag in range(11, 21))
    assert params == [11, 12, [13, 14], 15, [16, 17], 18, 19, 20]
    assert "contact.uid_id" in sql
    assert "uid.id" not in sql


@settings(deadline=None, database=None)
@given(conditions(2))
def test_json_reads_back_as_the_same_condition(drawn: Condition) -> None:
    condition = renumbered(drawn, list(range(1, TAGS + 1)))
    assume(len(re.findall("[0-9]+|{", json.dumps(condition.to_json()))) <= MAX_TERMS)
    parsed = parse_condition(condition.to_json())
    assert parse_condition(parsed.to_json()) == parsed
    assert tags_in(parsed) == tags_in(condition)
    for tags in (set(), {1}, {1, 2}, {2, 3, 5}, set(range(1, TAGS + 1))):
        assert fits(parsed, tags) == fits(condition, tags)


def test_what_is_missing_or_repeated_is_read() -> None:
    assert parse_condition({"all": [3, 3], "none": [9]}) == Condition(all_of=(3,), none_of=(9,))
    assert parse_condition({"none": [9]}) == Condition(none_of=(9,))  # everybody but those


def nested(depth: int) -> dict[str, Any]:
    return {"all": [1, nested(depth - 1)]} if depth > 1 else {"all": [1]}


def test_the_limits() -> None:
    assert parse_condition(nested(MAX_DEPTH))
    assert len(parse_condition({"any": list(range(1, MAX_TERMS + 1))}).any_of) == MAX_TERMS
    halves = [list(range(1, 26)), list(range(26, 50))]
    assert parse_condition({"any": halves[0], "none": halves[1]})


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (None, "malformed"),
        ([], "malformed"),
        ("3", "malformed"),
        (3, "malformed"),
        ({"all": 3}, "malformed"),
        ({"all": None}, "malformed"),
        ({"all": ["3"]}, "malformed"),
        ({"all": [True]}, "malformed"),
        ({"all": [0]}, "malformed"),
        ({"all": [-1]}, "malformed"),
        ({"all": [3.0]}, "malformed"),
        ({"all": [LARGEST_ID + 1]}, "malformed"),
        ({"all": [3], "or": [4]}, "malformed"),
        ({}, "empty"),
        ({"all": [], "any": [], "none": []}, "empty"),
        ({"any": [3, {}]}, "empty"),
        (nested(MAX_DEPTH + 1), "too_deep"),
        ({"any": list(range(1, MAX_TERMS + 2))}, "too_many"),
        ({"any": list(range(1, 27)), "none": [{"all": list(range(27, 51))}]}, "too_many"),
        ({"all": [3, 4]}, "gone"),
        ({"all": [3], "none": [{"any": [4]}]}, "gone"),
    ],
)
def test_what_is_no_condition_says_why(written: Any, code: str) -> None:
    with pytest.raises(WrongCondition) as refused:
        parse_condition(written, known={3} if code == "gone" else None)
    assert refused.value.code == code


NAMES = {1: "VIP", 2: "Seoul", 3: "Busan", 4: "left"}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition((1,)), "“VIP”"),
        (Condition((1, 2)), "all of “VIP”, “Seoul”"),
        (Condition((), (2, 3)), "at least one of “Seoul”, “Busan”"),
        (Condition(none_of=(4,)), "not “left”"),
        (Condition(none_of=(4, 9)), "none of “left”, a deleted tag"),
        (Condition((1,), (2, 3), (4,)), "“VIP”, and at least one of “Seoul”, “Busan”, and not “left”"),
        (
            Condition((1,), none_of=(Condition((2, 4)), 3)),
            "“VIP”, and none of (all of “Seoul”, “left”), “Busan”",
        ),
    ],
)
def test_words(condition: Condition, words: str) -> None:
    assert describe(condition, NAMES) == words


def test_a_uid_of_another_project_is_for_the_caller_to_leave_out(audience: dict[int, set[int]]) -> None:
    stranger = UidFactory()
    tag = Tag.objects.order_by("pk").first()
    assert tag is not None
    assert stranger.pk in found(Condition(none_of=(tag.pk,)))
    assert Uid.objects.exclude(project=tag.project).count() == 1
