"""Two runs by the shape of their speedup curves alone: what can be said without latencies in common.

A published figure has no latencies, and a run at another batch size has none of the same cells. What is
left is where the best K lies, where the curve breaks off, in which order the sequence lengths stand, and
how closely the curves go up and down together. Only candidate counts that both have are used: nothing is
interpolated. K = 1 is among them, since a curve's rise from there is part of its shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.compare.correlation import pearson, spearman
from specprof.analysis.compare.differences import batch_laid_over
from specprof.analysis.curves import Curve
from specprof.analysis.findings.evidence import Points
from specprof.analysis.opened import Run

Matched = Literal["seq_len", "rank"]


@dataclass(frozen=True)
class Best:
    """The best K of one curve, and the others that cannot be told apart from it."""

    candidates: int
    speedup: float
    not_told_apart: tuple[int, ...]


@dataclass(frozen=True)
class CurvePair:
    """Two curves laid side by side."""

    base_seq_len: int
    other_seq_len: int
    candidates: tuple[int, ...]
    """The counts that both have, K = 1 among them."""
    pearson: float | None
    spearman: float | None
    base_best: Best | None
    other_best: Best | None

    @property
    def same_best(self) -> bool | None:
        """Whether the best K is the same, or could be: None where a curve has none."""
        if self.base_best is None or self.other_best is None:
            return None
        sets = [{best.candidates, *best.not_told_apart} for best in (self.base_best, self.other_best)]
        return bool(sets[0] & sets[1])


@dataclass(frozen=True)
class OrderAt:
    """The sequence lengths at one candidate count, highest speedup first, in both runs."""

    candidates: int
    base: tuple[int, ...]
    other: tuple[int, ...]
    """By the first run's lengths where the curves are matched by rank."""
    pairs: int
    """How many pairs of curves there are."""
    agreeing: int
    """How many stand in the same order in both."""
    contradicting: int
    """How many stand in opposite order though their intervals are apart in both runs."""


@dataclass(frozen=True)
class Cliff:
    from_candidates: int
    to_candidates: int


@dataclass(frozen=True)
class ShapeComparison:
    """One batch size of the first run with the closest one of the second."""

    base_batch_size: int
    other_batch_size: int
    matched_by: Matched
    """`rank`: no sequence length is in both, so the shortest stands with the shortest, and so on."""
    pairs: tuple[CurvePair, ...]
    orders: tuple[OrderAt, ...]
    base_cliffs: tuple[Cliff, ...]
    other_cliffs: tuple[Cliff, ...]

    @property
    def same_batch_size(self) -> bool:
        return self.base_batch_size == self.other_batch_size

    @property
    def same_cliff(self) -> bool | None:
        """Whether both have a cliff at the same place, or both none; None where only one has one."""
        if bool(self.base_cliffs) != bool(self.other_cliffs):
            return None
        return not self.base_cliffs or bool(set(self.base_cliffs) & set(self.other_cliffs))


def shapes(base: Run, other: Run, acceptance: AcceptanceModel) -> list[ShapeComparison]:
    """One comparison for each batch size of the first run that has a curve, under one acceptance model."""
    mine, its = base.curves(acceptance), other.curves(acceptance)
    cliffs = [_cliffs(run, acceptance) for run in (base, other)]
    found = []
    for batch_size in mine.batch_sizes:
        size = batch_laid_over(other, batch_size)
        matched_by, together = _matched(mine.of_batch(batch_size), its.of_batch(size))
        found.append(
            ShapeComparison(
                batch_size,
                size,
                matched_by,
                tuple(_pair(*pair) for pair in together),
                tuple(_orders(together)),
                cliffs[0].get(batch_size, ()),
                cliffs[1].get(size, ()),
            )
        )
    return found


def _matched(base: Sequence[Curve], other: Sequence[Curve]) -> tuple[Matched, list[tuple[Curve, Curve]]]:
    mine, its = ({curve.seq_len: curve for curve in curves} for curves in (base, other))
    common = sorted(mine.keys() & its.keys())
    if common:
        return "seq_len", [(mine[length], its[length]) for length in common]
    return "rank", [(mine[here], its[there]) for here, there in zip(sorted(mine), sorted(its), strict=False)]


def _pair(base: Curve, other: Curve) -> CurvePair:
    here, there = _trusted(base), _trusted(other)
    common = sorted(here.keys() & there.keys())
    first, second = (
        np.asarray([curve.speedup[at[k]] for k in common], dtype=np.float64)
        for curve, at in ((base, here), (other, there))
    )
    return CurvePair(
        base.seq_len,
        other.seq_len,
        tuple(common),
        pearson(first, second),
        spearman(first, second),
        _best(base),
        _best(other),
    )


def _trusted(curve: Curve) -> dict[int, int]:
    """Index of each trusted point by its candidate count."""
    return {int(curve.candidates[i]): int(i) for i in np.flatnonzero(curve.trusted)}


def _best(curve: Curve) -> Best | None:
    points = Points(curve)
    if not points.size:
        return None
    return Best(
        points.candidates[points.best],
        points.speedup[points.best],
        tuple(points.candidates[i] for i in points.rivals),
    )


def _orders(together: Sequence[tuple[Curve, Curve]]) -> list[OrderAt]:
    """At each count beyond K = 1 that two or more pairs of curves have."""
    places = [(_trusted(base), _trusted(other)) for base, other in together]
    counts = sorted({k for here, there in places for k in here.keys() & there.keys() if k > 1})
    found = []
    for k in counts:
        points = [
            (base, here[k], other, there[k])
            for (base, other), (here, there) in zip(together, places, strict=True)
            if k in here and k in there
        ]
        if len(points) > 1:
            found.append(_order_at(k, points))
    return found


def _order_at(candidates: int, points: Sequence[tuple[Curve, int, Curve, int]]) -> OrderAt:
    agreeing = contradicting = 0
    for (base, i, other, n), (base_2, j, other_2, m) in combinations(points, 2):
        signs = _side(base, i, base_2, j), _side(other, n, other_2, m)
        plain = np.sign(base.speedup[i] - base_2.speedup[j]), np.sign(other.speedup[n] - other_2.speedup[m])
        agreeing += bool(plain[0] == plain[1])
        contradicting += signs[0] * signs[1] < 0
    here = sorted(points, key=lambda one: -one[0].speedup[one[1]])
    there = sorted(points, key=lambda one: -one[2].speedup[one[3]])
    return OrderAt(
        candidates,
        tuple(one[0].seq_len for one in here),
        tuple(one[0].seq_len for one in there),
        len(points) * (len(points) - 1) // 2,
        agreeing,
        contradicting,
    )


def _side(first: Curve, i: int, second: Curve, j: int) -> int:
    """1 where the first point's interval lies above the second's, −1 where below, 0 where they overlap."""
    if first.low[i] > second.high[j]:
        return 1
    return -1 if first.high[i] < second.low[j] else 0


def _cliffs(run: Run, acceptance: AcceptanceModel) -> dict[int, tuple[Cliff, ...]]:
    """The cliffs that the findings name, by batch size, the deepest first."""
    found: dict[int, list[Cliff]] = {}
    for finding in run.findings(acceptance):
        start, end = (finding.numbers.get(name) for name in ("from_candidates", "to_candidates"))
        if finding.kind == "cliff" and isinstance(start, float) and isinstance(end, float):
            found.setdefault(finding.batch_size, []).append(Cliff(int(start), int(end)))
    return {size: tuple(cliffs) for size, cliffs in found.items()}
