"""Comparing two points of one curve: paired, round by round, where both were measured.

The speedup of point j over point i is (E_j / E_i) · (T_i / T_j). Drift between rounds, a warmer chip or
a busier host, moves both latencies of a round alike and falls out of their quotient.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from specprof.plan.model import ModelShape
from specprof.run.cell_record import CellRecord
from specprof.run.statistics import Estimate, full_depth, median_estimate, over, paired, quotient

Vector = NDArray[np.float64]
SAME = Estimate(1.0, 1.0, 1.0)


class WorstCase:
    """Compares points by their own intervals only: the most and the least that both errors allow.

    `median`, `low`, `high` are speedups, `[n]`.
    """

    def __init__(self, median: Vector, low: Vector, high: Vector) -> None:
        self._median, self._low, self._high = median.tolist(), low.tolist(), high.tolist()

    def compare(self, i: int, j: int) -> Estimate:
        """Speedup of point j over that of point i, with its bounds."""
        if i == j:
            return SAME
        return over(self._value(j), self._value(i))

    def _value(self, i: int) -> Estimate:
        return Estimate(self._median[i], self._low[i], self._high[i])


class PairedRow:
    """The measured cells of one row, `[n]`, with the expected tokens per step of each, `[n]`.

    `drafts` are D(K)/T(1), `[n]`, what proposing the candidates costs: its median and the bounds of its
    interval. Each round's step is then T(K) + D(K)/T(1) · T(1) of that round, so that a comparison with
    K = 1 still gives the speedup itself. One error of D enters all points, by as many passes as each takes:
    a comparison's bounds are those that the least and the greatest D give.
    """

    def __init__(
        self,
        cells: Sequence[CellRecord],
        tokens: Vector,
        shape: ModelShape,
        unpaired: WorstCase,
        drafts: Sequence[Vector] = (),
    ) -> None:
        self._cells, self._tokens, self._shape, self._unpaired = cells, tokens.tolist(), shape, unpaired
        costs = [draft.tolist() for draft in drafts] or [[0.0] * len(cells)]
        self._costs: list[list[float]] = [costs[0], *(one for one in costs[1:] if one != costs[0])]
        self._found: dict[tuple[int, int], Estimate] = {}

    @cached_property
    def _samples(self) -> list[list[tuple[Vector, list[int]]]]:
        """For each D, the median first: each cell's samples at full depth, ms, and their rounds. A cell
        without samples has none."""
        return [[self._with_draft(index, cost) for index, cost in enumerate(costs)] for costs in self._costs]

    def _with_draft(self, index: int, cost: float) -> tuple[Vector, list[int]]:
        """A cell's steps with their drafting, in the rounds that measured K = 1 too."""
        mine, rounds = depth_samples(self._cells[index], self._shape)
        if not cost:
            return mine, rounds
        base = next((cell for cell in self._cells if cell.candidates == 1), None)
        if base is None:
            return np.empty(0), []
        plain, plain_rounds = depth_samples(base, self._shape)
        steps, singles = paired(mine, rounds, plain, plain_rounds)
        return steps + cost * singles, sorted(set(rounds) & set(plain_rounds))

    def _in_shared_rounds(self, i: int, j: int, draft: int = 0) -> tuple[Vector, Vector]:
        """Latencies of points i and j, ms, `[m]` each, in the rounds that measured both."""
        (there, there_rounds), (here, here_rounds) = self._samples[draft][i], self._samples[draft][j]
        return paired(there, there_rounds, here, here_rounds)

    def shared_rounds(self, i: int, j: int) -> int:
        """How many rounds measured both points."""
        return int(self._in_shared_rounds(i, j)[0].size)

    def compare(self, i: int, j: int) -> Estimate:
        """Speedup of point j over that of point i, with its 95 % interval.

        Taken as the reciprocal of median(T_j / T_i), so that a comparison with K = 1 gives the speedup
        itself. Points that share no round are compared by the worst case of their own intervals.
        """
        if i == j:
            return SAME
        if (i, j) not in self._found:
            self._found[i, j] = self._compare(i, j)
        return self._found[i, j]

    def _compare(self, i: int, j: int) -> Estimate:
        base, mine = self._in_shared_rounds(i, j)
        if not base.size or base.min() <= 0:
            return self._unpaired.compare(i, j)
        slower = median_estimate(mine / base)
        low, high = slower.low, slower.high
        for draft in range(1, len(self._costs)):
            base, mine = self._in_shared_rounds(i, j, draft)
            bound = median_estimate(mine / base)
            low, high = min(low, bound.low), max(high, bound.high)
        gain = self._tokens[j] / self._tokens[i]
        return Estimate(quotient(gain, slower.median), quotient(gain, high), quotient(gain, low))


def depth_samples(cell: CellRecord, shape: ModelShape) -> tuple[Vector, list[int]]:
    """A cell's samples taken to full depth, ms, `[n]`, and the round of each."""
    if cell.measured_ms is None:
        return np.empty(0), []
    head = cell.head_ms.samples if cell.head_ms is not None else None
    if head is not None and len(head) != len(cell.measured_ms.samples):
        head = None
    values = full_depth(cell.measured_ms.samples, head, shape.layers_measured, shape.layers_total)
    return values, cell.measured_ms.rounds
