"""Where the time of each cell goes, once all samples of the run are taken: what a profiler leaves behind may
slow what is timed after it."""

from __future__ import annotations

from collections.abc import Iterable

from specprof.measure import capacity
from specprof.measure.bench import Bench
from specprof.measure.profile.profiler import ProfileFailed, profile_step
from specprof.measure.step import Form
from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.breakdown import Breakdown


def profile_cells(bench: Bench, cells: Iterable[Cell]) -> None:
    """Profiles each of these cells once, row by row. Where the profiler does not work, that is said once.

    Raises CancelledByUser between two of them.
    """
    open_row = None
    try:
        for cell in sorted(cells):
            bench.check_cancelled()
            problem = None
            try:
                if cell.row != open_row:
                    bench.workload.open_row(cell.row)
                    open_row = cell.row
                found = _profiled(bench, cell)
                bench.speaker.say(ev.CellProfiled, **cell._asdict(), breakdown=found)
            except ProfileFailed as failure:
                bench.speaker.say(ev.Notice, level="warning", text=f"no breakdown: {failure}"[:1000])
                return
            except Exception as error:
                if not capacity.is_out_of_memory(error):
                    raise
                problem = f"no breakdown of {cell}: out of memory"
            if problem is not None:
                open_row = None
                bench.workload.close_row()
                bench.speaker.say(ev.Notice, level="warning", text=problem)
            capacity.release(bench.device)
    finally:
        bench.workload.close_row()


def _profiled(bench: Bench, cell: Cell) -> Breakdown:
    """Of the step as it was timed; a replayed graph learns from the step it was captured from what its
    kernels are."""
    masked = cell.candidates > 1
    step = bench.prepared(cell.candidates, masked=masked)
    eager = None
    if bench.graphs is not None:
        eager = bench.workload.step(cell.candidates, Form(masked, bench.plan.attention, bench.compiled))
    return profile_step(step, bench.device, eager=eager)
