"""The table that every benchmark joins: name, value, unit, floor, ratio, goal, and whether it is met."""

from collections.abc import Iterable, Mapping
from typing import Any

Row = dict[str, Any]


def against(name: str, value: float, unit: str, *, floor: float, goal: float | None) -> Row:
    """A value beside its floor; `goal` is the highest ratio, or None where there is none."""
    ratio = value / floor
    met = goal is None or ratio <= goal
    return _row(name, round(value, 3), unit, floor=round(floor, 3), ratio=round(ratio, 2), goal=goal, met=met)


def at_most(name: str, value: float, unit: str, goal: float) -> Row:
    """A value without a floor; `goal` is the highest."""
    return _row(name, round(value, 3), unit, goal=goal, met=value <= goal)


def at_least(name: str, value: float, unit: str, goal: float | None) -> Row:
    """A value without a floor; `goal` is the lowest, or None where there is none."""
    return _row(name, round(value, 3), unit, goal=goal, met=goal is None or value >= goal)


def _row(
    name: str,
    value: float,
    unit: str,
    *,
    floor: float | None = None,
    ratio: float | None = None,
    goal: float | None,
    met: bool,
) -> Row:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "floor": floor,
        "ratio": ratio,
        "goal": goal,
        "met": met,
    }


def printed(rows: Iterable[Mapping[str, Any]]) -> str:
    """The table as text, for a terminal."""
    heads = ("", "value", "unit", "floor", "ratio", "goal", "met")
    cells = [heads, *(tuple(_cell(row[key]) for key in ("name", *heads[1:])) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    return "\n".join(_line(row, widths) for row in cells)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
