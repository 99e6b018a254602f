"""One row in rounds: every active K once per round in random order, K = 1 always among them.

Drift of the machine then touches all K alike, and each round gives one paired ratio T(K)/T(1).
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Literal, NamedTuple

from specprof.measure import capacity
from specprof.measure.bench import Bench, CellInProgress
from specprof.measure.clock import Sample
from specprof.measure.collection import no_collection
from specprof.measure.row_cells import RowCells
from specprof.measure.row_draft import RowDraft
from specprof.measure.row_validation import RowValidation
from specprof.measure.step import Step
from specprof.measure.warm_up import warm_up
from specprof.plan.plan import Cell, Row
from specprof.plan.validation import Way
from specprof.run import events as ev
from specprof.run.statistics import Estimate, median_estimate, paired

OVERRUN_S = 3.0
BASE_SHARE = 0.08
BASE_MAX_REPEATS = 5
VERIFY_REPEATS = 4
"""Samples of each K in a round that decodes: a block holds many steps, and is not to be compared with one."""


class Turn(NamedTuple):
    """One place in a round's order. `masked` is K = 1 with the mask that K > 1 needs, a diagnostic."""

    kind: Literal["plain", "masked", "beside", "draft", "decode"]
    candidates: int = 0
    way: Way = Way()
    """How a block is decoded."""


class RowSweep:
    """Measures one row until every cell has stopped or the deadline has come."""

    def __init__(self, bench: Bench, row: Row, ended: set[Cell], first_round: int) -> None:
        self.bench = bench
        self.cells = RowCells(bench, row, ended)
        self.draft = RowDraft(bench, row)
        lost = [way for place, way in bench.without_decoding if place == row]
        self.validation = RowValidation(bench, row, lost)
        self.round = self._first_round = first_round
        self.round_s: float | None = None
        self.warmup_s = 0.0

    def open(self, *, refining: bool = False) -> bool:
        """Prefix, steps and warm-up. False where no cell of the row is left to measure.

        Where it is `refining`, K = 1 is enough.
        """
        started = time.monotonic()
        if not self.cells.open(refining=refining):
            return False
        warm_up(self.cells)
        if not refining and 1 in self.cells.active:
            self.draft.open()
            self.validation.open()
        self.warmup_s = time.monotonic() - started
        return self.cells.has_base()

    def close(self) -> None:
        """Lets go of prefix and graphs."""
        self.draft.close()
        self.validation.close()
        self.cells.close()

    def measure(self, deadline_s: float | None) -> None:
        """Rounds until every cell has stopped; none is begun that would mostly lie behind the deadline.

        `deadline_s` is on the clock that stands still in pauses. At least one round is always measured; a
        later one that a busy machine stretches far over the deadline is left, with the samples it has.
        """
        while self.cells.unfinished:
            timed = self.round_s is not None and deadline_s is not None
            if timed and self.bench.pause.now_s() + self.round_s / 2 > deadline_s:
                break
            if not self._warm_after_rest():
                break
            self.measure_round(deadline_s + OVERRUN_S if timed else None)
        self.finish("budget")

    def _warm_after_rest(self) -> bool:
        """Rests where the user wishes, and warms up again then. False where K = 1 did not survive that."""
        row = self.cells.row
        begun = self.round > self._first_round
        where = f"after round {self.round - 1}" if begun else "before the first round"
        if not self.bench.rest(f"{where} of batch {row.batch_size}, seq_len {row.seq_len}"):
            return True
        warm_up(self.cells)
        self.draft.warm_up()
        self.validation.warm_up()
        return self.cells.has_base()

    def measure_round(self, leave_s: float | None = None) -> None:
        """One round. Cells that stop are finished at its end, so that all saw the same rounds.

        No sample is begun after `leave_s`.
        """
        order = self._order()
        self.bench.speaker.say(
            ev.RoundStarted,
            batch_size=self.cells.row.batch_size,
            seq_len=self.cells.row.seq_len,
            round=self.round,
            order=[turn.candidates for turn in order if turn.kind == "plain"],
        )
        started = time.monotonic()
        with no_collection():
            for turn in order:
                if leave_s is not None and self.bench.pause.now_s() > leave_s:
                    break
                if turn.kind == "draft":
                    self.draft.take(self.round)
                elif turn.kind == "decode":
                    self.validation.take(turn.way, self.round)
                else:
                    self._take(turn)
        self.round += 1
        self.round_s = time.monotonic() - started
        self._stop_converged()

    def _order(self) -> list[Turn]:
        repeats = VERIFY_REPEATS if self.validation.order else 1
        plain = [*self.cells.active] * repeats + [1] * (self._base_repeats() - repeats)
        order = [Turn("plain", k) for k in plain]
        if not self.cells.companions:
            if self.bench.beside is not None:
                order += [Turn("beside", k) for k in plain]
            if self.cells.masked_base is not None:
                order.append(Turn("masked", 1))
            if self.draft.ready:
                order.append(Turn("draft"))
            order += [Turn("decode", way=way) for way in self.validation.turns]
        # a new generator per round: no round's order hangs on how many there were before it
        random.Random(f"{self.bench.plan.seed}/{self.cells.row}/{self.round}").shuffle(order)  # noqa: S311
        return order

    def _base_repeats(self) -> int:
        """How often K = 1 is sampled in a round: every ratio stands on it, and it is the cheapest cell.

        As often as fits into a small share of the round, so once where all K take about the same time.
        """
        if self.round_s is None or not self.cells.base.ms:
            return 1
        once_s = statistics.median(self.cells.base.ms) / 1e3
        return max(1, min(BASE_MAX_REPEATS, int(BASE_SHARE * self.round_s / once_s)))

    def _take(self, turn: Turn) -> None:
        measured = self.cells.active.get(turn.candidates)
        if measured is None:  # it ran out of memory earlier in this round
            return
        masked, beside = turn.kind == "masked", turn.kind == "beside"
        step = measured.beside if beside else self.cells.masked_base if masked else measured.step
        if step is None:
            return
        if turn.kind != "plain":
            taken = self._sampled_beside(turn, measured, step)
        else:
            taken = self.cells.sample(measured.cell, step, with_head=self.bench.with_head)
            if taken is None and turn.candidates == 1:
                self.cells.give_up(list(self.cells.active), "K = 1 ran out of memory")
        if taken is None:
            return
        if turn.kind == "plain":
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
            suspended=taken.suspended,
            attention=self.bench.beside if beside else None,
        )

    def _sampled_beside(self, turn: Turn, measured: CellInProgress, step: Step) -> Sample | None:
        """A sample of what is measured beside the cell, which goes on without it where memory runs out."""
        masked = turn.kind == "masked"
        taken, reason = self.bench.sample(step, with_head=self.bench.with_head and not masked)
        if taken is None:
            capacity.release(self.bench.device)
            if masked:
                self.cells.masked_base = None
                self.cells.say_without(f"{measured.cell} is measured without its mask only", reason)
            else:
                measured.beside = None
                words = f"{measured.cell} is measured on without attention {self.bench.beside}"
                self.cells.say_without(words, reason)
        return taken

    def _estimates(self, measured: CellInProgress) -> list[Estimate]:
        found = [median_estimate(measured.at_depth(self.bench.plan))]
        ratio = self.ratio(measured)
        return found if ratio is None else [*found, ratio]

    def ratio(self, measured: CellInProgress) -> Estimate | None:
        """Paired T(K)/T(1) at full depth; None for K = 1 itself and before the first pair."""
        plan, base = self.bench.plan, self.cells.base
        if base is None or measured is base:
            return None
        pairs = paired(measured.at_depth(plan), measured.rounds, base.at_depth(plan), base.rounds)
        return median_estimate(pairs[0] / pairs[1]) if pairs[0].size else None

    def _stop_converged(self) -> None:
        if self.validation.order and not self.validation.converged:
            return  # what is decoded is compared with every cell of its round
        for measured in list(self.cells.active.values()):
            count = len(measured.ms)
            if measured is self.cells.base and len(self.cells.active) > 1:
                continue  # every other cell still needs it
            if measured.cell.candidates in self.cells.companions:
                continue  # it is compared with the new one in every round of that
            if not measured.convergence.due(count):
                continue
            reason = measured.convergence.test(count, sum(measured.ms) / 1e3, self._estimates(measured))
            if reason is not None:
                self._finish(measured, reason)

    def finish(self, reason: ev.StopReason) -> None:
        """Ends the cells still active: `target` where they reached it, else for the reason given."""
        rule = self.bench.plan.stopping
        for measured in list(self.cells.active.values()):
            if not measured.ms:
                continue
            width = max(estimate.relative_half_width for estimate in self._estimates(measured))
            reached = width <= rule.target_ci and len(measured.ms) >= rule.min_samples
            self._finish(measured, "target" if reached else measured.stopped or reason)

    def _finish(self, measured: CellInProgress, reason: ev.StopReason) -> None:
        cell = measured.cell
        measured.stopped = reason
        self.cells.done[cell.candidates] = self.cells.active.pop(cell.candidates)
        self.cells.ended.add(cell)
        self.bench.measured.add(cell)
        self.bench.speaker.say(
            ev.CellFinished,
            **cell._asdict(),
            stop_reason=reason,
            memory_bytes=measured.memory_bytes,
            predicted_bytes=capacity.predicted_bytes(self.bench.plan, cell, self.bench.device),
        )
