"""A run as rows: one for each cell of the plan, with its intervals, its verdict and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import NamedTuple

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.arrays import Arrays
from specprof.analysis.floor import Floor, floors_of
from specprof.analysis.opened import Run
from specprof.plan.plan import Cell
from specprof.run.cell_record import CellRecord
from specprof.run.statistics import Estimate


class CellRow(NamedTuple):
    """One cell under one acceptance model; None where there is no value.

    In a published figure the bounds are the error of reading it off, and no latency stands behind them.
    """

    cell: Cell
    measured_ms: Estimate | None
    latency_ms: Estimate | None
    ratio: Estimate | None
    expected_tokens: float
    speedup: Estimate | None
    samples: int
    verdict: str
    reasons: tuple[str, ...]
    floor: Floor | None
    """None where the device's bandwidth was not measured."""
    above_floor: Estimate | None
    """Latency over floor."""
    beside_over: Estimate | None
    """T(K) under the second attention over T(K) under the first."""
    record: CellRecord | None


def cell_rows(run: Run, acceptance: AcceptanceModel, batch_sizes: Collection[int]) -> Iterator[CellRow]:
    """The cells of some batch sizes, in the order of the plan."""
    measured, latency, ratio = run.measured_ms(), run.latency_ms(), run.ratio()
    speedup, verdicts = run.speedup(acceptance), run.verdicts()
    records = {cell.cell: cell for cell in run.record.cells}
    floors = None if run.published else floors_of(run.record, records)
    places = [
        {value: at for at, value in enumerate(axis)}
        for axis in (run.batch_sizes, run.seq_lens, run.candidates)
    ]
    for cell in run.record.plan.cells():
        if cell.batch_size not in batch_sizes:
            continue
        place = tuple(at[value] for at, value in zip(places, cell, strict=True))
        record = records.get(cell)
        above = floors.above(cell) if floors else None
        yield CellRow(
            cell,
            _at(measured, place),
            _at(latency, place),
            _at(ratio, place),
            float(acceptance.expected_tokens([cell.candidates])[0]),
            _at(speedup, place),
            len(record.measured_ms.samples) if record and record.measured_ms else 0,
            str(verdicts[place]),
            tuple(record.reasons) if record else (),
            floors.of(cell) if floors else None,
            above.multiple if above else None,
            record.beside_over.estimate if record and record.beside_over else None,
            record,
        )


def _at(arrays: Arrays, place: tuple[int, ...]) -> Estimate | None:
    found = Estimate(*(float(part[place]) for part in arrays))
    return found if math.isfinite(found.median) else None
