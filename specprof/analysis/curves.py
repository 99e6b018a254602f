"""Speedup-vs-candidates curves: one per batch size and sequence length, with what is needed to compare
their points.

speedup(K) = E(K) / (T(K)/T(1)), with E the acceptance model's expected tokens per step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specprof.analysis.beside import Beside
from specprof.analysis.floor import Floors
from specprof.analysis.setting import Setting
from specprof.run.statistics import Estimate

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One row's speedup over its measured candidates; failed and unmeasured cells are left out.

    `candidates`, `speedup`, `low`, `high` are `[n]`, ascending in K; low and high bound the 95 %
    interval (for a published curve: the error of reading it off the figure). K = 1 is exact: it is
    compared with itself. `trusted` is False where the verdict of the cell, or of the K = 1 cell that it
    is taken against, is `invalid`.
    """

    batch_size: int
    seq_len: int
    candidates: NDArray[np.int64]
    speedup: Vector
    low: Vector
    high: Vector
    trusted: NDArray[np.bool_]
    compare: Callable[[int, int], Estimate]
    """`compare(i, j)`: speedup of point j over that of point i, with its 95 % interval. For a measured
    row it is paired, round by round; for a published one it is the worst case of both reading errors."""
    shared_rounds: Callable[[int, int], int] | None = None
    """`shared_rounds(i, j)`: the rounds behind `compare(i, j)`; 0 where it is unpaired and takes the worst
    case of both points' intervals. None for a published curve."""

    @property
    def size(self) -> int:
        return int(self.candidates.size)


@dataclass(frozen=True)
class CurveSet:
    """The curves of one run under one acceptance model."""

    title: str
    """Model's title, e.g. `Llama 7B`."""
    curves: tuple[Curve, ...]
    acceptance_name: str
    acceptance_formula: str
    estimated: bool
    """Whether latencies are depth estimates from a slice."""
    published: bool
    """Whether this is a published figure rather than a measurement."""
    candidates: tuple[int, ...]
    """All candidate counts of the plan, for the ticks."""
    draft_formula: str = ""
    """What drafting is taken to cost; nothing where it is free."""
    reading_error: float | None = None
    """Published figures: ± of each speedup, as read off under the acceptance model it was printed with."""
    setting: Setting | None = None
    """What it was measured on; None where nothing may be concluded from that."""
    beside: Beside | None = None
    """The second attention of the run; None where it has none."""
    floors: Floors | None = None
    """The least times of its steps; None where the device's bandwidth was not measured."""

    def of_batch(self, batch_size: int) -> tuple[Curve, ...]:
        return tuple(curve for curve in self.curves if curve.batch_size == batch_size)

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        return tuple(sorted({curve.batch_size for curve in self.curves}))
