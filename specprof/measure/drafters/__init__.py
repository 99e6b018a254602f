"""Drafters to be timed: Medusa's heads, a layer of EAGLE, a small Llama; with random weights or their own."""

from __future__ import annotations

from typing import Any, Protocol

import torch

from specprof.measure.drafters.eagle import Eagle
from specprof.measure.drafters.medusa import Medusa
from specprof.measure.drafters.small_llama import SmallLlama
from specprof.measure.step import Step
from specprof.plan.plan import Plan, Row


class Drafter(Protocol):
    """A drafter on its device. One step of it is one draft pass."""

    def open_row(self, row: Row) -> None:
        """Fills what a pass of this batch size finds behind this prefix length."""

    def close_row(self) -> None:
        """Lets go of it."""

    def step(self) -> Step:
        """One draft pass of the open row."""


def build_drafter(plan: Plan, workload: Any, dtype: torch.dtype, device: torch.device) -> Drafter:
    """The plan's drafter. `workload` is the target's, whose embedding and head EAGLE shares."""
    assert plan.drafter is not None
    match plan.drafter.kind:
        case "medusa":
            return Medusa(plan, dtype, device)
        case "eagle":
            return Eagle(plan, dtype, device, getattr(workload, "model", None))
        case "llama":
            return SmallLlama(plan, dtype, device)
