"""The trusted part of the curves of one batch size, and what may be said of two of their points.

Measured points: an interval holds for one comparison. Where the largest of many is picked, 95 % each
would let chance pick it, so the interval is widened until it holds for all that were looked at:
Bonferroni on the logarithm, with Student's t, since a bootstrap of few rounds is too narrow in the tails.
Bounds of a published figure are limits already.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np

from specprof.analysis.curves import Curve, CurveSet
from specprof.analysis.findings.finding import Certainty
from specprof.analysis.findings.words import counted
from specprof.run.statistics import LEVEL, Estimate
from specprof.run.verdict import MIN_SAMPLES_FOR_95

TOLERANCE = 1e-9
"""Bounds that touch after rounding do not tell two values apart."""

MIN_ROUNDS = 3
"""Below this, the interval of a median says nothing; up to 5 rounds it says less than 95 %."""

SUGGESTIVE_P = 0.05


class Points:
    """The trusted points of one curve, `[n]`."""

    def __init__(self, curve: Curve) -> None:
        self._curve = curve
        self._index = [i for i in np.flatnonzero(curve.trusted).tolist() if curve.speedup[i] > 0]
        self.seq_len = curve.seq_len
        self.candidates: list[int] = curve.candidates[self._index].tolist()
        self.speedup: list[float] = curve.speedup[self._index].tolist()

    @property
    def size(self) -> int:
        return len(self._index)

    @property
    def left_out(self) -> list[int]:
        """The candidate counts that are not trusted."""
        return [int(k) for k in self._curve.candidates[~self._curve.trusted]]

    @cached_property
    def best(self) -> int:
        """Index of the highest speedup; the smaller count where two are equal."""
        return int(np.argmax(self.speedup))

    def value(self, i: int) -> Estimate:
        """A point's speedup with its interval."""
        at = self._index[i]
        return Estimate(
            float(self._curve.speedup[at]), float(self._curve.low[at]), float(self._curve.high[at])
        )

    def compare(self, i: int, j: int) -> Estimate:
        """Speedup of point j over point i."""
        return self._curve.compare(self._index[i], self._index[j])

    def rounds(self, i: int, j: int) -> int | None:
        """The rounds behind a comparison of two points; None for a published figure.

        Points that share none are compared by their own intervals: these rest on their pairs with K = 1.
        """
        shared = self._curve.shared_rounds
        if shared is None:
            return None
        base, at, to = (self._index[point] for point in (0, i, j))
        return shared(at, to) or min(shared(base, at), shared(base, to))

    def certainty(self, i: int, j: int) -> Certainty:
        """What a comparison of two points can carry at most, by the rounds behind it."""
        rounds = self.rounds(i, j)
        return "significant" if rounds is None else carried(rounds)

    def told_apart(self, i: int, j: int) -> bool:
        """Whether the interval of the comparison excludes 1, with rounds enough to have an interval."""
        return self.certainty(i, j) != "within noise" and side(self.compare(i, j)) != 0

    @cached_property
    def rivals(self) -> list[int]:
        """Indices of the points that cannot be told apart from the best."""
        return [i for i in range(self.size) if i != self.best and not self.told_apart(self.best, i)]

    @cached_property
    def best_certainty(self) -> Certainty:
        """How sure it is that no other point equals the best."""
        if self.rivals:
            return "within noise"
        ranks = [self.certainty(self.best, i) for i in range(self.size) if i != self.best]
        return "suggestive" if "suggestive" in ranks else "significant"


@dataclass(frozen=True)
class Series:
    """The curves of one batch size, ascending in sequence length; only those with a trusted point."""

    batch_size: int
    rows: tuple[Points, ...]
    everything: tuple[Points, ...]
    """With the rows that hold no trusted point."""
    curves: CurveSet

    @property
    def noise(self) -> str:
        """What hides small differences here."""
        return "the reading error" if self.curves.published else "the noise"

    def basis(
        self, *, unpaired: bool = False, looked_at: int = 1, behind: Sequence[int] | None = None
    ) -> str:
        """How sure, in a few words. `looked_at`: how many comparisons the strongest was picked from.
        `behind`: the rounds behind what is said, where these are not those of the pairs with K = 1."""
        if self.curves.published:
            error = self.curves.reading_error
            off = "read off a figure" if error is None else f"read off a figure, ±{error:g} each"
            return f"{off}, worst case"
        rounds, enough = self._rounds(behind)
        words = ["not paired, worst case"] if unpaired else ["paired"]
        words += rounds
        if not enough:
            words.append("too few for 95 % intervals")
        elif looked_at > 1:
            words.append(f"95 % over all {looked_at} comparisons")
        else:
            words.append("95 % intervals")
        if self.curves.estimated:
            words.append("full depth estimated from a slice")
        return ", ".join(words)

    def _rounds(self, behind: Sequence[int] | None) -> tuple[list[str], bool]:
        """The rounds behind the points, and whether they are enough everywhere."""
        counts = self._pairs if behind is None else behind
        if not counts:
            return [], True
        low, high = min(counts), max(counts)
        said = counted(low, "round") if low == high else f"{low} to {high} rounds"
        return [said], low >= MIN_SAMPLES_FOR_95

    @cached_property
    def _pairs(self) -> list[int]:
        """The rounds of each point's pairs with K = 1: each row's finding says them of all rows."""
        found = (row.rounds(0, i) for row in self.rows for i in range(1, row.size))
        return [count for count in found if count is not None]

    def neighbours(self, row: Points, i: int, looked_at: int) -> Estimate:
        """Speedup of point i + 1 over point i, its interval holding for `looked_at` such pairs at once."""
        ratio, rounds = row.compare(i, i + 1), row.rounds(i, i + 1)
        return ratio if rounds is None else widened(ratio, looked_at, rounds)


def series_of(curves: CurveSet, batch_size: int) -> Series:
    """The curves of one batch size, ready to be compared."""
    everything = sorted((Points(c) for c in curves.of_batch(batch_size)), key=lambda row: row.seq_len)
    trusted = tuple(row for row in everything if row.size)
    return Series(batch_size, trusted, tuple(everything), curves)


def carried(samples: int) -> Certainty:
    """What so many rounds or samples can carry at most."""
    if samples >= MIN_SAMPLES_FOR_95:
        return "significant"
    return "suggestive" if samples >= MIN_ROUNDS else "within noise"


def side(ratio: Estimate) -> int:
    """1 where the whole interval is above 1, −1 where it is below, else 0."""
    if ratio.low > 1 + TOLERANCE:
        return 1
    return -1 if ratio.high < 1 - TOLERANCE else 0


def direction(ratio: Estimate) -> int:
    """1 where the median is above 1, −1 below, 0 where the two values are equal."""
    if abs(ratio.median - 1) <= TOLERANCE:
        return 0
    return 1 if ratio.median > 1 else -1


def widened(estimate: Estimate, looked_at: int, rounds: int) -> Estimate:
    """A 95 % interval of a ratio from `rounds` rounds, wide enough for `looked_at` of them to hold."""
    if looked_at <= 1 or not 0 < estimate.low <= estimate.median <= estimate.high < math.inf:
        return estimate
    tail = (1 - LEVEL) / 2
    factor = student_quantile(1 - tail / looked_at, max(rounds - 1, 1)) / NormalDist().inv_cdf(1 - tail)
    low = math.log(estimate.low / estimate.median) * factor
    high = math.log(estimate.high / estimate.median) * factor
    return Estimate(estimate.median, estimate.median * _exp(low), estimate.median * _exp(high))


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def student_quantile(level: float, freedom: int) -> float:
    """Quantile of Student's t above one half (Abramowitz and Stegun 26.7.5): within 1 % from 5 degrees on."""
    z = NormalDist().inv_cdf(level)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / float(freedom) ** power for power, term in enumerate(terms))


def sign_test(directions: Iterable[int]) -> float:
    """Two-sided p of the exact sign test (Dixon and Mood 1946); ties are dropped."""
    signs = [sign for sign in directions if sign]
    fewer = min(signs.count(1), signs.count(-1))
    tail = sum(math.comb(len(signs), k) for k in range(fewer + 1)) / 2.0 ** len(signs)
    return min(1.0, 2 * tail)


def floats(values: Sequence[float]) -> list[float]:
    return [float(value) for value in values]
