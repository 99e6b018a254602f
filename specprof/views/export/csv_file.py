"""A run as CSV: one row per cell and acceptance model, units in the names of the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.floor import Floor
from specprof.analysis.opened import Run
from specprof.run.breakdown import Breakdown
from specprof.run.cell_record import CellRecord
from specprof.views.breakdown.parts import SHOWN, parts_ms
from specprof.views.export.csv_fields import interval, number, words
from specprof.views.export.rows import CellRow, cell_rows

COLUMNS = (
    "model",
    "device",
    "dtype",
    "workload",
    "batch_size",
    "seq_len_tokens",
    "candidates",
    "measured_ms",
    "measured_ci_low_ms",
    "measured_ci_high_ms",
    "latency_ms",
    "latency_ci_low_ms",
    "latency_ci_high_ms",
    "latency_is_estimate",
    "layers_measured",
    "layers_total",
    "ratio_t_k_over_t_1",
    "ratio_ci_low",
    "ratio_ci_high",
    "expected_tokens_per_step",
    "speedup",
    "speedup_ci_low",
    "speedup_ci_high",
    "bounds",
    "samples",
    "verdict",
    "reasons",
    "stop_reason",
    "memory_bytes",
    "predicted_bytes",
    "floor_ms",
    "floor_limit",
    "attention",
    "attention_beside",
    "beside_measured_ms",
    "beside_measured_ci_low_ms",
    "beside_measured_ci_high_ms",
    "beside_latency_ms",
    "beside_latency_ci_low_ms",
    "beside_latency_ci_high_ms",
    "beside_over",
    "beside_over_ci_low",
    "beside_over_ci_high",
    "kernel",
    *(f"{part.key}_ms" for part in SHOWN),
    "profiled_ms",
    "acceptance",
    "acceptance_formula",
    "draft_cost",
)


def csv_text(run: Run, models: Sequence[AcceptanceModel], batch_sizes: Sequence[int]) -> str:
    """Header and rows, each ending with a newline. An empty field is a value that there is not."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for model in models:
        for row in cell_rows(run, model, batch_sizes):
            writer.writerow(_fields(run, model, row))
    return text.getvalue()


def _fields(run: Run, model: AcceptanceModel, row: CellRow) -> list[str]:
    plan, environment, cell = run.record.plan, run.record.environment, row.record
    return [
        words(plan.model.title),
        words(environment.device.name) if environment else "",
        plan.dtype,
        plan.workload,
        *map(str, row.cell),
        *interval(row.measured_ms),
        *interval(row.latency_ms),
        "" if row.latency_ms is None else str(run.estimated).lower(),
        str(plan.model.layers_measured),
        str(plan.model.layers_total),
        *interval(row.ratio),
        number(row.expected_tokens),
        *interval(row.speedup),
        "reading error" if run.published else "95 % interval",
        str(row.samples),
        row.verdict,
        words("; ".join(row.reasons)),
        cell.stop_reason or "" if cell else "",
        _count(cell.memory_bytes if cell else None),
        _count(cell.predicted_bytes if cell else None),
        *_floor(row.floor),
        *_attentions(run),
        *_beside(cell),
        words(cell.kernel or "") if cell else "",
        *_profiled(cell.breakdown if cell else None),
        words(model.text),
        words(model.formula),
        run.draft.text,
    ]


def _count(value: int | None) -> str:
    return "" if value is None else str(value)


def _floor(floor: Floor | None) -> list[str]:
    """The floor and the limit that it is; `bandwidth alone` where the time of the products is not known."""
    if floor is None:
        return ["", ""]
    alone = " alone" if floor.products_ms is None else ""
    return [number(floor.ms), floor.limit + alone]


def _attentions(run: Run) -> list[str]:
    """Neither the published block nor a published figure has an implementation of it to name."""
    plan = run.record.plan
    if plan.workload != "full" or run.published:
        return ["", ""]
    return [plan.attention, plan.attention_beside or ""]


def _beside(cell: CellRecord | None) -> list[str]:
    intervals = (cell.beside_ms, cell.beside_latency_ms, cell.beside_over) if cell else (None, None, None)
    return [field for one in intervals for field in interval(one.estimate if one else None)]


def _profiled(breakdown: Breakdown | None) -> list[str]:
    if breakdown is None:
        return [""] * (len(SHOWN) + 1)
    return [number(ms) for ms in (*parts_ms(breakdown), breakdown.total_ms)]
