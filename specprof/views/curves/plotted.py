"""The curves as things on a grid of character cells: points, the dashes between them, interval bars.

Columns count from the left, rows upwards from the bottom, whole numbers at a cell's centre.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from specprof.views.curves.dashes import Point, cell_of, dashes, dot_of
from specprof.views.curves.figure import Series
from specprof.views.curves.scale import VerticalAxis
from specprof.views.palette import Role, letter, series_role


class Star(NamedTuple):
    candidates: int
    column: int
    row: int
    trusted: bool
    provisional: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is neither doubtful nor still being measured."""
        return self.trusted and not self.provisional


class Bar(NamedTuple):
    """A 95 % interval that reaches beyond its point's cell: first and last row of the bar."""

    column: int
    low_row: int
    high_row: int


class Stroke(NamedTuple):
    """One dash, in cells."""

    start: Point
    end: Point


@dataclass(frozen=True)
class PlottedCurve:
    seq_len: int
    role: Role
    letter: str
    stars: tuple[Star, ...]
    strokes: tuple[Stroke, ...]
    bars: tuple[Bar, ...]


def plot_curves(
    series: Sequence[Series], order: Sequence[int], scale: VerticalAxis, column_of: dict[int, int]
) -> list[PlottedCurve]:
    """The curves on the grid, coloured and lettered by the place of their sequence length in `order`.

    `order` may hold lengths that have no curve yet: theirs are kept for them.
    """
    ordered = sorted(series, key=lambda one: one.seq_len)
    return [_plot(one, order.index(one.seq_len), scale, column_of) for one in ordered]


def _plot(series: Series, index: int, scale: VerticalAxis, column_of: dict[int, int]) -> PlottedCurve:
    stars, bars, path = [], [], []
    values = zip(
        series.candidates.tolist(),
        series.values.tolist(),
        series.low.tolist(),
        series.high.tolist(),
        series.trusted.tolist(),
        series.provisional.tolist(),
        strict=True,
    )
    for count, value, low, high, trusted, provisional in values:
        column, exact = column_of[count], scale.row(value)
        row = math.floor(exact + 0.5)
        stars.append(Star(count, column, row, trusted, provisional))
        path.append(dot_of(column, exact))
        bar = _bar(column, row, scale.row(low), scale.row(high), scale.rows)
        bars.extend([bar] if bar else [])
    strokes = tuple(Stroke(cell_of(dash.start), cell_of(dash.end)) for dash in dashes(path))
    return PlottedCurve(series.seq_len, series_role(index), letter(index), tuple(stars), strokes, tuple(bars))


def _bar(column: int, row: int, low: float, high: float, rows: int) -> Bar | None:
    """The bar of an interval, in rows, that is taller than two cells: a shorter one its point covers."""
    low, high = max(low, 0.0), min(high, rows - 1.0)
    if not high - low > 2:
        return None
    return Bar(column, min(row, math.floor(low + 0.5)), max(row, math.floor(high + 0.5)))


def cells_of(strokes: Sequence[Stroke]) -> NDArray[np.int64]:
    """The (column, row) cells that the strokes pass, at dot resolution, `[n, 2]`, some more than once."""
    if not strokes:
        return np.empty((0, 2), dtype=np.int64)
    start, end = np.moveaxis(np.asarray(strokes, dtype=np.float64), 1, 0)
    steps = np.maximum(1, np.ceil(4 * np.abs(end - start).max(axis=1))).astype(np.int64)
    share = np.minimum(np.arange(steps.max() + 1) / steps[:, None], 1.0)[..., None]
    along = start[:, None] + (end - start)[:, None] * share
    cells: NDArray[np.int64] = np.floor(along + 0.5).astype(np.int64).reshape(-1, 2)
    return cells


def taken_cells(curves: Iterable[PlottedCurve], rows: int, width: int, labels: int = 0) -> NDArray[np.bool_]:
    """Cells that hold data, `[rows, columns]`, rows counted downwards as on the screen.

    `labels` columns right of each point are taken too: without colour its letters stand there.
    """
    taken = np.zeros((rows, width), dtype=np.bool_)
    for curve in curves:
        cells = [(star.column + extra, star.row) for star in curve.stars for extra in range(labels + 1)]
        cells += [(bar.column, row) for bar in curve.bars for row in range(bar.low_row, bar.high_row + 1)]
        column, row = np.concatenate([cells_of(curve.strokes), np.reshape(cells, (-1, 2)).astype(np.int64)]).T
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < width)
        taken[rows - 1 - row[inside], column[inside]] = True
    return taken
