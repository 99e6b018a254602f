"""How alike the shapes of two curves are, whatever their sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_POINTS = 3
"""Two points lie on a line always."""

Vector = NDArray[np.float64]


def pearson(first: Vector, second: Vector) -> float | None:
    """Pearson's r of two vectors, `[n]`; None for fewer than 3 points or where one of them is constant."""
    if first.size < MIN_POINTS:
        return None
    mine, its = first - first.mean(), second - second.mean()
    size = float(np.sqrt((mine**2).sum()) * np.sqrt((its**2).sum()))
    # rounding leaves a constant with a spread of some 1e-16 of its size
    if min(np.ptp(first) / np.abs(first).max(), np.ptp(second) / np.abs(second).max()) < 1e-12:
        return None
    return float(np.clip((mine * its).sum() / size, -1.0, 1.0))


def spearman(first: Vector, second: Vector) -> float | None:
    """Spearman's ρ: Pearson's r of the ranks, equal values sharing the mean of theirs."""
    return pearson(_ranks(first), _ranks(second))


def _ranks(values: Vector) -> Vector:
    """Ranks from 1, `[n]`."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Vector = (last - (counts - 1) / 2)[group]
    return ranks
