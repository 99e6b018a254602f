"""What a stream has said of one cell so far, and the fields of the record that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.record import MAX_SAMPLES, Interval, Measured
from specprof.run.statistics import Estimate, median_estimate


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


@dataclass
class CellState:
    """What the stream has said of one cell so far."""

    cell: Cell
    plain: Series = field(default_factory=Series)
    masked: Series = field(default_factory=Series)
    order: int | None = None
    discarded_ms: list[float] = field(default_factory=list)
    suspended_rounds: set[int] = field(default_factory=set)
    """Rounds with an interrupted sample of the plain form."""
    finished: ev.CellFinished | None = None
    failed: ev.CellFailed | None = None

    def take(self, event: ev.SampleTaken) -> None:
        """Adds a sample to its form's series."""
        series = self.masked if event.masked else self.plain
        series.add(event.measured_ms, event.head_ms, event.round, event.t_s)
        if event.suspended and not event.masked:
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
    head = state.plain.heads()
    return {
        "measured_ms": measured_of(state.plain),
        "head_ms": measured_of(state.plain, head) if head else None,
        "masked_ms": measured_of(state.masked) if state.masked.ms else None,
        "order": state.order,
        "started_at_s": state.plain.at_s[0],
        "discarded_ms": state.discarded_ms,
        "suspended_rounds": sorted(state.suspended_rounds),
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
