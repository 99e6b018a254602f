"""How long a run may take: from its budget, or from what an earlier run of the same plan took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from specprof.plan.plan import Plan
from specprof.run.record import RunRecord
from specprof.views.quantities import duration


@dataclass(frozen=True)
class Took:
    """How long a run took, pauses left out."""

    when: str
    """`25 Nov 20:54`: how it is called."""
    plan: Plan
    device: str
    seconds: float
    start_s: float | None
    """From the command to the first sample."""
    cells: int
    whole: bool
    """Whether it ran to its end."""


def took(record: RunRecord, when: str) -> Took | None:
    """None for a published figure, and where nothing was measured."""
    measured = [cell for cell in record.cells if cell.finished_at_s is not None]
    if record.environment is None or record.reference is not None or not measured:
        return None
    end_s = max(cell.finished_at_s or 0.0 for cell in measured)
    paused_s = sum((pause.until_s or end_s) - pause.t_s for pause in record.pauses if pause.t_s < end_s)
    starts = [cell.started_at_s for cell in measured if cell.started_at_s is not None]
    return Took(
        when=when,
        plan=record.plan,
        device=record.environment.device.name,
        seconds=max(0.0, end_s - paused_s),
        start_s=min(starts, default=None),
        cells=len(measured),
        whole=record.status == "complete",
    )


class Estimate(NamedTuple):
    words: str
    basis: str
    """What the words rest on, or why there is no estimate."""
    known: bool


def time_words(plan: Plan, device: str, runs: Iterable[Took]) -> Estimate:
    """How long the plan will take on the device of this name. `runs` are newest first."""
    alike = [run for run in runs if run.device == device and _same_model(run.plan, plan)]
    whole = [run for run in alike if run.whole]
    same = next((run for run in whole if _same_grid(run.plan, plan)), None)
    budget_s = plan.stopping.budget_s
    if budget_s is not None:
        return _by_budget(budget_s, alike, same)
    if same is not None:
        return Estimate(f"about {duration(same.seconds)}", f"as the run of {same.when} took", True)
    unknown = "not known before the first round"
    if not whole:
        return Estimate(unknown, "no run of this model here yet", False)
    other = whole[0]
    basis = f"the run of {other.when} took {duration(other.seconds)} for {other.cells} cells, another plan"
    return Estimate(unknown, basis, False)


def _by_budget(budget_s: float, alike: Sequence[Took], same: Took | None) -> Estimate:
    """The budget is for measuring: imports and the model's build come before it."""
    if same is not None and same.start_s is not None:
        words = f"about {duration(same.seconds)}, {duration(budget_s + same.start_s)} at most"
        return Estimate(words, f"as the run of {same.when} took; the budget", True)
    started = next((run for run in alike if run.start_s is not None), None)
    if started is None or started.start_s is None:
        return Estimate(f"{duration(budget_s)} at most", "the budget; start-up comes before", True)
    basis = f"the budget, and {duration(started.start_s)} to start as in the run of {started.when}"
    return Estimate(f"about {duration(budget_s + started.start_s)} at most", basis, True)


def _same_model(one: Plan, other: Plan) -> bool:
    return one.model == other.model and one.dtype == other.dtype and one.workload == other.workload


def _same_grid(one: Plan, other: Plan) -> bool:
    parts = ("batch_sizes", "seq_lens", "candidates", "attention", "execution", "stopping")
    return all(getattr(one, part) == getattr(other, part) for part in parts)
