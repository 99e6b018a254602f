"""Where the legend goes: into a corner of the plot that hides nothing, or into lines below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Place(NamedTuple):
    """Top left corner, in cells of the plot, rows counted downwards."""

    row: int
    column: int


def clear_place(taken: NDArray[np.bool_], height: int, width: int) -> Place | None:
    """A place of `height` × `width` cells in the plot `[rows, columns]` where nothing is `taken`.

    Top right if it is free, as published; else the free place along the top edge that is nearest to it,
    else along the bottom edge. None where there is none.
    """
    rows, width_of_plot = taken.shape
    if height > rows or width > width_of_plot:
        return None
    for row in dict.fromkeys((0, rows - height)):
        # columns without anything in these rows, counted up to each: a free stretch has a difference of 0
        busy = np.concatenate(([0], np.cumsum(taken[row : row + height].any(axis=0))))
        free = np.flatnonzero(busy[width:] == busy[:-width])
        if free.size:
            return Place(row, int(free[-1]))
    return None


def lines_of(widths: Sequence[int], width: int, gap: int = 3) -> list[list[int]]:
    """Entries of these `widths` set in aligned columns, by index, in as few lines as fit in `width`."""
    if not widths:
        return []
    per_line = max(1, (width + gap) // (max(widths) + gap))
    lines = math.ceil(len(widths) / per_line)
    per_line = math.ceil(len(widths) / lines)
    return [list(range(first, min(first + per_line, len(widths)))) for first in range(0, len(widths), per_line)]
