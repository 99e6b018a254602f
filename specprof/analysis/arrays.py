"""A quantity of a run with its interval, as arrays over the grid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float64]


class Arrays(NamedTuple):
    """A median and the bounds of its 95 % interval, `[B, S, K]` each, NaN where there is no value.

    For a published figure the bounds are the error of reading it off.
    """

    median: Grid
    low: Grid
    high: Grid
