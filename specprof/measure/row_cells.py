"""The cells of one row: prefix and steps built where they fit, samples taken, failures survived."""

from __future__ import annotations

from specprof.measure import capacity
from specprof.measure.bench import Bench, CellInProgress
from specprof.measure.clock import Sample
from specprof.measure.convergence import Convergence
from specprof.measure.step import Step
from specprof.plan.plan import Cell, Row
from specprof.run import events as ev


class RowCells:
    """`active` holds the cells still to be measured, by K; `base` is K = 1, `masked_base` its diagnostic.

    `done` holds those measured here to a stop. Refinement measures some of them again beside a new one,
    as its `companions`: their results stand, whatever comes of that.
    """

    def __init__(self, bench: Bench, row: Row, ended: set[Cell]) -> None:
        self.bench = bench
        self.row = row
        self.ended = ended
        self.active: dict[int, CellInProgress] = {}
        self.base: CellInProgress | None = None
        self.masked_base: Step | None = None
        self.done: dict[int, CellInProgress] = {}
        self.companions: set[int] = set()

    @property
    def unfinished(self) -> bool:
        """Whether a cell is active for its own sake."""
        return bool(self.active.keys() - self.companions)

    def open(self, *, refining: bool = False) -> bool:
        """Builds prefix and steps. False where no cell of the row is left to measure.

        Where it is `refining`, K = 1 is enough.
        """
        row = self.row
        wanted = [k for k in self.bench.plan.counts(row) if Cell(*row, k) not in self.ended]
        if not wanted and not refining:
            return False
        self.bench.speaker.say(ev.RowStarted, batch_size=row.batch_size, seq_len=row.seq_len)
        fitting = [k for k in sorted({1, *wanted}) if self._predicted_to_fit(k)]
        if 1 not in fitting or not self._open_prefix():
            self.give_up(wanted, "the row's prefix or its K = 1 does not fit")
            return False
        for candidates in fitting:
            self._open_cell(candidates)
        if self.bench.workload.has_mask and 1 in self.active:
            self._open_masked_base()
        return self.has_base()

    def has_base(self) -> bool:
        """Whether K = 1 can still be measured; without it the rest of the row is given up."""
        self.base = self.active.get(1)
        if self.base is None:
            self.give_up(
                list(self.active), "K = 1 could not be measured, and every ratio is taken against it"
            )
        return self.base is not None

    def close(self) -> None:
        """Lets go of prefix and graphs."""
        self.active.clear()
        self.done.clear()
        self.companions.clear()
        self.base = self.masked_base = None
        self.bench.workload.close_row()
        capacity.release(self.bench.device)

    def sample(self, cell: Cell, step: Step, *, with_head: bool) -> Sample | None:
        """A sample, or None after the cell ran out of memory and was taken out.

        Raises CancelledByUser before it begins where the parent asked for the end.
        """
        taken, reason = self.bench.sample(step, with_head=with_head)
        if taken is None:
            capacity.release(self.bench.device)
            self.fail(cell, "oom", reason)
        return taken

    def open_added(self, candidates: int) -> bool:
        """Builds the step of a count that refinement added. False where it does not fit, which is said."""
        if self._predicted_to_fit(candidates):
            self._open_cell(candidates)
        return candidates in self.active

    def bring_back(self, counts: set[int]) -> None:
        """Measures cells again that have ended: their steps are as they were, or built anew."""
        self.companions = counts
        for k in sorted(counts - self.active.keys()):
            if k in self.done:
                self.active[k] = self.done[k]
            else:  # an earlier process measured it
                self._open_cell(k)

    def send_home(self) -> None:
        """Lets go of the companions: nothing is active any more."""
        self.active.clear()
        self.companions = set()

    def _predicted_to_fit(self, candidates: int) -> bool:
        cell = Cell(*self.row, candidates)
        reason = capacity.why_not(self.bench.plan, cell, self.bench.device)
        if reason is not None and cell not in self.ended:
            self.fail(cell, "not_run", reason)
        return reason is None

    def _open_prefix(self) -> bool:
        try:
            self.bench.workload.open_row(self.row)
        except Exception as error:
            if not capacity.is_out_of_memory(error):
                raise
        else:
            return True
        self.bench.workload.close_row()
        capacity.release(self.bench.device)
        return False

    def _open_masked_base(self) -> None:
        try:
            self.masked_base = self.bench.prepared(1, masked=True)
        except Exception as error:  # only a diagnostic: the row does without
            if not capacity.is_out_of_memory(error):
                raise

    def _open_cell(self, candidates: int) -> None:
        cell = Cell(*self.row, candidates)
        out_of_memory = None
        try:
            self.active[candidates] = self._opened(cell)
        except Exception as error:
            if not capacity.is_out_of_memory(error):
                raise
            out_of_memory = str(error).splitlines()[0]
        if out_of_memory is not None:
            capacity.release(self.bench.device)
            self.fail(cell, "oom", f"out of memory: {out_of_memory}")
        else:
            self.bench.speaker.say(ev.CellPrepared, **cell._asdict())

    def _opened(self, cell: Cell) -> CellInProgress:
        bench, masked = self.bench, cell.candidates > 1
        capacity.peak_bytes(bench.device)  # what came before is not this cell's
        opened = CellInProgress(
            cell, bench.prepared(cell.candidates, masked=masked), Convergence(bench.plan.stopping)
        )
        if bench.device.type == "cuda":
            opened.step.run()
            opened.memory_bytes = capacity.peak_bytes(bench.device)
        if bench.beside is not None:
            opened.beside = self._opened_beside(cell)
        return opened

    def _opened_beside(self, cell: Cell) -> Step | None:
        """The cell's step under the second attention; None, and said, where memory does not hold it."""
        bench = self.bench
        reason = capacity.why_not(bench.plan, cell, bench.device, bench.beside)
        if reason is None:
            try:
                masked = cell.candidates > 1
                return bench.prepared(cell.candidates, masked=masked, attention=bench.beside)
            except Exception as error:
                if not capacity.is_out_of_memory(error):
                    raise
                reason = f"out of memory: {str(error).splitlines()[0]}"
            capacity.release(bench.device)
        self.say_without(f"{cell} is measured without attention {bench.beside}", reason)
        return None

    def say_without(self, what: str, reason: str) -> None:
        self.bench.speaker.say(ev.Notice, level="warning", text=f"{what}: {reason}"[:1000])

    def fail(self, cell: Cell, verdict: str, reason: str) -> None:
        """Takes a cell out of the row and says why. The result of a companion stands."""
        if cell.candidates in self.companions:
            self.active.pop(cell.candidates, None)
            text = f"{cell} could not be measured again, its result stands: {reason}"
            self.bench.speaker.say(ev.Notice, level="warning", text=text[:1000])
            return
        self.ended.add(cell)
        self.active.pop(cell.candidates, None)
        self.bench.speaker.say(ev.CellFailed, **cell._asdict(), verdict=verdict, reason=reason[:1000])

    def give_up(self, candidates: list[int], reason: str) -> None:
        """Takes out every one of these cells that has not ended."""
        for k in candidates:
            if Cell(*self.row, k) not in self.ended:
                self.fail(Cell(*self.row, k), "not_run", reason)
