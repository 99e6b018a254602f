"""The ratio of two medians of different runs, with its interval.

Nothing pairs the samples of two runs, so each side is resampled by itself: the percentile bootstrap
(Efron 1979) of median(B*) / median(A*). What is drawn are rounds, with all samples that a round took of
the cell: K = 1 is taken several times in a round where it is cheap, and samples of one round share its
drift. Where every round took one sample this is the plain bootstrap, and as in `run.statistics` the middle
ranks of all resamples are drawn once per number of samples. The draws are seeded by that number and by the
side: the same runs always give the same interval, and the two sides are independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from specprof.run.statistics import RESAMPLES, Estimate, middle_ranks, percentiles

Vector = NDArray[np.float64]
Ranks = NDArray[np.intp]


class Samples(NamedTuple):
    """What one run took of one quantity in one cell: values > 0, `[n]`, and the round of each."""

    values: Vector
    rounds: Sequence[int]

    @property
    def round_count(self) -> int:
        return len(set(self.rounds))


def ratio_of_medians(other: Samples, base: Samples) -> Estimate:
    """median(other) / median(base) with its 95 % interval. Both sides hold one sample or more, all > 0.

    With fewer than 6 rounds on a side the interval covers less than 95 %: ask `round_count`.
    """
    resampled = _resampled_medians(other, 1) / _resampled_medians(base, 0)
    low, high = percentiles(resampled)
    middle = float(np.median(other.values)) / float(np.median(base.values))
    # of few samples the resamples' quantile may miss the median itself
    return Estimate(middle, min(low, middle), max(high, middle))


def inverse(ratio: Estimate) -> Estimate:
    """1 / ratio; infinite where it is 0."""
    median, high, low = (1 / part if part > 0 else float("inf") for part in ratio)
    return Estimate(median, low, high)


def _resampled_medians(samples: Samples, side: int) -> Vector:
    """The median of each resample, `[RESAMPLES]`."""
    lower, upper, values = _resampled_middles(samples, side)
    medians: Vector = (values[lower] + values[upper]) / 2
    return medians


def _resampled_middles(samples: Samples, side: int) -> tuple[Ranks, Ranks, Vector]:
    """Where the lower and the upper middle value of each resample stand, `[RESAMPLES]` each, in the sorted
    values, `[n]`."""
    order = np.argsort(samples.values, kind="stable")
    values = samples.values[order]
    count, rounds = int(values.size), samples.round_count
    if rounds == count:
        return *middle_ranks(count, side), values
    _, of_round = np.unique(np.asarray(samples.rounds), return_inverse=True)
    # how often each resample holds each sample, in ascending order of the values; the running sum finds
    # the one or two middle ones
    reached = np.cumsum(_round_counts(rounds, side)[:, of_round[order]], axis=1)
    total = reached[:, -1:]
    lower, upper = ((reached <= rank).sum(axis=1) for rank in ((total - 1) // 2, total // 2))
    return lower, upper, values


@lru_cache(maxsize=64)
def _round_counts(rounds: int, side: int) -> NDArray[np.int64]:
    """How often each resample draws each round, `[RESAMPLES, rounds]`."""
    random = np.random.default_rng([rounds, side, 1])
    return random.multinomial(rounds, np.full(rounds, 1 / rounds), size=RESAMPLES)
