"""What a stream has said of one cell so far, and the fields of the record that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from specprof.plan.model import ModelShape
from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.breakdown import Breakdown
from specprof.run.cell_record import MAX_SAMPLES, Interval, Measured
from specprof.run.statistics import Estimate, Vector, full_depth, median_estimate, paired


@dataclass
class Series:
    """The samples of one form of one cell, in the order they were taken."""

    ms: list[float] = field(default_factory=list)
    head_ms: list[float | None] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)

    def add(self, ms: float, head_ms: float | None, round_number: int, at_s: float) -> None:
        self.ms.append(ms)
        self.head_ms.append(head_ms)
        self.rounds.append(round_number)
        self.at_s.append(at_s)

    def heads(self) -> list[float] | None:
        """Head times where every sample has one."""
        known = [value for value in self.head_ms if value is not None]
        return known if known and len(known) == len(self.ms) else None

    def at_depth(self, shape: ModelShape) -> Vector:
        """The samples at full depth, ms, `[n]`."""
        return full_depth(self.ms, self.heads(), shape.layers_measured, shape.layers_total)


@dataclass
class CellState:
    """What the stream has said of one cell so far."""

    cell: Cell
    plain: Series = field(default_factory=Series)
    masked: Series = field(default_factory=Series)
    beside: Series = field(default_factory=Series)
    """Under the plan's second attention."""
    order: int | None = None
    discarded_ms: list[float] = field(default_factory=list)
    suspended_rounds: set[int] = field(default_factory=set)
    """Rounds with an interrupted sample of the plain form."""
    finished: ev.CellFinished | None = None
    failed: ev.CellFailed | None = None
    breakdown: Breakdown | None = None

    def series_of(self, event: ev.SampleTaken) -> Series:
        """The series that a sample belongs to."""
        if event.attention is not None:
            return self.beside
        return self.masked if event.masked else self.plain

    def take(self, event: ev.SampleTaken) -> None:
        """Adds a sample to its form's series."""
        series = self.series_of(event)
        series.add(event.measured_ms, event.head_ms, event.round, event.t_s)
        if event.suspended and event.own:
            self.suspended_rounds.add(event.round)

    def discard(self, values_ms: Sequence[float]) -> None:
        """Adds what a warm-up discarded, as far as a record can hold it."""
        self.discarded_ms.extend(values_ms[: MAX_SAMPLES - len(self.discarded_ms)])

    @property
    def measured(self) -> bool:
        """Whether it was sampled to a stop of its own, and not only up to an interruption."""
        stopped = self.finished is not None and self.finished.stop_reason != "interrupted"
        return stopped and bool(self.plain.ms) and self.failed is None

    @property
    def ended(self) -> bool:
        return self.measured or self.failed is not None


def timed_fields(state: CellState) -> dict[str, Any]:
    """The fields of a cell's record that say what was timed; none before its first sample."""
    if not state.plain.ms:
        return {}
    head, beside_head = state.plain.heads(), state.beside.heads()
    return {
        "measured_ms": measured_of(state.plain),
        "head_ms": measured_of(state.plain, head) if head else None,
        "masked_ms": measured_of(state.masked) if state.masked.ms else None,
        "beside_ms": measured_of(state.beside) if state.beside.ms else None,
        "beside_head_ms": measured_of(state.beside, beside_head) if beside_head else None,
        "breakdown": state.breakdown,
        "kernel": state.breakdown.kernels[0].name if state.breakdown and state.breakdown.kernels else None,
        "order": state.order,
        "started_at_s": state.plain.at_s[0],
        "discarded_ms": state.discarded_ms,
        "suspended_rounds": sorted(state.suspended_rounds),
    }


def paired_ratio(numerator: Series, denominator: Series, shape: ModelShape) -> Estimate | None:
    """The times of one series over those of another in the rounds that both have, at full depth.

    None where they share no round.
    """
    above, below = paired(
        numerator.at_depth(shape), numerator.rounds, denominator.at_depth(shape), denominator.rounds
    )
    return median_estimate(above / below) if above.size else None


def beside_fields(state: CellState, base: CellState, shape: ModelShape) -> dict[str, Any]:
    """What follows from the samples under the second attention; `base` is K = 1 of the row."""
    if not state.beside.ms:
        return {}
    ratio = Estimate(1.0, 1.0, 1.0) if state is base else paired_ratio(state.beside, base.beside, shape)
    over = paired_ratio(state.beside, state.plain, shape)
    return {
        "beside_latency_ms": interval(median_estimate(state.beside.at_depth(shape))),
        "beside_ratio": interval(ratio) if ratio else None,
        "beside_over": interval(over) if over else None,
    }


def interval(estimate: Estimate) -> Interval:
    return Interval(median=estimate.median, ci_low=estimate.low, ci_high=estimate.high)


def measured_of(series: Series, values: list[float] | None = None) -> Measured:
    """An interval with its samples: of the series itself, or of other values taken with it."""
    samples = series.ms if values is None else values
    estimate = median_estimate(samples)
    return Measured(
        median=estimate.median,
        ci_low=estimate.low,
        ci_high=estimate.high,
        samples=samples,
        rounds=series.rounds,
        sampled_at_s=series.at_s,
    )
