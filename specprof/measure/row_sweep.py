"""One row in rounds: every active K once per round in random order, K = 1 always among them.

Drift of the machine then touches all K alike, and each round gives one paired ratio T(K)/T(1).
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from dataclasses import dataclass, field

import torch

from specprof.measure import capacity
from specprof.measure.clock import Clock
from specprof.measure.convergence import Convergence
from specprof.measure.cuda_graph import GraphPool
from specprof.measure.speaker import Speaker
from specprof.measure.verify_step import Step
from specprof.plan.plan import Cell, Plan, Row
from specprof.run import events as ev
from specprof.run.statistics import Estimate, Vector, full_depth, median_estimate, paired

WARMUP_WINDOW = 6
WARMUP_AGREEMENT = 0.05
WARMUP_MAX_S = 2.0
OVERRUN_S = 3.0


class CancelledByUser(Exception):
    """The parent asked the child to stop; raised between samples only."""


@dataclass
class Measured:
    """One cell being measured."""

    cell: Cell
    step: Step
    convergence: Convergence
    ms: list[float] = field(default_factory=list)
    head_ms: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)

    def at_depth(self, plan: Plan) -> Vector:
        shape = plan.model
        return full_depth(self.ms, self.head_ms or None, shape.layers_measured, shape.layers_total)


@dataclass
class Bench:
    """What every row needs: the workload on its device, its clock and the voice."""

    plan: Plan
    workload: object
    device: torch.device
    clock: Clock
    speaker: Speaker
    graphs: GraphPool | None
    cancelled: object

    @property
    def with_head(self) -> bool:
        return self.workload.has_head and not self.plan.model.full_depth


class RowSweep:
    """Measures one row until every cell has stopped or the deadline has come."""

    def __init__(self, bench: Bench, row: Row, ended: set[Cell], first_round: int) -> None:
        self.bench = bench
        self.row = row
        self.round = first_round
        self.active: dict[int, Measured] = {}
        self.base: Measured | None = None
        self._masked_base: Step | None = None
        self._ended = ended
        self.round_s: float | None = None
        self.warmup_s = 0.0

    def open(self) -> bool:
        """Prefix, steps and warm-up. False where no cell of the row is left to measure."""
        row = self.row
        wanted = [k for k in self.bench.plan.candidates if Cell(*row, k) not in self._ended]
        if not wanted:
            return False
        self.bench.speaker.say(ev.RowStarted, batch_size=row.batch_size, seq_len=row.seq_len)
        started = time.monotonic()
        fitting = [k for k in sorted({1, *wanted}) if self._predicted_to_fit(k)]
        if 1 not in fitting or not self._open_prefix():
            self._give_up(wanted, "the row's prefix or its K = 1 does not fit")
            return False
        for candidates in fitting:
            self._open_cell(candidates)
        self.base = self.active.get(1)
        if self.base is None:
            self._give_up([k for k in wanted if k in self.active], "K = 1 could not be measured")
            return False
        if self.bench.workload.has_mask:
            self._masked_base = self._prepared(1, masked=True)
        self._warm_up()
        self.warmup_s = time.monotonic() - started
        return True

    def close(self) -> None:
        """Lets go of prefix and graphs."""
        self.active.clear()
        self.base = self._masked_base = None
        self.bench.workload.close_row()
        capacity.release(self.bench.device)

    def _predicted_to_fit(self, candidates: int) -> bool:
        cell = Cell(*self.row, candidates)
        reason = capacity.why_not(self.bench.plan, cell, self.bench.device)
        if reason is not None and cell not in self._ended:
            self._fail(cell, "not_run", reason)
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

    def _prepared(self, candidates: int, *, masked: bool) -> Step:
        step = self.bench.workload.step(candidates, masked=masked)
        if self.bench.graphs is not None:
            return self.bench.graphs.capture(step, with_head=self.bench.with_head)
        return step

    def _open_cell(self, candidates: int) -> None:
        cell = Cell(*self.row, candidates)
        out_of_memory = None
        try:
            step = self._prepared(candidates, masked=candidates > 1)
            self.active[candidates] = Measured(cell, step, Convergence(self.bench.plan.stopping))
        except Exception as error:
            if not capacity.is_out_of_memory(error):
                raise
            out_of_memory = str(error).splitlines()[0]
        if out_of_memory is not None:
            capacity.release(self.bench.device)
            self._fail(cell, "oom", f"out of memory: {out_of_memory}")

    def _fail(self, cell: Cell, verdict: str, reason: str) -> None:
        self._ended.add(cell)
        self.active.pop(cell.candidates, None)
        self.bench.speaker.say(ev.CellFailed, **cell._asdict(), verdict=verdict, reason=reason[:1000])

    def _give_up(self, candidates: list[int], reason: str) -> None:
        for k in candidates:
            if Cell(*self.row, k) not in self._ended:
                self._fail(Cell(*self.row, k), "not_run", reason)

    # Warm-up

    def _warm_up(self) -> None:
        """K = 1 until two halves of a window agree. On CUDA every K too; on the CPU the largest once,

        which touches the largest buffers: a CPU compiles nothing per shape, and one pass over all K
        would cost a tenth of the budget.
        """
        on_cuda = self.bench.device.type == "cuda"
        largest = max(self.active)
        for candidates in list(self.active):
            if candidates == 1 or on_cuda:
                self._warm_up_cell(self.active[candidates])
            elif candidates == largest:
                self._warm_up_cell(self.active[candidates], runs=1)

    def _warm_up_cell(self, measured: Measured, runs: int | None = None) -> None:
        discarded: list[float] = []
        settled = False
        started = time.monotonic()
        while True:
            sample_ms = self._sample(measured.cell, measured.step, discarded)
            if sample_ms is None:
                return
            if runs is not None and len(discarded) >= runs:
                break
            if len(discarded) >= WARMUP_WINDOW:
                window = discarded[-WARMUP_WINDOW:]
                first, second = window[: WARMUP_WINDOW // 2], window[WARMUP_WINDOW // 2 :]
                middle = statistics.median(window)
                settled = (
                    abs(statistics.median(first) - statistics.median(second)) <= WARMUP_AGREEMENT * middle
                )
                if settled:
                    break
            if time.monotonic() - started > WARMUP_MAX_S:
                break
        self.bench.speaker.say(
            ev.WarmedUp, **measured.cell._asdict(), discarded_ms=discarded, settled=settled
        )

    def _sample(self, cell: Cell, step: Step, into: list[float]) -> float | None:
        """One discarded sample; None where memory ran out and the cell has failed."""
        self._check_cancelled()
        taken = self._guarded(cell, step, with_head=False)
        if taken is None:
            return None
        into.append(taken.measured_ms)
        return taken.measured_ms

    def _guarded(self, cell: Cell, step: Step, *, with_head: bool):
        """A sample, or None after the cell ran out of memory and was given up."""
        out_of_memory = None
        try:
            return self.bench.clock.sample(step, with_head=with_head)
        except Exception as error:
            if not capacity.is_out_of_memory(error):
                raise
            out_of_memory = str(error).splitlines()[0]
        capacity.release(self.bench.device)
        self._fail(cell, "oom", f"out of memory: {out_of_memory}")
        return None

    def _check_cancelled(self) -> None:
        if self.bench.cancelled():
            raise CancelledByUser

    # Rounds

    def measure(self, deadline_s: float | None) -> None:
        """Rounds until every cell has stopped; none is begun that would mostly lie behind the deadline.

        `deadline_s` is on the machine's monotonic clock. At least one round is always measured; a later
        one that a busy machine stretches far over the deadline is left, with the samples it has.
        """
        while self.active:
            timed = self.round_s is not None and deadline_s is not None
            if timed and time.monotonic() + self.round_s / 2 > deadline_s:
                break
            self.measure_round(deadline_s + OVERRUN_S if timed else None)
        self.finish("budget")

    def measure_round(self, leave_s: float | None = None) -> None:
        """One round. Cells that stop are finished at its end, so that all saw the same rounds.

        No sample is begun after `leave_s`.
        """
        order = self._order()
        self.bench.speaker.say(
            ev.RoundStarted,
            batch_size=self.row.batch_size,
            seq_len=self.row.seq_len,
            round=self.round,
            order=[k for k, masked in order if not masked],
        )
        started = time.monotonic()
        gc.disable()
        try:
            for candidates, masked in order:
                self._check_cancelled()
                if leave_s is not None and time.monotonic() > leave_s:
                    break
                self._take(candidates, masked=masked)
        finally:
            gc.enable()
        self.round += 1
        self.round_s = time.monotonic() - started
        self._stop_converged()

    def _order(self) -> list[tuple[int, bool]]:
        order = [(k, False) for k in self.active]
        if self._masked_base is not None:
            order.append((1, True))
        # a new generator per round: a resumed run goes on with the order it would have had
        random.Random(f"{self.bench.plan.seed}/{self.row}/{self.round}").shuffle(order)  # noqa: S311
        return order

    def _take(self, candidates: int, *, masked: bool) -> None:
        measured = self.active.get(candidates)
        if measured is None:  # it ran out of memory earlier in this round
            return
        step = self._masked_base if masked else measured.step
        taken = self._guarded(measured.cell, step, with_head=self.bench.with_head and not masked)
        if taken is None:
            if candidates == 1:
                self._give_up(list(self.active), "K = 1 ran out of memory")
            return
        if not masked:
            measured.ms.append(taken.measured_ms)
            measured.rounds.append(self.round)
            if taken.head_ms is not None:
                measured.head_ms.append(taken.head_ms)
        self.bench.speaker.say(
            ev.SampleTaken,
            **measured.cell._asdict(),
            round=self.round,
            measured_ms=taken.measured_ms,
            head_ms=taken.head_ms,
            masked=masked,
        )

    def _estimates(self, measured: Measured) -> list[Estimate]:
        plan = self.bench.plan
        mine = measured.at_depth(plan)
        found = [median_estimate(mine)]
        if measured is not self.base and self.base is not None:
            pairs = paired(mine, measured.rounds, self.base.at_depth(plan), self.base.rounds)
            found.append(median_estimate(pairs[0] / pairs[1]))
        return found

    def _stop_converged(self) -> None:
        for measured in list(self.active.values()):
            count = len(measured.ms)
            if measured is self.base and len(self.active) > 1:
                continue  # every other cell still needs it
            if not measured.convergence.due(count):
                continue
            reason = measured.convergence.test(count, sum(measured.ms) / 1e3, self._estimates(measured))
            if reason is not None:
                self._finish(measured, reason)

    def finish(self, reason: str) -> None:
        """Ends the cells still active: `target` where they reached it, else for the reason given."""
        rule = self.bench.plan.stopping
        for measured in list(self.active.values()):
            if not measured.ms:
                continue
            width = max(estimate.relative_half_width for estimate in self._estimates(measured))
            reached = width <= rule.target_ci and len(measured.ms) >= rule.min_samples
            self._finish(measured, "target" if reached else reason)

    def _finish(self, measured: Measured, reason: str) -> None:
        cell = measured.cell
        del self.active[cell.candidates]
        self._ended.add(cell)
        self.bench.speaker.say(
            ev.CellFinished,
            **cell._asdict(),
            stop_reason=reason,
            memory_bytes=capacity.peak_bytes(self.bench.device),
            kernel=None,
        )
