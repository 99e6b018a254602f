"""What every row needs: the plan on its device, a clock and the voice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from specprof.measure import capacity
from specprof.measure.clock import Clock, Sample
from specprof.measure.convergence import Convergence
from specprof.measure.cuda_graph import GraphPool
from specprof.measure.drafters import Drafter
from specprof.measure.pause import Pause
from specprof.measure.speaker import Speaker
from specprof.measure.step import Form, Step
from specprof.measure.suspension import Suspension
from specprof.plan.plan import Cell, Plan, Row
from specprof.plan.validation import Way
from specprof.run import events as ev
from specprof.run.events import StopReason
from specprof.run.statistics import Vector, full_depth


class CancelledByUser(Exception):
    """The parent asked the child to stop; raised between samples and in pauses only."""


@dataclass
class Bench:
    """A workload on its device. `graphs` is None where steps are not replayed."""

    plan: Plan
    workload: Any
    device: torch.device
    clock: Clock
    speaker: Speaker
    graphs: GraphPool | None
    cancelled: Callable[[], bool]
    pause: Pause = field(default_factory=Pause)
    suspension: Suspension = field(default_factory=Suspension)
    compiled: bool = False
    """Whether the layers of a verify step are compiled."""
    beside: str | None = None
    """The second attention, measured in the same rounds."""
    measured: set[Cell] = field(default_factory=set)
    """Cells measured to a stop in this process."""
    drafter: Drafter | None = None
    """Whose pass is timed beside the verify steps."""
    without_draft: set[Row] = field(default_factory=set)
    """Rows that have lost it."""
    without_decoding: set[tuple[Row, Way]] = field(default_factory=set)
    """Rows and settings whose decoding has failed."""

    @property
    def with_head(self) -> bool:
        """Whether samples come with their head: where layers are sliced and there is a head."""
        return self.workload.has_head and not self.plan.model.full_depth

    def prepared(self, candidates: int, *, masked: bool, attention: str | None = None) -> Step:
        """The verify step of K candidates of the open row, ready to be timed: captured, or compiled."""
        form = Form(masked, attention or self.plan.attention, self.compiled)
        step = self.workload.step(candidates, form)
        if self.graphs is not None:
            step = self.graphs.capture(step, with_head=self.with_head)
        if self.graphs is not None or self.compiled:
            step.run()  # what is compiled, or brought to the device, the first time is no sample's
        return step

    def check_cancelled(self) -> None:
        """Raises CancelledByUser where the parent asked for the end."""
        if self.cancelled():
            raise CancelledByUser

    def sample(self, step: Step, *, with_head: bool) -> tuple[Sample | None, str]:
        """One timed step, marked where the process stood still meanwhile; None, and why, where memory ran
        out.

        Raises CancelledByUser before it begins where the parent asked for the end.
        """
        self.check_cancelled()
        began = self.suspension.begin()
        try:
            taken = self.clock.sample(step, with_head=with_head)
            return taken._replace(suspended=self.suspension.since(began, taken.timed_s)), ""
        except Exception as error:
            if not capacity.is_out_of_memory(error):
                raise
            # the caller lets go of memory when the exception, which holds some, is gone
            return None, f"out of memory: {str(error).splitlines()[0]}"

    def rest(self, where: str) -> bool:
        """Rests as long as the user wishes. Whether it did: then the next steps are cold.

        `where` says when that was. Raises CancelledByUser.
        """
        rested_s = self.pause.rest(self.speaker, self.check_cancelled)
        if rested_s:
            said = f"paused for {rested_s:.{0 if rested_s >= 10 else 1}f} s {where}"
            self.speaker.say(ev.Notice, level="info", text=said)
        return rested_s > 0


@dataclass
class CellInProgress:
    """One cell being measured: its step and the samples so far."""

    cell: Cell
    step: Step
    convergence: Convergence
    beside: Step | None = None
    """The same under the second attention."""
    memory_bytes: int | None = None
    """Most memory allocated at one time while it was prepared and first run, on CUDA."""
    ms: list[float] = field(default_factory=list)
    head_ms: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    stopped: StopReason | None = None
    """Why it was stopped, where it was."""

    def at_depth(self, plan: Plan) -> Vector:
        """The samples at full depth, ms, `[n]`."""
        shape = plan.model
        return full_depth(self.ms, self.head_ms or None, shape.layers_measured, shape.layers_total)
