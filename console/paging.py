"""Paging by key: never OFFSET, never a count. Works on any table whose newest row has the largest id."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import QueryDict

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 50


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """One page of rows, newest first. `newer` and `older` are cursors, or None at an end of the list.

    A cursor is `-<id>` for the rows older than that id and `+<id>` for the newer ones.
    """

    rows: Sequence[Row]
    newer: str | None
    older: str | None

    def links(self, query: QueryDict) -> dict[str, str]:
        """The addresses of the newer and the older page ("" where there is none), with every filter kept."""
        return {"newer": _address(query, self.newer), "older": _address(query, self.older)}

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def paginate(queryset: QuerySet[Row], *, cursor: str = "", size: int = PAGE_SIZE) -> KeysetPage[Row]:
    """The page of the queryset at the cursor, ordered by -id; an unknown cursor gives the first page."""
    queryset = queryset.order_by("-pk")
    direction, key = _parse(queryset, cursor)
    if direction == "+":
        return _newer_page(queryset, key, size)
    rows = list((queryset.filter(pk__lt=key) if direction == "-" else queryset)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    newer = f"+{rows[0].pk}" if rows and direction == "-" else None
    return KeysetPage(rows, newer=newer, older=f"-{rows[-1].pk}" if more else None)


def paginate_by_time(
    queryset: QuerySet[Row], *, field: str, cursor: str = "", size: int = PAGE_SIZE
) -> KeysetPage[Row]:
    """The same for rows in the order of a time (never null), latest first, those of one moment by -id.

    A cursor is `-<microseconds of the time>.<id>`, or with a plus.
    """
    direction, moment, key = _parse_place(cursor)
    if direction == "+":
        newer = _beside(queryset, field, TupleGreaterThan, moment, key).order_by(field, "pk")
        rows = list(newer[: size + 1])
        if len(rows) <= size:
            return paginate_by_time(queryset, field=field, size=size)
        rows = rows[:size][::-1]
        return KeysetPage(rows, newer=f"+{_place(rows[0], field)}", older=f"-{_place(rows[-1], field)}")
    older = _beside(queryset, field, TupleLessThan, moment, key) if direction else queryset
    rows = list(older.order_by(f"-{field}", "-pk")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    newer_cursor = f"+{_place(rows[0], field)}" if rows and direction else None
    return KeysetPage(rows, newer=newer_cursor, older=f"-{_place(rows[-1], field)}" if more else None)


def batches_by_time(queryset: QuerySet[Row], *, field: str, size: int) -> Iterator[Sequence[Row]]:
    """Every row in that order, some at once, each batch by one statement."""
    cursor: str | None = ""
    while cursor is not None:
        page = paginate_by_time(queryset, field=field, cursor=cursor, size=size)
        if page.rows:
            yield page.rows
        cursor = page.older


def _beside(queryset: QuerySet[Row], field: str, side: Any, moment: datetime, key: int) -> QuerySet[Row]:
    """The rows on one side of a place: compared as a pair, so that one range of an index has them."""
    return queryset.filter(side(Tuple(F(field), F("pk")), (moment, key)))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST = 10**17  # microseconds: the year 5138; and an id far beyond any


def _place(row: Any, field: str) -> str:
    return f"{(getattr(row, field) - _EPOCH) // _MICROSECOND}.{row.pk}"


def _parse_place(cursor: str) -> tuple[str, datetime, int]:
    direction, (moment, _dot, key) = cursor[:1], cursor[1:].partition(".")
    digits = moment.isascii() and moment.isdigit() and key.isascii() and key.isdigit()
    if direction not in ("+", "-") or not digits or max(len(moment), len(key)) > len(str(_MOST)) - 1:
        return "", _EPOCH, 0
    return direction, _EPOCH + int(moment) * _MICROSECOND, int(key)


def _newer_page(queryset: QuerySet[Row], key: Any, size: int) -> KeysetPage[Row]:
    rows = list(queryset.filter(pk__gt=key).order_by("pk")[: size + 1])
    if len(rows) <= size:
        return paginate(queryset, size=size)
    rows = rows[:size][::-1]
    return KeysetPage(rows, newer=f"+{rows[0].pk}", older=f"-{rows[-1].pk}")


def _parse(queryset: QuerySet[Row], cursor: str) -> tuple[str, Any]:
    direction, text = cursor[:1], cursor[1:]
    if direction not in ("+", "-"):
        return "", None
    try:
        return direction, queryset.model._meta.pk.to_python(text)
    except ValidationError:
        return "", None


def _address(query: QueryDict, cursor: str | None) -> str:
    if cursor is None:
        return ""
    query = query.copy()
    query["cursor"] = cursor
    return f"?{query.urlencode()}"
