"""A made-up run of two attentions on a device whose rates were measured. Nothing here was measured."""

from __future__ import annotations

from analysis.synthetic import plan_of, record_of, with_rates

from specprof.plan.plan import Cell
from specprof.run.record import RunRecord

BYTES_PER_S = 1e9


def own_ms(cell: Cell) -> float:
    return 10 + cell.candidates / 30 + cell.seq_len / 2000


def beside_ms(cell: Cell) -> float:
    return 12 + cell.candidates / 20 + cell.seq_len / 400


def two_attentions(flops_per_s: float | None = None) -> RunRecord:
    """`sdpa` with `eager` beside it; without noise, so that every median is the truth."""
    plan = plan_of(seq_lens=(128, 8192), candidates=(1, 16, 32), attention_beside="eager")
    return with_rates(record_of(plan, own_ms, beside_ms=beside_ms), BYTES_PER_S, flops_per_s)
