"""A condition over tags: which UIDs a send goes to. Pure; `condition_sql` gives its SQL.

```
Condition(all_of=(3, Condition(any_of=(4, 5))), none_of=(9,))
```
is "tag 3, and one of 4 and 5, and not 9". Nested to any depth up to MAX_DEPTH.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from django.utils.translation import gettext as _

# A condition without conditions in it is one level deep; terms are counted on all levels together.
MAX_DEPTH = 5
MAX_TERMS = 50
LARGEST_ID = 2**63 - 1

Term = Union[int, "Condition"]
Sql = tuple[str, list[Any]]


class WrongCondition(ValueError):
    """What was sent is no condition. `code`: "malformed", "too_deep", "too_many", "empty", or "gone" where it
    names a tag that is not known.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Condition:
    """A UID fits that has all of `all_of`, at least one of `any_of` (where there is one), none of `none_of`.

    Terms are ids of tags, or conditions.
    """

    all_of: tuple[Term, ...] = ()
    any_of: tuple[Term, ...] = ()
    none_of: tuple[Term, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """Its terms, of whichever kind."""
        return (*self.all_of, *self.any_of, *self.none_of)

    def to_json(self) -> dict[str, Any]:
        """JSON values: `{"all": […], "any": […], "none": […]}`, a term an id or such an object."""
        return {
            "all": [_term_json(term) for term in self.all_of],
            "any": [_term_json(term) for term in self.any_of],
            "none": [_term_json(term) for term in self.none_of],
        }


def _term_json(term: Term) -> Any:
    return term.to_json() if isinstance(term, Condition) else term


def tags_in(condition: Condition) -> set[int]:
    """The ids of all tags that the condition names, on any level."""
    nested = (tags_in(term) for term in condition.terms if isinstance(term, Condition))
    return {term for term in condition.terms if isinstance(term, int)}.union(*nested)


# --- reading -------------------------------------------------------------------------------------


def parse_condition(written: Any, *, known: Collection[int] | None = None) -> Condition:
    """Read what `to_json` gives; a missing list is an empty one, and a term that is repeated counts once.

    Raises WrongCondition: also for a condition without any term, on any level, since everybody would fit it.
    `known` are the tags that it may name.
    """
    condition = _read(written, 1)
    if _count(condition) > MAX_TERMS:
        raise WrongCondition("too_many")
    if known is not None and not tags_in(condition) <= set(known):
        raise WrongCondition("gone")
    return condition


def _read(written: Any, depth: int) -> Condition:
    if depth > MAX_DEPTH:
        raise WrongCondition("too_deep")
    if not isinstance(written, dict) or not written.keys() <= {"all", "any", "none"}:
        raise WrongCondition("malformed")
    lists = [written.get(name, []) for name in ("all", "any", "none")]
    condition = Condition(*(tuple(_read_terms(terms, depth)) for terms in lists))
    if not condition.terms:
        raise WrongCondition("empty")
    return condition


def _read_terms(terms: Any, depth: int) -> Iterable[Term]:
    if not isinstance(terms, list):
        raise WrongCondition("malformed")
    if len(terms) > MAX_TERMS:
        raise WrongCondition("too_many")
    return dict.fromkeys(_read_term(term, depth) for term in terms)


def _read_term(term: Any, depth: int) -> Term:
    if isinstance(term, int) and not isinstance(term, bool):
        if not 0 < term <= LARGEST_ID:
            raise WrongCondition("malformed")
        return term
    return _read(term, depth + 1)


def _count(condition: Condition) -> int:
    nested = [term for term in condition.terms if isinstance(term, Condition)]
    return len(condition.terms) + sum(_count(each) for each in nested)


# --- SQL -----------------------------------------------------------------------------------------

# That a UID has a tag, or one of several, and more that is said of it. Beside AND this becomes a semi-join,
# with NOT before it an anti-join; below OR PostgreSQL chooses between a hash and a look-up by row.
HAS = (
    "EXISTS (SELECT FROM messaging_taggeduid {alias}"
    " WHERE {alias}.uid_id = {uid} AND {alias}.tag_id = {tags}{more})"
)


def condition_sql(condition: Condition, *, uid: str = "uid.id") -> Sql:
    """(SQL, parameters): a boolean expression that is true for the rows whose UID fits.

    `uid` is the SQL of the UID's primary key, which is trusted, of no table that is called `tagged_…`. Ids of
    tags are always parameters, for the placeholder `%s`. Whose the UIDs are is for the caller to say.
    """
    return _all_true(condition, uid, 1)


def _all_true(condition: Condition, uid: str, depth: int) -> Sql:
    return _joined(" AND ", list(_conjuncts(condition, uid, depth)))


def _conjuncts(condition: Condition, uid: str, depth: int) -> Iterator[Sql]:
    """What must all be true. Conditions in `all_of` are taken apart, so that their parts are joins too."""
    for term in condition.all_of:
        if isinstance(term, Condition):
            yield from _conjuncts(term, uid, depth)
        else:
            yield _has([term], uid, depth)
    if condition.any_of:
        yield _either(condition.any_of, uid, depth)
    yield from _none(condition.none_of, uid, depth)


def _either(terms: tuple[Term, ...], uid: str, depth: int) -> Sql:
    """At least one is true; all of its tags are one look-up."""
    sql, params = _joined(" OR ", list(_each(terms, uid, depth)))
    return f"({sql})", params


def _none(terms: tuple[Term, ...], uid: str, depth: int) -> Iterator[Sql]:
    """None is true."""
    for sql, params in _each(terms, uid, depth):
        yield f"NOT {sql}", params


def _each(terms: tuple[Term, ...], uid: str, depth: int) -> Iterator[Sql]:
    """The terms, all of its tags as one. A condition that is only "any of" is taken apart."""
    tags = [term for term in terms if isinstance(term, int)]
    conditions = [term for term in terms if isinstance(term, Condition)]
    if tags:
        yield _has(tags, uid, depth)
    for condition in conditions:
        if condition.all_of or condition.none_of:
            yield _whole(condition, uid, depth)
        else:
            yield from _each(condition.any_of, uid, depth)


def _whole(condition: Condition, uid: str, depth: int) -> Sql:
    """A nested condition. Where it asks for a tag, the rest is said of those that have it, so that it is one
    join and not several look-ups by row.
    """
    first = next((term for term in condition.all_of if isinstance(term, int)), None)
    if first is None:
        sql, params = _all_true(condition, uid, depth)
        return f"({sql})", params
    others = tuple(term for term in condition.all_of if term != first)
    return _has([first], uid, depth, Condition(others, condition.any_of, condition.none_of))


def _has(tags: list[int], uid: str, depth: int, more: Condition | None = None) -> Sql:
    alias = f"tagged_{depth}"
    rest, params = _all_true(more, f"{alias}.uid_id", depth + 1) if more and more.terms else ("", [])
    is_one = len(tags) == 1
    sql = HAS.format(
        alias=alias, uid=uid, tags="%s" if is_one else "ANY(%s)", more=f" AND {rest}" if rest else ""
    )
    return sql, [tags[0] if is_one else tags, *params]


def _joined(word: str, parts: list[Sql]) -> Sql:
    return word.join(sql for sql, _params in parts), [each for _sql, params in parts for each in params]


# --- words ---------------------------------------------------------------------------------------


def describe(condition: Condition, names: Mapping[int, str]) -> str:
    """The condition in words, in the language of the reader; a tag without a name is one that was deleted."""
    parts = []
    if condition.all_of:
        parts.append(_worded(condition.all_of, names, "%(terms)s", _("all of %(terms)s")))
    if condition.any_of:
        parts.append(_worded(condition.any_of, names, "%(terms)s", _("at least one of %(terms)s")))
    if condition.none_of:
        parts.append(_worded(condition.none_of, names, _("not %(terms)s"), _("none of %(terms)s")))
    return _(", and ").join(parts)


def _worded(terms: tuple[Term, ...], names: Mapping[int, str], one: str, several: str) -> str:
    words = ", ".join(_term_words(term, names) for term in terms)
    return (one if len(terms) == 1 else several) % {"terms": words}


def _term_words(term: Term, names: Mapping[int, str]) -> str:
    if isinstance(term, Condition):
        return f"({describe(term, names)})"
    return _("“%(tag)s”") % {"tag": names[term]} if term in names else _("a deleted tag")
