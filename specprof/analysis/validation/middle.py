"""Means over the middle rounds: what is compared, what it comes to and its parts, all of the same rounds.

The medians of a ratio, of its two sides and of its parts each come from another round, and do not multiply
to each other. Here the rounds are ranked by their difference, the quarter at either end is left out, and
everything is the geometric mean over those in between: the interquartile mean, a trimmed mean (Tukey and
McLaughlin 1963). A round in which the machine did something else counts as little as for a median, and
real = predicted · (1 + difference) holds to the last digit. Intervals are percentile bootstraps of whole
rounds (Efron 1979), ranked anew each time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from specprof.run.statistics import RESAMPLES, Vector, percentiles

MOST_RANKED = 400
"""More rounds than this are taken together with their neighbours first."""


class Mean(NamedTuple):
    """A geometric mean over the middle rounds and its 95 % interval."""

    mean: float
    low: float
    high: float

    def scaled(self, by: float) -> Mean:
        return Mean(*(value * by for value in self))

    def less_one(self) -> Mean:
        return Mean(*(value - 1 for value in self))


class MiddleRounds:
    """The middle half of the rounds by their difference, and of each resample of them."""

    def __init__(self, difference: Vector) -> None:
        """`difference` is real over predicted in each round, as a logarithm: `[n]`, n ≥ 1."""
        if difference.size == 0:
            raise ValueError("a mean needs at least one round")
        self._rounds = difference.size
        ranked = self._grouped(difference)
        self._left = _middle(ranked[np.newaxis, :])[0]
        drawn = _draws(ranked.size)
        self._drawn = np.take_along_axis(drawn, _middle(ranked[drawn]), axis=1)

    def log_mean(self, logs: Vector) -> float:
        """Of one logarithm a round, `[n]`: it adds up over parts."""
        return float(np.mean(self._grouped(logs)[self._left]))

    def mean(self, logs: Vector) -> Mean:
        """The mean of factors, given as logarithms, `[n]`."""
        values = self._grouped(logs)
        resampled = np.exp(values[self._drawn].mean(axis=1))
        return Mean(float(np.exp(values[self._left].mean())), *percentiles(resampled))

    def _grouped(self, values: Vector) -> Vector:
        """One value for a round, or for some that follow each other. Groups are the same for all values."""
        if self._rounds <= MOST_RANKED:
            return values
        starts = np.arange(MOST_RANKED) * self._rounds // MOST_RANKED
        sums: Vector = np.add.reduceat(values, starts)
        return sums / np.diff(starts, append=self._rounds)


def _middle(values: Vector) -> NDArray[np.intp]:
    """Where the middle ones of each line stand, those of equal value in their order: `[m, n]` to `[m, k]`."""
    count = values.shape[1]
    left_out = count // 4
    return np.argsort(values, axis=1, kind="stable")[:, left_out : count - left_out]


@lru_cache(maxsize=8)
def _draws(count: int) -> NDArray[np.intp]:
    """Which of `count` rounds each resample draws: `[RESAMPLES, count]`, the same for the same count."""
    return np.random.default_rng([count, 1]).integers(0, count, size=(RESAMPLES, count))
