"""The sweep: all rows of the plan, within the budget. CPU and CUDA go through the same one."""

from __future__ import annotations

from specprof.measure.bench import Bench
from specprof.measure.profile_pass import profile_cells
from specprof.measure.row_refinement import RowRefinement, refinable
from specprof.measure.row_sweep import RowSweep
from specprof.plan.plan import Cell, Row
from specprof.run import events as ev
from specprof.run.job import Job


class Sweep:
    """Measures the rows one after another, giving each an even share of what is left of the budget.

    Where the grid is refined, the end of each share is kept for that, with what the row's grid leaves of it.
    """

    def __init__(self, bench: Bench, job: Job) -> None:
        self.bench = bench
        self.job = job
        self.ended: set[Cell] = set(job.ended)
        budget = job.plan.stopping.budget_s
        self._end_s = None if budget is None else bench.pause.now_s() + budget
        rule = job.plan.refinement
        self._kept_s = rule.budget_s if rule is not None else 0.0
        """Seconds for refinement that are left; None where it has no limit of its own."""

    def run(self) -> int:
        """Runs the sweep and returns how many cells have ended, in this process or before."""
        waiting = [row for row in self.job.plan.rows() if self._to_do(row)]
        first = True
        while waiting:
            row = waiting.pop(0)
            self.bench.rest(f"before batch {row.batch_size}, seq_len {row.seq_len}")
            sweep = RowSweep(self.bench, row, self.ended, self.job.first_round(row))
            try:
                if sweep.open(refining=self._all_ended(row)):
                    if first:
                        sweep.measure_round()
                        waiting = self._affordable(sweep, waiting)
                        first = False
                    grid_end_s, end_s = self._deadlines(len(waiting))
                    if not self._all_ended(row):
                        sweep.measure(grid_end_s)
                    self._refine(sweep, len(waiting), end_s)
            finally:
                sweep.close()
        if self.bench.plan.breakdown:
            profile_cells(self.bench, self.bench.measured.union(self.job.unprofiled))
        return len(self.ended)

    def _all_ended(self, row: Row) -> bool:
        return all(Cell(*row, k) in self.ended for k in self.job.plan.counts(row))

    def _to_do(self, row: Row) -> bool:
        return not self._all_ended(row) or refinable(self.job, row)

    def _deadlines(self, rows_after: int) -> tuple[float | None, float | None]:
        """When the rounds of a row's grid end, and when its refinement does."""
        if self._end_s is None:
            return None, None
        now = self.bench.pause.now_s()
        share = max(0.0, self._end_s - now) / (rows_after + 1)
        return now + max(0.0, share - (self._kept_s or 0.0) / (rows_after + 1)), now + share

    def _refine(self, sweep: RowSweep, rows_after: int, end_s: float | None) -> None:
        """Adds counts to a row that is measured. Without a run's budget only the refinement's own ends it."""
        if self.job.plan.refinement is None:
            return
        began = self.bench.pause.now_s()
        if end_s is None and self._kept_s is not None:
            end_s = began + self._kept_s / (rows_after + 1)
        RowRefinement(sweep, self.job).run(end_s)
        if self._end_s is not None:
            self._kept_s = (self._kept_s or 0.0) * rows_after / (rows_after + 1)
        elif self._kept_s is not None:
            self._kept_s = max(0.0, self._kept_s - (self.bench.pause.now_s() - began))

    def _affordable(self, first: RowSweep, waiting: list[Row]) -> list[Row]:
        """Drops the longest sequence lengths where the budget cannot give each row its least rounds."""
        rule = self.job.plan.stopping
        if not rule.drop_rows or rule.budget_s is None or first.round_s is None:
            return waiting
        row_s = first.warmup_s + rule.min_rounds * first.round_s
        room = max(1, int((rule.budget_s - (self._kept_s or 0.0)) / row_s))
        kept = list(waiting)
        while kept and len(kept) + 1 > room:
            longest = max(row.seq_len for row in kept)
            kept = [row for row in kept if row.seq_len < longest]
        dropped = [row for row in waiting if row not in kept]
        if dropped:
            self._say_dropped(dropped, first, rule.budget_s)
        return kept

    def _say_dropped(self, dropped: list[Row], first: RowSweep, budget_s: float) -> None:
        lengths = ", ".join(str(s) for s in sorted({row.seq_len for row in dropped}))
        reason = (
            f"dropped to keep to the {budget_s:.0f} s budget: one round of a row takes {first.round_s:.1f} s "
            f"here, and each row needs {self.job.plan.stopping.min_rounds}"
        )
        self.bench.speaker.say(ev.RowsDropped, rows=dropped, reason=reason)
        self.bench.speaker.say(
            ev.Notice,
            level="warning",
            text=f"seq_len {lengths} {reason}; --budget {2 * budget_s:.0f} gives more time",
        )
        for row in dropped:
            self.ended.update(Cell(*row, k) for k in self.job.plan.counts(row))
