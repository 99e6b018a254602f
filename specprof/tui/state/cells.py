"""What is being measured now: the cells of the row in progress, and why they go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from specprof.plan.plan import Cell, Row
from specprof.plan.stopping import StoppingRule, next_test
from specprof.run.cell_record import CellRecord
from specprof.run.reduce import Reduction
from specprof.run.statistics import Estimate
from specprof.session.position import Position
from specprof.tui.state.digest import Digest
from specprof.views.quantities import percent

Stage = Literal["waiting", "running", "done", "warn", "failed", "dropped", "none"]
"""`none` where the plan has no cell: a count that refinement added to other rows only."""

SAMPLES_SHOWN = 120

_STOPPED = {
    "target": "reached its target",
    "noise_plateau": "stopped: more samples no longer narrow it",
    "budget": "stopped by the budget",
    "max_samples": "stopped at the most samples",
    "interrupted": "interrupted",
}


@dataclass(frozen=True)
class CellNow:
    """One cell as far as it is known. `samples_ms` are the last ones, as they were timed."""

    cell: Cell
    stage: Stage
    count: int
    samples_ms: tuple[float, ...]
    latency_ms: Estimate | None
    ratio: Estimate | None
    why: str
    """Why it goes on, or how it ended."""


@dataclass(frozen=True)
class RowNow:
    row: Row
    round: int
    cells: tuple[CellNow, ...]
    current: Cell | None


def stage_of(reduction: Reduction, cell: Cell, digest: Digest) -> Stage:
    """Where a cell stands."""
    state = reduction.cells.get(cell)
    if state is None:
        return "none"
    if state.failed is not None:
        return "dropped" if state.failed.verdict == "not_run" else "failed"
    if cell.row in reduction.dropped:
        return "dropped"
    if state.ended:
        verdict = digest.cell(cell).verdict
        return "failed" if verdict == "invalid" else "done" if verdict == "valid" else "warn"
    return "running" if state.plain.ms else "waiting"


def row_now(reduction: Reduction, position: Position, digest: Digest) -> RowNow | None:
    """The row being measured; None before the first one has begun."""
    row = position.row
    if row is None:
        return None
    cells = [Cell(*row, k) for k in reduction.plan.counts(row)]
    return RowNow(
        row, position.round, tuple(_cell_now(reduction, cell, digest) for cell in cells), position.cell
    )


def _cell_now(reduction: Reduction, cell: Cell, digest: Digest) -> CellNow:
    state = reduction.cells[cell]
    record = digest.cell(cell) if state.plain.ms else None
    latency = record.latency_ms.estimate if record and record.latency_ms else None
    ratio = record.ratio.estimate if record and record.ratio else None
    return CellNow(
        cell=cell,
        stage=stage_of(reduction, cell, digest),
        count=len(state.plain.ms),
        samples_ms=tuple(state.plain.ms[-SAMPLES_SHOWN:]),
        latency_ms=latency,
        ratio=ratio,
        why=_why(reduction, cell, record, latency),
    )


def _why(reduction: Reduction, cell: Cell, record: CellRecord | None, latency: Estimate | None) -> str:
    state, rule = reduction.cells[cell], reduction.plan.stopping
    if state.failed is not None:
        return state.failed.reason
    if cell.row in reduction.dropped:
        return reduction.dropped[cell.row]
    if state.finished is not None:
        ended = _STOPPED.get(state.finished.stop_reason, state.finished.stop_reason)
        reasons = record.reasons if record is not None else []
        return "; ".join([ended, *reasons])
    if latency is None:
        return "not sampled yet"
    return _goes_on(latency, len(state.plain.ms), rule)


def _goes_on(latency: Estimate, count: int, rule: StoppingRule) -> str:
    if count < rule.min_samples:
        return f"goes on: {count} of at least {rule.min_samples} samples"
    due = f"next test at {next_test(count, rule)} samples"
    width = latency.relative_half_width
    if width > rule.target_ci:
        return f"goes on: ±{percent(width)} is wider than ±{percent(rule.target_ci)}; {due}"
    return f"goes on: narrow enough, {due}"
