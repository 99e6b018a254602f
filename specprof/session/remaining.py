"""What a measuring child is still to do: the plan, and how far others came with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specprof.plan.plan import Cell
from specprof.run.job import Job, row_key
from specprof.run.mode_check import RanAs
from specprof.run.reduce import Reduction
from specprof.run.statistics import Estimate


def remaining(
    reduction: Reduction,
    origin_s: float,
    done: set[Cell],
    *,
    after_loss: bool = False,
    without_modes: Sequence[RanAs] = (),
) -> Job:
    """The job of the next child. `done` are cells to be left alone, whatever the reduction says of them, and
    `without_modes` execution modes that children died of.

    `after_loss` of another child, where only profiles are left, it may have been the profiler that it died
    of: they are not tried again.
    """
    rounds: dict[str, int] = {}
    for cell, state in reduction.cells.items():
        used = max([*state.plain.rounds, *state.masked.rounds], default=-1) + 1
        rounds[row_key(cell.row)] = max(rounds.get(row_key(cell.row), 0), used)
    for row, draft in reduction.drafts.items():
        rounds[row_key(row)] = max([rounds[row_key(row)], *(used + 1 for used in draft.series.rounds)])
    decodings = reduction.decodings.states if reduction.decodings is not None else {}
    for (row, _), decoding in decodings.items():
        rounds[row_key(row)] = max([rounds[row_key(row)], *(block.round + 1 for block in decoding.blocks)])
    ended = done | reduction.finished_cells()
    profiling = reduction.plan.breakdown and not (after_loss and ended.issuperset(reduction.cells))
    return Job(
        plan=reduction.plan,  # with what was added to it meanwhile
        origin_s=origin_s,
        ended=sorted(ended),
        built=reduction.built if any(state.plain.ms for state in reduction.cells.values()) else None,
        without_modes=list(without_modes),
        unprofiled=sorted(_unprofiled(reduction)) if profiling else [],
        next_round=rounds,
        without_draft=[row for row, draft in reduction.drafts.items() if draft.failed],
        without_decoding=[place for place, decoding in decodings.items() if decoding.failed],
        known=list(_known(reduction)),
    )


def _unprofiled(reduction: Reduction) -> Iterator[Cell]:
    for cell, state in reduction.cells.items():
        if state.finished is not None and state.breakdown is None:
            yield cell


def _known(reduction: Reduction) -> Iterator[tuple[Cell, Estimate]]:
    """What a child that goes on refining needs of the cells measured before it."""
    if reduction.plan.refinement is not None:
        for cell, state in reduction.cells.items():
            ratio = reduction.ratio(cell) if state.measured else None
            if ratio is not None:
                yield cell, ratio
