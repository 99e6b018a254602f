"""The schedule under the model that is shown, and the answers of all models beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.drafting import formula_of
from specprof.analysis.opened import Run
from specprof.analysis.schedule import Schedule, schedule_of
from specprof.analysis.sensitivity import Sensitivity, sensitivity
from specprof.errors import UsageProblem


@dataclass(frozen=True)
class Decision:
    formula: str
    schedule: Schedule | None
    compared: Sensitivity | None
    problem: str = ""
    """Why there is no schedule."""


def decide(run: Run, acceptance: AcceptanceModel, models: Sequence[AcceptanceModel]) -> Decision:
    """`models` are those that the user can choose from."""
    formula = formula_of(acceptance, run.draft)
    try:
        return Decision(formula, schedule_of(run, acceptance), sensitivity(run, models))
    except UsageProblem as problem:
        return Decision(formula, None, None, str(problem))
