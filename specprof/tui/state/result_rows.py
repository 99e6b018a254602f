"""The cells of one batch size as rows to sort: what was measured, and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.arrays import Arrays
from specprof.analysis.curves import CurveSet
from specprof.analysis.floor import rates_of
from specprof.analysis.opened import Run
from specprof.plan.plan import Cell
from specprof.run.statistics import Estimate
from specprof.views.tables.results import Standing

Sort = Literal[
    "seq_len",
    "candidates",
    "latency",
    "floor",
    "beside",
    "ratio",
    "tokens",
    "speedup",
    "samples",
    "verdict",
]

_WORST_FIRST = ("invalid", "failed", "oom", "unverified", "warn", "not_run", "valid")


@dataclass(frozen=True)
class ResultRow:
    """One cell. What it has no value for is None."""

    seq_len: int
    candidates: int
    latency_ms: Estimate | None
    above_floor: Estimate | None
    """Latency over floor."""
    beside_over: Estimate | None
    """T(K) under the second attention over T(K) under the first."""
    ratio: Estimate | None
    tokens: float
    """E(K)."""
    speedup: Estimate | None
    samples: int
    verdict: str
    reasons: tuple[str, ...]
    trusted: bool


Standings = Mapping[tuple[int, int, int], Standing]
"""By batch size, sequence length and K."""


def result_rows(run: Run, curves: CurveSet, acceptance: AcceptanceModel, batch_size: int) -> list[ResultRow]:
    """Every cell of one batch size, by sequence length and K. `curves` are those of `acceptance`."""
    at_batch = run.batch_sizes.index(batch_size)
    records = {cell.cell: cell for cell in run.record.cells}
    latency, ratio, speedup = run.latency_ms(), run.ratio(), run.speedup(acceptance)
    verdicts = run.verdicts()
    tokens = acceptance.expected_tokens(run.candidates).tolist()
    untrusted = {
        (curve.seq_len, int(count))
        for curve in curves.of_batch(batch_size)
        for count in curve.candidates[~curve.trusted]
    }
    found = []
    for i, seq_len in enumerate(run.seq_lens):
        for j, count in enumerate(run.candidates):
            place = at_batch, i, j
            if not verdicts[place]:  # refinement added it to other rows only
                continue
            record = records.get(Cell(batch_size, seq_len, count))
            above = curves.floors.above(Cell(batch_size, seq_len, count)) if curves.floors else None
            found.append(
                ResultRow(
                    seq_len=seq_len,
                    candidates=count,
                    latency_ms=_at(latency, place),
                    above_floor=above.multiple if above else None,
                    beside_over=record.beside_over.estimate if record and record.beside_over else None,
                    ratio=_at(ratio, place),
                    tokens=tokens[j],
                    speedup=_at(speedup, place),
                    samples=len(record.measured_ms.samples) if record and record.measured_ms else 0,
                    verdict=str(verdicts[place]),
                    reasons=tuple(record.reasons) if record else (),
                    trusted=(seq_len, count) not in untrusted,
                )
            )
    return found


def _at(arrays: Arrays, place: tuple[int, int, int]) -> Estimate | None:
    median, low, high = (float(part[place]) for part in arrays)
    return Estimate(median, low, high) if math.isfinite(median) else None


def sorts_of(run: Run) -> tuple[Sort, ...]:
    """The columns that a run has something for: a published figure has no latency, sample or verdict, and
    not every run a floor or a second attention."""
    if run.published:
        return ("seq_len", "candidates", "ratio", "tokens", "speedup")
    further: list[Sort] = []
    if rates_of(run.record) is not None:
        further.append("floor")
    if run.record.plan.attention_beside is not None:
        further.append("beside")
    return ("seq_len", "candidates", "latency", *further, "ratio", "tokens", "speedup", "samples", "verdict")


_KEYS: dict[Sort, Callable[[ResultRow], float | None]] = {
    "seq_len": lambda row: float(row.seq_len),
    "candidates": lambda row: float(row.candidates),
    "latency": lambda row: _median(row.latency_ms),
    "floor": lambda row: _median(row.above_floor),
    "beside": lambda row: _median(row.beside_over),
    "ratio": lambda row: _median(row.ratio),
    "tokens": lambda row: row.tokens,
    "speedup": lambda row: _median(row.speedup),
    "samples": lambda row: float(row.samples) if row.samples else None,
    "verdict": lambda row: float(_WORST_FIRST.index(row.verdict)) if row.verdict in _WORST_FIRST else None,
}

DESCENDING_FIRST: frozenset[Sort] = frozenset({"speedup"})
"""Columns whose highest value is what is looked for."""


def _median(estimate: Estimate | None) -> float | None:
    return estimate.median if estimate is not None else None


def sorted_rows(rows: Iterable[ResultRow], sort: Sort, *, descending: bool) -> tuple[ResultRow, ...]:
    """The rows by one column; equal ones by sequence length and K, those without a value last."""
    key = _KEYS[sort]
    by_place = sorted(rows, key=lambda row: (row.seq_len, row.candidates))
    known = [row for row in by_place if key(row) is not None]
    known.sort(key=lambda row: key(row) or 0.0, reverse=descending)
    return (*known, *(row for row in by_place if key(row) is None))


def index_of(rows: Sequence[ResultRow], seq_len: int, candidates: int) -> int | None:
    """Where a cell stands among the rows."""
    for index, row in enumerate(rows):
        if (row.seq_len, row.candidates) == (seq_len, candidates):
            return index
    return None
