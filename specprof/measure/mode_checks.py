"""The execution modes of a plan, each checked on the device before anything is measured with it.

A mode whose logits differ from the float32 reference by more than rounding is not used, whatever its speed.
"""

from __future__ import annotations

import statistics
from contextlib import suppress

import torch

from specprof.measure import capacity
from specprof.measure.bench import Bench
from specprof.measure.cuda_graph import GraphPool
from specprof.measure.layer_step import compiler_missing
from specprof.measure.reference import reference_bytes
from specprof.measure.step import Form, Step
from specprof.measure.truth import (
    TOLERANCES,
    Truth,
    counts_to_check,
    rows_to_check,
    tolerance_of,
    truths,
)
from specprof.plan.memory import cell_bytes
from specprof.plan.plan import Cell, Plan, Row
from specprof.run import events as ev
from specprof.run.mode_check import ModeCheck, RanAs

WARM_UPS = 3
TIMED = 5


def modes_of(plan: Plan, device: torch.device) -> list[RanAs]:
    """The modes to check: the one that was asked for, or all that `auto` may come to."""
    if plan.execution != "auto":
        return [plan.execution]
    found: list[RanAs] = ["eager"]
    if device.type == "cuda" and plan.validation is None:
        found.append("graph")
    if plan.workload == "full" and compiler_missing(device) is None:
        found.append("compile")
    return found


class ModeChecks:
    """Checks every mode with every attention of the plan, on short rows and on the longest that fits."""

    held_to = "float32"

    def __init__(self, bench: Bench, modes: list[RanAs]) -> None:
        self.bench = bench
        self.modes = modes
        self.checks: dict[tuple[RanAs, str], ModeCheck] = {}

    def run(self) -> list[ModeCheck]:
        """All checks, those of a mode together."""
        bench, plan = self.bench, self.bench.plan
        for mode in self.modes:
            for attention in plan.attentions:
                self.checks[mode, attention] = ModeCheck(
                    execution=mode, attention=attention, tolerance=tolerance_of(bench.workload)
                )
        for number, row in enumerate(rows_to_check(bench.workload)):
            known = self._known(row, self._counts(row, least=0 if number else 1))
            if known is None:
                words = f"execution is not checked at batch {row.batch_size}, seq_len {row.seq_len}"
                bench.speaker.say(ev.Notice, level="info", text=f"{words}: memory does not hold the check")
            else:
                for mode, attention in self.checks:
                    self._check(mode, attention, known, timed=not number and len(self.modes) > 1)
            known = None
            bench.workload.close_row()
            capacity.release(bench.device)
        return list(self.checks.values())

    def _known(self, row: Row, counts: list[int]) -> list[Truth] | None:
        """What the row's logits are, opened for it; None where memory does not hold them."""
        if not counts:
            return None
        try:
            self.bench.workload.open_row(row)
            return truths(self.bench.workload, counts)
        except Exception as error:
            if not capacity.is_out_of_memory(error):
                raise
        capacity.release(self.bench.device)
        return None

    def _counts(self, row: Row, least: int) -> list[int]:
        """The counts to check on a row: those predicted to fit with the reference beside them, but so many at
        `least`, without which nothing could be measured either."""
        plan, free = self.bench.plan, capacity.free_bytes(self.bench.device)
        counts = counts_to_check(plan, row)
        fitting = [
            k for k in counts if cell_bytes(plan, Cell(*row, k)) + reference_bytes(plan.model, row, k) <= free
        ]
        return fitting or counts[:least]

    def _check(self, mode: RanAs, attention: str, known: list[Truth], *, timed: bool) -> None:
        before = self.checks[mode, attention]
        if before.dropped is not None:
            return
        self.bench.speaker.say(ev.ModeTried, execution=mode)
        changed: dict[str, object] = {}
        try:
            changed = self._measured(mode, attention, known, before, timed=timed)
        except Exception as error:  # whatever a compiler or a kernel does, another mode may still work
            # the row of a cell that does not fit tells nothing of the mode: its cells are tried one by one
            if not capacity.is_out_of_memory(error) or before.error is None:
                said = str(error).strip().splitlines() or [""]
                changed = {"dropped": f"{type(error).__name__}: {said[0]}"[:1000]}
        self.checks[mode, attention] = before.model_copy(update=changed)
        with suppress(RuntimeError):  # after a fault of the device nothing works any more, and the next
            capacity.release(self.bench.device)  # step says so

    def _measured(
        self, mode: RanAs, attention: str, known: list[Truth], before: ModeCheck, *, timed: bool
    ) -> dict[str, object]:
        """What these truths and, where it is `timed`, a few steps say of the mode."""
        changed: dict[str, object] = {}
        nearest = (before.error or 0.0, before.tolerance)
        for truth in known:
            error = truth.error(prepared(self.bench, mode, self._step(mode, attention, truth)).run())
            nearest = max(nearest, (min(error, 1e12), truth.tolerance), key=lambda pair: pair[0] / pair[1])
            if error > truth.tolerance and "dropped" not in changed:
                changed["dropped"] = (
                    f"its logits differ from {self.held_to} by {error:.1e} with {len(truth.tree)} "
                    f"candidates, more than {truth.tolerance:.1e}"
                )
        if known:
            changed["error"], changed["tolerance"] = nearest
        if mode == "compile":
            changed["compiled"] = self.bench.workload.compiled_layer.graphs
        if timed and "dropped" not in changed:
            changed["step_ms"] = self._step_ms(mode, attention)
        return changed

    def _step(self, mode: RanAs, attention: str, truth: Truth) -> Step:
        form = Form(truth.masked, attention, mode == "compile")
        return self.bench.workload.step_of(truth.ids, truth.tree, form)

    def _step_ms(self, mode: RanAs, attention: str) -> float:
        """Median time of one candidate plus that of the most."""
        total = 0.0
        for candidates in {1, self.bench.plan.candidates[-1]}:
            form = Form(candidates > 1, attention, mode == "compile")
            step = prepared(self.bench, mode, self.bench.workload.step(candidates, form))
            for _ in range(WARM_UPS):
                step.run()
            samples = [self.bench.clock.sample(step, with_head=False) for _ in range(TIMED)]
            total += statistics.median(sample.measured_ms for sample in samples)
        return total


def prepared(bench: Bench, mode: RanAs, step: Step) -> Step:
    """The step as the mode runs it: captured, on CUDA, unless it is eager. A pool of its own is let go
    of with the step."""
    if bench.device.type != "cuda" or mode == "eager":
        return step
    return GraphPool(bench.device).capture(step, with_head=False, keep_output=True)


class BlockChecks(ModeChecks):
    """Of the published block, whose products have no truth but themselves: what is replayed must give what
    runs eagerly, and eager execution is not checked."""

    held_to = "eager execution"

    def __init__(self, bench: Bench, modes: list[RanAs]) -> None:
        super().__init__(bench, modes)
        self._steps: dict[int, Step] = {}

    def run(self) -> list[ModeCheck]:
        plan, workload = self.bench.plan, self.bench.workload
        tolerance = TOLERANCES[plan.dtype]
        workload.open_row(Row(plan.batch_sizes[0], plan.seq_lens[0]))
        for mode in self.modes:
            check = ModeCheck(execution=mode, attention=None, tolerance=tolerance)
            self.checks[mode, plan.attention] = check
            known = [] if mode == "eager" else [self._truth(k, tolerance) for k in plan.candidates[:2]]
            self._check(mode, plan.attention, known, timed=len(self.modes) > 1)
        workload.close_row()
        capacity.release(self.bench.device)
        return list(self.checks.values())

    def _truth(self, candidates: int, tolerance: float) -> Truth:
        step = self.bench.workload.step(candidates, Form(False, self.bench.plan.attention))
        self._steps[candidates] = step
        nothing = torch.empty(0)
        return Truth(nothing, [0] * candidates, False, step.run().float().clone(), tolerance)

    def _step(self, mode: RanAs, attention: str, truth: Truth) -> Step:
        return self._steps[len(truth.tree)]
