"""Refinement of one row while its prefix is open: further counts, each in rounds with its neighbours.

`plan.refinement` decides which count comes next from T(K)/T(1) of all that the row knows. A new count is
measured in rounds of its own together with K = 1, so that its ratio is paired, and with the two measured
counts that it lies between, so that it can be compared with them. Those gain samples; their results stand.
"""

from __future__ import annotations

import statistics

from specprof.measure.row_sweep import RowSweep
from specprof.measure.warm_up import warm_up
from specprof.plan.plan import Row
from specprof.plan.refinement import Known, Proposal, next_candidates
from specprof.run import events as ev
from specprof.run.job import Job
from specprof.run.statistics import Estimate


def known_before(job: Job, row: Row) -> dict[int, Estimate]:
    """T(K)/T(1) of the row's counts that an earlier process measured."""
    return {cell.candidates: ratio for cell, ratio in job.known if cell.row == row}


def next_of(job: Job, row: Row, known: dict[int, Estimate], counts: tuple[int, ...]) -> Proposal | None:
    """The next count of a row that has `counts`; those not among the known ones failed."""
    if job.plan.refinement is None:
        return None
    return next_candidates(
        [Known(k, *ratio) for k, ratio in known.items()],
        job.plan.refinement,
        grid=job.plan.grid_candidates,
        batch_size=row.batch_size,
        barred=set(counts) - known.keys(),
    )


class RowRefinement:
    """Goes on with a row whose cells have all ended."""

    def __init__(self, sweep: RowSweep, job: Job) -> None:
        self._sweep = sweep
        self._job = job
        self._bench = sweep.bench
        self._row = sweep.cells.row
        self._earlier = known_before(job, self._row)

    def run(self, deadline_s: float | None) -> None:
        """Adds counts until none is worth its time, or until the deadline, on the clock of the pauses."""
        while self._has_base():
            found = next_of(self._job, self._row, self._known(), self._bench.plan.counts(self._row))
            if found is None or not self._affordable(found, deadline_s) or not self._add(found):
                return
            self._measure(found, deadline_s)

    def _has_base(self) -> bool:
        cells = self._sweep.cells
        return cells.base is not None and (1 in cells.done or 1 in cells.active)

    def _known(self) -> dict[int, Estimate]:
        cells = self._sweep.cells
        here = {k: self._sweep.ratio(measured) for k, measured in cells.done.items()}
        return {**self._earlier, 1: Estimate(1.0, 1.0, 1.0), **{k: r for k, r in here.items() if r}}

    def _affordable(self, found: Proposal, deadline_s: float | None) -> bool:
        """Whether there is time for the rounds that a row must be able to afford."""
        base = self._sweep.cells.base
        if deadline_s is None or base is None or not base.ms:
            return True
        known = self._known()
        once_s = statistics.median(base.ms) / 1e3
        round_s = once_s * (1 + known[found.lower].median + 2 * known[found.upper].median)
        rounds = self._bench.plan.stopping.min_rounds
        return self._bench.pause.now_s() + rounds * round_s <= deadline_s

    def _add(self, found: Proposal) -> bool:
        """Says it. False where the plan cannot hold one more cell."""
        added = ev.CandidatesAdded(**self._row._asdict(), candidates=[found.candidates], why=found.why)
        try:
            self._bench.plan = self._bench.plan.with_added(*added.added())
        except ValueError:
            return False
        said = {"candidates": added.candidates, "why": added.why}
        self._bench.speaker.say(ev.CandidatesAdded, **self._row._asdict(), **said)
        return True

    def _measure(self, found: Proposal, deadline_s: float | None) -> None:
        sweep, cells = self._sweep, self._sweep.cells
        if not cells.open_added(found.candidates):
            return
        cells.bring_back({1, found.lower, found.upper})
        warm_up(cells, {found.candidates})
        sweep.round_s = None  # of rounds with other cells
        sweep.measure(deadline_s)
        cells.send_home()


def refinable(job: Job, row: Row) -> bool:
    """Whether a row that an earlier process measured to its end may still be refined."""
    return next_of(job, row, known_before(job, row), job.plan.counts(row)) is not None
