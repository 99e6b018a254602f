"""How a plot's rows and columns are shared out among axis, curves and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specprof.analysis.curves import Curve, CurveSet
from specprof.views.curves.drawing import Mark
from specprof.views.curves.plotted import PlottedCurve, plot_curves, taken_cells
from specprof.views.curves.scale import Scale, columns, vertical_scale

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
    scale: Scale
    column_of: dict[int, int]
    plotted: list[PlottedCurve]
    letters: bool
    """Whether letters stand beside the points."""

    top = 2

    def sheet_row(self, row: int) -> int:
        """The sheet's row of a plot's row, which counts upwards."""
        return self.top + self.rows - 1 - row

    def marks(self) -> tuple[Mark, ...]:
        return tuple(
            Mark(curve.seq_len, star.candidates, self.sheet_row(star.row), self.left + star.column)
            for curve in self.plotted
            for star in curve.stars
        )

    def taken(self) -> NDArray[np.bool_]:
        """What a legend may not hide, `[rows, columns]`: the curves, their letters, the line at 1.0."""
        taken = taken_cells(self.plotted, self.rows, self.width, 1 if self.letters else 0)
        taken[self.rows - 1 - self.scale.reference_row] = True
        return taken


def lay_out(
    curves: CurveSet,
    here: Sequence[Curve],
    seq_lens: Sequence[int],
    width: int,
    height: int,
    letters: bool,
) -> Layout:
    rows = height - FRAME_ROWS
    scale = vertical_scale(*_extent(here), rows)
    left = max(len(label) for _, label in scale.ticks) + 1
    counts = {*curves.candidates, *(int(k) for curve in here for k in curve.candidates)}
    column_of = columns(sorted(counts), width - left - 1, 2, 4 if letters else 2)
    plotted = plot_curves(here, seq_lens, scale, column_of)
    return Layout(left, width - left - 1, rows, scale, column_of, plotted, letters)


def _extent(here: Sequence[Curve]) -> tuple[float, float]:
    """The lowest and highest value to show: every point, and its interval as far as that costs little."""
    values = np.concatenate([np.ones(1), *(curve.speedup for curve in here)])
    lowest, highest = float(values.min()), float(values.max())
    spare = _INTERVAL_SHARE * (highest - lowest)
    low = min((float(curve.low.min()) for curve in here), default=lowest)
    high = max((float(curve.high.max()) for curve in here), default=highest)
    return max(min(low, lowest), lowest - spare), min(max(high, highest), highest + spare)
