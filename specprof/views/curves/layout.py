"""How a plot's rows and columns are shared out among axis, curves and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specprof.views.curves.drawing import Mark
from specprof.views.curves.figure import Figure, Overlay, Series
from specprof.views.curves.plotted import PlottedCurve, Star, plot_curves, taken_cells
from specprof.views.curves.scale import (
    LOG_FROM,
    VerticalAxis,
    columns,
    free_scale,
    nearest_row,
    vertical_scale,
)

FRAME_ROWS = 3
"""Upper and lower frame, tick labels."""

_INTERVAL_SHARE = 0.15
"""Of the points' range: what their intervals may add to the axis on either side."""


@dataclass(frozen=True)
class Layout:
    """A plot of `width` × `rows` cells, its first column at `left` of the sheet and its first row at 2."""

    left: int
    width: int
    rows: int
    scale: VerticalAxis
    column_of: dict[int, int]
    plotted: list[PlottedCurve]
    laid_over: list[PlottedCurve]
    """A second run's points, in the colours of the first's."""
    reference_row: int | None
    letters: bool
    """Whether letters stand beside the points."""

    top = 2

    def sheet_row(self, row: int) -> int:
        """The sheet's row of a plot's row, which counts upwards."""
        return self.top + self.rows - 1 - row

    def marks(self) -> tuple[Mark, ...]:
        return tuple(self._mark(curve, star) for curve in self.plotted for star in curve.stars)

    def marks_laid_over(self) -> tuple[Mark, ...]:
        """Those of a second run that no point of the first covers."""
        covered = {(star.column, star.row) for curve in self.plotted for star in curve.stars}
        return tuple(
            self._mark(curve, star)
            for curve in self.laid_over
            for star in curve.stars
            if (star.column, star.row) not in covered
        )

    def shared(self) -> frozenset[tuple[int, int]]:
        """Columns and rows of cells in which a good point of either run falls."""
        good = [
            {(star.column, star.row) for curve in curves for star in curve.stars if star.plain}
            for curves in (self.plotted, self.laid_over)
        ]
        return frozenset(good[0] & good[1])

    def _mark(self, curve: PlottedCurve, star: Star) -> Mark:
        row, column = self.sheet_row(star.row), self.left + star.column
        return Mark(curve.seq_len, star.candidates, row, column, star.provisional)

    def taken(self) -> NDArray[np.bool_]:
        """What a legend may not hide, `[rows, columns]`: the curves, their letters, the line at 1.0."""
        drawn = [*self.plotted, *self.laid_over]
        taken = taken_cells(drawn, self.rows, self.width, 1 if self.letters else 0)
        if self.reference_row is not None:
            taken[self.rows - 1 - self.reference_row] = True
        return taken


def colour_order(figure: Figure, overlay: Overlay | None, seq_lens: Sequence[int]) -> list[int]:
    """The sequence lengths in the order of their colours and letters.

    Those that only a second run has come last: laying it over leaves the first run's as they are.
    """
    first = {*seq_lens, *(one.seq_len for one in figure.series)}
    over = {one.seq_len for one in overlay.series} if overlay is not None else set()
    return [*sorted(first), *sorted(over - first)]


def lay_out(
    figure: Figure,
    overlay: Overlay | None,
    order: Sequence[int],
    width: int,
    height: int,
    letters: bool,
) -> Layout:
    """`order` is that of the colours: see `colour_order`."""
    rows = height - FRAME_ROWS
    over = overlay.series if overlay is not None else ()
    scale = _axis(figure, [*figure.series, *over], rows)
    left = max(len(label) for _, label in scale.ticks) + 1
    counts = {*figure.candidates, *(int(k) for one in (*figure.series, *over) for k in one.candidates)}
    column_of = columns(sorted(counts), width - left - 1, 2, 4 if letters else 2)
    return Layout(
        left=left,
        width=width - left - 1,
        rows=rows,
        scale=scale,
        column_of=column_of,
        plotted=plot_curves(figure.series, order, scale, column_of),
        laid_over=plot_curves(over, order, scale, column_of),
        reference_row=None if figure.reference is None else nearest_row(scale, figure.reference),
        letters=letters,
    )


def _axis(figure: Figure, series: Sequence[Series], rows: int) -> VerticalAxis:
    """Speedups on the published axis; others logarithmic where they reach far, else as they fit."""
    if figure.simulated:
        return vertical_scale(*_extent(series, 1.0), rows)
    judged = [] if figure.reference is None else [np.array([figure.reference])]
    values = [*judged, *(one.values for one in series)]
    if not values:
        return free_scale(1.0, 10.0, rows)
    everything = np.concatenate(values)
    lowest, highest = float(everything.min()), float(everything.max())
    if highest / lowest > LOG_FROM:
        return free_scale(lowest, highest, rows)
    if figure.reference == 1.0:
        return vertical_scale(*_extent(series, 1.0), rows)
    return free_scale(*_extent(series, lowest), rows)


def _extent(series: Sequence[Series], anchor: float) -> tuple[float, float]:
    """The lowest and highest value to show: every point, and its interval as far as that costs little."""
    values = np.concatenate([np.full(1, anchor), *(one.values for one in series)])
    lowest, highest = float(values.min()), float(values.max())
    spare = _INTERVAL_SHARE * (highest - lowest)
    low = min((float(one.low.min()) for one in series), default=lowest)
    high = max((float(one.high.max()) for one in series), default=highest)
    return max(min(low, lowest), lowest - spare), min(max(high, highest), highest + spare)
