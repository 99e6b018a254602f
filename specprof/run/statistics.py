"""Medians with bootstrap intervals: the one statistic of specprof.

The interval is the percentile bootstrap of the median (Efron 1979). A resample of n sorted values is
fixed by the ranks it draws, and its median by the one or two middle ranks, so the middle ranks of all
resamples are drawn once per n and serve every cell with n samples: the same samples always give the
same interval, and a cell costs microseconds. The middle ranks are drawn by themselves, as order
statistics of n uniform numbers, so that a hundred thousand samples take no more memory than ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
LEVEL = 0.95

Vector = NDArray[np.float64]


class Estimate(NamedTuple):
    """A median and its 95 % interval, in the unit of the samples."""

    median: float
    low: float
    high: float

    @property
    def relative_half_width(self) -> float:
        """Half the interval's width over the median: the ± that is shown. Infinite at a median of 0."""
        return (self.high - self.low) / 2 / self.median if self.median > 0 else float("inf")


@lru_cache(maxsize=256)
def middle_ranks(count: int, *stream: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Lower and upper middle rank of each resample of `count` values, `[RESAMPLES]` each.

    The draws are seeded by the count and, where several samples are to be resampled independently, `stream`.
    A drawn rank is ⌊n·U⌋ with U uniform; the k-th smallest of n uniforms is Beta(k, n + 1 − k), and the
    next one is the least of the n − k uniforms left between it and 1 (Devroye 1986, chapter V.3).
    """
    random = np.random.default_rng([count, *stream])
    below = (count + 1) // 2
    first = random.beta(below, count + 1 - below, size=RESAMPLES)
    lower = np.minimum((first * count).astype(np.intp), count - 1)
    if count % 2:
        return lower, lower
    second = first + (1 - first) * (1 - random.random(RESAMPLES) ** (1 / (count - below)))
    return lower, np.minimum((second * count).astype(np.intp), count - 1)


def median_estimate(samples: Sequence[float] | Vector) -> Estimate:
    """Median and 95 % bootstrap interval of `samples`, `[n]`, n ≥ 1.

    No sample is ever discarded. With fewer than 6 samples no distribution-free interval of the median
    reaches 95 % (its widest, smallest to largest, covers 1 − 2^(1−n)): say how many there were.
    """
    values = np.sort(np.asarray(samples, dtype=np.float64))
    if values.size == 0:
        raise ValueError("a median needs at least one sample")
    lower, upper = middle_ranks(int(values.size))
    medians = (values[lower] + values[upper]) / 2
    return Estimate(float(np.median(values)), *percentiles(medians))


def percentiles(medians: Vector) -> tuple[float, float]:
    """The quantiles that hold LEVEL of `medians`, as np.quantile gives them, in a tenth of its time."""
    places = [(medians.size - 1) * share for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)]
    ranks = [int(place) for place in places]
    ordered = np.partition(medians, [ranks[0], ranks[0] + 1, ranks[1], ranks[1] + 1])
    found = []
    for place, rank in zip(places, ranks, strict=True):
        below, above, part = float(ordered[rank]), float(ordered[rank + 1]), place - rank
        step = above - below
        # from the nearer end, as numpy does: the last bit is the same
        found.append(below + step * part if part < 0.5 else above - step * (1 - part))
    return found[0], found[1]


def over(value: Estimate, base: Estimate) -> Estimate:
    """value / base where nothing pairs them: the most and the least that both intervals allow.

    Wider than a 95 % interval of the ratio; infinite where the base is 0.
    """
    return Estimate(
        quotient(value.median, base.median), quotient(value.low, base.high), quotient(value.high, base.low)
    )


def quotient(numerator: float, denominator: float) -> float:
    """numerator / denominator for values ≥ 0; infinite where the denominator is 0."""
    return numerator / denominator if denominator > 0 else float("inf")


def relative_spread(samples: Sequence[float] | Vector) -> float:
    """Interquartile range over median: the noise of single samples, which no number of them reduces."""
    first, middle, third = np.quantile(np.asarray(samples, dtype=np.float64), [0.25, 0.5, 0.75])
    return float((third - first) / middle) if middle > 0 else float("inf")


def full_depth(
    measured: Sequence[float], head: Sequence[float] | None, layers_measured: int, layers_total: int
) -> Vector:
    """Each sample taken to full depth, ms, `[n]`: head + layers · L/l.

    The layers of a Llama are alike, so their time is taken as proportional to their number. Scaling
    each sample by itself carries its noise into the interval with the right weight. A head that noise
    made longer than its whole sample counts as the whole of it.
    """
    total = np.asarray(measured, dtype=np.float64)
    if layers_measured == layers_total:
        return total
    outside = np.zeros_like(total) if head is None else np.minimum(head, total)
    scaled: Vector = outside + (total - outside) * (layers_total / layers_measured)
    return scaled


def paired(
    values: Vector, rounds: Sequence[int], base_values: Vector, base_rounds: Sequence[int]
) -> tuple[Vector, Vector]:
    """The times of two cells in the rounds that measured both, `[m]` each, in round order.

    A cell that was sampled several times in a round, as K = 1 is where it is cheap, counts there with
    the median of its samples.
    """
    here, there = _by_round(values, rounds), _by_round(base_values, base_rounds)
    shared = sorted(here.keys() & there.keys())
    return (
        np.array([here[number] for number in shared], dtype=np.float64),
        np.array([there[number] for number in shared], dtype=np.float64),
    )


def _by_round(values: Vector, rounds: Sequence[int]) -> dict[int, float]:
    """One time per round."""
    single = dict(zip(rounds, values.tolist(), strict=True))
    if len(single) == len(rounds):
        return single
    several: dict[int, list[float]] = {}
    for number, value in zip(rounds, values.tolist(), strict=True):
        several.setdefault(number, []).append(value)
    return {number: float(np.median(found)) for number, found in several.items()}
