"""What of a run can be shown over the candidate counts: each quantity, its unit and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.arrays import Arrays
from specprof.analysis.floor import rates_of
from specprof.analysis.opened import Run
from specprof.plan.plan import Cell

_PUBLISHED = "a published figure gives speedups only: no latency stands behind them"
_NO_BANDWIDTH = "this run did not measure how fast its device streams memory: measure it anew"

Values = Callable[[Run, AcceptanceModel], Arrays]


@dataclass(frozen=True)
class Quantity:
    name: str
    label: str
    """The axis, with its unit."""
    unit: str
    """Behind a value, with the space that belongs before it."""
    values: Values
    """Median and bounds of the 95 % interval, `[B, S, K]` each, NaN where there is none."""
    missing: Callable[[Run], str] = lambda run: ""
    reference: float | None = None
    """The value that everything is judged against."""
    simulated: bool = False
    """Whether it rests on the acceptance model."""
    paired: bool = False
    """Whether it is taken against the K = 1 of its row, and is worth no more than that."""

    def trusted(self, run: Run) -> NDArray[np.bool_]:
        """Whether to believe each value, `[B, S, K]`: no verdict that it rests on is `invalid`."""
        believed: NDArray[np.bool_] = run.verdicts() != "invalid"
        drafting = self.simulated and bool(run.draft.formula)
        if self.paired or drafting:  # a draft cost is a share of T(1)
            believed = believed & believed[..., :1]
        if drafting:
            for row in run.draft.invalid(run.record):
                place = run.batch_sizes.index(row.batch_size), run.seq_lens.index(row.seq_len)
                believed[place][1:] = False
        return believed

    def arrays(self, run: Run, acceptance: AcceptanceModel) -> Arrays:
        return self.values(run, acceptance)

    def unavailable(self, run: Run) -> str:
        """Why this run has none of it; nothing where it has."""
        return self.missing(run)


def _overhead(run: Run, acceptance: AcceptanceModel) -> Arrays:
    return run.ratio()


def _latency(run: Run, acceptance: AcceptanceModel) -> Arrays:
    return run.latency_ms()


def _tokens_per_s(run: Run, acceptance: AcceptanceModel) -> Arrays:
    """B · E(K) / (T(K) + D(K)), tokens/s of the whole batch, with D what drafting costs."""
    batch = np.asarray(run.batch_sizes, dtype=np.float64)[:, None, None]
    tokens = 1e3 * batch * acceptance.expected_tokens(run.candidates)
    cost, latency = run.draft.relative(run.record, acceptance), run.latency_ms()
    # without a T(1) only a step that drafts for nothing is known
    spent = (
        np.where(share == 0, 0.0, share * own[..., :1]) for own, share in zip(latency, cost, strict=True)
    )
    return _over(tokens, Arrays(*(own + more for own, more in zip(latency, spent, strict=True))))


def _floor(run: Run, acceptance: AcceptanceModel) -> Arrays:
    """The least time that a step can take, by its bytes and by its products, over the time it took.

    1 is the limit of a step that streams its bytes once at the measured bandwidth, or computes its products
    at the measured rate, and does nothing else.
    """
    rates, plan = rates_of(run.record), run.record.plan
    floor = np.full((len(run.batch_sizes), len(run.seq_lens), len(run.candidates)), np.nan)
    if rates is not None:
        for b, s, k in np.ndindex(*floor.shape):
            cell = Cell(run.batch_sizes[b], run.seq_lens[s], run.candidates[k])
            floor[b, s, k] = rates.floor(plan, cell).ms
    return _over(floor, run.latency_ms())


def _over(of_a_step: np.ndarray, step_ms: Arrays) -> Arrays:
    with np.errstate(divide="ignore", invalid="ignore"):
        return Arrays(of_a_step / step_ms.median, of_a_step / step_ms.high, of_a_step / step_ms.low)


def _without_latency(run: Run) -> str:
    return _PUBLISHED if run.published else ""


def _without_bandwidth(run: Run) -> str:
    return _without_latency(run) or ("" if rates_of(run.record) else _NO_BANDWIDTH)


QUANTITIES = {
    quantity.name: quantity
    for quantity in (
        Quantity(
            "speedup",
            "Speedup (×)",
            "×",
            lambda run, acceptance: run.speedup(acceptance),
            reference=1.0,
            simulated=True,
            paired=True,
        ),
        Quantity("overhead", "Overhead T(K)/T(1) (×)", "×", _overhead, reference=1.0, paired=True),
        Quantity("latency", "Latency of a verify step (ms)", " ms", _latency, _without_latency),
        Quantity(
            "tokens",
            "Tokens per second (batch)",
            " tokens/s",
            _tokens_per_s,
            _without_latency,
            simulated=True,
        ),
        Quantity(
            "floor",
            "Fraction of the floor",
            "",
            _floor,
            _without_bandwidth,
            reference=1.0,
        ),
    )
}
"""By name, in the order of the views."""
