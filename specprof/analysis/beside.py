"""The second attention of a run: its curves, and what a step takes under it against the first.

Both were measured in the same rounds, so a cell's two times are compared in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from specprof.plan.modes import Attention
from specprof.plan.plan import Cell, Row
from specprof.run.cell_record import CellRecord, DraftRecord, Interval
from specprof.run.record import RunRecord
from specprof.run.statistics import Estimate, over

if TYPE_CHECKING:
    from specprof.analysis.curves import CurveSet


class Slower(NamedTuple):
    """T(K) under the second attention over T(K) under the first, and the rounds behind it."""

    ratio: Estimate
    rounds: int


@dataclass(frozen=True)
class Beside:
    """Two attentions of one run: that of its own curves, and the one beside it."""

    own: Attention
    second: Attention
    cells: Mapping[Cell, CellRecord]
    draw: Callable[[], CurveSet]

    @cached_property
    def curves(self) -> CurveSet:
        """The curves under the second attention."""
        return self.draw()

    def slower(self, cell: Cell) -> Slower | None:
        """None where the cell was not measured under both."""
        found = self.cells.get(cell)
        if found is None or found.beside_over is None or not found.beside_ms or not found.measured_ms:
            return None
        rounds = set(found.beside_ms.rounds) & set(found.measured_ms.rounds)
        return Slower(found.beside_over.estimate, len(rounds))


def beside_of(
    record: RunRecord, cells: Mapping[Cell, CellRecord], draw: Callable[[], CurveSet]
) -> Beside | None:
    """The second attention of a run, whose cells these are and whose curves under it `draw` gives; None
    where there is none."""
    plan = record.plan
    if plan.attention_beside is None:
        return None
    return Beside(plan.attention, plan.attention_beside, cells, draw)


def under_second(record: RunRecord) -> RunRecord:
    """The record as it were with the second attention alone: its samples, latencies and ratios.

    Verdicts stay those of the cells: both were measured in the same rounds. A draft pass takes as long as it
    did, which is another share of T(1).
    """
    plan = record.plan.model_copy(
        update={"attention": record.plan.attention_beside, "attention_beside": None, "breakdown": False}
    )
    ones = {cell.cell.row: cell.beside_over for cell in record.cells if cell.candidates == 1}
    return record.model_copy(
        update={
            "plan": plan,
            "cells": [_cell(cell) for cell in record.cells],
            "drafts": [_draft(draft, ones) for draft in record.drafts],
        }
    )


def _cell(cell: CellRecord) -> CellRecord:
    return cell.model_copy(
        update={
            "measured_ms": cell.beside_ms,
            "head_ms": cell.beside_head_ms,
            "latency_ms": cell.beside_latency_ms,
            "ratio": cell.beside_ratio,
            "masked_ms": None,
            "breakdown": None,
            "kernel": None,
            "beside_ms": None,
            "beside_head_ms": None,
            "beside_latency_ms": None,
            "beside_ratio": None,
            "beside_over": None,
        }
    )


def _draft(draft: DraftRecord, ones: Mapping[Row, Interval | None]) -> DraftRecord:
    """`ones` is T(1) under the second attention over T(1) under the first, row by row."""
    slower = ones.get(draft.row)
    if draft.ratio is None or slower is None:
        return draft.model_copy(update={"ratio": None})
    share = over(draft.ratio.estimate, slower.estimate)
    bounds = Interval.model_construct(median=share.median, ci_low=share.low, ci_high=share.high)
    return draft.model_copy(update={"ratio": bounds})
