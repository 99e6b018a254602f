"""Run records with a known truth, made the way real ones are: events through the reducer."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from specprof.plan.model import ModelShape
from specprof.plan.modes import Attention
from specprof.plan.plan import Cell, Plan
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule
from specprof.run import events as ev
from specprof.run.cell_record import Verdict
from specprof.run.environment import Device, Environment
from specprof.run.record import RunRecord
from specprof.run.reduce import Reduction

CANDIDATES = (1, 16, 32, 48, 64, 80, 96, 112)


def full_tiny() -> ModelShape:
    return PRESETS["tiny"]


def plan_of(
    batch_sizes: tuple[int, ...] = (1,),
    seq_lens: tuple[int, ...] = (128,),
    candidates: tuple[int, ...] = CANDIDATES,
    model: ModelShape | None = None,
    attention_beside: Attention | None = None,
) -> Plan:
    return Plan(
        model=model or full_tiny(),
        dtype="float32",
        attention_beside=attention_beside,
        batch_sizes=batch_sizes,
        seq_lens=seq_lens,
        candidates=candidates,
        stopping=StoppingRule(target_ci=0.05),
    )


def record_of(
    plan: Plan,
    latency_ms: Callable[[Cell], float],
    *,
    rounds: int = 12,
    noise: float = 0.0,
    drift: float = 0.0,
    head_ms: float | None = None,
    beside_ms: Callable[[Cell], float] | None = None,
    missing: Collection[Cell] = (),
    first_round: Callable[[Cell], int] = lambda cell: 0,
    seed: int = 1,
) -> RunRecord:
    """A record whose true latencies are `latency_ms`, and `beside_ms` under the plan's second attention.

    Each sample carries its own noise (relative standard deviation `noise`, lognormal) and that of its
    round (`drift`), which all cells of a row share. A cell's samples begin at round `first_round(cell)`.
    """
    random = np.random.default_rng(seed)
    reduction = Reduction()
    reduction.apply(
        ev.RunStarted(
            schema_version=1,
            run_id="synthetic",
            created_at="2025-01-01T00:00:00Z",
            specprof_version="0",
            plan=plan,
        )
    )
    t_s = 0.0
    for row in plan.rows():
        cells = [cell for cell in plan.cells() if cell.row == row and cell not in missing]
        for number in range(rounds + max((first_round(cell) for cell in cells), default=0)):
            shared = np.exp(drift * random.standard_normal())
            for cell in cells:
                if not first_round(cell) <= number < first_round(cell) + rounds:
                    continue
                t_s += 0.001
                factor = float(shared * np.exp(noise * random.standard_normal()))
                reduction.apply(
                    ev.SampleTaken(
                        **cell._asdict(),
                        t_s=t_s,
                        round=number,
                        measured_ms=latency_ms(cell) * factor,
                        head_ms=None if head_ms is None else head_ms * factor,
                    )
                )
                if beside_ms is not None:
                    factor = float(shared * np.exp(noise * random.standard_normal()))
                    reduction.apply(
                        ev.SampleTaken(
                            **cell._asdict(),
                            t_s=t_s,
                            round=number,
                            measured_ms=beside_ms(cell) * factor,
                            head_ms=None if head_ms is None else head_ms * factor,
                            attention=plan.attention_beside,
                        )
                    )
        for cell in cells:
            reduction.apply(ev.CellFinished(**cell._asdict(), t_s=t_s, stop_reason="max_samples"))
    for cell in missing:
        reduction.apply(ev.CellFailed(**cell._asdict(), t_s=t_s, verdict="oom", reason="out of memory"))
    reduction.apply(ev.RunEnded(t_s=t_s, cells_finished=len(plan.cells()) - len(missing)))
    return reduction.record()


def with_verdict(record: RunRecord, cells: Collection[Cell], verdict: Verdict) -> RunRecord:
    changed = [
        found.model_copy(update={"verdict": verdict}) if found.cell in cells else found
        for found in record.cells
    ]
    return record.model_copy(update={"cells": changed})


def with_rates(record: RunRecord, bytes_per_s: float | None, flops_per_s: float | None) -> RunRecord:
    """The record of a made-up GPU that was measured to do as much."""
    device = Device(
        kind="cuda", name="Made-up GPU", stream_bytes_per_s=bytes_per_s, gemm_flops_per_s=flops_per_s
    )
    environment = Environment(
        host="host", os="Linux", python="3.11", torch="2.6", transformers="5.3", device=device
    )
    return record.model_copy(update={"environment": environment})
