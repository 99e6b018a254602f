"""Dashed paths, in dots: a braille cell is 2 dots wide and 4 high, and a dot is about as wide as high."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

DOTS_WIDE = 2
DOTS_HIGH = 4

ON = 5
OFF = 3
"""A dash is 5 dots, a gap 3."""


class Point(NamedTuple):
    x: float
    y: float


class Dash(NamedTuple):
    """A straight stroke from dot to dot, both included."""

    start: Point
    end: Point


def dashes(path: Sequence[Point], on: int = ON, off: int = OFF, lead: float = 0.0) -> list[Dash]:
    """The strokes along `path`, in dots: `on` dots drawn, `off` left out, measured along the path.

    `on` dots span on - 1 from the first's centre to the last's, so one period is on + off. `lead` is how
    far into the pattern the path begins. A stroke goes around a corner in two pieces.
    """
    found: list[Dash] = []
    travelled = lead
    for start, end in pairwise(path):
        length = math.hypot(end.x - start.x, end.y - start.y)
        if length == 0:
            continue
        for begin, stop in _strokes(travelled, travelled + length, on, off):
            found.append(
                Dash(
                    _along(start, end, (begin - travelled) / length),
                    _along(start, end, (stop - travelled) / length),
                )
            )
        travelled += length
    return found


def _strokes(begin: float, end: float, on: int, off: int) -> Iterator[tuple[float, float]]:
    """The drawn stretches between two lengths of the pattern."""
    period = on + off
    for index in range(math.floor(begin / period), math.floor(end / period) + 1):
        first = max(begin, index * period)
        last = min(end, index * period + on - 1)
        if last >= first:
            yield first, last


def _along(start: Point, end: Point, share: float) -> Point:
    return Point(start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share)


def dot_of(column: float, row: float) -> Point:
    """The place, in dots, of a place in cells: a cell's centre lies between its dots."""
    return Point((column + 0.5) * DOTS_WIDE - 0.5, (row + 0.5) * DOTS_HIGH - 0.5)


def cell_of(dot: Point) -> Point:
    """The place, in cells, of a place in dots."""
    return Point((dot.x + 0.5) / DOTS_WIDE - 0.5, (dot.y + 0.5) / DOTS_HIGH - 0.5)
