"""What must be known to read the bars of a breakdown, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specprof.plan.plan import Row
from specprof.run.cell_record import CellRecord
from specprof.run.record import RunRecord
from specprof.views.quantities import number

TITLE = "Where the time of a verify step goes"
NOT_PROFILED = "not profiled: `specprof run --breakdown` does, one step of each cell"
PUBLISHED = "a published figure: no step of it was profiled"
UNDISTURBED = 0.8, 1.5
"""A profiled step that took so many times the measured median, or between, shows where that goes."""
KERNELS = "Another kernel takes longest as K grows"


def profiled_rows(record: RunRecord, batch_sizes: Sequence[int] | None = None) -> dict[Row, list[CellRecord]]:
    """The cells that have a breakdown by their row, ascending K; rows without one are left out."""
    cells = {cell.cell: cell for cell in record.cells if cell.breakdown is not None}
    found: dict[Row, list[CellRecord]] = {}
    for planned in record.plan.cells():
        if planned in cells and (batch_sizes is None or planned.batch_size in batch_sizes):
            found.setdefault(planned.row, []).append(cells[planned])
    return found


def slice_words(record: RunRecord) -> str:
    """What was profiled in a sliced run; nothing where it was all of the model."""
    model, plan = record.plan.model, record.plan
    if model.full_depth:
        return ""
    what = f"Of the slice that was measured, {model.layers_measured} of {model.layers_total} layers"
    if plan.workload != "full":
        return f"{what}."
    return f"{what}: embedding and head weigh more in it than at full depth."


def note_words(record: RunRecord, rows: dict[Row, list[CellRecord]]) -> Iterator[str]:
    """How it was taken, and how long it took by that."""
    plan = record.plan
    under = f" under attention {plan.attention}" if plan.attention_beside is not None else ""
    taken = f"One step of each cell{under}, profiled once, apart from the timed samples."
    ratios = _against_measured(rows)
    if ratios:
        low, high = (number(one, 2) for one in (min(ratios), max(ratios)))
        span = f"{low} ×" if low == high else f"{low} to {high} ×"
        taken += f" Profiled steps took {span} the measured median."
    yield taken
    gap = "the device does nothing" if plan.on_cuda else "no operator runs"
    yield f"Gaps: time in which {gap}. Each row has a scale of its own."


def disturbed_words(rows: dict[Row, list[CellRecord]]) -> str:
    """What must be known of cells whose profiled step was not like those that were timed; nothing where all
    were."""
    ratios = _against_measured(rows)
    low, high = UNDISTURBED
    far = sum(not low <= one <= high for one in ratios)
    if not far:
        return ""
    whose = "In the one cell" if len(ratios) == 1 else f"In {far} of {len(ratios)} cells"
    return (
        f"{whose} the profiled step took less than {low:g} or more than {high:g} × the measured median: "
        "the shares are those of a disturbed step."
    )


def _against_measured(rows: dict[Row, list[CellRecord]]) -> list[float]:
    """Of each cell the profiled step over the measured median."""
    return [
        cell.breakdown.total_ms / cell.measured_ms.median
        for cells in rows.values()
        for cell in cells
        if cell.breakdown is not None and cell.measured_ms is not None and cell.measured_ms.median > 0
    ]


def row_words(row: Row) -> str:
    return f"batch {row.batch_size}, seq_len {row.seq_len}"


def places_words(places: Sequence[Row], all_rows: Sequence[Row]) -> str:
    """Where something holds: `in every row`, else the rows, by batch size."""
    if len(places) == len(all_rows):
        return "in every row" if len(places) > 1 else row_words(places[0])
    sizes = dict.fromkeys(row.batch_size for row in places)
    return "; ".join(
        f"batch {size}, seq_len {', '.join(str(row.seq_len) for row in places if row.batch_size == size)}"
        for size in sizes
    )
