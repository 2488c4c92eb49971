"""Small charts as the server draws them: numbers as places in a picture of a thousand by a hundred. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000, 100
THINNEST = 3


@dataclass(frozen=True)
class Bar:
    """A bar from the ground up."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Point:
    """A place on a line."""

    x: int
    y: int


def bars_of(numbers: Sequence[float | None], most: float | None = None) -> tuple[Bar, ...]:
    """A bar a number, side by side; what is not zero is never too low to be seen."""
    highest = most or max((n for n in numbers if n is not None), default=0) or 1
    step = WIDTH / max(len(numbers), 1)
    found = []
    for place, n in enumerate(numbers):
        height = max(round((n or 0) * HEIGHT / highest), THINNEST) if n else 0
        if height:
            found.append(Bar(round(place * step + step * 0.12), HEIGHT - height, round(step * 0.76), height))
    return tuple(found)


def lines_of(numbers: Sequence[float | None], least: float, most: float) -> tuple[tuple[Point, ...], ...]:
    """A line through the numbers, broken where there is none."""
    step = WIDTH / max(len(numbers), 1)
    runs: list[list[Point]] = [[]]
    for place, n in enumerate(numbers):
        if n is None:
            runs.append([])
            continue
        part = (n - least) / (most - least) if most > least else 1
        runs[-1].append(Point(round((place + 0.5) * step), round(HEIGHT - part * HEIGHT)))
    return tuple(tuple(run) for run in runs if run)


def round_scale(most: float) -> float:
    """The end of an axis that people can read: 1, 2, 5, 10, 20, 50 … at least `most`."""
    scale = 1.0
    while True:
        for factor in (1, 2, 5):
            if most <= scale * factor:
                return scale * factor
        scale *= 10
